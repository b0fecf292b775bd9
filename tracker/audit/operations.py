"""Writing the journal. An operation says what was done; the edge chains the entries just before it commits."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import select

from tracker.audit.models import JournalEntry, JournalHead
from tracker.db import BoundSession
from tracker.permissions import Viewer

FIRST_HASH = "0" * 64


class Identified(Protocol):
    """Something with a public id, which the journal can refer to."""

    public_id: Any


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
    head = session.scalars(
        select(JournalHead).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if head is None:
        head = JournalHead(number=0, hash=FIRST_HASH)
        session.add(head)
    for act in pending:
        entry = JournalEntry(
            municipality_id=session.municipality_id,
            number=head.number + 1,
            at=now,
            actor=act.by.actor,
            action=act.action,
            subject_type=type(act.subject).__name__,
            subject=act.subject.public_id,
            details=act.details,
            previous_hash=head.hash,
            hash="",
        )
        entry.hash = hash_of(entry)
        head.number, head.hash = entry.number, entry.hash
        session.add(entry)


def hash_of(entry: JournalEntry) -> str:
    """Return the SHA-256 of an entry's content and of the hash before it, over canonical JSON."""
    content = {
        "municipality": entry.municipality_id,
        "number": entry.number,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "action": entry.action,
        "subject_type": entry.subject_type,
        "subject": entry.subject,
        "details": entry.details,
        "previous": entry.previous_hash,
    }
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
