"""Sign-in: accounts, the roles given by hand, sessions, one-time links, throttling."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, column
from sqlalchemy.orm import Mapped, mapped_column

from tracker.permissions import GivenRole
from tracker.tables import Code, Instant, Key, Line, Model, Owned, PublicId, refers_to, word


class Account(Owned):
    """A sign-in. It may belong to a person; an operator's need not."""

    public_id: Mapped[PublicId]
    person_id: Mapped[int | None] = refers_to("person", nullable=True)
    display_name: Mapped[Line]
    email: Mapped[str | None] = mapped_column(String(254), comment="as written; compared by email_key")
    email_key: Mapped[str | None] = mapped_column(String(254), index=True, comment="casefolded, NFC")
    employee_number: Mapped[str | None] = mapped_column(String(40), index=True)
    password_hash: Mapped[str | None] = mapped_column(
        String(200), comment="argon2id; empty until an invitation is used"
    )
    locale: Mapped[str | None] = mapped_column(String(5))
    theme: Mapped[str] = mapped_column(String(5), default="auto")
    created_at: Mapped[Instant]
    disabled_at: Mapped[Instant | None]

    __table_args__ = (
        UniqueConstraint("municipality_id", "email_key"),
        UniqueConstraint("municipality_id", "employee_number"),
        UniqueConstraint("municipality_id", "person_id"),
    )


class RoleGrant(Owned):
    """A role that was given by hand. Roles that follow from facts (unit manager, system owner …) are never here."""

    account_id: Mapped[int] = refers_to("account")
    role: Mapped[GivenRole] = mapped_column(word(GivenRole))
    granted_at: Mapped[Instant]
    granted_by_id: Mapped[int | None] = refers_to("account", nullable=True, index=False)
    revoked_at: Mapped[Instant | None]
    revoked_by_id: Mapped[int | None] = refers_to("account", nullable=True, index=False)


class RoleOutcome(StrEnum):
    """What became of a role that somebody asked a second person to approve."""

    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class RoleRequest(Owned):
    """Somebody asks a second person to approve that an account gets a high role. It carries nothing: the grant does."""

    public_id: Mapped[PublicId]
    account_id: Mapped[int] = refers_to("account")
    role: Mapped[GivenRole] = mapped_column(word(GivenRole))
    asked_at: Mapped[Instant]
    asked_by_id: Mapped[int] = refers_to("account", index=False)
    closed_at: Mapped[Instant | None]
    closed_by_id: Mapped[int | None] = refers_to("account", nullable=True, index=False)
    outcome: Mapped[RoleOutcome | None] = mapped_column(word(RoleOutcome), comment="empty while it waits")
    declined_why: Mapped[str | None] = mapped_column(String(500), comment="in the words of who declined it")

    def close(self, outcome: RoleOutcome, *, by_id: int | None, now: datetime, why: str | None = None) -> None:
        """Note what became of it, who decided, and why it was declined."""
        self.closed_at, self.closed_by_id, self.outcome, self.declined_why = now, by_id, outcome, why

    __table_args__ = (
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed"),
        # Asking twice asks once.
        Index(
            "uq_role_request_open",
            "municipality_id",
            "account_id",
            "role",
            unique=True,
            sqlite_where=column("closed_at").is_(None),
            postgresql_where=column("closed_at").is_(None),
        ),
    )


class LoginSession(Owned):
    """One browser that is signed in. The cookie holds the token, the database its fingerprint."""

    public_id: Mapped[PublicId]
    account_id: Mapped[int] = refers_to("account")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    started_at: Mapped[Instant]
    seen_at: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(comment="absolute end; idling ends it earlier")
    ended_at: Mapped[Instant | None]
    address: Mapped[str] = mapped_column(String(45))
    browser: Mapped[Line]


class LinkPurpose(StrEnum):
    """What a mailed one-time link is for."""

    INVITATION = "invitation"
    RESET = "reset"


class OneTimeLink(Owned):
    """A mailed link. Opening it shows a form; only sending the form consumes it."""

    account_id: Mapped[int] = refers_to("account")
    purpose: Mapped[LinkPurpose] = mapped_column(word(LinkPurpose))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    consumed_at: Mapped[Instant | None]


class FailedSignIn(Model):
    """A failed sign-in, kept for a day to slow down guessing. The key is a fingerprint: of an address or an identifier."""

    __shared__: ClassVar[bool] = True

    id: Mapped[Key]
    key: Mapped[Code] = mapped_column(String(80))
    at: Mapped[Instant]

    __table_args__ = (Index(None, "key", "at"),)
