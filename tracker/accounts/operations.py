"""Acts of sign-in."""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from tracker.accounts.models import Account, LoginSession
from tracker.db import Database
from tracker.permissions import SignedIn
from tracker.tokens import fingerprint

IDLE = timedelta(minutes=30)
# A session's last use is written down at most this often, so that reading pages seldom writes.
SEEN_EVERY = timedelta(minutes=1)


def signed_in_by(database: Database, token: str, now: datetime) -> SignedIn | None:
    """Return whom a session cookie's token stands for, or None: ended, idle too long, too old, or account disabled.

    Being asked counts as use: it is written down once a minute, in a transaction of its own.
    """
    with database.wide(reading=True) as session:
        found = session.execute(
            select(LoginSession, Account)
            .join(Account, Account.id == LoginSession.account_id)
            .where(
                LoginSession.token_hash == fingerprint(token),
                LoginSession.ended_at.is_(None),
                LoginSession.expires_at > now,
                LoginSession.seen_at > now - IDLE,
                Account.disabled_at.is_(None),
            )
        ).one_or_none()
    if found is None:
        return None
    login, account = found
    if now - login.seen_at > SEEN_EVERY:
        with database.bound(login.municipality_id) as session:
            session.execute(update(LoginSession).where(LoginSession.id == login.id).values(seen_at=now))
            session.commit()
    return SignedIn(account_id=account.id, municipality_id=account.municipality_id, login_session_id=login.id)
