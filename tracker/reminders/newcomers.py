"""Reminders of what is to be done for new hires.

A manager's tasks stand in the weekly mail. IT, HR and the new hires themselves get a mail when something of theirs is late:
one a day at most, on working days, and about the same things once a week.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, true

from tracker import clock
from tracker.accounts.models import Account, RoleGrant
from tracker.audit.operations import record
from tracker.db import BoundSession
from tracker.domain.periods import later
from tracker.domain.programme import Owner, calls_for_reminder
from tracker.i18n import translated
from tracker.mail.operations import enqueue
from tracker.municipalities.models import Municipality
from tracker.naming import shown_name
from tracker.permissions import GivenRole, system
from tracker.programmes.queries import Introduction, Task, introductions
from tracker.reminders.queries import can_be_reached, last_decided

NEWCOMERS = "newcomer_tasks"
WEEKLY = "weekly_digest"
# The weekly mail tells of what is due before the next one.
AHEAD_DAYS = 7
# A mail that lists more than this is not read in ten seconds; the rest is a click away.
MOST_NEWCOMERS = 5
MOST_TASKS = 4

Remaining = tuple[Introduction, list[Task]]


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A new hire in a mail: how they may be named there, and what is to be done for them, the first due first."""

    name: str
    public_id: str
    first_day: date
    tasks: list[Task]
    more: int  # tasks that are left out


def in_words(remaining: Iterable[Remaining], locale: str) -> list[Newcomer]:
    """Return new hires as a mail names them. Nobody is the viewer of a mail: a protected name is never written in one."""
    protected = translated("Protected identity", locale)
    return [
        Newcomer(
            shown_name(one.person, None, protected=protected),
            one.person.public_id,
            one.hire.first_day,
            tasks[:MOST_TASKS],
            max(0, len(tasks) - MOST_TASKS),
        )
        for one, tasks in remaining
    ]


def of_managers(session: BoundSession, today: date) -> dict[int, list[Remaining]]:
    """Return, by manager's person id, the tasks for new hires that are late or due within a week: the nearest manager's."""
    found: defaultdict[int, list[Remaining]] = defaultdict(list)
    for one in introductions(session, true(), today):
        until = later(today, AHEAD_DAYS)
        tasks = [task for task in one.open(Owner.MANAGER) if task.due_on is not None and task.due_on <= until]
        if tasks:
            for manager in one.managers:
                found[manager.id].append((one, tasks))
    return found


def late_by_account(session: BoundSession, today: date) -> dict[Account, list[Remaining]]:
    """Return what is late of those who get a mail of their own: the new hires', the nearest IT's, and HR's tasks."""
    found: defaultdict[Account, list[Remaining]] = defaultdict(list)
    late = [(one, one.late()) for one in introductions(session, true(), today)]
    accounts = _accounts(session, today) if any(tasks for _one, tasks in late) else []
    by_person = {account.person_id: account for account in accounts if account.person_id is not None}
    in_hr = _in_hr(session, accounts)
    for one, tasks in late:
        owners = {
            Owner.LEARNER: [one.person.id],
            Owner.IT: [person.id for person in one.it],
        }
        for owner, people in owners.items():
            if theirs := [task for task in tasks if task.owner is owner]:
                for account in (by_person[person_id] for person_id in people if person_id in by_person):
                    found[account].append((one, theirs))
        if theirs := [task for task in tasks if task.owner is Owner.HR]:
            for account in in_hr:
                found[account].append((one, theirs))
    return found


def _accounts(session: BoundSession, today: date) -> list[Account]:
    return list(session.scalars(select(Account).where(can_be_reached(today)).order_by(Account.id)))


def _in_hr(session: BoundSession, accounts: Collection[Account]) -> list[Account]:
    granted = set(
        session.scalars(
            select(RoleGrant.account_id).where(RoleGrant.role == GivenRole.HR, RoleGrant.revoked_at.is_(None))
        )
    )
    return [account for account in accounts if account.id in granted]


def remind_of_newcomer_tasks(session: BoundSession, *, now: datetime) -> int:
    """Put a mail in the outbox to each who is late with something for a new hire. Returns how many.

    Not to who is told of that within the last week, unless something more is late, nor to who gets another reminder today.
    Running it again adds nothing, since the outbox knows each mail by recipient and day. Writes a journal entry for each.
    """
    municipality = session.get_one(Municipality, session.municipality_id)
    today = clock.local_date(now, municipality.timezone)
    told, weekly = last_decided(session, NEWCOMERS), last_decided(session, WEEKLY)
    decided = 0
    for account, remaining in late_by_account(session, today).items():
        told_on, weekly_on = (
            clock.local_date(before[account.id].created_at, municipality.timezone) if account.id in before else None
            for before in (told, weekly)
        )
        dues = [task.due_on for _one, tasks in remaining for task in tasks if task.due_on is not None]
        if weekly_on == today or not calls_for_reminder(dues, today, told_on=told_on):
            continue
        own = [tasks for one, tasks in remaining if one.person.id == account.person_id]
        others = [(one, tasks) for one, tasks in remaining if one.person.id != account.person_id]
        mail = enqueue(
            session,
            kind=NEWCOMERS,
            dedupe_key=f"{NEWCOMERS}:{today}:{account.public_id}",
            account=account,
            template=NEWCOMERS,
            context={
                "own": own[0] if own else [],
                "newcomers": in_words(others[:MOST_NEWCOMERS], account.locale or municipality.locale),
                "more": max(0, len(others) - MOST_NEWCOMERS),
                "number": sum(len(tasks) for _one, tasks in others),
                "day": today,
                "today": today,
            },
            now=now,
        )
        if mail is not None:
            decided += 1
            by = system(session.municipality_id, NEWCOMERS)
            record(session, "newcomer_tasks.reminded", subject=account, by=by, day=str(today))
    return decided
