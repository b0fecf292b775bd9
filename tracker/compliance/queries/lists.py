"""The lists behind the figures, each on a day. `condition` says whose: a condition on `Person`, such as `in_team`."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from tracker.compliance.models import Phase
from tracker.compliance.queries.obligations import (
    OBLIGATION,
    PERSON,
    Obligation,
    PersonRow,
    ids_of,
    obligation_of,
    phase_on,
    with_last_days,
    with_requirement,
)
from tracker.db import BoundSession
from tracker.domain.facts import State
from tracker.domain.obligations import AT_FAULT
from tracker.people.models import Person
from tracker.requirements.models import Requirement

STREAMED_AT_A_TIME = 1_000


@dataclass(frozen=True, slots=True)
class Standing:
    """One row of the list behind a figure."""

    person: PersonRow
    obligation: Obligation


def standing(
    condition: ColumnElement[bool],
    day: date,
    *,
    requirement_id: int | None = None,
    states: Collection[State] = (),
) -> Select[Any]:
    """Return the statement of the list behind a figure: obligations of some people on a day, by name.

    Give its rows to `as_standing`, page it with `limit` and `offset`, or stream it with `yield_per`.
    """
    statement = with_requirement(
        select(*PERSON, *OBLIGATION).select_from(Person).join(Phase, Phase.person_id == Person.id)
    ).where(condition, phase_on(day))
    if requirement_id is not None:
        statement = statement.where(Phase.requirement_id == requirement_id)
    if states:
        statement = statement.where(Phase.state.in_(states))
    return statement.order_by(Person.sort_key, Person.id, Requirement.code)


def as_standing(rows: Iterable[Sequence[Any]]) -> Iterator[Standing]:
    """Turn the rows of `standing` into what they mean."""
    for row in rows:
        yield Standing(PersonRow(*row[: len(PERSON)]), obligation_of(row[len(PERSON) :]))


def standing_rows(
    session: BoundSession,
    condition: ColumnElement[bool],
    day: date,
    *,
    requirement_id: int | None = None,
    states: Collection[State] = (),
    limit: int | None = None,
    offset: int = 0,
) -> list[Standing]:
    """Return a page of the list behind a figure. One query, two if anyone in it is exempt or in grace."""
    statement = standing(condition, day, requirement_id=requirement_id, states=states)
    rows = list(as_standing(session.execute(statement.limit(limit).offset(offset))))
    obligations = with_last_days(session, (row.obligation for row in rows), day)
    return [replace(row, obligation=one) for row, one in zip(rows, obligations, strict=True)]


def standing_stream(
    session: BoundSession,
    condition: ColumnElement[bool],
    day: date,
    *,
    requirement_id: int | None = None,
    states: Collection[State] = (),
) -> Iterator[Standing]:
    """Yield the list behind a figure, however long it is, without ever holding all of it."""
    statement = standing(condition, day, requirement_id=requirement_id, states=states)
    yield from as_standing(session.execute(statement.execution_options(yield_per=STREAMED_AT_A_TIME)))


def standing_count(
    session: BoundSession,
    condition: ColumnElement[bool],
    day: date,
    *,
    requirement_id: int | None = None,
    states: Collection[State] = (),
) -> int:
    """Return how long the list behind a figure is."""
    statement = select(func.count(Phase.person_id)).where(phase_on(day), Phase.person_id.in_(ids_of(condition)))
    if requirement_id is not None:
        statement = statement.where(Phase.requirement_id == requirement_id)
    if states:
        statement = statement.where(Phase.state.in_(states))
    return session.scalars(statement).one()


@dataclass(frozen=True, slots=True)
class Behind:
    """A person with the obligations that need something."""

    person: PersonRow
    obligations: list[Obligation]  # the most urgent first


def people_behind(
    session: BoundSession, condition: ColumnElement[bool], day: date, *, limit: int | None = None
) -> list[Behind]:
    """Return who is overdue or lapsed with anything: those with the most first, then the longest overdue. Two queries."""
    worst = (
        select(Phase.person_id)
        .where(phase_on(day), Phase.state.in_(AT_FAULT), Phase.person_id.in_(ids_of(condition)))
        .group_by(Phase.person_id)
        .order_by(func.count().desc(), func.min(Phase.due_on), Phase.person_id)
        .limit(limit)
    )
    chosen = {person_id: place for place, person_id in enumerate(session.scalars(worst))}
    theirs = condition if limit is None else Person.id.in_(chosen)
    people = _by_person(standing_rows(session, theirs, day, states=AT_FAULT))
    return sorted(people, key=lambda one: chosen[one.person.id])


def _by_person(rows: Iterable[Standing]) -> list[Behind]:
    people: dict[PersonRow, list[Obligation]] = defaultdict(list)
    for row in rows:
        people[row.person].append(row.obligation)
    return [Behind(person, sorted(found, key=lambda one: one.urgency)) for person, found in people.items()]


def any_people(session: BoundSession, number: int | None) -> list[int]:
    """Return the ids of so many people chosen by chance, or of everybody."""
    people = select(Person.id)
    if number is not None:
        people = people.order_by(func.random()).limit(number)
    return sorted(session.scalars(people))
