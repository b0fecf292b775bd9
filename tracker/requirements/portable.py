"""From one municipality's ids to names that travel, and from the names to another's ids."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date

from sqlalchemy import select

from tracker.catalogue.models import Course
from tracker.db import BoundSession
from tracker.organisation.models import OrgUnit, Position
from tracker.people.models import Employment
from tracker.requirements.files import WrittenLine, WrittenRequirement
from tracker.requirements.models import Requirement, RequirementVersion
from tracker.requirements.operations import Draft, Line, said_by
from tracker.requirements.queries import lines_of
from tracker.systems.models import ItSystem

_SHARED = {one.name for one in fields(WrittenRequirement)} & {one.name for one in fields(Draft)} - {"lines"}


@dataclass(frozen=True, slots=True)
class Matched:
    """An audience in a municipality's own ids, and the lines of which something is not there or stands for several."""

    lines: tuple[Line, ...]
    unmatched: tuple[WrittenLine, ...]


def written(session: BoundSession, requirement: Requirement, version: RequirementVersion) -> WrittenRequirement:
    """Return what a version of a requirement says, by names. A handful of queries."""
    says = said_by(version, lines_of(session, version.id))
    units = dict(session.execute(select(OrgUnit.id, OrgUnit.code)).all())
    positions = {row.id: row for row in session.scalars(select(Position))}
    systems = dict(session.execute(select(ItSystem.id, ItSystem.name)).all())
    lines = tuple(
        WrittenLine(
            excludes=line.excludes,
            # A unit without a code has no name that travels; its own is then told as not matched where it comes.
            unit=None if line.unit_id is None else units[line.unit_id] or f"#{line.unit_id}",
            position=None if line.position_id is None else positions[line.position_id].title,
            position_code=None if line.position_id is None else positions[line.position_id].code,
            employment_kind=line.employment_kind,
            duty=line.duty,
            system=None if line.system_id is None else systems[line.system_id],
            new_hire_days=line.new_hire_days,
        )
        for line in says.lines
    )
    course = session.get_one(Course, version.course_id)
    shared = {name: getattr(says, name) for name in _SHARED}
    return WrittenRequirement(code=requirement.code, course=course.code, lines=lines, **shared)


def as_draft(requirement: WrittenRequirement, *, course_id: int, lines: Sequence[Line], effective_from: date) -> Draft:
    """Return what a written requirement says, as a draft in effect from a day."""
    shared = {name: getattr(requirement, name) for name in _SHARED}
    return Draft(course_id=course_id, lines=tuple(lines), effective_from=effective_from, **shared)


def matched(session: BoundSession, lines: Iterable[WrittenLine]) -> Matched:
    """Return an audience in the municipality's own ids. A line of which anything is not found is left out, and told."""
    found, unmatched = [], []
    for line in lines:
        own = _matched(session, line)
        if own is None:
            unmatched.append(line)
        else:
            found.append(own)
    return Matched(tuple(found), tuple(unmatched))


def _matched(session: BoundSession, line: WrittenLine) -> Line | None:
    unit_id = position_id = system_id = None
    if line.unit is not None:
        unit_id = _only(session.scalars(select(OrgUnit.id).where(OrgUnit.code == line.unit)).all())
    if line.position is not None:
        titled = select(Position.id).where(Position.title == line.position)
        # HR systems number positions in their own ways: the title decides, the code only between several of one title.
        position_id = _only(session.scalars(titled).all()) or _only(
            session.scalars(titled.where(Position.code == line.position_code)).all()
        )
    if line.system is not None:
        system_id = _only(session.scalars(select(ItSystem.id).where(ItSystem.name == line.system)).all())
    known_kind = line.employment_kind is None or session.scalar(
        select(Employment.id).where(Employment.kind == line.employment_kind).limit(1)
    )
    asked = ((line.unit, unit_id), (line.position, position_id), (line.system, system_id))
    if not known_kind or any(name is not None and own is None for name, own in asked):
        return None
    return Line(
        excludes=line.excludes,
        unit_id=unit_id,
        position_id=position_id,
        employment_kind=line.employment_kind,
        duty=line.duty,
        system_id=system_id,
        new_hire_days=line.new_hire_days,
    )


def _only(ids: Sequence[int]) -> int | None:
    return ids[0] if len(ids) == 1 else None
