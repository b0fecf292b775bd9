"""Questions about the outbox. The operator's span every municipality, and say so by taking a wide session."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import defer

from tracker.db import WideSession
from tracker.mail.models import MailState, OutgoingMail
from tracker.municipalities.models import Municipality

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """A mail in the operator's list."""

    mail: OutgoingMail
    municipality: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the operator's list; pages count from 1."""

    lines: list[Line]
    number: int
    pages: int
    total: int

    @property
    def has_previous(self) -> bool:
        """Whether there is an earlier page."""
        return self.number > 1

    @property
    def has_next(self) -> bool:
        """Whether there is a later page."""
        return self.number < self.pages


def outbox(session: WideSession, *, state: MailState | None, number: int) -> Page:
    """Return a page of mails, newest first, without their bodies."""
    condition = OutgoingMail.state == state if state else OutgoingMail.id.is_not(None)
    total = session.scalar(select(func.count(OutgoingMail.id)).where(condition)) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    number = min(max(1, number), pages)
    rows = session.execute(
        select(OutgoingMail, Municipality.name)
        .join(Municipality, Municipality.id == OutgoingMail.municipality_id)
        .where(condition)
        .options(defer(OutgoingMail.text), defer(OutgoingMail.html))
        .order_by(OutgoingMail.created_at.desc(), OutgoingMail.id.desc())
        .limit(PAGE_SIZE)
        .offset((number - 1) * PAGE_SIZE)
    )
    return Page([Line(mail, name) for mail, name in rows], number, pages, total)


def counts(session: WideSession) -> dict[MailState, int]:
    """Return how many mails stand in each state."""
    rows = session.execute(select(OutgoingMail.state, func.count()).group_by(OutgoingMail.state))
    return {state: number for state, number in rows}  # noqa: C416


def mail_by_public_id(session: WideSession, public_id: str) -> OutgoingMail | None:
    """Return one mail, whole."""
    return session.scalars(select(OutgoingMail).where(OutgoingMail.public_id == public_id)).one_or_none()
