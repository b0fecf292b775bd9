"""What the organisation lacks: managers, holders of duties, people for a requirement, security plans."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select

from tracker.compliance.models import Phase
from tracker.compliance.queries import phase_on
from tracker.dashboards.queries.units import Unit
from tracker.db import BoundSession
from tracker.domain.facts import DutyKind
from tracker.domain.periods import add_months
from tracker.organisation.models import UnitKind
from tracker.organisation.queries import in_force
from tracker.people.models import Duty, Employment
from tracker.requirements.models import Requirement, RequirementVersion
from tracker.requirements.queries import published
from tracker.systems.models import Importance, ItSystem

SECURITY_PLAN_MONTHS = 24
"""How old a security plan may be before it should be looked at again."""

MUNICIPALITY_DUTIES = (DutyKind.IT_MANAGER, DutyKind.IT_SECURITY_COORDINATOR, DutyKind.LOCAL_IT_COORDINATOR)
"""The duties of which each municipality has at least one holder (IT strategy, section 2.1)."""


@dataclass(frozen=True, slots=True)
class UnmatchedRequirement:
    """A requirement in effect that is for nobody."""

    public_id: str
    code: str
    titles: dict[str, str]


@dataclass(frozen=True, slots=True)
class Gaps:
    """What is missing on a day. Each list is empty when nothing is."""

    units_without_manager: list[Unit] = field(default_factory=list)
    administrations_without_head: list[Unit] = field(default_factory=list)
    administrations_without_resource_person: list[Unit] = field(default_factory=list)
    duties_without_holder: list[DutyKind] = field(default_factory=list)
    systems_without_owner: list[ItSystem] = field(default_factory=list)
    systems_without_administrator: list[ItSystem] = field(default_factory=list)
    systems_without_plan: list[ItSystem] = field(default_factory=list)
    requirements_for_nobody: list[UnmatchedRequirement] = field(default_factory=list)

    @property
    def number(self) -> int:
        """How many gaps there are."""
        return sum(len(getattr(self, name)) for name in self.__dataclass_fields__)


def gaps(session: BoundSession, day: date, units: Mapping[int, Unit]) -> Gaps:
    """Return what the municipality lacks on a day. `units` is its organisation that day."""
    held: dict[DutyKind, set[tuple[int | None, int | None]]] = defaultdict(set)
    for kind, unit_id, system_id in session.execute(
        select(Duty.kind, Duty.unit_id, Duty.system_id).where(in_force(Duty, day)).distinct()
    ):
        held[kind].add((unit_id, system_id))
    staffed = set(session.scalars(select(Employment.unit_id).where(in_force(Employment, day)).distinct()))
    systems = list(session.scalars(select(ItSystem).order_by(ItSystem.name)))
    plan_from = add_months(day, -SECURITY_PLAN_MONTHS)

    for_units = {kind: {unit_id for unit_id, _ in places} for kind, places in held.items()}
    for_systems = {kind: {system_id for _, system_id in places} for kind, places in held.items()}
    administrations = [unit for unit in units.values() if unit.kind is UnitKind.ADMINISTRATION]
    heads = for_units.get(DutyKind.HEAD_OF_ADMINISTRATION, set())
    return Gaps(
        units_without_manager=_unmanaged(units, staffed, for_units.get(DutyKind.UNIT_MANAGER, set()), heads),
        administrations_without_head=[unit for unit in administrations if unit.id not in heads],
        administrations_without_resource_person=_unsupported(
            units, administrations, for_units.get(DutyKind.LOCAL_IT_RESOURCE_PERSON, set())
        ),
        duties_without_holder=[kind for kind in MUNICIPALITY_DUTIES if not held.get(kind)],
        systems_without_owner=[
            system for system in systems if system.id not in for_systems.get(DutyKind.SYSTEM_OWNER, ())
        ],
        systems_without_administrator=[
            system for system in systems if system.id not in for_systems.get(DutyKind.SYSTEM_ADMINISTRATOR, ())
        ],
        systems_without_plan=[
            system
            for system in systems
            if system.importance is Importance.IMPORTANT
            and (system.security_plan_on is None or system.security_plan_on < plan_from)
        ],
        requirements_for_nobody=_for_nobody(session, day),
    )


def _unmanaged(
    units: Mapping[int, Unit], staffed: Collection[int], managed: Collection[int | None], heads: Collection[int | None]
) -> list[Unit]:
    """Return the units with staff of their own that nobody manages: neither them nor, short of a head, a unit above."""
    covered: set[int | None] = set()
    for unit in units.values():  # A unit comes after the one it lies under.
        if unit.id in managed or unit.parent_id in covered:
            covered.add(unit.id)
    return [unit for unit in units.values() if unit.id in staffed and unit.id not in covered and unit.id not in heads]


def _unsupported(
    units: Mapping[int, Unit], administrations: Collection[Unit], supported: Collection[int | None]
) -> list[Unit]:
    """Return the administrations without a local IT resource person for them or for a unit below."""
    reached: set[int | None] = set()
    for unit in reversed(list(units.values())):
        if unit.id in supported or unit.id in reached:
            reached |= {unit.id, unit.parent_id}
    return [unit for unit in administrations if unit.id not in reached]


def _for_nobody(session: BoundSession, day: date) -> list[UnmatchedRequirement]:
    applies = select(Phase.person_id).where(Phase.requirement_id == Requirement.id, phase_on(day)).exists()
    said: dict[int, tuple[Requirement, RequirementVersion]] = {}
    for requirement, version in session.execute(
        select(Requirement, RequirementVersion)
        .join(RequirementVersion, RequirementVersion.requirement_id == Requirement.id)
        .where(published(), RequirementVersion.effective_from <= day, ~applies)
        .order_by(Requirement.code, RequirementVersion.number)
    ):
        said[requirement.id] = (requirement, version)
    return [
        UnmatchedRequirement(requirement.public_id, requirement.code, version.titles)
        for requirement, version in said.values()
        if version.effective_until is None or version.effective_until >= day
    ]
