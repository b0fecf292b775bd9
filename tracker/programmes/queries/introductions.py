"""How introductions go: whose, what is to be done by whom and by when, what has been done. In a few queries for any number."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import ColumnElement, or_, select

from tracker import clock
from tracker.accounts.models import Account
from tracker.compliance.models import Phase
from tracker.compliance.queries.obligations import (
    OBLIGATION,
    PERSON,
    Obligation,
    PersonRow,
    obligation_of,
    with_requirement,
)
from tracker.db import BoundSession
from tracker.domain import facts
from tracker.domain import programme as rules
from tracker.domain.facts import DutyKind, State
from tracker.domain.periods import Days, known, overlaps
from tracker.domain.programme import Hire, Owner, Stage
from tracker.municipalities.calendar import HOLIDAYS
from tracker.municipalities.models import Municipality
from tracker.organisation.models import Position
from tracker.organisation.queries import Tree, in_force, tree_on
from tracker.people.models import Absence, Duty, Employment, Person
from tracker.people.queries import (
    MANAGING,
    SERVING_AS_IT,
    in_name_order,
    served_or_coming,
    team_or_coming,
    visible_to,
)
from tracker.permissions import Role, Viewer
from tracker.programmes.models import ProgrammeItem, ProgrammeItemVersion, TaskDone
from tracker.programmes.queries.followed import may_be_followed
from tracker.programmes.queries.programme import LoadedItem, load_items
from tracker.tables import known_at, stands

_FINISHED = frozenset({State.VALID, State.RENEW, State.GRACE})


@dataclass(frozen=True, slots=True)
class Done:
    """A task was done: the fact, and who said so."""

    fact: TaskDone
    account: Account | None
    person: Person | None


@dataclass(frozen=True, slots=True)
class Task:
    """An item of somebody's introduction, as it stands on a day. A requirement's comes with its obligation.

    `planned_on`: when the programme would have it done. A task is due then, a requirement when its obligation is.
    """

    item: ProgrammeItem
    version: ProgrammeItemVersion
    planned_on: date | None
    due_on: date | None
    day: date
    done: Done | None = None
    obligation: Obligation | None = None

    @property
    def owner(self) -> Owner:
        """Who sees to it."""
        return self.version.owner

    @property
    def stage(self) -> Stage:
        """When in the introduction it belongs."""
        return rules.stage_of(self.version.offset_days)

    @property
    def finished(self) -> bool:
        """Whether it is done; a requirement, whether it is met."""
        return self.done is not None if self.obligation is None else self.obligation.state in _FINISHED

    @property
    def late(self) -> bool:
        """Whether its due day has passed, and it is not finished."""
        if self.obligation is not None:
            return self.obligation.at_fault
        return not self.finished and self.due_on is not None and self.due_on < self.day


@dataclass(frozen=True, slots=True)
class Introduction:
    """A person's introduction on a day. `unit_path`: the units they work in, or will, and all above those."""

    person: PersonRow
    hire: Hire
    tasks: list[Task]
    day: date
    unit_name: str
    title: str
    unit_path: frozenset[int]
    managers: list[Person]
    it: list[Person]

    @property
    def coming(self) -> bool:
        """Whether the first day is still ahead."""
        return self.hire.first_day > self.day

    @property
    def away(self) -> list[Days]:
        """When the person is away from the first day on: days by which what is due moves."""
        return [Days(first, known(last)) for first, last in self.hire.away if last >= self.hire.first_day]

    @property
    def finished(self) -> int:
        """How many tasks are done."""
        return sum(task.finished for task in self.tasks)

    def at(self, stage: Stage, owner: Owner | None = None) -> list[Task]:
        """Return the tasks of a stage: all, or an owner's."""
        return [task for task in self.tasks if task.stage is stage and owner in (None, task.owner)]

    @property
    def under_way(self) -> bool:
        """Whether it is coming or going on."""
        dues = [task.due_on for task in self.tasks]
        return rules.under_way(self.hire, dues, self.day, remaining=self.finished < len(self.tasks))

    def late(self, owner: Owner | None = None) -> list[Task]:
        """Return the tasks that are late: all, or an owner's."""
        return [task for task in self.tasks if task.late and owner in (None, task.owner)]

    def open(self, owner: Owner) -> list[Task]:
        """Return an owner's tasks that are not done, the first due first."""
        return [task for task in self.tasks if task.owner == owner and not task.finished]

    def people(self, owner: Owner) -> list[Person]:
        """Return who sees to an owner's tasks by name: the nearest manager, the nearest IT; of others nobody."""
        return {Owner.MANAGER: self.managers, Owner.IT: self.it}.get(owner, [])


