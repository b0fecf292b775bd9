"""All that is stored about a person: the facts behind their obligations."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from tracker.catalogue.models import CourseVersion
from tracker.compliance.queries import Obligation
from tracker.dashboards.queries.units import Unit
from tracker.db import BoundSession
from tracker.learning.models import Completion
from tracker.organisation.models import Position, UnitPlacement
from tracker.organisation.queries import in_force
from tracker.people.models import Absence, Duty, Employment, Person
from tracker.people.queries import MANAGING
from tracker.requirements.models import Assignment, Exemption, Extension
from tracker.requirements.queries import Listed
from tracker.systems.models import Access, ItSystem
from tracker.tables import recorded, retracted, stands


@dataclass(frozen=True, slots=True)
class Recorded:
    """A dated fact in words: what it says, and the fact itself with its period, source and retraction."""

    fact: Employment | Duty | Access | Absence
    retracted: bool
    says: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """The facts about a person that are known, those retracted since they were recorded too; the latest first."""

    employments: list[Recorded]
    duties: list[Recorded]
    accesses: list[Recorded]
    absences: list[Recorded]
    retracted_completions: list[tuple[Completion, dict[str, str]]]
    retracted_exemptions: list[Exemption]
    retracted_extensions: list[Extension]
    retracted_assignments: list[Assignment]


def record(session: BoundSession, person_id: int, day: date) -> Record:
    """Return the facts about a person's work and absence. Units are called what they are called on the day."""
    employments = session.execute(
        select(Employment, retracted(Employment), Position.title)
        .join(Position, Position.id == Employment.position_id)
        .where(Employment.person_id == person_id, recorded(Employment))
        .order_by(Employment.starts_on.desc(), Employment.id)
    ).all()
    duties = session.execute(
        select(Duty, retracted(Duty), ItSystem.name)
        .outerjoin(ItSystem, ItSystem.id == Duty.system_id)
        .where(Duty.person_id == person_id, recorded(Duty))
        .order_by(Duty.starts_on.desc(), Duty.id)
    ).all()
    accesses = session.execute(
        select(Access, retracted(Access), ItSystem.name)
        .join(ItSystem, ItSystem.id == Access.system_id)
        .where(Access.person_id == person_id, recorded(Access))
        .order_by(Access.starts_on.desc(), ItSystem.name)
    ).all()
    absences = session.execute(
        select(Absence, retracted(Absence))
        .where(Absence.person_id == person_id, recorded(Absence))
        .order_by(Absence.starts_on.desc(), Absence.id)
    )
    completions = session.execute(
        select(Completion, CourseVersion.titles)
        .join(CourseVersion, CourseVersion.id == Completion.course_version_id)
        .where(Completion.person_id == person_id, retracted(Completion))
        .order_by(Completion.completed_on.desc())
    ).all()
    units = {employment.unit_id for employment, *_ in employments} | {duty.unit_id for duty, *_ in duties}
    names = _unit_names(session, {unit_id for unit_id in units if unit_id is not None}, day)
    return Record(
        employments=[Recorded(fact, gone, title, names.get(fact.unit_id, "")) for fact, gone, title in employments],
        duties=[
            Recorded(fact, gone, fact.kind.value, system or names.get(fact.unit_id or 0, ""))
            for fact, gone, system in duties
        ],
        accesses=[Recorded(fact, gone, name) for fact, gone, name in accesses],
        absences=[Recorded(fact, gone) for fact, gone in absences],
        retracted_completions=[(fact, titles) for fact, titles in completions],
        retracted_exemptions=list(
            session.scalars(
                select(Exemption)
                .where(Exemption.person_id == person_id, retracted(Exemption))
                .order_by(Exemption.starts_on.desc(), Exemption.id)
            )
        ),
        retracted_extensions=list(
            session.scalars(
                select(Extension)
                .where(Extension.person_id == person_id, retracted(Extension))
                .order_by(Extension.granted_on.desc(), Extension.id)
            )
        ),
        retracted_assignments=list(
            session.scalars(
                select(Assignment)
                .where(Assignment.person_id == person_id, retracted(Assignment))
                .order_by(Assignment.starts_on.desc(), Assignment.id)
            )
        ),
    )


def not_applying(requirements: Iterable[Listed], obligations: Iterable[Obligation], day: date) -> list[Listed]:
    """Return which requirements are in effect on a day without being among a person's obligations."""
    applying = {one.requirement_id for one in obligations}
    return [one for one in requirements if one.in_effect(day) and one.requirement.id not in applying]


def _unit_names(session: BoundSession, unit_ids: Collection[int], day: date) -> dict[int, str]:
    """Return what units are called on a day; one that is not there that day has the last name it had."""
    names: dict[int, str] = {}
    placements = session.scalars(
        select(UnitPlacement)
        .where(UnitPlacement.unit_id.in_(unit_ids), stands(UnitPlacement))
        .order_by(UnitPlacement.starts_on)
    )
    for placement in placements:
        if placement.unit_id not in names or placement.starts_on <= day:
            names[placement.unit_id] = placement.name
    return names


def managers_of(session: BoundSession, person_id: int, day: date, units: Mapping[int, Unit]) -> list[Person]:
    """Return who manages a person on a day: of each unit they work in, or else the nearest above it that has a manager.

    Nobody is their own manager.
    """
    managing: dict[int, list[Person]] = {}
    for duty, manager in session.execute(
        select(Duty, Person)
        .join(Person, Person.id == Duty.person_id)
        .where(Duty.kind.in_(MANAGING), Person.id != person_id, in_force(Duty, day))
        .order_by(Person.sort_key)
    ):
        if duty.unit_id is not None:
            managing.setdefault(duty.unit_id, []).append(manager)
    found: dict[int, Person] = {}
    for unit_id in session.scalars(
        select(Employment.unit_id).where(Employment.person_id == person_id, in_force(Employment, day))
    ):
        at: int | None = unit_id
        while at is not None and at not in managing:
            at = units[at].parent_id if at in units else None
        found |= {manager.id: manager for manager in managing.get(at or 0, [])}
    return list(found.values())
