"""Questions about the outbox. The operator's span every municipality, and say so by taking a wide session."""

from sqlalchemy import Row, func, select
from sqlalchemy.orm import defer

from tracker.db import WideSession
from tracker.mail.models import MailState, OutgoingMail
from tracker.municipalities.models import Municipality
from tracker.paging import Page, page_of

PAGE_SIZE = 50


def outbox(session: WideSession, *, state: MailState | None, number: int) -> Page[Row[OutgoingMail, str]]:
    """Return a page of mails, the latest decided first, each with its municipality's name. Their bodies stay behind."""
    statement = (
        select(OutgoingMail, Municipality.name)
        .join(Municipality, Municipality.id == OutgoingMail.municipality_id)
        .options(defer(OutgoingMail.text, raiseload=True), defer(OutgoingMail.html, raiseload=True))
        .order_by(OutgoingMail.id.desc())
    )
    if state is not None:
        statement = statement.where(OutgoingMail.state == state)
    return page_of(session, statement, number=number, size=PAGE_SIZE)


def counts(session: WideSession) -> dict[MailState, int]:
    """Return how many mails stand in each state; those in which none does are left out."""
    rows = session.execute(select(OutgoingMail.state, func.count()).group_by(OutgoingMail.state))
    return {state: number for state, number in rows}  # noqa: C416 - a row is not known to be a pair


def mail_by_public_id(session: WideSession, public_id: str) -> OutgoingMail | None:
    """Return one mail, whole."""
    return session.scalars(select(OutgoingMail).where(OutgoingMail.public_id == public_id)).one_or_none()
