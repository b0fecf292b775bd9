"""How journal entries are chained: each one's hash covers its content and the hash of the entry before it."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from tracker.audit.models import JournalEntry

FIRST_HASH = "0" * 64


class NewEntry(NamedTuple):
    """An entry that is about to be written: what its hash covers."""

    municipality_id: int
    number: int
    at: datetime
    actor: str
    action: str
    subject_type: str
    subject: str
    details: dict[str, Any]
    previous_hash: str


def hash_of(entry: JournalEntry | NewEntry) -> str:
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
