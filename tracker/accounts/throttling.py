"""Slowing down guessing: how many attempts may be made in a stretch of time, counted in the database.

Nobody is locked out for good: an attempt that is refused is not counted, and room comes back as attempts grow old.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select

from tracker.accounts.models import FailedSignIn
from tracker.db import Database
from tracker.tokens import fingerprint

KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Budget:
    """How many attempts fit in a window: for one identifier from one address, for each of them in all.

    A whole municipality may share one address, so that figure is generous.
    """

    name: str
    window: timedelta
    identifier_from_address: int
    identifier: int
    address: int


SIGN_IN = Budget("sign_in", timedelta(minutes=15), identifier_from_address=5, identifier=30, address=200)
RESET = Budget("reset", timedelta(hours=1), identifier_from_address=3, identifier=10, address=60)


class TooManyAttemptsError(Exception):
    """There have been too many attempts. Waiting so many minutes helps."""

    def __init__(self, wait: timedelta) -> None:
        self.minutes = max(1, -(-int(wait.total_seconds()) // 60))
        super().__init__(f"{self.minutes} minutes")


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that was let through."""

    rows: list[int]
    identifier_keys: list[str]


def count_attempt(database: Database, budget: Budget, *, identifier: str, address: str, now: datetime) -> Attempt:
    """Count an attempt, in a transaction of its own, and let it through if there is room for it.

    It is written down *before* what was tried is looked at, so that many attempts at once gain nothing.

    Raises TooManyAttemptsError.
    """
    both, one, where = (
        f"{budget.name}:{fingerprint(text)}" for text in (f"{identifier}\0{address}", f"{identifier}\0", f"\0{address}")
    )
    limits = {both: budget.identifier_from_address, one: budget.identifier, where: budget.address}
    with database.wide() as session:
        session.execute(delete(FailedSignIn).where(FailedSignIn.at <= now - KEPT))
        rows = [FailedSignIn(key=key, at=now) for key in limits]
        session.add_all(rows)
        session.commit()
        ids = [row.id for row in rows]
    room_at = now
    with database.wide(reading=True) as session:
        for key, limit in limits.items():
            earlier = session.scalars(
                select(FailedSignIn.at)
                .where(FailedSignIn.key == key, FailedSignIn.at > now - budget.window, FailedSignIn.id.not_in(ids))
                .order_by(FailedSignIn.at.desc())
                .limit(limit)
            ).all()
            if len(earlier) == limit:
                room_at = max(room_at, earlier[-1] + budget.window)
    if room_at > now:
        with database.wide() as session:
            session.execute(delete(FailedSignIn).where(FailedSignIn.id.in_(ids)))
            session.commit()
        raise TooManyAttemptsError(room_at - now)
    return Attempt(ids, [both, one])


def forgive(database: Database, attempt: Attempt) -> None:
    """Forget an attempt that succeeded, and the earlier failures of its identifier, in a transaction of its own."""
    with database.wide() as session:
        session.execute(
            delete(FailedSignIn).where(
                or_(FailedSignIn.id.in_(attempt.rows), FailedSignIn.key.in_(attempt.identifier_keys))
            )
        )
        session.commit()