def introducible_to(viewer: Viewer, day: date) -> ColumnElement[bool]:
    """Return the condition that a viewer may see a person's introduction: whose record they see, or who will come to them."""
    return or_(visible_to(viewer, day), team_or_coming(viewer, day))


def introductions(session: BoundSession, which: ColumnElement[bool], day: date) -> list[Introduction]:
    """Return the introductions coming or going on on a day of the people whom a condition names, first day first.

    About ten queries, whatever their number; one, if nobody has begun within half a year, leave not counted.
    """
    theirs = (Employment.person_id == Person.id, stands(Employment), may_be_followed(day))
    found = _introductions(session, which & select(Employment.id).where(*theirs).exists(), day)
    return [one for one in found if one.under_way]


def introduction_of(session: BoundSession, which: ColumnElement[bool], day: date) -> Introduction | None:
    """Return the latest introduction of the one person whom a condition names, over or not; None without any task."""
    return next(iter(_introductions(session, which, day)), None)


def of_person(session: BoundSession, viewer: Viewer, public_id: str, day: date) -> Introduction | None:
    """Return the latest introduction of a person whom a viewer may see."""
    return introduction_of(session, (Person.public_id == public_id) & introducible_to(viewer, day), day)


def tickable(
    session: BoundSession, viewer: Viewer, person_public_id: str, item_public_id: str, day: date
) -> tuple[Introduction, Task] | None:
    """Return a task of an introduction that a viewer sees to, or sees; None where there is none, or not to them."""
    which = (Person.public_id == person_public_id) & or_(introducible_to(viewer, day), served_or_coming(viewer, day))
    one = introduction_of(session, which, day)
    tasks = [task for task in one.tasks if task.item.public_id == item_public_id] if one else []
    if one is None or not tasks:
        return None
    sees_all = may_see_all(viewer, one)
    return (one, tasks[0]) if sees_all or may_tick(viewer, one, tasks[0]) else None


def may_see_all(viewer: Viewer, one: Introduction) -> bool:
    """Say whether a viewer may see the whole introduction; IT sees its own tasks only."""
    return viewer.sees_everyone or viewer.person_id == one.person.id or bool(viewer.managed_unit_ids & one.unit_path)


def may_tick(viewer: Viewer, one: Introduction, task: Task) -> bool:
    """Say whether a viewer may say that a task is done, or not done after all.

    The learner's: the learner, a manager above, or HR. A manager's: a manager above, or HR. IT's: IT there, or HR. HR's:
    HR. Nobody says it of what others do for themself, and a requirement is met by completing its course.
    """
    if task.obligation is not None or task.item.requirement_id is not None:
        return False
    if viewer.person_id == one.person.id:
        return task.owner is Owner.LEARNER
    if Role.HR in viewer.roles:
        return True
    if task.owner in (Owner.LEARNER, Owner.MANAGER):
        return bool(viewer.managed_unit_ids & one.unit_path)
    return task.owner is Owner.IT and serves(viewer, one)


def serves(viewer: Viewer, one: Introduction) -> bool:
    """Say whether a viewer is IT where somebody works, or will."""
    return viewer.it_everywhere or bool(viewer.it_unit_ids & one.unit_path)


