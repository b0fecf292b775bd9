"""How each requirement stands for a person on a day, and across the years."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import aliased

from tracker.catalogue.models import Course, CourseKind, CourseVersion
from tracker.compliance.models import Phase
from tracker.db import BoundSession
from tracker.domain.due import Reason
from tracker.domain.facts import State
from tracker.domain.obligations import ASKING, AT_FAULT, Run, run_on
from tracker.organisation.queries import in_force
from tracker.people.models import Employment, Person
from tracker.requirements.models import Requirement, RequirementVersion
from tracker.tables import known_at

_TOLD_UNTIL = frozenset({State.EXEMPT, State.GRACE})
"""In these states the end of the state is told, which may be later than that of the phase."""

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
    starts_on: date  # of the phase
    ends_on: date | None  # in a list, exempt or in grace: of the state
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
    """Return what a person must have on a day, the most urgent first. One query, two with an exemption or grace."""
    statement = with_requirement(select(*OBLIGATION).select_from(Phase))
    rows = session.execute(statement.where(Phase.person_id == person_id, phase_on(day)))
    found = with_last_days(session, map(obligation_of, rows), day)
    return sorted(found, key=lambda one: (one.urgency, one.titles.get("sv", ""), one.code))


def with_last_days(session: BoundSession, obligations: Iterable[Obligation], day: date) -> list[Obligation]:
    """Return obligations on a day, those that are exempt or in grace with the last day of that. One query, if any are."""
    found = list(obligations)
    told_until = [one for one in found if one.state in _TOLD_UNTIL]
    if not told_until:
        return found
    people, requirements = ({one.person_id for one in told_until}, {one.requirement_id for one in told_until})
    among = Phase.requirement_id.in_(requirements) & Phase.state.in_(_TOLD_UNTIL)
    longer = runs(session, people, day, among)
    return [
        replace(one, ends_on=longer[key][1]) if (key := (one.person_id, one.requirement_id)) in longer else one
        for one in found
    ]


def runs(
    session: BoundSession, people: Collection[int], day: date, among: ColumnElement[bool]
) -> dict[tuple[int, int], Run]:
    """Return since when and until when people are in the state of a day, by person and requirement. One query.

    Phases that differ in dates or version only are one. Left out are those with a single phase in that state. `among` says
    which phases of the day.
    """
    other = aliased(Phase)
    same_state = and_(
        other.person_id == Phase.person_id,
        other.requirement_id == Phase.requirement_id,
        other.state == Phase.state,
        other.starts_on != Phase.starts_on,
    )
    rows = session.execute(
        select(Phase.person_id, Phase.requirement_id, Phase.starts_on, Phase.ends_on, other.starts_on, other.ends_on)
        .join(other, same_state)
        # Said of both, so that a database looks at no more than these people's phases.
        .where(Phase.person_id.in_(people), other.person_id.in_(people), phase_on(day), among)
    )
    found: dict[tuple[int, int], list[Run]] = {}
    for person_id, requirement_id, starts_on, ends_on, other_starts_on, other_ends_on in rows:
        phases = found.setdefault((person_id, requirement_id), [(starts_on, ends_on)])
        phases.append((other_starts_on, other_ends_on))
    return {key: run_on(day, phases) for key, phases in found.items()}


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
