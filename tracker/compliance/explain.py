"""Why one requirement applies to one person on a day and what follows, or why it does not: the rules' answer, with names."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from tracker.catalogue.models import Course, CourseVersion
from tracker.compliance.learners import load_learners
from tracker.db import BoundSession
from tracker.domain import explain as rules
from tracker.domain import facts
from tracker.learning.attesters import Attester, attesters
from tracker.learning.models import Completion
from tracker.people.models import Person
from tracker.requirements.models import Assignment, Exemption, Extension, Requirement, RequirementVersion
from tracker.requirements.queries import (
    NamedDecision,
    NamedLine,
    decisions,
    load_requirements,
    named_lines,
)
from tracker.tables import known_at


@dataclass(frozen=True, slots=True)
class NamedCourse:
    """A course as its newest published version calls it."""

    public_id: str
    titles: dict[str, str]


@dataclass(frozen=True, slots=True)
class NamedCompletion:
    """A completion, what its course was called in the version that was completed, and who vouches for it."""

    completion: Completion
    titles: dict[str, str]
    attesters: tuple[Attester, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the rules say, and the names of what they speak of by id."""

    person: Person
    requirement: Requirement
    version: RequirementVersion
    told: rules.Explanation
    lines: dict[int, NamedLine]
    assignments: list[NamedDecision[Assignment]]
    exemptions: dict[int, NamedDecision[Exemption]]
    extensions: dict[int, NamedDecision[Extension]]
    courses: dict[int, NamedCourse]
    completions: dict[int, NamedCompletion]


def explain(session: BoundSession, person: Person, requirement: Requirement, day: date) -> Explanation | None:
    """Explain a requirement for a person on a day from the facts and rules known now, not from the phase table.

    None if no version of the requirement is published.
    """
    loaded = load_requirements(session, [requirement.id], persons=[person.id])
    if not loaded:
        return None
    told = rules.explain(load_learners(session, [person.id])[person.id], loaded[0], day)
    version = session.get_one(RequirementVersion, told.version_id)
    mentioned = {version.course_id, *(told.wanted.course_ids if told.wanted is not None else ())}
    lines = {named.line.id: named for named in named_lines(session, [version.id], day).get(version.id, [])}
    decided = [*told.exemptions, *(fact for step in told.due_steps for fact in step.decided)]
    assigned = decisions(session, Assignment, {one.id for one in told.assignments})
    exempted = decisions(session, Exemption, {one.id for one in decided if isinstance(one, facts.Exemption)})
    extended = decisions(session, Extension, {one.id for one in decided if isinstance(one, facts.Extension)})
    return Explanation(
        person,
        requirement,
        version,
        told,
        lines,
        sorted(assigned, key=lambda one: (one.fact.starts_on, one.fact.id)),
        {one.fact.id: one for one in exempted},
        {one.fact.id: one for one in extended},
        named_courses(session, mentioned),
        _named_completions(session, [one.completion.id for one in told.completions if one.completion.id is not None]),
    )


def _named_completions(session: BoundSession, ids: Collection[int]) -> dict[int, NamedCompletion]:
    rows = session.execute(
        select(Completion, CourseVersion.titles)
        .join(CourseVersion, CourseVersion.id == Completion.course_version_id)
        .where(Completion.id.in_(ids))
    ).all()
    attested = attesters(session, [row[0] for row in rows])
    return {row[0].id: NamedCompletion(row[0], row[1], attested[row[0].id]) for row in rows}


def named_courses(session: BoundSession, ids: Collection[int]) -> dict[int, NamedCourse]:
    """Return what some courses are called. One query."""
    rows = session.execute(
        select(Course.id, Course.public_id, CourseVersion.titles)
        .join(CourseVersion, CourseVersion.course_id == Course.id)
        .where(Course.id.in_(ids), CourseVersion.published_at <= known_at())
        .order_by(CourseVersion.number)
    )
    return {id_: NamedCourse(public_id, titles) for id_, public_id, titles in rows}
