"""How journal entries are chained: each one's hash covers its content and the hash of the entry before it."""

import hashlib
import json
from datetime import UTC

from tracker.audit.models import JournalEntry

FIRST_HASH = "0" * 64


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
