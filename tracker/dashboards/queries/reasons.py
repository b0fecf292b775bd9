"""Why a requirement is for somebody: the audience lines that matched, with the names of what they ask for."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from tracker.compliance.queries import Obligation
from tracker.db import BoundSession
from tracker.domain.facts import DutyKind
from tracker.organisation.models import Position, UnitPlacement
from tracker.organisation.queries import in_force
from tracker.requirements.models import AudienceLine
from tracker.systems.models import ItSystem


@dataclass(frozen=True, slots=True)
class Line:
    """An audience line in names. Nothing filled in means everyone employed."""

    unit: str | None
    position: str | None
    system: str | None
    duty: DutyKind | None
    kind: str | None
    new_hires: bool


def line_ids(one: Obligation) -> list[int]:
    """Return the audience lines that matched for an obligation."""
    return [int(line_id) for line_id in one.line_ids.split()]


def lines(session: BoundSession, line_ids: Collection[int], day: date) -> dict[int, Line]:
    """Return audience lines by id, with units called what they are called on a day."""
    rows = session.execute(
        select(AudienceLine, UnitPlacement.name, Position.title, ItSystem.name)
        .outerjoin(UnitPlacement, (UnitPlacement.unit_id == AudienceLine.unit_id) & in_force(UnitPlacement, day))
        .outerjoin(Position, Position.id == AudienceLine.position_id)
        .outerjoin(ItSystem, ItSystem.id == AudienceLine.system_id)
        .where(AudienceLine.id.in_(line_ids))
    )
    return {
        line.id: Line(unit, position, system, line.duty, line.employment_kind, line.new_hire_days is not None)
        for line, unit, position, system in rows
    }
