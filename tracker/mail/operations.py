"""Putting mail in the outbox, and taking it from there to the mail server."""

import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError

from tracker import tokens
from tracker.audit.operations import record
from tracker.db import BoundSession, Database
from tracker.mail.models import MailState, OutgoingMail
from tracker.mail.rendering import render
from tracker.mail.transport import Outcome, Transport
from tracker.municipalities.models import Municipality
from tracker.permissions import Viewer

log = structlog.get_logger()

# The namespace of our Message-IDs: the same mail has the same one at every attempt.
_NAMESPACE = uuid.UUID("6f3c1d0e-8f0b-5f0e-9c53-5d9f6f1f3a51")
# Longer than a conversation with a mail server that takes its time over each command (see transport.TIMEOUT_SECONDS).
LEASE = timedelta(minutes=5)
# How long to wait after the first, second … failure; after the last of them the mail has failed.
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440))
# Mails whose text is a secret link: their body is blanked once they have left.
SECRET_KINDS = frozenset({"invitation", "reset"})
BLANKED = "–"

LEFT = frozenset({MailState.SENT, MailState.CAUGHT})
STUCK = frozenset({MailState.FAILED, MailState.UNCERTAIN})

StillWanted = Callable[[BoundSession, OutgoingMail, datetime], bool]


class Recipient(Protocol):
    """Whom a mail is for: an account, as far as mail needs to know it."""

    id: Any
    email: Any
    locale: Any
    disabled_at: Any


class NotStuckError(Exception):
    """The mail is on its way, has left, or its text is gone: trying again makes no sense."""


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
    this dedupe key exists already: the same reason never mails twice, however many decide on it at once.
    """
    if account.email is None or account.disabled_at is not None:
        return None
    taken = select(OutgoingMail.id).where(OutgoingMail.dedupe_key == dedupe_key)
    if session.scalar(taken) is not None:
        return None  # Spares the rendering; between two at once, the unique key decides below.
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
    session.flush()  # What is pending besides must not be undone with the savepoint.
    try:
        with session.begin_nested():
            session.add(mail)
    except IntegrityError:
        return None
    return mail


def deliver(
    database: Database,
    transport: Transport,
    *,
    now: Callable[[], datetime],
    still_wanted: StillWanted,
    at_most: int = 50,
) -> Counter[MailState]:
    """Take what is due from the outbox, the oldest first, and hand it to the mail server.

    Returns how many mails ended this attempt in which state: nothing, when nothing was due. Each mail is claimed with a
    lease, sent while no transaction is open, and its outcome written down; a sender that dies leaves a lease that runs
    out, and the mail is tried again with the same Message-ID. `still_wanted` is asked just before sending: what is no
    longer called for is suppressed. One mail that goes wrong does not stop the next.
    """
    outcomes: Counter[MailState] = Counter()
    lease = tokens.one_time_token()
    while outcomes.total() < at_most and (mail := _claim(database, lease=lease, now=now())) is not None:
        outcome = _attempt(database, transport, mail, still_wanted=still_wanted, now=now())
        outcomes[_settle(database, mail, outcome, lease=lease, now=now())] += 1
    return outcomes


def _claim(database: Database, *, lease: str, now: datetime) -> OutgoingMail | None:
    """Take one mail in hand: for the length of a lease, nobody else touches it."""
    waiting = OutgoingMail.state.in_([MailState.QUEUED, MailState.UNCERTAIN]) & (OutgoingMail.due_at <= now)
    abandoned = (OutgoingMail.state == MailState.SENDING) & (OutgoingMail.lease_until < now)
    with database.wide() as session:
        mail = session.scalars(
            select(OutgoingMail)
            .where(or_(waiting & (OutgoingMail.attempts <= len(BACK_OFF)), abandoned))
            .order_by(OutgoingMail.due_at, OutgoingMail.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).one_or_none()
        if mail is None:
            return None
        mail.state = MailState.SENDING
        mail.lease = lease
        mail.lease_until = now + LEASE
        mail.attempts += 1
        session.commit()
    return mail


def _attempt(
    database: Database, transport: Transport, mail: OutgoingMail, *, still_wanted: StillWanted, now: datetime
) -> Outcome:
    wanted = False
    try:
        with database.bound(mail.municipality_id, reading=True) as session:
            wanted = still_wanted(session, mail, now)
        return transport.send(mail) if wanted else Outcome(MailState.SUPPRESSED, "no longer called for")
    except Exception as error:
        log.exception("mail.broken", mail=mail.public_id, kind=mail.kind)
        return Outcome(MailState.UNCERTAIN if wanted else MailState.QUEUED, f"{type(error).__name__}: {error}")


def _settle(database: Database, mail: OutgoingMail, outcome: Outcome, *, lease: str, now: datetime) -> MailState:
    """Write down how an attempt ended, unless the lease ran out and another has taken the mail in hand."""
    state = outcome.state
    values: dict[str, Any] = {"response": outcome.response[:500], "lease": None, "lease_until": None}
    if state in LEFT:
        values["sent_at"] = now
    again = state in {MailState.QUEUED, MailState.UNCERTAIN} and mail.attempts <= len(BACK_OFF)
    if again:
        values["due_at"] = now + BACK_OFF[mail.attempts - 1]
    elif state is MailState.QUEUED:
        state = MailState.FAILED
    if mail.kind in SECRET_KINDS and not again and state is not MailState.CAUGHT:
        values |= {"text": BLANKED, "html": BLANKED}
    with database.bound(mail.municipality_id) as session:
        session.execute(
            update(OutgoingMail)
            .where(OutgoingMail.id == mail.id, OutgoingMail.lease == lease)
            .values(state=state, **values)
        )
        session.commit()
    log.info("mail.outcome", mail=mail.public_id, kind=mail.kind, state=state.value, attempt=mail.attempts)
    return state


def try_again(session: BoundSession, mail: OutgoingMail, *, by: Viewer, now: datetime) -> None:
    """Put a mail that is stuck back in the queue, with all its attempts before it.

    Raises NotStuckError.
    """
    if not can_be_tried_again(mail):
        raise NotStuckError
    mail.state, mail.attempts, mail.due_at = MailState.QUEUED, 0, now
    record(session, "mail.tried_again", subject=mail, by=by)


def can_be_tried_again(mail: OutgoingMail) -> bool:
    """Say whether a mail is stuck, and there is still something to send."""
    return mail.state in STUCK and mail.text != BLANKED
