"""Putting mail in the outbox, and taking it from there to the mail server."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import or_, select, update

from tracker import tokens
from tracker.db import BoundSession, Database
from tracker.mail.models import MailState, OutgoingMail
from tracker.mail.rendering import render
from tracker.mail.transport import Outcome, Transport
from tracker.municipalities.models import Municipality

log = structlog.get_logger()

# The namespace of our Message-IDs: the same mail has the same one at every attempt.
_NAMESPACE = uuid.UUID("6f3c1d0e-8f0b-5f0e-9c53-5d9f6f1f3a51")
LEASE = timedelta(minutes=5)
BATCH = 50
# How long to wait after the first, second … failure; after the last of them the mail has failed.
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440))
# Mails whose text is a secret link: their body is blanked once they have left.
SECRET_KINDS = frozenset({"invitation", "reset"})
BLANKED = "–"

StillWanted = Callable[[BoundSession, OutgoingMail, datetime], bool]


class Recipient(Protocol):
    """Whom a mail is for: an account, as far as mail needs to know it."""

    id: Any
    email: Any
    locale: Any
    disabled_at: Any


def enqueue(
    session: BoundSession,
    *,
    kind: str,
    dedupe_key: str,
    account: Recipient,
    template: str,
    context: Mapping[str, Any],
    now: datetime,
) -> OutgoingMail | None:
    """Put a mail to an account's owner in the outbox, in the transaction of its cause.

    Rendered in the account's language. Returns None when the account has no address or is disabled, or when a mail with
    this dedupe key exists already: the same reason never mails twice.
    """
    if account.email is None or account.disabled_at is not None:
        return None
    taken = select(OutgoingMail.id).where(OutgoingMail.dedupe_key == dedupe_key)
    if session.scalar(taken) is not None:
        return None
    municipality = session.get_one(Municipality, session.municipality_id)
    locale = account.locale or municipality.locale
    rendered = render(template, locale=locale, municipality_name=municipality.name, context=dict(context))
    mail = OutgoingMail(
        dedupe_key=dedupe_key,
        kind=kind,
        account_id=account.id,
        address=account.email,
        locale=locale,
        subject=rendered.subject[:200],
        text=rendered.text,
        html=rendered.html,
        message_id=f"<{uuid.uuid5(_NAMESPACE, f'{session.municipality_id}:{dedupe_key}')}@tracker>",
        created_at=now,
        due_at=now,
    )
    session.add(mail)
    return mail


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: int
    municipality_id: int


def deliver(
    database: Database,
    transport: Transport,
    *,
    now: Callable[[], datetime],
    still_wanted: StillWanted,
) -> int:
    """Take what is due from the outbox and hand it to the mail server. Returns how many left.

    Each mail is claimed with a lease, sent while no transaction is open, and its outcome written down; a sender that
    dies leaves a lease that runs out, and the mail is tried again with the same Message-ID. `still_wanted` is asked just
    before sending: what is no longer called for is suppressed.
    """
    left = 0
    lease = tokens.one_time_token()
    for claimed in _claim(database, lease=lease, now=now()):
        left += _send_one(database, transport, claimed, lease=lease, now=now, still_wanted=still_wanted)
    return left


def _claim(database: Database, *, lease: str, now: datetime) -> list[_Claimed]:
    waiting = or_(
        OutgoingMail.state.in_([MailState.QUEUED, MailState.UNCERTAIN]),
        (OutgoingMail.state == MailState.SENDING) & (OutgoingMail.lease_until < now),
    )
    with database.wide() as session:
        mails = session.scalars(
            select(OutgoingMail)
            .where(waiting, OutgoingMail.due_at <= now, OutgoingMail.attempts <= len(BACK_OFF))
            .order_by(OutgoingMail.due_at, OutgoingMail.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        for mail in mails:
            mail.state = MailState.SENDING
            mail.lease = lease
            mail.lease_until = now + LEASE
            mail.attempts += 1
        session.commit()
        return [_Claimed(mail.id, mail.municipality_id) for mail in mails]


def _send_one(
    database: Database,
    transport: Transport,
    claimed: _Claimed,
    *,
    lease: str,
    now: Callable[[], datetime],
    still_wanted: StillWanted,
) -> int:
    with database.bound(claimed.municipality_id, reading=True) as session:
        mail = session.get_one(OutgoingMail, claimed.id)
        if mail.lease != lease or mail.lease_until is None or mail.lease_until <= now():
            return 0  # Our lease ran out while earlier mails were slow; whoever claims it next sends it.
        wanted = still_wanted(session, mail, now())
    outcome = transport.send(mail) if wanted else Outcome(MailState.SUPPRESSED, "no longer called for")
    instant = now()
    values: dict[str, Any] = {"state": outcome.state, "response": outcome.response[:500], "lease": None}
    if outcome.state in {MailState.SENT, MailState.CAUGHT}:
        values["sent_at"] = instant
    if outcome.state in {MailState.QUEUED, MailState.UNCERTAIN}:
        if mail.attempts > len(BACK_OFF):
            values["state"] = MailState.FAILED if outcome.state is MailState.QUEUED else MailState.UNCERTAIN
        else:
            values["due_at"] = instant + BACK_OFF[mail.attempts - 1]
    if mail.kind in SECRET_KINDS and values["state"] in {MailState.SENT, MailState.FAILED, MailState.SUPPRESSED}:
        values |= {"text": BLANKED, "html": BLANKED}
    with database.bound(claimed.municipality_id) as session:
        session.execute(
            update(OutgoingMail).where(OutgoingMail.id == claimed.id, OutgoingMail.lease == lease).values(**values)
        )
        session.commit()
    log.info("mail.outcome", mail=mail.public_id, kind=mail.kind, state=values["state"].value, attempt=mail.attempts)
    return int(outcome.state in {MailState.SENT, MailState.CAUGHT})


def try_again(mails: Iterable[OutgoingMail], *, now: datetime) -> None:
    """Put failed mails back in the queue, as the operator asks."""
    for mail in mails:
        if mail.state in {MailState.FAILED, MailState.UNCERTAIN}:
            mail.state, mail.attempts, mail.due_at = MailState.QUEUED, 0, now
