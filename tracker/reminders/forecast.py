"""How the managers' weekly mails change with what requirements mean for people. Nothing is written or sent."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import aliased

from tracker.compliance.models import Phase
from tracker.compliance.queries import phase_on
from tracker.compliance.whatif import Outlook, Stretch, stretch_on
from tracker.db import BoundSession
from tracker.domain.facts import State
from tracker.domain.periods import later
from tracker.domain.reminders import SOON_DAYS
from tracker.municipalities.models import Municipality
from tracker.organisation.queries import Tree, in_force, tree_on
from tracker.people.models import Duty, Employment
from tracker.people.queries import MANAGING
from tracker.reminders.queries import managers_on

AHEAD_DAYS = 30
_DUE = (State.TO_DO, State.RENEW, State.GRACE)


@dataclass(frozen=True, slots=True)
class MailChanges:
    """What changes in the weekly mails of the next 30 days.

    A mail that is sent anyway, for another reason, is no change; nor is a person whom a manager is told of anyway.
    """

    added: dict[int, list[date]] = field(default_factory=dict)
    """By account, the mails that only what would be calls for."""
    dropped: dict[int, list[date]] = field(default_factory=dict)
    """By account, those that would not be called for any more."""
    more: frozenset[int] = frozenset()
    """Who would be a reason for a mail, and is for none now."""
    fewer: frozenset[int] = frozenset()
    """Who is a reason for one now, and would be for none."""


def mail_changes(session: BoundSession, outlooks: Mapping[int, Outlook]) -> MailChanges:
    """Say how the weekly mails change with what some requirements would mean, all on the same day: their outlooks by id.

    As if each manager had been told of everything a week before. Five queries for each weekly mail.
    """
    days = _mail_days(session, next(iter(outlooks.values())).day) if outlooks else []
    calling = {day: [_calling(outlooks.values(), day, after=after) for after in (False, True)] for day in days}
    changing = set[int]().union(*(before ^ after for before, after in calling.values()))
    if not changing:
        return MailChanges()
    added: dict[int, list[date]] = {}
    dropped: dict[int, list[date]] = {}
    told_now: set[int] = set()
    told_then: set[int] = set()
    for day, (before, after) in calling.items():
        others = _calling_otherwise(session, outlooks.keys(), day)
        now, then = before | others, after | others
        for account_id, team in _teams(session, day).items():
            told_now |= team & now
            told_then |= team & then
            if team.isdisjoint(now) and not team.isdisjoint(then):
                added.setdefault(account_id, []).append(day)
            elif team.isdisjoint(then) and not team.isdisjoint(now):
                dropped.setdefault(account_id, []).append(day)
    return MailChanges(added, dropped, frozenset(told_then - told_now), frozenset(told_now - told_then))


def _mail_days(session: BoundSession, first: date) -> list[date]:
    """Return the days from one on, 30 days ahead, for which weekly mails are planned."""
    weekday = session.get_one(Municipality, session.municipality_id).digest_weekday
    days = [later(first, ahead) for ahead in range(AHEAD_DAYS + 1)]
    return [day for day in days if day.weekday() == weekday]


def _calling(outlooks: Collection[Outlook], day: date, *, after: bool) -> set[int]:
    """Return the people whose obligations are a reason to write to their manager: see domain.reminders.weekly_digest."""
    return {
        person_id
        for outlook in outlooks
        for person_id, stretches in (outlook.after if after else outlook.before).items()
        if _calls(stretches, day)
    }


def _calls(stretches: Collection[Stretch], day: date) -> bool:
    stretch = stretch_on(day, stretches)
    if stretch is None:
        return False
    if stretch.state is State.LAPSED:
        told = stretch_on(later(day, -7), stretches)
        return stretch.starts_on > later(day, -7) and (told is None or told.state is not State.LAPSED)
    soon = stretch.due_on is not None and stretch.due_on <= later(day, SOON_DAYS)
    return stretch.state is State.OVERDUE or (stretch.state in _DUE and soon)


def _calling_otherwise(session: BoundSession, requirement_ids: Collection[int], day: date) -> set[int]:
    """Return the people of whom requirements other than these are a reason to write on a day. One query."""
    told = aliased(Phase)
    told_of = exists().where(
        told.person_id == Phase.person_id,
        told.requirement_id == Phase.requirement_id,
        told.state == State.LAPSED,
        phase_on(later(day, -7), told),
    )
    calls = or_(
        Phase.state == State.OVERDUE,
        and_(Phase.state.in_(_DUE), Phase.due_on <= later(day, SOON_DAYS)),
        and_(Phase.state == State.LAPSED, Phase.starts_on > later(day, -7), ~told_of),
    )
    statement = select(Phase.person_id).where(phase_on(day), Phase.requirement_id.not_in(requirement_ids), calls)
    return set(session.scalars(statement.distinct()))


def _teams(session: BoundSession, day: date) -> dict[int, set[int]]:
    """Return whom each manager who can be told is told about on a day: those below them, themselves aside."""
    tree = tree_on(session, day)
    staff: defaultdict[int, set[int]] = defaultdict(set)
    for unit_id, person_id in session.execute(
        select(Employment.unit_id, Employment.person_id).where(in_force(Employment, day))
    ):
        staff[unit_id].add(person_id)
    managed: defaultdict[int, set[int]] = defaultdict(set)
    for person_id, root in session.execute(
        select(Duty.person_id, Duty.unit_id).where(
            in_force(Duty, day), Duty.kind.in_(MANAGING), Duty.unit_id.is_not(None)
        )
    ):
        managed[person_id].update(() if root is None else _below(tree, root))
    teams = {}
    for account in managers_on(session, day):
        if account.person_id is not None:
            people = (staff.get(unit, set()) for unit in managed[account.person_id])
            teams[account.id] = set[int]().union(*people) - {account.person_id}
    return teams


def _below(tree: Tree, root: int) -> Iterator[int]:
    waiting = [root]
    while waiting:
        unit_id = waiting.pop()
        yield unit_id
        node = tree.nodes.get(unit_id)
        waiting += [child.id for child in node.children] if node else []
