"""What the scheduler calls."""

import hashlib
from datetime import date, datetime

from sqlalchemy import select

from tracker.compliance.operations import differences
from tracker.db import BoundSession
from tracker.people.models import Person

SAMPLE = 200


class PhasesDifferError(Exception):
    """The phase table says something else than the rules do of the facts. It must never happen."""


def verify_sample(session: BoundSession, now: datetime, today: date) -> str:  # noqa: ARG001
    """Recompute the phases of some people, others each day, and compare. Raises PhasesDifferError."""
    ids = session.scalars(select(Person.id)).all()
    chosen = sorted(ids, key=lambda number: hashlib.sha256(f"{today}:{number}".encode()).digest())[:SAMPLE]
    found = differences(session, persons=set(chosen))
    if found:
        raise PhasesDifferError(f"{len(found)} differences, the first: {found[0]}")
    return f"{len(chosen)} people, 0 differences"
