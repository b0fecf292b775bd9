"""HR files that came in."""

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from tracker.tables import Instant, Line, Owned, PublicId, refers_to, word


class ImportState(StrEnum):
    """How far a roster file has come."""

    PREVIEWED = "previewed"
    APPLIED = "applied"


class RosterImport(Owned):
    """One uploaded roster: the file as it came, what it would change, and whether that was done."""

    public_id: Mapped[PublicId]
    filename: Mapped[Line]
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, comment="the file, byte for byte")
    encoding: Mapped[str] = mapped_column(String(20))
    uploaded_at: Mapped[Instant]
    uploaded_by_id: Mapped[int | None] = refers_to("account", nullable=True, index=False)
    state: Mapped[ImportState] = mapped_column(word(ImportState), default=ImportState.PREVIEWED)
    summary: Mapped[dict[str, Any]] = mapped_column(JSON, comment="counts of what it would change, or changed")
    plan_hash: Mapped[str] = mapped_column(String(64), comment="what was previewed is what is applied, or nothing is")
    applied_at: Mapped[Instant | None]
