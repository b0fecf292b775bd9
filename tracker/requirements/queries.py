"""Questions about requirements: what they say, as rows and as the rules understand them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import aliased

from tracker.accounts.models import Account
from tracker.catalogue.models import CourseEquivalence, CourseVersion
from tracker.db import BoundSession
from tracker.domain import requirement as rules
from tracker.domain.periods import FOREVER, Days, Span, intersection, later, union
from tracker.domain.validity import ForMonths, UntilDayOfYear, Validity
from tracker.organisation.models import Position, UnitPlacement
from tracker.organisation.queries import in_force
from tracker.people.models import Duty, Employment, Person
from tracker.permissions import Permission, Viewer
from tracker.requirements.models import (
    Assignment,
    AudienceLine,
    Exemption,
    Extension,
    Requirement,
    RequirementVersion,
)
from tracker.systems.models import ItSystem
from tracker.tables import known_at, stands


def published(version: type[RequirementVersion] = RequirementVersion) -> ColumnElement[bool]:
    """Return the condition that a version was published by the instant that the session is set to."""
    return version.published_at <= known_at()


def load_requirements(
    session: BoundSession, ids: Collection[int] | None = None, *, persons: Collection[int] | None = None
) -> list[rules.Requirement]:
    """Return the published requirements, all or those with these ids, as the rules understand them.

    `persons`: the units of audience lines are only those that matter to a few people, as for `subtrees`.
    Five queries at most, however many there are.
    """
    wanted = published()
    if ids is not None:
        wanted &= RequirementVersion.requirement_id.in_(ids)
    versions = session.scalars(
        select(RequirementVersion)
        .where(wanted)
        .order_by(RequirementVersion.requirement_id, RequirementVersion.published_at, RequirementVersion.number)
    ).all()
    if not versions:
        return []
    lines = _lines(session, [version.id for version in versions], persons)
    courses = {version.course_id for version in versions}
    equivalences = _equivalences(session, courses)
    majors = _majors(session, courses)
    found: dict[int, list[rules.RequirementVersion]] = defaultdict(list)
    for version in versions:
        found[version.requirement_id].append(as_rule(version, lines[version.id]))
    return [_requirement(id_, tuple(said), equivalences, majors) for id_, said in found.items()]


def _requirement(
    id_: int,
    versions: tuple[rules.RequirementVersion, ...],
    equivalences: Sequence[rules.Equivalence],
    majors: Sequence[rules.MajorVersion],
) -> rules.Requirement:
    courses = {version.course_id for version in versions}
    return rules.Requirement(
        id_,
        versions,
        tuple(one for one in equivalences if one.course_id in courses),
        tuple(one for one in majors if one.course_id in courses),
    )


def as_rule(version: RequirementVersion, lines: Iterable[rules.AudienceLine]) -> rules.RequirementVersion:
    """Return a version's row as the rules understand it.

    Raises domain.requirement.ContradictionError if it cannot mean anything.
    """
    return rules.RequirementVersion(
        id=version.id,
        course_id=version.course_id,
        lines=tuple(lines),
        effective_from=version.effective_from,
        effective_until=version.effective_until,
        first_due_days=version.first_due_days,
        first_due_on=version.first_due_on,
        minimum_notice_days=version.minimum_notice_days,
        validity=validity_of(version),
        renewal_window_days=version.renewal_window_days,
        grace_days=version.grace_days,
        minimum_evidence=version.minimum_evidence,
        earlier_completions=version.earlier_completions,
        accepted_from=version.accepted_from,
        major_versions=version.major_versions,
        major_version_days=version.major_version_days,
    )


def validity_of(version: RequirementVersion) -> Validity | None:
    """Return how long a completion counts by a version; None when once is enough."""
    if version.validity_months is not None:
        return ForMonths(version.validity_months)
    if version.fixed_month is None or version.fixed_day is None or version.fixed_every_years is None:
        return None
    return UntilDayOfYear(
        version.fixed_month,
        version.fixed_day,
        version.fixed_every_years,
        version.fixed_in_year or version.effective_from.year,
        version.minimum_active_months,
    )


def _lines(
    session: BoundSession, version_ids: Collection[int], persons: Collection[int] | None
) -> Mapping[int, list[rules.AudienceLine]]:
    rows = session.scalars(
        select(AudienceLine).where(AudienceLine.requirement_version_id.in_(version_ids)).order_by(AudienceLine.id)
    ).all()
    units = subtrees(session, {row.unit_id for row in rows if row.unit_id is not None}, persons=persons)
    lines: dict[int, list[rules.AudienceLine]] = defaultdict(list)
    for row in rows:
        lines[row.requirement_version_id].append(
            rules.AudienceLine(
                id=row.id,
                excludes=row.excludes,
                units=None if row.unit_id is None else units[row.unit_id],
                position_id=row.position_id,
                employment_kind=row.employment_kind,
                duty=row.duty,
                system_id=row.system_id,
                new_hire_days=row.new_hire_days,
            )
        )
    return lines


def subtrees(
    session: BoundSession, roots: Collection[int], *, persons: Collection[int] | None = None
) -> dict[int, rules.Units]:
    """Return, for each root, the units at and below it and the days on which they lay there. One query, or none.

    `persons`: only units in which these people work, or for which they hold a duty, and what lies between. For a few
    people it takes the same time in a municipality of any size.
    """
    if not roots:
        return {}
    placements = select(
        UnitPlacement.parent_id, UnitPlacement.unit_id, UnitPlacement.starts_on, UnitPlacement.ends_on
    ).where(stands(UnitPlacement))
    if persons is not None:
        placements = placements.where(UnitPlacement.unit_id.in_(_units_above(persons)))
    below: dict[int, list[tuple[int, Span]]] = defaultdict(list)
    for parent_id, unit_id, starts_on, ends_on in session.execute(placements):
        if parent_id is not None:
            below[parent_id].append((unit_id, (starts_on, ends_on or FOREVER)))
    return {root: _subtree(root, below) for root in roots}


def _units_above(persons: Collection[int]) -> Select[int]:
    """Return the units in which some people work or hold a duty, on any day, and all that ever lay above those."""
    belonging = [
        select(kind.unit_id.label("unit_id")).where(kind.person_id.in_(persons), stands(kind))
        for kind in (Employment, Duty)
    ]
    above = belonging[0].cte("above", recursive=True)
    # The union leaves out what has been passed, so that it ends even if units have lain in a circle, each on other days.
    lying_in = select(UnitPlacement.parent_id).where(UnitPlacement.unit_id == above.c.unit_id, stands(UnitPlacement))
    above = above.union(belonging[1], lying_in)
    return select(above.c.unit_id)


def _subtree(root: int, below: Mapping[int, list[tuple[int, Span]]]) -> rules.Units:
    """Follow placements down: a unit lies below the root on the days on which each link of the chain to it holds."""
    lay: dict[int, list[Span]] = {root: [(date.min, FOREVER)]}
    waiting = [root]
    while waiting:
        parent = waiting.pop()
        for unit, placed in below.get(parent, ()):
            known = lay.get(unit, [])
            more = union([*known, *intersection(lay[parent], [placed])])
            if more != known:
                lay[unit] = more
                waiting.append(unit)
    return {
        unit: tuple(Days(first, None if last == FOREVER else last) for first, last in spans)
        for unit, spans in lay.items()
    }


def course_rules(
    session: BoundSession, courses: Collection[int]
) -> tuple[tuple[rules.Equivalence, ...], tuple[rules.MajorVersion, ...]]:
    """Return what is known of some courses: which completions of others count, and when the content changed much."""
    return tuple(_equivalences(session, courses)), tuple(_majors(session, courses))


def _equivalences(session: BoundSession, courses: Collection[int]) -> list[rules.Equivalence]:
    rows = session.scalars(
        select(CourseEquivalence)
        .where(CourseEquivalence.course_id.in_(courses), stands(CourseEquivalence))
        .order_by(CourseEquivalence.id)
    )
    return [
        rules.Equivalence(row.course_id, row.accepted_course_id, Days(row.starts_on or date.min, row.ends_on))
        for row in rows
    ]


def _majors(session: BoundSession, courses: Collection[int]) -> list[rules.MajorVersion]:
    """Return the day on which each major version of some courses was first published."""
    published_on = func.min(CourseVersion.published_on)
    rows = session.execute(
        select(CourseVersion.course_id, CourseVersion.major, published_on)
        .where(CourseVersion.course_id.in_(courses), CourseVersion.published_at <= known_at())
        .group_by(CourseVersion.course_id, CourseVersion.major)
        .order_by(CourseVersion.course_id, CourseVersion.major)
    )
    return [rules.MajorVersion(course, major, first) for course, major, first in rows if first is not None]


def requirements_of_courses(session: BoundSession, courses: Collection[int]) -> set[int]:
    """Return the requirements of which a published version asks for one of some courses."""
    return set(
        session.scalars(
            select(RequirementVersion.requirement_id).where(published(), RequirementVersion.course_id.in_(courses))
        )
    )


def requirements_served(session: BoundSession, courses: Collection[int]) -> set[int]:
    """Return the requirements that having completed one of some courses may serve: it is asked for, or accepted instead."""
    accepting = select(CourseEquivalence.course_id).where(
        CourseEquivalence.accepted_course_id.in_(courses), stands(CourseEquivalence)
    )
    return requirements_of_courses(session, {*courses, *session.scalars(accepting)})


def requirements_of_units(session: BoundSession) -> set[int]:
    """Return the requirements of which a published version names an org unit."""
    return set(
        session.scalars(
            select(RequirementVersion.requirement_id)
            .join(AudienceLine, AudienceLine.requirement_version_id == RequirementVersion.id)
            .where(published(), AudienceLine.unit_id.is_not(None))
        )
    )


def by_public_id(session: BoundSession, public_id: str) -> Requirement | None:
    """Return a requirement by its public id."""
    return session.scalars(select(Requirement).where(Requirement.public_id == public_id)).one_or_none()


def by_code(session: BoundSession, code: str) -> Requirement | None:
    """Return a requirement by its code, such as "it-strategi"."""
    return session.scalars(select(Requirement).where(Requirement.code == code)).one_or_none()


def published_versions(session: BoundSession, requirement_id: int) -> list[RequirementVersion]:
    """Return a requirement's published versions, the newest first."""
    return list(
        session.scalars(
            select(RequirementVersion)
            .where(RequirementVersion.requirement_id == requirement_id, published())
            .order_by(RequirementVersion.published_at.desc(), RequirementVersion.number.desc())
        )
    )


