"""The outbox: a mail is a row first, in the transaction of its cause, and an SMTP conversation later."""

from enum import StrEnum

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.tables import Code, Instant, Line, Owned, PublicId, refers_to, word


class MailState(StrEnum):
    """Where a mail stands on its way out."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    CAUGHT = "caught"  # kept for the operator to read instead of sent: no SMTP server is configured
    FAILED = "failed"
    UNCERTAIN = "uncertain"  # the conversation broke after the message was handed over
    SUPPRESSED = "suppressed"  # no longer called for when its turn came


class OutgoingMail(Owned):
    """One mail to one recipient."""

    public_id: Mapped[PublicId]
    dedupe_key: Mapped[str] = mapped_column(String(200), comment="what makes it this mail and no other")
    kind: Mapped[Code]
    account_id: Mapped[int | None] = refers_to("account", nullable=True)
    address: Mapped[str] = mapped_column(String(254))
    locale: Mapped[str] = mapped_column(String(5))
    subject: Mapped[Line]
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    message_id: Mapped[Line] = mapped_column(comment="the same at every attempt, so that a copy can be told")
    created_at: Mapped[Instant]
    state: Mapped[MailState] = mapped_column(word(MailState), default=MailState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[Instant] = mapped_column(comment="not before this instant; moves later at each failure")
    lease: Mapped[str | None] = mapped_column(String(64), comment="which sender has it in hand")
    lease_until: Mapped[Instant | None]
    sent_at: Mapped[Instant | None]
    response: Mapped[str | None] = mapped_column(String(500), comment="the SMTP server's last words")

    __table_args__ = (UniqueConstraint("municipality_id", "dedupe_key"), Index(None, "state", "due_at"))
