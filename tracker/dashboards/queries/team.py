"""Whom a manager is needed by, and which people a page of the training matrix shows."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

from sqlalchemy import ColumnElement, case, func, or_, select

from tracker.catalogue.models import CourseVersion, Module, ModuleKind
from tracker.compliance.models import Phase
from tracker.compliance.queries import (
    MatrixRow,
    Obligation,
    PersonRow,
    Workplace,
    ids_of,
    phase_on,
    standing_rows,
    team_matrix,
    workplaces,
)
from tracker.dashboards.queries.search import named_like
from tracker.db import BoundSession
from tracker.domain.facts import State
from tracker.domain.obligations import ASKING, AT_FAULT
from tracker.organisation.queries import in_force
from tracker.people.models import Employment, Person

SOON_DAYS = 14
"""How many days ahead a due date asks for a manager's attention."""

NEW_DAYS = 30
"""How many days a person is new at work."""


class Need(IntEnum):
    """Why somebody needs their manager; the first that fits counts."""

    BEHIND = 1  # overdue or lapsed
    SOON = 2  # due within `SOON_DAYS`, or in grace
    NEW = 3  # began work here within `NEW_DAYS` and has something to do


@dataclass(frozen=True, slots=True)
class Needing:
    """A person with what is open for them, the most urgent first."""

    person: PersonRow
    workplaces: list[Workplace]
    obligations: list[Obligation]


@dataclass(frozen=True, slots=True)
class Group:
    """The people with one need: how many they are, and the first of them."""

    need: Need
    total: int
    people: list[Needing]


def at_fault() -> ColumnElement[bool]:
    """Return the condition that a phase is overdue or lapsed."""
    return Phase.state.in_(AT_FAULT)


def due_soon(day: date) -> ColumnElement[bool]:
    """Return the condition that what a phase asks for must be done within `SOON_DAYS` of a day, or is in grace."""
    return or_(
        Phase.state == State.GRACE,
        Phase.state.in_((State.TO_DO, State.RENEW)) & (Phase.due_on <= day + timedelta(days=SOON_DAYS)),
    )


def team_size(session: BoundSession, condition: ColumnElement[bool]) -> int:
    """Return how many people meet a condition."""
    return session.scalars(select(func.count(Person.id)).where(condition)).one()


def number_needing(session: BoundSession, condition: ColumnElement[bool], day: date) -> int:
    """Return how many people are behind, or must complete something soon."""
    return session.scalars(
        select(func.count(Phase.person_id.distinct())).where(
            phase_on(day), at_fault() | due_soon(day), Phase.person_id.in_(ids_of(condition))
        )
    ).one()


def number_due_soon(session: BoundSession, condition: ColumnElement[bool], day: date) -> int:
    """Return how many people must complete something soon."""
    return session.scalars(
        select(func.count(Phase.person_id.distinct())).where(
            phase_on(day), due_soon(day), Phase.person_id.in_(ids_of(condition))
        )
    ).one()


def needing(session: BoundSession, condition: ColumnElement[bool], day: date, *, each: int) -> list[Group]:
    """Return the people who need their manager on a day, grouped by why, with the first `each` of every group.

    Whose date came or comes first is first. Groups that nobody is in are left out.
    """
    new = (
        select(Employment.id)
        .where(
            Employment.person_id == Phase.person_id,
            in_force(Employment, day),
            Employment.starts_on > day - timedelta(days=NEW_DAYS),
        )
        .exists()
    )
    need = func.min(case((at_fault(), Need.BEHIND), (due_soon(day), Need.SOON), (new, Need.NEW)))
    people = (
        select(Person.id, Person.sort_key, need.label("need"), func.min(Phase.due_on).label("due_on"))
        .join(Phase, Phase.person_id == Person.id)
        .where(condition, phase_on(day), Phase.state.in_(ASKING))
        .group_by(Person.id, Person.sort_key)
        .having(need.is_not(None))
        .subquery()
    )
    ranked = select(
        people.c.id,
        people.c.need,
        func.count().over(partition_by=people.c.need).label("total"),
        func.row_number()
        .over(partition_by=people.c.need, order_by=(people.c.due_on, people.c.sort_key))
        .label("place"),
    ).subquery()
    first = session.execute(
        select(ranked.c.id, ranked.c.need, ranked.c.total)
        .where(ranked.c.place <= each)
        .order_by(ranked.c.need, ranked.c.place)
    ).all()
    described = _described(session, [row.id for row in first], day)
    groups: dict[int, Group] = {}
    for row in first:
        groups.setdefault(row.need, Group(Need(row.need), row.total, [])).people.append(described[row.id])
    return list(groups.values())


def _described(session: BoundSession, person_ids: Sequence[int], day: date) -> dict[int, Needing]:
    where = workplaces(session, person_ids, day)
    standings = defaultdict(list)
    for row in standing_rows(session, Person.id.in_(person_ids), day, states=ASKING):
        standings[row.person.id].append(row)
    return {
        person_id: Needing(
            rows[0].person,
            where.get(person_id, []),
            sorted((row.obligation for row in rows), key=lambda one: one.urgency),
        )
        for person_id, rows in standings.items()
    }


@dataclass(frozen=True, slots=True)
class Choice:
    """What a viewer asked of the matrix. `states` and `soon` narrow it to people with such an obligation."""

    words: str = ""
    requirement_id: int | None = None
    states: tuple[State, ...] = ()
    soon: bool = False
    by_faults: bool = False
    descending: bool = False


def narrowed(
    condition: ColumnElement[bool], day: date, choice: Choice, *, viewer_person_id: int | None
) -> ColumnElement[bool]:
    """Return the condition that a person is among those a choice shows."""
    if choice.words.strip():
        condition &= named_like(choice.words, viewer_person_id)
    if choice.requirement_id is None and not choice.states and not choice.soon:
        return condition
    wanted = select(Phase.person_id).where(Phase.person_id == Person.id, phase_on(day))
    if choice.requirement_id is not None:
        wanted = wanted.where(Phase.requirement_id == choice.requirement_id)
    if choice.states:
        wanted = wanted.where(Phase.state.in_(choice.states))
    if choice.soon:
        wanted = wanted.where(due_soon(day))
    return condition & wanted.correlate(Person).exists()


def matrix_rows(
    session: BoundSession, condition: ColumnElement[bool], day: date, choice: Choice, *, limit: int, offset: int
) -> list[MatrixRow]:
    """Return a page of the matrix's rows: by name, or by how much they are behind in."""
    faults = (
        select(func.count(Phase.person_id))
        .where(Phase.person_id == Person.id, phase_on(day), at_fault())
        .correlate(Person)
        .scalar_subquery()
    )
    key = faults if choice.by_faults else Person.sort_key
    order = (key.desc() if choice.descending else key, Person.sort_key)
    shown = list(
        session.scalars(select(Person.id).where(condition).order_by(*order, Person.id).limit(limit).offset(offset))
    )
    rows = {row.person.id: row for row in team_matrix(session, Person.id.in_(shown), day).rows}
    return [rows[person_id] for person_id in shown]


def courses_with_checklist(session: BoundSession) -> set[int]:
    """Return the courses of which some version has steps that a colleague signs."""
    return set(
        session.scalars(
            select(CourseVersion.course_id)
            .join(Module, Module.course_version_id == CourseVersion.id)
            .where(Module.kind == ModuleKind.CHECKLIST)
            .distinct()
        )
    )
