"""How the managers' weekly mails change with what requirements mean for people. Nothing is written or sent."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import groupby

from sqlalchemy import and_, or_, select

from tracker import clock
from tracker.accounts.models import Account
from tracker.compliance.models import Phase
from tracker.compliance.whatif import Outlook, Stretch
from tracker.db import BoundSession
from tracker.domain.facts import State
from tracker.domain.obligations import ASKING, OPEN
from tracker.domain.periods import later
from tracker.domain.reminders import SOON_DAYS, digest_day
from tracker.jobs.models import JobRun
from tracker.municipalities.calendar import HOLIDAYS
from tracker.municipalities.models import Municipality
from tracker.organisation.queries import Tree, in_force, tree_on
from tracker.people.models import Duty, Employment
from tracker.people.queries import MANAGING
from tracker.reminders.newcomers import WEEKLY, of_managers
from tracker.reminders.queries import last_decided, managers_on
from tracker.tables import stands

AHEAD_DAYS = 30


class MailChange(StrEnum):
    """How a weekly mail changes."""

    NEW = "new"  # it would not be sent otherwise
    LONGER = "longer"  # it is sent anyway, and would tell of more people
    DROPPED = "dropped"  # it would not be sent any more


@dataclass(frozen=True, slots=True)
class Mail:
    """A weekly mail to a manager that changes, and whom it tells of: as it is, and as it would be."""

    account_id: int
    day: date
    change: MailChange
    before: frozenset[int] = field(repr=False)
    after: frozenset[int] = field(repr=False)

    @property
    def people(self) -> frozenset[int]:
        """Who changes it: whom it would tell of besides, or, if it is dropped, whom it told of."""
        return self.before if self.change is MailChange.DROPPED else self.after - self.before


@dataclass(frozen=True, slots=True)
class MailChanges:
    """What changes in the weekly mails of the next 30 days, the first first."""

    mails: list[Mail] = field(default_factory=list)
    more: frozenset[int] = frozenset()
    """Whom a mail would tell of, and none does now."""
    fewer: frozenset[int] = frozenset()
    """Whom one tells of now, and none would."""

    def of(self, change: MailChange) -> list[Mail]:
        """Return the mails that change in one way."""
        return [mail for mail in self.mails if mail.change == change]

    def managers(self, change: MailChange) -> set[int]:
        """Return the accounts of those whose mails change in one way."""
        return {mail.account_id for mail in self.of(change)}


@dataclass(slots=True)
class _Reasons:
    """Whom a day's mails may tell of, and since when those who have lapsed have."""

    urgent: set[int] = field(default_factory=set)
    lapsed: dict[int, date] = field(default_factory=dict)

    def __or__(self, other: "_Reasons") -> "_Reasons":
        since = dict(self.lapsed)
        for person_id, day in other.lapsed.items():
            since[person_id] = max(day, since.get(person_id, day))
        return _Reasons(self.urgent | other.urgent, since)

    def call_for(self, team: set[int], told_on: date) -> bool:
        """Say whether a manager of these people, last told of them on a day, is to be told: see domain.reminders."""
        if not team.isdisjoint(self.urgent):
            return True
        return any(since > told_on for person_id, since in self.lapsed.items() if person_id in team)

    def among(self, team: set[int]) -> frozenset[int]:
        """Return whom a mail about these people tells of."""
        return frozenset(team & self.urgent) | (self.lapsed.keys() & team)


def mail_changes(session: BoundSession, outlooks: Mapping[int, Outlook], *, today: date) -> MailChanges:
    """Say how the weekly mails change with what some requirements would mean, all on the same day: their outlooks by id.

    They are those of the 30 days from that day on, if nobody does anything meanwhile. Each mail counts as telling the
    manager of everything, so that what has lapsed is news once. When the day is not today, as if each manager had been
    told of everything a week before it. As many queries for 500 people as for five: some for each weekly mail.
    """
    first = next(iter(outlooks.values())).day if outlooks else today
    days = _mail_days(session, first) if outlooks else []
    before, after = ({day: _Reasons() for day in days} for _ in range(2))
    for outlook in outlooks.values():
        for reasons, stretches in ((before, outlook.before), (after, outlook.after)):
            for person_id, of_person in stretches.items():
                _note(reasons, person_id, of_person)
    if before == after:
        return MailChanges()
    others = _otherwise(session, outlooks.keys(), days)
    told_on = _told_on(session) if first == today else {}
    unless = date.min if first == today else later(first, -7)
    told = [dict(told_on), dict(told_on)]
    mails: list[Mail] = []
    tells_of: list[set[int]] = [set(), set()]
    staff = _staff(session, days)
    for day in days:
        newcomers = of_managers(session, day)
        worlds = [reasons[day] | others[day] for reasons in (before, after)]
        for account, team in _teams(session, day, staff[day]):
            people: list[frozenset[int]] = []
            sent: list[bool] = []
            for number, reasons in enumerate(worlds):
                called = reasons.call_for(team, told[number].get(account.id, unless))
                people.append(reasons.among(team) if called else frozenset())
                sent.append(called or account.person_id in newcomers)
                tells_of[number] |= people[-1]
                if sent[-1]:
                    told[number][account.id] = day
            if (change := _change(sent, people)) is not None:
                mails.append(Mail(account.id, day, change, *people))
    return MailChanges(mails, frozenset(tells_of[1] - tells_of[0]), frozenset(tells_of[0] - tells_of[1]))


