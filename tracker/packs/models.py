"""Packs that were sent to be loaded."""

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from tracker.tables import Instant, Line, Owned, PublicId, refers_to


class SentPack(Owned):
    """A pack that somebody sent: kept as it came, so that what was looked at is what is loaded."""

    public_id: Mapped[PublicId]
    filename: Mapped[Line]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, comment="the zip, byte for byte")
    sha256: Mapped[str] = mapped_column(String(64), comment="of the zip")
    sent_at: Mapped[Instant]
    sent_by_id: Mapped[int | None] = refers_to("account", nullable=True, index=False)
    loaded_at: Mapped[Instant | None]
