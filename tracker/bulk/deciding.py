"""What a batch would do for each of its rows: the rules asked person by person. Nothing is written."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from tracker.bulk.models import Act, Batch, Outcome
from tracker.catalogue.models import CourseEquivalence, CourseVersion
from tracker.compliance.learners import load_learners
from tracker.compliance.whatif import Stretch, stretches_of
from tracker.db import BoundSession
from tracker.domain import exceptions as rules
from tracker.domain.evidence import Evidence
from tracker.domain.exceptions import AlreadyAssignedError, AlreadyExemptError, DoesNotApplyError, Effect
from tracker.domain.facts import Assignment, Completion, Exemption, Learner, State
from tracker.domain.obligations import Phase, phase_on, phases
from tracker.domain.periods import Days, later, overlaps
from tracker.domain.requirement import Requirement
from tracker.domain.sorting import sort_key
from tracker.people.models import Person
from tracker.permissions import Viewer
from tracker.requirements.queries import load_requirements, requirements_of_courses
from tracker.tables import stands

PEOPLE_AT_A_TIME = 500
"""Decides how much memory a long list takes."""

NOTHING = Effect(None, None)


class Asked(NamedTuple):
    """What a row asks for: whose completion, of which day, with which note; or only whom it is about."""

    person_id: int
    day: date | None = None
    note: str = ""


class Case(NamedTuple):
    """A row, and what is known of whom it is about."""

    asked: Asked
    learner: Learner


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
    stretches: dict[int, list[Stretch]] = field(default_factory=dict)
    """What an assigned requirement would mean for whom, from a week before today on."""


@dataclass(frozen=True, slots=True)
class Versions:
    """The published versions of a course, the oldest first."""

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
    return Versions(session.scalars(published.order_by(CourseVersion.number)).all())


def judge(session: BoundSession, batch: Batch, asked: Sequence[Asked], *, by: Viewer, today: date) -> Judgement:
    """Say what happens to each row of a batch if it is applied now. 500 rows are looked at at a time."""
    requirements = load_requirements(session, _concerned(session, batch))
    versions = versions_of(session, batch.course_id) if batch.course_id is not None else None
    judgement = Judgement()
    for start in range(0, len(asked), PEOPLE_AT_A_TIME):
        together = asked[start : start + PEOPLE_AT_A_TIME]
        learners = load_learners(session, {one.person_id for one in together})
        signers = _signers(session, batch.signer, learners)
        for one in together:
            case = Case(one, learners[one.person_id])
            if one.person_id == by.person_id:
                judged = Judged(Outcome.ONESELF)
            elif versions is None:
                judged = _decide(judgement, batch, requirements[0], case, today)
            elif one.person_id in signers:
                judged = Judged(Outcome.SIGNER)
            else:
                judged = _complete(judgement, versions, requirements, case, today)
            judgement.rows.append(judged)
    return judgement


def _concerned(session: BoundSession, batch: Batch) -> Collection[int]:
    """Return the requirement, or those that a completion of the course may serve."""
    if batch.requirement_id is not None:
        return [batch.requirement_id]
    assert batch.course_id is not None  # One of the two is there.
    accepting = select(CourseEquivalence.course_id).where(
        CourseEquivalence.accepted_course_id == batch.course_id, stands(CourseEquivalence)
    )
    return requirements_of_courses(session, {batch.course_id, *session.scalars(accepting)})


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


def _decide(judgement: Judgement, batch: Batch, requirement: Requirement, case: Case, today: date) -> Judged:
    """Judge an assignment or an exemption."""
    assert batch.starts_on is not None  # Only completions have none.
    days, learner = Days(batch.starts_on, batch.ends_on), case.learner
    if batch.act is Act.ASSIGN and batch.starts_on < today:
        return Judged(Outcome.STARTS_IN_PAST)
    if batch.act is Act.ASSIGN and not overlaps([one.days.span for one in learner.employments], days.span):
        return Judged(Outcome.NOT_EMPLOYED)
    try:
        if batch.act is Act.EXEMPT:
            effect = rules.exempt(learner, requirement, Exemption(requirement.id, days))
        else:
            assignment = Assignment(requirement.id, days)
            effect = rules.assign(learner, requirement, assignment)
            assigned = replace(learner, assignments=(*learner.assignments, assignment))
            stretches = stretches_of(assigned, requirement, later(today, -7))
            judgement.stretches[case.asked.person_id] = stretches
    except (AlreadyAssignedError, AlreadyExemptError):
        return Judged(Outcome.ALREADY)
    except DoesNotApplyError:
        return Judged(Outcome.DOES_NOT_APPLY if batch.act is Act.EXEMPT else Outcome.NOT_IN_EFFECT)
    judgement.changes[requirement.id, _state(effect.before), _state(effect.after)] += 1
    return Judged(Outcome.DONE, effect)


def _complete(
    judgement: Judgement, versions: Versions, requirements: Sequence[Requirement], case: Case, today: date
) -> Judged:
    """Judge a completion as `learning.operations.record_completion` would."""
    day, learner = case.asked.day, case.learner
    if day is None:
        return Judged(Outcome.NO_DAY)
    version = versions.on(day)
    refused = _refused(case, day, version.course_id, today)
    if refused is not None:
        return Judged(refused)
    completion = Completion(version.course_id, day, version.major, Evidence.ATTESTED)
    completed = replace(learner, completions=(*learner.completions, completion))
    effects = []
    for requirement in requirements:
        before, after = (phase_on(phases(known, requirement), today) for known in (learner, completed))
        if after is not None:
            effects.append(Effect(before, after))
            judgement.changes[requirement.id, _state(before), after.state] += 1
    changing = [effect for effect in effects if _state(effect.before) is not _state(effect.after)]
    return Judged(Outcome.DONE, next(iter(changing or effects), NOTHING))


def _refused(case: Case, day: date, course_id: int, today: date) -> Outcome | None:
    if day > today:
        return Outcome.FUTURE_DAY
    first_day = min((employment.days.starts_on for employment in case.learner.employments), default=None)
    if not case.asked.note and (first_day is None or day < first_day):
        return Outcome.BEFORE_EMPLOYMENT
    if any(done.course_id == course_id and done.completed_on == day for done in case.learner.completions):
        return Outcome.ALREADY
    return None


def _state(phase: Phase | None) -> State | None:
    return None if phase is None else phase.state