def _introductions(session: BoundSession, which: ColumnElement[bool], day: date) -> list[Introduction]:
    rows = session.execute(select(*PERSON).where(which).order_by(*in_name_order()))
    people = {row.id: PersonRow(*row) for row in rows}
    items = load_items(session) if people else []
    if not items:
        return []
    hires = hires_of(session, people)
    tree = tree_on(session, day)
    present = _present(session, {person_id: found[-1] for person_id, found in hires.items()}, day)
    done = _done(session, hires, day)
    obligations = _obligations(session, items, {person_id: found[-1] for person_id, found in hires.items()}, day)
    managers, it = _holders(session, day, MANAGING), _holders(session, day, SERVING_AS_IT)
    found = []
    for person_id, of_person in hires.items():
        hire = of_person[-1]
        tasks = [
            task
            for item in items
            if rules.is_for(item.rule, hire)
            and (task := _task(item, hire, day, done[person_id], obligations[person_id])) is not None
        ]
        if not tasks:
            continue
        work = present[person_id]
        path = frozenset(node.id for unit_id, _title in work for node in tree.path(unit_id)) | {row[0] for row in work}
        found.append(
            Introduction(
                person=people[person_id],
                hire=hire,
                tasks=sorted(
                    tasks, key=lambda task: (task.planned_on or date.max, task.version.offset_days, task.item.id)
                ),
                day=day,
                unit_name=", ".join(tree.nodes[unit_id].name for unit_id, _title in work if unit_id in tree.nodes),
                title=", ".join(dict.fromkeys(title for _unit_id, title in work)),
                unit_path=path,
                managers=_nearest(tree, work, managers, person_id, (*MANAGING,)),
                it=_nearest(tree, work, it, person_id, (DutyKind.LOCAL_IT_COORDINATOR, DutyKind.IT_MANAGER)),
            )
        )
    # A stable sort: those who begin on the same day stay in name order.
    return sorted(found, key=lambda one: one.hire.first_day)


def hires_of(session: BoundSession, people: Collection[int]) -> dict[int, list[Hire]]:
    """Return people's hires, in order, in two queries. A hire is known since its first employment was recorded."""
    zone = session.get_one(Municipality, session.municipality_id).timezone
    employments: defaultdict[int, list[tuple[Employment, bool]]] = defaultdict(list)
    for row, standing in session.execute(
        select(Employment, stands(Employment)).where(
            Employment.person_id.in_(people), Employment.recorded_at <= known_at()
        )
    ):
        employments[row.person_id].append((row, bool(standing)))
    absences: defaultdict[int, list[facts.Absence]] = defaultdict(list)
    for row in session.scalars(select(Absence).where(Absence.person_id.in_(people), stands(Absence))):
        absences[row.person_id].append(facts.Absence(Days(row.starts_on, row.ends_on)))
    found = {}
    for person_id in people:
        learner = facts.Learner(
            employments=tuple(
                facts.Employment(Days(row.starts_on, row.ends_on), row.unit_id, row.position_id)
                for row, standing in employments[person_id]
                if standing
            ),
            absences=tuple(absences[person_id]),
        )
        before = date.min
        hires = []
        for hire in rules.hires(learner):
            recorded = [
                row.recorded_at for row, _ in employments[person_id] if before < row.starts_on <= hire.days.span[1]
            ]
            hires.append(replace(hire, known_on=clock.local_date(min(recorded), zone)))
            before = hire.days.span[1]
        if hires:
            found[person_id] = hires
    return found


def _present(session: BoundSession, hires: Mapping[int, Hire], day: date) -> dict[int, list[tuple[int, str]]]:
    """Return the units people work in, and as what: on the day, or as they begin if that is ahead. One query."""
    rows = session.execute(
        select(Employment.person_id, Employment.unit_id, Employment.starts_on, Employment.ends_on, Position.title)
        .join(Position, Position.id == Employment.position_id)
        .where(Employment.person_id.in_(hires), stands(Employment))
        .order_by(Employment.percent.desc(), Employment.id)
    ).all()
    found: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    for person_id, unit_id, starts_on, ends_on, title in rows:
        at = max(day, hires[person_id].first_day)
        at = min(at, hires[person_id].days.span[1])
        if starts_on <= at and (ends_on is None or ends_on >= at):
            found[person_id].append((unit_id, title))
    return found


