"""How each requirement stands for a person on a day, and across the years."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select

from tracker.catalogue.models import Course, CourseKind, CourseVersion
from tracker.compliance.models import Phase
from tracker.db import BoundSession
from tracker.domain.due import Reason
from tracker.domain.facts import State
from tracker.domain.obligations import ASKING, AT_FAULT
from tracker.organisation.queries import in_force
from tracker.people.models import Employment, Person
from tracker.requirements.models import Requirement, RequirementVersion
from tracker.tables import known_at

URGENCY = (State.LAPSED, State.OVERDUE, State.GRACE, State.RENEW, State.TO_DO, State.VALID, State.ON_HOLD, State.EXEMPT)


def phase_on(day: date, phase: type[Phase] = Phase) -> ColumnElement[bool]:
    """Return the condition that a phase covers a day."""
    return and_(phase.starts_on <= day, or_(phase.ends_on.is_(None), phase.ends_on >= day))


def employed_on(day: date) -> ColumnElement[bool]:
    """Return the condition that a person is employed on a day, anywhere in the municipality."""
    return Person.id.in_(select(Employment.person_id).where(in_force(Employment, day)))


def ids_of(condition: ColumnElement[bool]) -> Select[int]:
    """Return the statement of the ids of the people whom a condition names."""
    return select(Person.id).where(condition)


@dataclass(frozen=True, slots=True)
class PersonRow:
    """What a list needs to name a person; show it through the filter `person_name`."""

    id: int
    public_id: str
    given_name: str
    family_name: str
    employee_number: str
    protected_identity: bool
    email: str | None


PERSON: tuple[Any, ...] = (
    Person.id,
    Person.public_id,
    Person.given_name,
    Person.family_name,
    Person.employee_number,
    Person.protected_identity,
    Person.email,
)
"""The columns of a `PersonRow`."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """How one requirement stands for one person on a day."""

    person_id: int
    requirement_id: int
    requirement_public_id: str
    code: str
    titles: dict[str, str]  # as the version in charge says, by language
    reasons: dict[str, str]
    legal_basis: str
    course_id: int
    course_public_id: str
    course_kind: CourseKind
    minutes: int | None  # what the course takes; None while no version of it is published
    state: State
    starts_on: date  # in this state since
    ends_on: date | None
    due_on: date | None
    valid_until: date | None
    reason: Reason
    version_id: int
    line_ids: str

    @property
    def at_fault(self) -> bool:
        """Whether it is overdue or lapsed."""
        return self.state in AT_FAULT

    @property
    def urgency(self) -> tuple[bool, date, int]:
        """Return a key that sorts those at fault first, then what is asked for soonest, then what needs nothing."""
        order = URGENCY.index(self.state)
        asked = self.state in ASKING
        return (not self.at_fault, (self.due_on or date.max) if asked else date.max, order)


_MINUTES = (
    select(CourseVersion.minutes)
    .where(CourseVersion.course_id == Course.id, CourseVersion.published_at <= known_at())
    .order_by(CourseVersion.number.desc())
    .limit(1)
    .correlate(Course)
    .scalar_subquery()
)

OBLIGATION: tuple[Any, ...] = (
    Phase.person_id,
    Phase.requirement_id,
    Requirement.public_id,
    Requirement.code,
    RequirementVersion.titles,
    RequirementVersion.reasons,
    RequirementVersion.legal_basis,
    Course.id,
    Course.public_id,
    Course.kind,
    _MINUTES,
    Phase.state,
    Phase.starts_on,
    Phase.ends_on,
    Phase.due_on,
    Phase.valid_until,
    Phase.reason,
    Phase.version_id,
    Phase.line_ids,
)
"""The columns of an `Obligation`, from a statement `with_requirement`."""


def obligation_of(row: Sequence[Any]) -> Obligation:
    """Return the obligation that a row of `OBLIGATION` tells of."""
    return Obligation(*row)


def with_requirement(statement: Any) -> Select[Any]:
    """Join what `OBLIGATION` needs to a statement that has `Phase`."""
    return (
        statement.join(Requirement, Requirement.id == Phase.requirement_id)
        .join(RequirementVersion, RequirementVersion.id == Phase.version_id)
        .join(Course, Course.id == RequirementVersion.course_id)
    )


def obligations_of(session: BoundSession, person_id: int, day: date) -> list[Obligation]:
    """Return what a person must have on a day, the most urgent first. One query."""
    statement = with_requirement(select(*OBLIGATION).select_from(Phase))
    rows = session.execute(statement.where(Phase.person_id == person_id, phase_on(day)))
    return sorted(
        (obligation_of(row) for row in rows), key=lambda one: (one.urgency, one.titles.get("sv", ""), one.code)
    )


@dataclass(frozen=True, slots=True)
class Timeline:
    """All phases of one obligation, past and to come, in order. The titles are those of the last version."""

    requirement_id: int
    requirement_public_id: str
    titles: dict[str, str]
    phases: list[Obligation]


def timeline_of(session: BoundSession, person_id: int) -> list[Timeline]:
    """Return the phases of all a person's obligations, past and to come. One query."""
    statement = with_requirement(select(*OBLIGATION).select_from(Phase))
    rows = session.execute(
        statement.where(Phase.person_id == person_id).order_by(Phase.requirement_id, Phase.starts_on)
    )
    found: dict[int, list[Obligation]] = defaultdict(list)
    for row in rows:
        phase = obligation_of(row)
        found[phase.requirement_id].append(phase)
    timelines = [
        Timeline(requirement_id, phases[0].requirement_public_id, phases[-1].titles, phases)
        for requirement_id, phases in found.items()
    ]
    return sorted(timelines, key=lambda one: (one.titles.get("sv", ""), one.requirement_id))