def lines_of(session: BoundSession, version_id: int) -> list[AudienceLine]:
    """Return a version's audience lines, in the order they were written."""
    statement = select(AudienceLine).where(AudienceLine.requirement_version_id == version_id)
    return list(session.scalars(statement.order_by(AudienceLine.id)))


def in_charge(versions: Iterable[RequirementVersion], day: date) -> RequirementVersion | None:
    """Return which of a requirement's versions, the newest first, is in charge on a day; before the first, the first."""
    oldest = None
    for version in versions:
        if version.effective_from <= day:
            return version
        oldest = version
    return oldest


def drafts_to_approve(session: BoundSession, viewer: Viewer) -> list[RequirementVersion]:
    """Return the drafts whose approval others ask for and the viewer may give, the one last saved first."""
    if not viewer.may(Permission.REQUIREMENT_EDIT):
        return []
    return list(
        session.scalars(
            select(RequirementVersion)
            .where(
                RequirementVersion.published_at.is_(None),
                RequirementVersion.asked_by_id != viewer.account_id,
                RequirementVersion.saved_by_id.is_distinct_from(viewer.account_id),
            )
            .order_by(RequirementVersion.saved_at.desc(), RequirementVersion.id.desc())
        )
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """A requirement with the version in charge on a day; before the first, the first."""

    requirement: Requirement
    version: RequirementVersion

    def in_effect(self, day: date) -> bool:
        """Say whether it asks for anything on that day."""
        last = self.version.effective_until
        return self.version.effective_from <= day and (last is None or day <= last)


def listed(session: BoundSession, day: date) -> list[Listed]:
    """Return the published requirements as they are worded on a day, by code. One query."""
    rows = session.execute(
        select(Requirement, RequirementVersion)
        .join(RequirementVersion, RequirementVersion.requirement_id == Requirement.id)
        .where(published())
        .order_by(Requirement.code, RequirementVersion.published_at.desc(), RequirementVersion.number.desc())
    )
    versions: dict[Requirement, list[RequirementVersion]] = defaultdict(list)
    for requirement, version in rows:
        versions[requirement].append(version)
    return [
        Listed(requirement, version)
        for requirement, published in versions.items()
        if (version := in_charge(published, day)) is not None
    ]


@dataclass(frozen=True, slots=True)
class NamedLine:
    """An audience line with the names that put it in words."""

    line: AudienceLine
    unit: str | None
    position: str | None
    system: str | None
    hired_from: date | None  # for a line of new hires: employed on that day or later


def named_lines(session: BoundSession, version_ids: Collection[int], day: date) -> dict[int, list[NamedLine]]:
    """Return the audience lines of some versions, with names as they were on a day. One query."""
    sibling = aliased(RequirementVersion)
    starts_on = (
        select(func.min(sibling.effective_from))
        .where(sibling.requirement_id == RequirementVersion.requirement_id, published(sibling))
        .correlate(RequirementVersion)
        .scalar_subquery()
    )
    starts_on = func.coalesce(starts_on, RequirementVersion.effective_from)  # A draft of what is not yet in effect.
    rows = session.execute(
        select(AudienceLine, UnitPlacement.name, Position.title, ItSystem.name, starts_on)
        .join(RequirementVersion, RequirementVersion.id == AudienceLine.requirement_version_id)
        .outerjoin(UnitPlacement, (UnitPlacement.unit_id == AudienceLine.unit_id) & in_force(UnitPlacement, day))
        .outerjoin(Position, Position.id == AudienceLine.position_id)
        .outerjoin(ItSystem, ItSystem.id == AudienceLine.system_id)
        .where(AudienceLine.requirement_version_id.in_(version_ids))
        .order_by(AudienceLine.excludes, AudienceLine.id)
    )
    found: dict[int, list[NamedLine]] = defaultdict(list)
    for line, unit, position, system, started in rows:
        hired_from = None if line.new_hire_days is None else later(started, -line.new_hire_days)
        found[line.requirement_version_id].append(NamedLine(line, unit, position, system, hired_from))
    return found


Decision = TypeVar("Decision", Assignment, Exemption, Extension)


@dataclass(frozen=True, slots=True)
class NamedDecision(Generic[Decision]):
    """A decision about a person, and who made it: a person, or else what the account is called; neither for a command."""

    fact: Decision
    by: Person | None
    by_account: str | None


def decisions(
    session: BoundSession, kind: type[Decision], ids: Collection[int | None]
) -> list[NamedDecision[Decision]]:
    """Return some decisions of a kind. One query; none for no decisions."""
    return _named_decisions(session, kind, kind.id.in_(ids)) if ids else []


def assignments_of(session: BoundSession, person_id: int, day: date) -> list[NamedDecision[Assignment]]:
    """Return what is assigned to a person on a day, in the order of the days from which it is. One query."""
    found = _named_decisions(session, Assignment, (Assignment.person_id == person_id) & in_force(Assignment, day))
    return sorted(found, key=lambda one: (one.fact.starts_on, one.fact.id))


def _named_decisions(
    session: BoundSession, kind: type[Decision], condition: ColumnElement[bool]
) -> list[NamedDecision[Decision]]:
    rows = session.execute(
        select(kind, Person, Account.display_name)
        .outerjoin(Account, Account.id == kind.recorded_by_id)
        .outerjoin(Person, Person.id == Account.person_id)
        .where(condition)
    )
    return [NamedDecision(*row) for row in rows]
