"""The facts that stand about people, as the rules understand them."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from tracker.catalogue.models import CourseVersion
from tracker.db import BoundSession
from tracker.domain import facts
from tracker.domain.periods import Days
from tracker.domain.requirement import Requirement
from tracker.learning.models import Completion
from tracker.many_rows import one_of, past_index
from tracker.people.models import Absence, Duty, Employment
from tracker.requirements.models import Assignment, Exemption, Extension
from tracker.systems.models import Access
from tracker.tables import Fact, stands


def load_learners(
    session: BoundSession,
    person_ids: Collection[int],
    *,
    among: Collection[Requirement] | None = None,
    courses: Collection[int] = (),
) -> dict[int, facts.Learner]:
    """Return what is known of some people, facts that were retracted left out. Eight queries, however many there are.

    `among`: only what these requirements look at, and completions of the courses; much faster than everything.
    Rows are read, not objects: the number of people in one call is what decides the memory it takes.
    """
    concerned = None if among is None else _Concerned({one.id for one in among}, {*courses, *_looked_at(among)})
    employments = _by_person(
        (person, facts.Employment(Days(first, last), unit, position, kind))
        for person, first, last, unit, position, kind in _dated(
            session, Employment, person_ids, Employment.unit_id, Employment.position_id, Employment.kind
        )
    )
    duties = _by_person(
        (person, facts.Duty(Days(first, last), kind, unit, system))
        for person, first, last, kind, unit, system in _dated(
            session, Duty, person_ids, Duty.kind, Duty.unit_id, Duty.system_id
        )
    )
    accesses = _by_person(
        (person, facts.Access(Days(first, last), system))
        for person, first, last, system in _dated(session, Access, person_ids, Access.system_id)
    )
    absences = _by_person(
        (person, facts.Absence(Days(first, last))) for person, first, last in _dated(session, Absence, person_ids)
    )
    completions = _by_person(_completions(session, person_ids, concerned))
    exemptions = _by_person(
        (person, facts.Exemption(requirement, Days(first, last), id_))
        for person, first, last, requirement, id_ in _dated(
            session, Exemption, person_ids, Exemption.requirement_id, Exemption.id, concerned=concerned
        )
    )
    extensions = _by_person(_extensions(session, person_ids, concerned))
    assignments = _by_person(
        (person, facts.Assignment(requirement, Days(first, last), id_))
        for person, first, last, requirement, id_ in _dated(
            session, Assignment, person_ids, Assignment.requirement_id, Assignment.id, concerned=concerned
        )
    )
    return {
        person: facts.Learner(
            tuple(employments[person]),
            tuple(duties[person]),
            tuple(accesses[person]),
            tuple(absences[person]),
            tuple(completions[person]),
            tuple(exemptions[person]),
            tuple(extensions[person]),
            tuple(assignments[person]),
        )
        for person in person_ids
    }


class _Concerned(NamedTuple):
    requirements: Collection[int]
    courses: Collection[int]


def _looked_at(requirements: Collection[Requirement]) -> Iterator[int]:
    """Yield the courses that some requirements ask for or accept."""
    for requirement in requirements:
        yield from (version.course_id for version in requirement.versions)
        yield from (equivalence.accepted_course_id for equivalence in requirement.equivalences)


def _by_person(found: Iterator[tuple[int, Any]]) -> dict[int, list[Any]]:
    by_person: dict[int, list[Any]] = defaultdict(list)
    for person, fact in found:
        by_person[person].append(fact)
    return by_person


def _dated(
    session: BoundSession,
    kind: type[Fact],
    person_ids: Collection[int],
    *columns: InstrumentedAttribute[Any],
    concerned: _Concerned | None = None,
) -> Iterator[Any]:
    """Yield person, first day, last day and some columns of the facts of a kind that stand.

    `concerned`: only about these requirements.
    """
    person_id: InstrumentedAttribute[int] = kind.person_id  # ty: ignore[missing-attribute]
    statement = select(person_id, kind.starts_on, kind.ends_on, *columns)  # ty: ignore[missing-attribute]
    if concerned is not None:
        statement = statement.where(past_index(kind.requirement_id).in_(concerned.requirements))  # ty: ignore[missing-attribute]
    return iter(session.execute(statement.where(one_of(session, person_id, person_ids), stands(kind))))


def _completions(
    session: BoundSession, person_ids: Collection[int], concerned: _Concerned | None
) -> Iterator[tuple[int, facts.Completion]]:
    statement = (
        select(
            Completion.person_id,
            Completion.course_id,
            Completion.completed_on,
            CourseVersion.major,
            Completion.evidence,
            Completion.id,
        )
        .join(CourseVersion, CourseVersion.id == Completion.course_version_id)
        .where(one_of(session, Completion.person_id, person_ids), stands(Completion))
    )
    if concerned is not None:
        statement = statement.where(past_index(Completion.course_id).in_(concerned.courses))
    for person, course, completed_on, major, evidence, id_ in session.execute(statement):
        yield person, facts.Completion(course, completed_on, major, evidence, id_)


def _extensions(
    session: BoundSession, person_ids: Collection[int], concerned: _Concerned | None
) -> Iterator[tuple[int, facts.Extension]]:
    statement = select(
        Extension.person_id, Extension.requirement_id, Extension.granted_on, Extension.due_on, Extension.id
    ).where(one_of(session, Extension.person_id, person_ids), stands(Extension))
    if concerned is not None:
        statement = statement.where(past_index(Extension.requirement_id).in_(concerned.requirements))
    for person, requirement, granted_on, due_on, id_ in session.execute(statement):
        yield person, facts.Extension(requirement, granted_on, due_on, id_)
