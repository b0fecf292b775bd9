"""Writing the journal. An operation says what was done; the edge chains the entries just before it commits."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tracker.audit.chain import FIRST_HASH, NewEntry, hash_of
from tracker.audit.models import JournalEntry, JournalHead
from tracker.db import BoundSession
from tracker.many_rows import insert_many
from tracker.permissions import Viewer


class Identified(Protocol):
    """Something with a public id, which the journal can refer to."""

    @property
    def public_id(self) -> Any:
        """What the journal calls it."""
        ...


@dataclass(slots=True)
class _Pending:
    action: str
    subject: Identified
    by: Viewer
    details: dict[str, Any]


def record(session: BoundSession, action: str, *, subject: Identified, by: Viewer, **details: Any) -> None:
    """Note an act for the journal: `record(session, "duty.added", subject=person, by=by, duty="system_owner")`.

    Details are plain values; people are named by public id only. The entry is chained when the transaction ends, and
    is written if and only if the act is.
    """
    session.info.setdefault("journal", []).append(_Pending(action, subject, by, details))


def seal(session: BoundSession, *, now: datetime) -> None:
    """Chain the noted acts onto the municipality's journal. The edge calls this once, last before it commits.

    Takes the lock on the end of the chain, which puts writers of one municipality in a line until they commit.
    """
    pending: list[_Pending] = session.info.pop("journal", [])
    if not pending:
        return
    session.flush()  # Public ids of new rows are decided by the flush.
    head = _locked_head(session)
    number, last, rows = head.number, head.hash, []
    for act in pending:
        entry = NewEntry(
            municipality_id=session.municipality_id,
            number=number + 1,
            at=now,
            actor=act.by.actor,
            action=act.action,
            subject_type=type(act.subject).__name__,
            subject=act.subject.public_id,
            details=act.details,
            previous_hash=last,
        )
        number, last = entry.number, hash_of(entry)
        rows.append(entry._asdict() | {"hash": last})
    head.number, head.hash = number, last
    insert_many(session, JournalEntry, rows)


def _locked_head(session: BoundSession) -> JournalHead:
    """Return the end of the chain, locked until the transaction ends; begin the chain if there is none."""
    locked = select(JournalHead).with_for_update().execution_options(populate_existing=True)
    head = session.scalars(locked).one_or_none()
    if head is None:
        try:
            with session.begin_nested():
                session.add(JournalHead(number=0, hash=FIRST_HASH))
        except IntegrityError:
            pass  # Another writer began the chain while we waited; theirs is the head.
        head = session.scalars(locked).one()
    return head
