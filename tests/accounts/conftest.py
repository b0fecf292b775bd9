"""Passwords for the cast. Hashing is cheap here, since these tests are about who gets in, not about the hash."""

import pytest
from argon2 import PasswordHasher

from tracker.accounts import passwords
from tracker.accounts.models import Account

PASSWORD = "fyra smala gäss i rad"


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch):
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._nobodys_hash.cache_clear()
    yield
    passwords._nobodys_hash.cache_clear()


@pytest.fixture
def give_password(database, cast):
    """Give some of the cast the password PASSWORD, or another."""

    def give(*names: str, password: str = PASSWORD) -> None:
        for name in names:
            with database.bound(cast.grums if name == "omar" else cast.kil) as session:
                session.get_one(Account, cast.accounts[name]).password_hash = passwords.hashed(password)
                session.commit()

    return give
