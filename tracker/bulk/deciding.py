"""What a batch would do for each of its rows: the rules asked person by person. Nothing is written."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from tracker.bulk.models import Act, Batch, Outcome
from tracker.catalogue.models import CourseVersion
from tracker.compliance.learners import load_learners
from tracker.compliance.whatif import Stretch, stretches_of
from tracker.db import BoundSession
from tracker.domain import exceptions as rules
from tracker.domain.evidence import Evidence
from tracker.domain.exceptions import (
    AlreadyAssignedError,
    AlreadyExemptError,
    DoesNotApplyError,
    Effect,
    NothingDueError,
    NotLaterError,
)
from tracker.domain.facts import Assignment, Completion, Exemption, Extension, Learner, State
from tracker.domain.obligations import Phase, phases
from tracker.domain.periods import Days, later, overlaps
from tracker.domain.requirement import Requirement
from tracker.domain.sorting import sort_key
from tracker.people.models import Person
from tracker.permissions import Viewer
from tracker.requirements.queries import load_requirements, requirements_served

ROWS_AT_A_TIME = 500
"""Of whose people the facts are read together."""

NOTHING = Effect(None, None)


class Asked(NamedTuple):
    """What a row asks for: whose completion, of which day, with which note; or only whom it is about."""

    person_id: int
    day: date | None = None
    note: str = ""


class Judged(NamedTuple):
    """What happens to a row, and how the obligation stands without and with it."""

    outcome: Outcome
    effect: Effect = NOTHING


@dataclass(slots=True)
class Judgement:
    """What a batch would do, row by row, and what follows from all of it together."""

    rows: list[Judged] = field(default_factory=list)
    changes: Counter[tuple[int, State | None, State | None]] = field(default_factory=Counter)
    """How many people's obligations go from which state to which, by requirement. None: it does not apply."""
    stretches: defaultdict[int, dict[int, list[Stretch]]] = field(default_factory=lambda: defaultdict(dict))
    """What each requirement would mean for whom, from a week before today on."""

    def add(self, person_id: int, outcome: Outcome, effects: "Effects", today: date) -> None:
        """Note what happens to the next row, and what that changes for the person, by requirement."""
        for requirement_id, effect in effects.items():
            if effect.before is not None or effect.after is not None:
                self.changes[requirement_id, _state(effect.before), _state(effect.after)] += 1
            self.stretches[requirement_id][person_id] = stretches_of(effect.phases, later(today, -7))
        standing = [effect for effect in effects.values() if effect.after is not None]
        changing = [effect for effect in standing if _state(effect.before) is not _state(effect.after)]
        self.rows.append(Judged(outcome, next(iter(changing or standing), NOTHING)))


Effects = Mapping[int, Effect]


@dataclass(frozen=True, slots=True)
class Versions:
    """The published versions of a course, the oldest first."""

    course_id: int
    rows: Sequence[CourseVersion]

    def on(self, day: date) -> CourseVersion:
        """Return the version in force on a day; for what was learnt before there was one, the first."""
        before = [version for version in self.rows if version.published_on and version.published_on <= day]
        return before[-1] if before else self.rows[0]


def versions_of(session: BoundSession, course_id: int) -> Versions:
    """Return the published versions of a course. One query."""
    published = select(CourseVersion).where(
        CourseVersion.course_id == course_id, CourseVersion.published_on.is_not(None)
    )
    return Versions(course_id, session.scalars(published.order_by(CourseVersion.number)).all())


def judge(session: BoundSession, batch: Batch, asked: Sequence[Asked], *, by: Viewer, today: date) -> Judgement:
    """Say what happens to each row of a batch if it is applied now. Ten queries for 500 rows."""
    requirements = load_requirements(session, _concerned(session, batch))
    versions = versions_of(session, batch.course_id) if batch.course_id is not None else None
    courses = [] if batch.course_id is None else [batch.course_id]
    judgement = Judgement()
    learners: dict[int, Learner] = {}
    for start in range(0, len(asked), ROWS_AT_A_TIME):
        together = asked[start : start + ROWS_AT_A_TIME]
        people = {one.person_id for one in together} - learners.keys()
        learners |= load_learners(session, people, among=requirements, courses=courses)
        signers = _signers(session, batch.signer, {one.person_id for one in together})
        for one in together:
            learner, effects = learners[one.person_id], {}
            if one.person_id == by.person_id:
                outcome = Outcome.ONESELF
            elif versions is None:
                outcome, effects = _decide(batch, requirements[0], learner, today)
            elif one.person_id in signers:
                outcome = Outcome.SIGNER
            elif refused := _refused(one, learner, versions.course_id, today):
                outcome = refused
            else:
                completed = _completed(learner, versions, one)
                outcome, effects = Outcome.DONE, _complete(requirements, learner, completed, today)
                learners[one.person_id] = completed  # Another row may be about another day.
            judgement.add(one.person_id, outcome, effects, today)
    return judgement


