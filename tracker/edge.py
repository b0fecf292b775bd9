"""How every transaction ends, whether a request, a job or a command began it."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime

from tracker.audit.operations import seal
from tracker.compliance.operations import refresh
from tracker.db import BoundSession, Database
from tracker.merging.operations import carry_over


def finish(session: BoundSession, now: datetime) -> None:
    """Compute anew the phases of what was touched, chain the journal, and commit: in one transaction, once."""
    carry_over(session, now=now)
    refresh(session)
    seal(session, now=now)
    session.commit()


@contextmanager
def transaction(database: Database, municipality_id: int, *, now: datetime) -> Generator[BoundSession]:
    """Open a session for one municipality; finish it when the block ends, keep nothing if it raises."""
    with database.bound(municipality_id) as session:
        yield session
        finish(session, now)
