"""The cast as those who administer accounts meet them."""

import pytest
from sqlalchemy import select

from tests.factories import sign_in
from tracker.accounts.models import Account


@pytest.fixture
def ids(database, cast):
    """The public ids of the cast's accounts."""
    with database.wide() as session:
        by_id = dict(session.execute(select(Account.id, Account.public_id)).all())
    return {name: by_id[account_id] for name, account_id in cast.accounts.items()}


@pytest.fixture
def as_(app, database, cast):
    """Browsers of the cast, in English."""
    with database.wide() as session:
        for account in session.scalars(select(Account)):
            account.locale = "en"
        session.commit()
    return lambda name: sign_in(app.test_client(), database, cast, name)
