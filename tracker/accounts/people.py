"""Accounts follow the people of the register, so that everybody can be let in with an invitation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from tracker.accounts.models import Account, RoleGrant
from tracker.accounts.queries import identifier_key
from tracker.db import BoundSession
from tracker.many_rows import insert_many

# SQLite takes at most 32,766 values in a statement.
AT_A_TIME = 1000


@dataclass(frozen=True, slots=True)
class Holder:
    """A person who is to have an account, as the register knows them."""

    person_id: int
    employee_number: str
    display_name: str
    email: str | None


def follow_people(session: BoundSession, people: Sequence[Holder], *, now: datetime) -> None:
    """Give people the accounts they lack, without a password, and let the others follow name, number and address.

    An account made by hand belongs to the person with its employee number; an e-mail address alone never joins the two.
    Nor does an address change by itself where the account holds a role given by hand: whoever can change a roster must not
    be able to have an administrator's password reset to themself. An address that another account has is left out.
    """
    ids = {person.person_id for person in people}
    known = session.execute(select(Account.id, Account.person_id, Account.employee_number, Account.email_key)).all()
    account_of = {row.person_id: row.id for row in known if row.person_id is not None}
    account_by_number = {row.employee_number: row.id for row in known if row.person_id is None and row.employee_number}
    for person in people:
        if person.person_id not in account_of and person.employee_number in account_by_number:
            account_of[person.person_id] = account_by_number[person.employee_number]
    kept = set(session.scalars(select(RoleGrant.account_id).where(RoleGrant.revoked_at.is_(None)).distinct()))
    following = {account_of[person_id] for person_id in ids & account_of.keys()}
    taken = {row.email_key for row in known if row.email_key and (row.id not in following or row.id in kept)}

    new: list[dict[str, Any]] = []
    wanted: dict[int, tuple[Holder, str | None]] = {}
    for person in people:
        account_id = account_of.get(person.person_id)
        address = person.email
        key = identifier_key(address) if address else None
        if key is not None and account_id not in kept:
            if key in taken:
                address = None
            else:
                taken.add(key)
        if account_id is not None:
            wanted[account_id] = (person, address)
        else:
            new.append(_new_account(person, address, now))
    _change(session, wanted, kept, account_by_number)
    insert_many(session, Account, new)


def _new_account(person: Holder, address: str | None, now: datetime) -> dict[str, Any]:
    return {
        "person_id": person.person_id,
        "display_name": person.display_name[:200],
        "email": address,
        "email_key": identifier_key(address) if address else None,
        "employee_number": person.employee_number,
        "created_at": now,
    }


def _change(
    session: BoundSession,
    wanted: dict[int, tuple[Holder, str | None]],
    kept: set[int],
    account_by_number: dict[str, int],
) -> None:
    accounts: list[Account] = []
    ids = sorted(wanted)
    for start in range(0, len(ids), AT_A_TIME):
        accounts += session.scalars(select(Account).where(Account.id.in_(ids[start : start + AT_A_TIME])))
    moving = []
    for account in accounts:
        person, address = wanted[account.id]
        account.person_id = person.person_id
        account.display_name = person.display_name[:200]
        if account_by_number.get(person.employee_number, account.id) == account.id:
            account.employee_number = person.employee_number  # Else another account, made by hand, has the number.
        if account.id not in kept and account.email != address:
            moving.append((account, address))
            account.email = account.email_key = None
    session.flush()  # Two people may have changed addresses with each other; an address has one owner at any time.
    for account, address in moving:
        account.email = address
        account.email_key = identifier_key(address) if address else None
