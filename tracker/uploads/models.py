"""Certificates from elsewhere that learners have sent, and the files themselves."""

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, UniqueConstraint, column
from sqlalchemy.orm import Mapped, mapped_column

from tracker.tables import Instant, Line, Owned, PublicId, refers_to, word


class Outcome(StrEnum):
    """What became of a certificate that was sent."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"  # by the learner, before anyone had decided


class UploadedCertificate(Owned):
    """A learner sent a certificate from elsewhere. It proves nothing until somebody else has checked it."""

    public_id: Mapped[PublicId]
    person_id: Mapped[int] = refers_to("person")
    course_id: Mapped[int] = refers_to("course")
    completed_on: Mapped[date]
    issuer: Mapped[Line] = mapped_column(comment="who issued it, in the learner's words")
    note: Mapped[str] = mapped_column(String(500), default="")
    media_type: Mapped[str] = mapped_column(String(40), comment="told by the file's content")
    size: Mapped[int] = mapped_column(comment="bytes")
    sha256: Mapped[str] = mapped_column(String(64), comment="of the file as it is kept; the journal has it too")
    uploaded_at: Mapped[Instant]
    uploaded_by_id: Mapped[int] = refers_to("account", index=False)
    outcome: Mapped[Outcome | None] = mapped_column(word(Outcome), comment="empty while it waits")
    closed_at: Mapped[Instant | None]
    closed_by_id: Mapped[int | None] = refers_to("account", nullable=True, index=False)
    words: Mapped[str] = mapped_column(String(500), default="", comment="to the learner; why, when declined")
    completion_id: Mapped[int | None] = refers_to("completion", nullable=True)

    __table_args__ = (
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed"),
        CheckConstraint("outcome IS NULL OR (outcome = 'accepted') = (completion_id IS NOT NULL)", name="accepted"),
        # One at a time for each course: sending the form twice sends once.
        Index(
            "uq_uploaded_certificate_open",
            "municipality_id",
            "person_id",
            "course_id",
            unique=True,
            sqlite_where=column("closed_at").is_(None),
            postgresql_where=column("closed_at").is_(None),
        ),
    )


class UploadedFile(Owned):
    """The file of an uploaded certificate, in a table of its own: lists never load it, and disposal can take it alone."""

    uploaded_certificate_id: Mapped[int] = refers_to("uploaded_certificate")
    content: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (UniqueConstraint("municipality_id", "uploaded_certificate_id"),)
