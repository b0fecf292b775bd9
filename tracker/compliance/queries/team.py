"""The training matrix: people × requirements on a day, and where they work."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, func, select

from tracker.compliance.models import Phase
from tracker.compliance.queries.obligations import (
    OBLIGATION,
    PERSON,
    Obligation,
    PersonRow,
    ids_of,
    obligation_of,
    phase_on,
    with_last_days,
    with_requirement,
)
from tracker.db import BoundSession
from tracker.organisation.models import OrgUnit, Position, UnitPlacement
from tracker.organisation.queries import in_force
from tracker.people.models import Employment, Person
from tracker.requirements.models import Requirement, RequirementVersion


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where a person works on a day, and as what."""

    unit_id: int
    unit_public_id: str
    unit_name: str
    unit_code: str | None
    position_title: str
    starts_on: date


def workplaces(session: BoundSession, person_ids: Collection[int], day: date) -> dict[int, list[Workplace]]:
    """Return the employments of some people in force on a day, with names as they were. One query."""
    rows = session.execute(
        select(
            Employment.person_id,
            OrgUnit.id,
            OrgUnit.public_id,
            UnitPlacement.name,
            OrgUnit.code,
            Position.title,
            Employment.starts_on,
        )
        .join(OrgUnit, OrgUnit.id == Employment.unit_id)
        .join(Position, Position.id == Employment.position_id)
        .outerjoin(UnitPlacement, and_(UnitPlacement.unit_id == OrgUnit.id, in_force(UnitPlacement, day)))
        .where(Employment.person_id.in_(person_ids), in_force(Employment, day))
        .order_by(Employment.percent.desc(), Employment.id)
    )
    found: dict[int, list[Workplace]] = defaultdict(list)
    for person_id, unit_id, unit_public_id, name, code, title, starts_on in rows:
        found[person_id].append(Workplace(unit_id, unit_public_id, name or "", code, title, starts_on))
    return found


@dataclass(frozen=True, slots=True)
class RequirementColumn:
    """A column of the matrix."""

    id: int
    public_id: str
    code: str
    titles: dict[str, str]


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A row of the matrix. A requirement without a cell does not apply."""

    person: PersonRow
    workplaces: list[Workplace]
    cells: dict[int, Obligation]  # by requirement id


@dataclass(frozen=True, slots=True)
class Matrix:
    """People × requirements on a day."""

    requirements: list[RequirementColumn]
    rows: list[MatrixRow]
    total: int  # people, also those of other pages


def team_matrix(
    session: BoundSession,
    condition: ColumnElement[bool],
    day: date,
    *,
    limit: int | None = None,
    offset: int = 0,
) -> Matrix:
    """Return the training matrix of some people, by name. Six queries at most, however many people.

    Its columns are the requirements that apply to any of them, on whichever page.
    """
    total = session.scalars(select(func.count(Person.id)).where(condition)).one()
    people_of_page = select(*PERSON).where(condition).order_by(Person.sort_key, Person.id).limit(limit).offset(offset)
    people = [PersonRow(*row) for row in session.execute(people_of_page)]
    ids = [person.id for person in people]
    statement = with_requirement(select(*OBLIGATION).select_from(Phase))
    cells: dict[int, dict[int, Obligation]] = defaultdict(dict)
    rows = session.execute(statement.where(Phase.person_id.in_(ids), phase_on(day)))
    for obligation in with_last_days(session, map(obligation_of, rows), day):
        cells[obligation.person_id][obligation.requirement_id] = obligation
    work = workplaces(session, ids, day)
    return Matrix(
        _columns(session, condition, day),
        [MatrixRow(person, work.get(person.id, []), cells.get(person.id, {})) for person in people],
        total,
    )


def _columns(session: BoundSession, condition: ColumnElement[bool], day: date) -> list[RequirementColumn]:
    applies = select(Phase.person_id).where(
        Phase.version_id == RequirementVersion.id, phase_on(day), Phase.person_id.in_(ids_of(condition))
    )
    rows = session.execute(
        select(Requirement.id, Requirement.public_id, Requirement.code, RequirementVersion.titles)
        .join(RequirementVersion, RequirementVersion.requirement_id == Requirement.id)
        .where(applies.exists())
    )
    return sorted((RequirementColumn(*row) for row in rows), key=lambda one: (one.titles.get("sv", ""), one.code))
