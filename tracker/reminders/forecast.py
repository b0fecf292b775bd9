"""Which managers' weekly mails a change of what a requirement means would newly call for. Nothing is written or sent."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
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


def newly_mailed(session: BoundSession, *, requirement_id: int, outlook: Outlook) -> dict[int, list[date]]:
    """Return, by account, the weekly mails of the next 30 days that only what would be calls for.

    As if each manager had been told of everything a week before. A mail that is sent anyway, for another reason, is not
    among them. Five queries for each weekly mail.
    """
    found: dict[int, list[date]] = {}
    for day in _mail_days(session, outlook.day):
        before, after = (_calling(phases, day) for phases in (outlook.before, outlook.after))
        if not after - before:
            continue
        others = _calling_otherwise(session, requirement_id, day)
        for account_id, team in _teams(session, day).items():
            if not team.isdisjoint(after) and team.isdisjoint(before | others):
                found.setdefault(account_id, []).append(day)
    return found


def _mail_days(session: BoundSession, first: date) -> list[date]:
    """Return the days from one on, 30 days ahead, for which weekly mails are planned."""
    weekday = session.get_one(Municipality, session.municipality_id).digest_weekday
    days = [later(first, ahead) for ahead in range(AHEAD_DAYS + 1)]
    return [day for day in days if day.weekday() == weekday]


def _calling(phases: Mapping[int, list[Stretch]], day: date) -> set[int]:
    """Return the people whose obligation is a reason to write to their manager: see domain.reminders.weekly_digest."""
    return {person_id for person_id, stretches in phases.items() if _calls(stretches, day)}


def _calls(stretches: Collection[Stretch], day: date) -> bool:
    stretch = stretch_on(day, stretches)
    if stretch is None:
        return False
    if stretch.state is State.LAPSED:
        told = stretch_on(later(day, -7), stretches)
        return stretch.starts_on > later(day, -7) and (told is None or told.state is not State.LAPSED)
    soon = stretch.due_on is not None and stretch.due_on <= later(day, SOON_DAYS)
    return stretch.state is State.OVERDUE or (stretch.state in _DUE and soon)


def _calling_otherwise(session: BoundSession, requirement_id: int, day: date) -> set[int]:
    """Return the people of whom another requirement is a reason to write on a day. One query."""
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
    statement = select(Phase.person_id).where(phase_on(day), Phase.requirement_id != requirement_id, calls)
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