def _concerned(session: BoundSession, batch: Batch) -> Collection[int]:
    """Return the requirement, or those that a completion of the course may serve."""
    if batch.requirement_id is not None:
        return [batch.requirement_id]
    assert batch.course_id is not None  # One of the two is there.
    return requirements_served(session, [batch.course_id])


def _signers(session: BoundSession, signer: str, person_ids: Collection[int]) -> set[int]:
    """Return who of some people signed the list, by employee number, e-mail address or name."""
    if not signer:
        return set()
    name = sort_key(signer)
    people = session.execute(
        select(Person.id, Person.employee_number, Person.email, Person.given_name, Person.family_name).where(
            Person.id.in_(person_ids)
        )
    )
    return {
        row.id
        for row in people
        if signer.casefold() in (row.employee_number.casefold(), (row.email or "").casefold())
        or name in (sort_key(row.given_name, row.family_name), sort_key(row.family_name, row.given_name))
    }


def _decide(batch: Batch, requirement: Requirement, learner: Learner, today: date) -> tuple[Outcome, Effects]:
    """Judge a decision about a requirement."""
    if batch.act is Act.ASSIGN:
        assert batch.starts_on is not None  # As the table's checks say.
        if batch.starts_on < today:
            return Outcome.STARTS_IN_PAST, {}
        if not overlaps([one.days.span for one in learner.employments], Days(batch.starts_on, batch.ends_on).span):
            return Outcome.NOT_EMPLOYED, {}
    try:
        return Outcome.DONE, {requirement.id: _effect(batch, requirement, learner, today)}
    except DoesNotApplyError:
        return Outcome.NOT_IN_EFFECT if batch.act is Act.ASSIGN else Outcome.DOES_NOT_APPLY, {}
    except tuple(_REFUSALS) as error:
        return _REFUSALS[type(error)], {}


_REFUSALS: Mapping[type[Exception], Outcome] = {
    AlreadyAssignedError: Outcome.ALREADY,
    AlreadyExemptError: Outcome.ALREADY,
    NothingDueError: Outcome.NOTHING_DUE,
    NotLaterError: Outcome.NOT_LATER,
}


def _effect(batch: Batch, requirement: Requirement, learner: Learner, today: date) -> Effect:
    """Return what a decision would change. Raises what keeps it from being made."""
    if batch.due_on is not None:
        return rules.extend(learner, requirement, Extension(requirement.id, today, batch.due_on))
    assert batch.starts_on is not None  # As the table's checks say.
    days = Days(batch.starts_on, batch.ends_on)
    if batch.act is Act.EXEMPT:
        return rules.exempt(learner, requirement, Exemption(requirement.id, days), today)
    return rules.assign(learner, requirement, Assignment(requirement.id, days))


def _refused(asked: Asked, learner: Learner, course_id: int, today: date) -> Outcome | None:
    """Return why a completion cannot be recorded, as `learning.operations.record_completion` would."""
    if asked.day is None:
        return Outcome.NO_DAY
    if asked.day > today:
        return Outcome.FUTURE_DAY
    first_day = min((employment.days.starts_on for employment in learner.employments), default=None)
    if not asked.note and (first_day is None or asked.day < first_day):
        return Outcome.BEFORE_EMPLOYMENT
    if any(done.course_id == course_id and done.completed_on == asked.day for done in learner.completions):
        return Outcome.ALREADY
    return None


def _completed(learner: Learner, versions: Versions, asked: Asked) -> Learner:
    assert asked.day is not None  # It would have been refused.
    version = versions.on(asked.day)
    completion = Completion(version.course_id, asked.day, version.major, Evidence.ATTESTED)
    return replace(learner, completions=(*learner.completions, completion))


def _complete(requirements: Sequence[Requirement], learner: Learner, completed: Learner, today: date) -> Effects:
    """Return what a completion changes today, by requirement."""
    return {
        requirement.id: rules.effect(phases(learner, requirement), phases(completed, requirement), today)
        for requirement in requirements
    }


def _state(phase: Phase | None) -> State | None:
    return None if phase is None else phase.state
