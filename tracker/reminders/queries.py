"""Who is to be told of what."""

from datetime import date, timedelta
from itertools import groupby

from sqlalchemy import ColumnElement, func, or_, select

from tracker.accounts.models import Account
from tracker.compliance.models import Phase
from tracker.db import BoundSession
from tracker.domain.reminders import DigestRow
from tracker.mail.models import MailState, OutgoingMail
from tracker.organisation.queries import in_force
from tracker.people.models import Absence, Duty, Person
from tracker.people.queries import MANAGING, in_team
from tracker.permissions import Viewer


def can_be_reached(day: date) -> ColumnElement[bool]:
    """Return the condition that an account's owner is at work on a day and can be mailed."""
    away = select(Absence.person_id).where(in_force(Absence, day))
    at_work = or_(Account.person_id.is_(None), Account.person_id.not_in(away))
    return at_work & Account.email.is_not(None) & Account.disabled_at.is_(None)


def can_be_told(day: date) -> ColumnElement[bool]:
    """Return the condition that an account's owner manages a unit on a day, is at work and can be mailed."""
    managing = select(Duty.person_id).where(in_force(Duty, day), Duty.kind.in_(MANAGING), Duty.unit_id.is_not(None))
    return Account.person_id.in_(managing) & can_be_reached(day)


def managers_on(session: BoundSession, day: date) -> list[Account]:
    """Return the accounts of the managers who can be told something on a day, one for each manager."""
    return list(session.scalars(select(Account).where(can_be_told(day)).order_by(Account.id)))


def digest_rows(session: BoundSession, manager: Viewer, day: date) -> list[DigestRow]:
    """Return how the obligations of a manager's people stand on a day, the manager's own aside.

    `since` is the first day of the present state, across phases that differ in dates only.
    """
    team = select(Person.id).where(in_team(manager, day), Person.id != manager.person_id)
    history = session.execute(
        select(Phase.person_id, Phase.requirement_id, Phase.starts_on, Phase.ends_on, Phase.state, Phase.due_on)
        .where(Phase.person_id.in_(team), Phase.starts_on <= day)
        .order_by(Phase.person_id, Phase.requirement_id, Phase.starts_on)
    )
    rows = []
    for (person_id, requirement_id), phases in groupby(history, key=lambda row: (row.person_id, row.requirement_id)):
        since, before = day, None
        for phase in phases:
            if before is None or before.state != phase.state or before.ends_on != phase.starts_on - timedelta(days=1):
                since = phase.starts_on
            before = phase
        if before is not None and (before.ends_on is None or before.ends_on >= day):
            rows.append(DigestRow(person_id, requirement_id, before.state, since, before.due_on))
    return rows


def last_decided(session: BoundSession, kind: str) -> dict[int, OutgoingMail]:
    """Return the latest mail of a kind to each account, by account id; one that was not called for after all is none."""
    latest = (
        select(func.max(OutgoingMail.id))
        .where(OutgoingMail.kind == kind, OutgoingMail.state != MailState.SUPPRESSED)
        .group_by(OutgoingMail.account_id)
    )
    mails = session.scalars(select(OutgoingMail).where(OutgoingMail.id.in_(latest)))
    return {mail.account_id: mail for mail in mails if mail.account_id is not None}
