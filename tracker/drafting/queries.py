"""Questions about drafts of requirements: what they say, and what there is to choose from."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import select

from tracker.catalogue.models import Course, CourseVersion
from tracker.catalogue.queries import published
from tracker.db import BoundSession
from tracker.domain.periods import later
from tracker.organisation.models import OrgUnit, Position
from tracker.organisation.queries import Tree, positions, tree_on
from tracker.people.models import Employment
from tracker.requirements.models import AudienceLine, Requirement, RequirementVersion
from tracker.requirements.operations import Draft, columns_of, said_by
from tracker.requirements.queries import NamedLine, lines_of, published_versions
from tracker.systems.models import ItSystem
from tracker.tables import stands


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft, the requirement it is of, and what it says."""

    requirement: Requirement
    version: RequirementVersion
    says: Draft


@dataclass(frozen=True, slots=True)
class CourseChoice:
    """A course that may be asked for. `minutes` is None for one that has no published version."""

    id: int
    public_id: str
    titles: dict[str, str]
    minutes: int | None


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose from in a draft."""

    courses: Sequence[CourseChoice]
    tree: Tree
    positions: Sequence[Position]
    kinds: Sequence[str]
    systems: Sequence[ItSystem]
    closed: dict[int, str]  # public ids of units that the draft names and that do not lie in the tree today


def draft_by_public_id(session: BoundSession, public_id: str) -> Drafted | None:
    """Return a draft; None for what is published."""
    found = session.execute(
        select(Requirement, RequirementVersion)
        .join(RequirementVersion, RequirementVersion.requirement_id == Requirement.id)
        .where(RequirementVersion.public_id == public_id, RequirementVersion.published_at.is_(None))
    ).one_or_none()
    if found is None:
        return None
    requirement, version = found
    return Drafted(requirement, version, said_by(version, lines_of(session, version.id)))


def draft_of(session: BoundSession, requirement_id: int) -> RequirementVersion | None:
    """Return a requirement's draft; there is one at most."""
    return session.scalars(
        select(RequirementVersion).where(
            RequirementVersion.requirement_id == requirement_id, RequirementVersion.published_at.is_(None)
        )
    ).one_or_none()


def drafts(session: BoundSession) -> list[RequirementVersion]:
    """Return all drafts, the one last saved first."""
    return list(
        session.scalars(
            select(RequirementVersion)
            .where(RequirementVersion.published_at.is_(None))
            .order_by(RequirementVersion.saved_at.desc(), RequirementVersion.id.desc())
        )
    )


@dataclass(frozen=True, slots=True)
class Worded:
    """What a draft says, as `requirements/_words.html` puts it in words."""

    version: RequirementVersion
    lines: list[NamedLine]
    course: dict[str, str]  # its titles


def worded(session: BoundSession, requirement_id: int, says: Draft, offered: Choices) -> Worded:
    """Return what puts a draft in words, saved or not. One query."""
    first = min(
        (one.effective_from for one in published_versions(session, requirement_id)), default=says.effective_from
    )
    places = {one.id: one.title for one in offered.positions}
    systems = {one.id: one.name for one in offered.systems}
    lines = []
    for line in sorted(says.lines, key=lambda line: line.excludes):
        node = None if line.unit_id is None else offered.tree.nodes.get(line.unit_id)
        lines.append(
            NamedLine(
                AudienceLine(**asdict(line)),
                node.name if node else None,
                None if line.position_id is None else places.get(line.position_id),
                None if line.system_id is None else systems.get(line.system_id),
                None if line.new_hire_days is None else later(first, -line.new_hire_days),
            )
        )
    course = next((one.titles for one in offered.courses if one.id == says.course_id), {})
    return Worded(RequirementVersion(**columns_of(says)), lines, course)


def choices(session: BoundSession, today: date, draft: Draft) -> Choices:
    """Return what there is to choose from in a draft, which may name units that are closed. Seven queries."""
    tree = tree_on(session, today)
    gone = {line.unit_id for line in draft.lines if line.unit_id is not None} - tree.nodes.keys()
    kinds = select(Employment.kind).where(Employment.kind.is_not(None), stands(Employment))
    return Choices(
        courses(session, today),
        tree,
        positions(session),
        sorted(kind for kind in session.scalars(kinds.distinct()) if kind),
        session.scalars(select(ItSystem).order_by(ItSystem.name)).all(),
        {unit.id: unit.public_id for unit in session.scalars(select(OrgUnit).where(OrgUnit.id.in_(gone)))},
    )


def courses(session: BoundSession, today: date) -> list[CourseChoice]:
    """Return all courses, as their newest published version calls them, else their newest. Two queries."""
    newest = {
        version.course_id: version
        for condition in (~published(today) | CourseVersion.published_on.is_(None), published(today))
        for version in session.scalars(select(CourseVersion).where(condition).order_by(CourseVersion.number))
    }
    listed = session.scalars(select(Course).order_by(Course.code))
    return [
        CourseChoice(course.id, course.public_id, version.titles, version.minutes if version.published_on else None)
        for course in listed
        if (version := newest.get(course.id)) is not None
    ]
