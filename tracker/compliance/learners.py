"""The facts that stand about people, as the rules understand them."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from tracker.catalogue.models import CourseVersion
from tracker.db import BoundSession
from tracker.domain import facts
from tracker.domain.periods import Days
from tracker.learning.models import Completion
from tracker.people.models import Absence, Duty, Employment
from tracker.requirements.models import Assignment, Exemption, Extension
from tracker.systems.models import Access
from tracker.tables import Fact, stands


def load_learners(session: BoundSession, person_ids: Collection[int]) -> dict[int, facts.Learner]:
    """Return what is known of some people, facts that were retracted left out. Eight queries, however many there are.

    Rows are read, not objects: the number of people in one call is what decides the memory it takes.
    """
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
    completions = _by_person(_completions(session, person_ids))
    exemptions = _by_person(
        (person, facts.Exemption(requirement, Days(first, last), id_))
        for person, first, last, requirement, id_ in _dated(
            session, Exemption, person_ids, Exemption.requirement_id, Exemption.id
        )
    )
    extensions = _by_person(_extensions(session, person_ids))
    assignments = _by_person(
        (person, facts.Assignment(requirement, Days(first, last), id_))
        for person, first, last, requirement, id_ in _dated(
            session, Assignment, person_ids, Assignment.requirement_id, Assignment.id
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


def _by_person(found: Iterator[tuple[int, Any]]) -> dict[int, list[Any]]:
    by_person: dict[int, list[Any]] = defaultdict(list)
    for person, fact in found:
        by_person[person].append(fact)
    return by_person


def _dated(
    session: BoundSession, kind: type[Fact], person_ids: Collection[int], *columns: InstrumentedAttribute[Any]
) -> Iterator[Any]:
    """Yield person, first day, last day and some columns of the facts of a kind that stand."""
    person_id: InstrumentedAttribute[int] = kind.person_id  # ty: ignore[missing-attribute]
    statement = select(person_id, kind.starts_on, kind.ends_on, *columns)  # ty: ignore[missing-attribute]
    return iter(session.execute(statement.where(person_id.in_(person_ids), stands(kind))))


def _completions(session: BoundSession, person_ids: Collection[int]) -> Iterator[tuple[int, facts.Completion]]:
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
        .where(Completion.person_id.in_(person_ids), stands(Completion))
    )
    for person, course, completed_on, major, evidence, id_ in session.execute(statement):
        yield person, facts.Completion(course, completed_on, major, evidence, id_)


def _extensions(session: BoundSession, person_ids: Collection[int]) -> Iterator[tuple[int, facts.Extension]]:
    statement = select(
        Extension.person_id, Extension.requirement_id, Extension.granted_on, Extension.due_on, Extension.id
    ).where(Extension.person_id.in_(person_ids), stands(Extension))
    for person, requirement, granted_on, due_on, id_ in session.execute(statement):
        yield person, facts.Extension(requirement, granted_on, due_on, id_)