def _change(sent: list[bool], people: list[frozenset[int]]) -> MailChange | None:
    match sent:
        case [False, True]:
            return MailChange.NEW
        case [True, False]:
            return MailChange.DROPPED
        case [True, True] if people[1] - people[0]:
            return MailChange.LONGER
        case _:
            return None


def _mail_days(session: BoundSession, first: date) -> list[date]:
    """Return the days from one on, 30 days ahead, on which weekly mails go out: see domain.reminders.digest_day."""
    weekday = session.get_one(Municipality, session.municipality_id).digest_weekday
    gone: set[date | None] = {None, *(digest_day(later(first, -ago), weekday, HOLIDAYS) for ago in range(1, 7))}
    planned = digest_day(first, weekday, HOLIDAYS)
    if session.scalar(select(JobRun.id).where(JobRun.job == WEEKLY, JobRun.local_date == planned)) is not None:
        gone.add(planned)
    days = []
    for ahead in range(AHEAD_DAYS + 1):
        day = later(first, ahead)
        planned = digest_day(day, weekday, HOLIDAYS)
        if planned not in gone:
            gone.add(planned)
            days.append(day)
    return days


def _told_on(session: BoundSession) -> dict[int, date]:
    timezone = session.get_one(Municipality, session.municipality_id).timezone
    return {
        account_id: clock.local_date(mail.created_at, timezone)
        for account_id, mail in last_decided(session, WEEKLY).items()
    }


def _note(reasons: Mapping[date, _Reasons], person_id: int, stretches: Iterable[Stretch]) -> None:
    """Add how one obligation stands, in order of days, to the reasons for the mails of some days."""
    since, lapsed_until, last_mail = date.min, None, max(reasons, default=date.min)
    for stretch in stretches:
        if stretch.starts_on > last_mail:
            break
        if stretch.state not in ASKING:
            continue
        if stretch.state is State.LAPSED:
            if lapsed_until is None or later(lapsed_until, 1) != stretch.starts_on:
                since = stretch.starts_on
            lapsed_until = stretch.ends_on
        for day, found in reasons.items():
            if stretch.starts_on > day or (stretch.ends_on is not None and stretch.ends_on < day):
                continue
            if stretch.state is State.LAPSED:
                found.lapsed[person_id] = max(since, found.lapsed.get(person_id, since))
            elif stretch.state is State.OVERDUE or (
                stretch.due_on is not None and stretch.due_on <= later(day, SOON_DAYS)
            ):
                found.urgent.add(person_id)


def _otherwise(session: BoundSession, requirement_ids: Collection[int], days: Collection[date]) -> dict[date, _Reasons]:
    """Return the reasons that requirements other than these are for the mails of some days. One query."""
    first, last = min(days), max(days)
    statement = (
        select(Phase.person_id, Phase.requirement_id, Phase.starts_on, Phase.ends_on, Phase.state, Phase.due_on)
        .where(
            Phase.requirement_id.not_in(requirement_ids),
            Phase.starts_on <= last,
            or_(
                Phase.state == State.LAPSED,
                and_(
                    or_(Phase.ends_on.is_(None), Phase.ends_on >= first),
                    or_(
                        Phase.state == State.OVERDUE,
                        and_(Phase.state.in_(OPEN), Phase.due_on <= later(last, SOON_DAYS)),
                    ),
                ),
            ),
        )
        .order_by(Phase.person_id, Phase.requirement_id, Phase.starts_on)
    )
    found = {day: _Reasons() for day in days}
    for (person_id, _), rows in groupby(session.execute(statement), key=lambda row: (row[0], row[1])):
        _note(found, person_id, (Stretch._make(row[2:]) for row in rows))
    return found


def _staff(session: BoundSession, days: Collection[date]) -> dict[date, defaultdict[int, set[int]]]:
    """Return who is employed in which unit on each of some days. One query."""
    employed = session.execute(
        select(Employment.unit_id, Employment.person_id, Employment.starts_on, Employment.ends_on).where(
            stands(Employment),
            Employment.starts_on <= max(days),
            or_(Employment.ends_on.is_(None), Employment.ends_on >= min(days)),
        )
    )
    staff = {day: defaultdict[int, set[int]](set) for day in days}
    for unit_id, person_id, first, last in employed:
        for day, units in staff.items():
            if first <= day and (last is None or day <= last):
                units[unit_id].add(person_id)
    return staff


def _teams(session: BoundSession, day: date, staff: Mapping[int, set[int]]) -> Iterator[tuple[Account, set[int]]]:
    """Yield each manager who can be told, and whom they are told about on a day: those below them, themselves aside.

    `staff`: who is employed in which unit then.
    """
    tree = tree_on(session, day)
    managed: defaultdict[int, set[int]] = defaultdict(set)
    for person_id, root in session.execute(
        select(Duty.person_id, Duty.unit_id).where(
            in_force(Duty, day), Duty.kind.in_(MANAGING), Duty.unit_id.is_not(None)
        )
    ):
        managed[person_id].update(() if root is None else _below(tree, root))
    for account in managers_on(session, day):
        if account.person_id is not None:
            people = (staff.get(unit, set()) for unit in managed[account.person_id])
            yield account, set[int]().union(*people) - {account.person_id}


def _below(tree: Tree, root: int) -> Iterator[int]:
    waiting = [root]
    while waiting:
        unit_id = waiting.pop()
        yield unit_id
        node = tree.nodes.get(unit_id)
        waiting += [child.id for child in node.children] if node else []
