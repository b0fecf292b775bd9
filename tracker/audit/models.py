"""The journal: who did what, when, chained so that a later change shows."""

from typing import Any

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.tables import Code, Instant, Owned


class JournalEntry(Owned):
    """One act. Entries are appended; each one's hash covers its content and the hash of the entry before it.

    People are named by reference only (public ids), so that personal data can be disposed of without breaking the chain.
    """

    number: Mapped[int] = mapped_column(comment="1, 2, 3 … within the municipality, without a gap")
    at: Mapped[Instant]
    actor: Mapped[Code] = mapped_column(comment="public id of the account that acted, or system:<job>")
    action: Mapped[Code] = mapped_column(comment="what was done, such as completion.recorded")
    subject_type: Mapped[Code]
    subject: Mapped[Code] = mapped_column(index=True, comment="public id of what it was done to")
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (UniqueConstraint("municipality_id", "number"),)


class JournalHead(Owned):
    """The last link of a municipality's chain. Taking its row lock is what puts writers in a line."""

    number: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (UniqueConstraint("municipality_id"),)
