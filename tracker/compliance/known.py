"""How it was known: phases computed from what was known at the end of a past day, kept beside those of what is known now.

What was known on a past day never changes by anything recorded later (section 4 of the rules), so it is computed once,
by the same pure function, and asked with the same statements.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import date, datetime

from sqlalchemy import delete, select

from tracker.audit.operations import record
from tracker.compliance.computing import Progress
from tracker.compliance.models import KnownDay, Phase
from tracker.compliance.operations import rebuilding, wait_for_turn
from tracker.db import BoundSession, Known, WideSession
from tracker.municipalities.models import Municipality
from tracker.permissions import Viewer

KEPT = 12
"""How many past days are kept; one more takes the place of the one computed longest ago."""


def prepared(session: BoundSession, on: date) -> bool:
    """Return whether phases have been computed from what was known on a day."""
    return session.scalar(select(KnownDay.id).where(KnownDay.known_on == on)) is not None


def prepared_everywhere(session: WideSession, on: date) -> bool:
    """Return whether that has been done in every municipality."""
    done = select(KnownDay.id).where(KnownDay.municipality_id == Municipality.id, KnownDay.known_on == on)
    return session.scalar(select(Municipality.id).where(~done.exists()).limit(1)) is None


def prepare(
    session: BoundSession,
    known: Known,
    *,
    by: Viewer,
    now: datetime,
    progress: Progress | None = None,
    processes: int = 1,
) -> None:
    """Compute everybody's phases from what was known on a past day, unless they are there. Writes the journal.

    Takes as long as a rebuild does. As many rows stay as there are phases; the oldest of `KEPT` days give way.
    """
    wait_for_turn(session)
    for done, people in preparing(session, known, by=by, now=now, processes=processes):
        if progress is not None:
            progress(done, people)


def preparing(
    session: BoundSession, known: Known, *, by: Viewer, now: datetime, processes: int = 1
) -> Iterator[tuple[int, int]]:
    """Do what `prepare` does once it is one's turn, and yield how many people are done, of how many.

    Whoever stops asking before the end, and does not commit, leaves nothing.
    """
    if prepared(session, known.on):
        return
    for old in session.scalars(select(KnownDay).order_by(KnownDay.computed_at.desc()).offset(KEPT - 1)).all():
        forget(session, old)
    day = KnownDay(known_on=known.on, computed_at=now)
    session.add(day)
    session.flush()
    with _set_back(session, known):
        yield from rebuilding(session, processes=processes)
    where = session.get_one(Municipality, session.municipality_id)
    record(session, "phases.computed_as_known", subject=where, by=by, known_on=known.on.isoformat())


def forget(session: BoundSession, day: KnownDay) -> None:
    """Throw away what was computed from the knowledge of a past day; it is computed anew when asked for."""
    with _set_back(session, Known(day.known_on, day.computed_at)):
        session.execute(delete(Phase), execution_options={"synchronize_session": False})
    session.delete(day)
    session.flush()


@contextmanager
def _set_back(session: BoundSession, known: Known) -> Generator[None]:
    session.known = known
    try:
        yield
    finally:
        session.known = None