def _done(session: BoundSession, hires: Mapping[int, list[Hire]], day: date) -> defaultdict[int, dict[int, Done]]:
    """Return what has been done by a day for each person's latest hire, by item. One query."""
    rows = session.execute(
        select(TaskDone, Account, Person)
        .outerjoin(Account, Account.id == TaskDone.recorded_by_id)
        .outerjoin(Person, Person.id == Account.person_id)
        .where(TaskDone.person_id.in_(hires), stands(TaskDone), TaskDone.done_on <= day)
    )
    found: defaultdict[int, dict[int, Done]] = defaultdict(dict)
    for fact, account, person in rows:
        first_days = [hire.first_day for hire in hires[fact.person_id]]
        if rules.hire_of(fact.hired_on, first_days) == first_days[-1]:
            found[fact.person_id][fact.item_id] = Done(fact, account, person)
    return found


def _obligations(
    session: BoundSession, items: Iterable[LoadedItem], hires: Mapping[int, Hire], day: date
) -> defaultdict[int, dict[int, Obligation]]:
    """Return how the programme's requirements stand for people on a day, or will on their first. One query."""
    wanted = {one.item.requirement_id for one in items} - {None}
    found: defaultdict[int, dict[int, Obligation]] = defaultdict(dict)
    if not wanted:
        return found
    statement = with_requirement(select(*OBLIGATION).select_from(Phase)).where(
        Phase.person_id.in_(hires),
        Phase.requirement_id.in_(wanted),
        or_(Phase.ends_on.is_(None), Phase.ends_on >= day),
    )
    for row in session.execute(statement):
        one = obligation_of(row)
        at = max(day, hires[one.person_id].first_day)
        if overlaps([Days(one.starts_on, one.ends_on).span], (at, at)):
            found[one.person_id][one.requirement_id] = one
    return found


def _task(
    one: LoadedItem, hire: Hire, day: date, done: Mapping[int, Done], obligations: Mapping[int, Obligation]
) -> Task | None:
    """Return an item as a task; None for a requirement that does not apply to the person."""
    planned_on = rules.due_on(one.rule, hire, HOLIDAYS)
    if one.item.requirement_id is None:
        return Task(one.item, one.version, planned_on, planned_on, day, done=done.get(one.item.id))
    obligation = obligations.get(one.item.requirement_id)
    if obligation is None or obligation.state is State.EXEMPT:
        return None
    return Task(one.item, one.version, planned_on, obligation.due_on, day, obligation=obligation)


def _holders(
    session: BoundSession, day: date, kinds: Collection[DutyKind]
) -> dict[tuple[DutyKind, int | None], list[Person]]:
    """Return who holds some duties on a day, by duty and unit. One query."""
    rows = session.execute(
        select(Duty.kind, Duty.unit_id, Person)
        .join(Person, Person.id == Duty.person_id)
        .where(Duty.kind.in_(kinds), in_force(Duty, day))
        .order_by(*in_name_order())
    )
    found: defaultdict[tuple[DutyKind, int | None], list[Person]] = defaultdict(list)
    for kind, unit_id, person in rows:
        found[kind, unit_id].append(person)
    return found


def _nearest(
    tree: Tree,
    work: Sequence[tuple[int, str]],
    holders: Mapping[tuple[DutyKind, int | None], list[Person]],
    person_id: int,
    kinds: Sequence[DutyKind],
) -> list[Person]:
    """Return who holds the duties for each unit, or the nearest above it, or else for the whole municipality."""
    found: dict[int, Person] = {}
    for unit_id, _title in work:
        places: list[int | None] = [node.id for node in reversed(tree.path(unit_id))] or [unit_id]
        for place in (*places, None):
            of_kind = ([one for one in holders.get((kind, place), ()) if one.id != person_id] for kind in kinds)
            if here := next(filter(None, of_kind), []):
                found.update((one.id, one) for one in here)
                break
    return list(found.values())


def standing_done(session: BoundSession, item_id: int, person_id: int, hired_on: date) -> TaskDone | None:
    """Return the fact that a task is done for a hire, if it stands."""
    return session.scalars(
        select(TaskDone).where(
            TaskDone.item_id == item_id,
            TaskDone.person_id == person_id,
            TaskDone.hired_on == hired_on,
            stands(TaskDone),
        )
    ).one_or_none()
