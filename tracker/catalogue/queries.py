"""Questions about the catalogue, each on a day: what is published is what was published by that day."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import aliased

from tracker.catalogue.content import CourseDraft, EquivalenceDraft, ModuleDraft, PictureDraft, from_json
from tracker.catalogue.models import Course, CourseEquivalence, CourseFile, CourseVersion, Module, ModuleKind
from tracker.db import BoundSession
from tracker.tables import known_at, stands


@dataclass(frozen=True, slots=True)
class Offered:
    """A course with the version in force."""

    course: Course
    version: CourseVersion


@dataclass(frozen=True, slots=True)
class OutlineModule:
    """A module without its content, which lists do not need."""

    id: int
    public_id: str
    version_id: int
    slug: str
    kind: ModuleKind
    titles: dict[str, str]
    minutes: int


def published(day: date) -> ColumnElement[bool]:
    """Return the condition that a version had been published by a day."""
    return and_(CourseVersion.published_on <= day, CourseVersion.published_at <= known_at())


def offered(session: BoundSession, *, today: date, course_ids: Collection[int] | None = None) -> list[Offered]:
    """Return the courses that are published, or those of them with some ids, each with its newest published version."""
    newest = (
        select(CourseVersion.course_id, func.max(CourseVersion.number).label("number"))
        .where(published(today))
        .group_by(CourseVersion.course_id)
        .subquery()
    )
    statement = (
        select(Course, CourseVersion)
        .join(CourseVersion, CourseVersion.course_id == Course.id)
        .join(newest, (newest.c.course_id == CourseVersion.course_id) & (newest.c.number == CourseVersion.number))
        .order_by(Course.code)
    )
    if course_ids is not None:
        statement = statement.where(Course.id.in_(course_ids))
    return [Offered(course, version) for course, version in session.execute(statement)]


def course_by_public_id(session: BoundSession, public_id: str) -> Course | None:
    """Return a course by its public id."""
    return session.scalars(select(Course).where(Course.public_id == public_id)).one_or_none()


def course_by_code(session: BoundSession, code: str) -> Course | None:
    """Return a course by its code, such as "grund-it-teori"."""
    return session.scalars(select(Course).where(Course.code == code)).one_or_none()


def current_version(session: BoundSession, course_id: int, day: date) -> CourseVersion | None:
    """Return the newest version of a course that had been published by a day, or None."""
    return session.scalars(
        select(CourseVersion)
        .where(CourseVersion.course_id == course_id, published(day))
        .order_by(CourseVersion.number.desc())
        .limit(1)
    ).one_or_none()


@dataclass(frozen=True, slots=True)
class Accepted:
    """Another course whose completions count, with what its newest version is called."""

    equivalence: CourseEquivalence
    course: Course
    titles: dict[str, str]


def equivalences(session: BoundSession, course_id: int) -> list[Accepted]:
    """Return whose completions count as a course's, in the order they were recorded. One query."""
    rows = session.execute(
        select(CourseEquivalence, Course, CourseVersion.titles)
        .join(Course, Course.id == CourseEquivalence.accepted_course_id)
        .join(CourseVersion, CourseVersion.course_id == Course.id)
        .where(
            CourseEquivalence.course_id == course_id,
            stands(CourseEquivalence),
            CourseVersion.published_at <= known_at(),
        )
        .order_by(CourseEquivalence.id, CourseVersion.number)
    )
    return list(
        {equivalence.id: Accepted(equivalence, course, titles) for equivalence, course, titles in rows}.values()
    )


def written_equivalences(session: BoundSession) -> list[EquivalenceDraft]:
    """Return which courses' completions count as which others', by their codes, in order. One query."""
    other = aliased(Course)
    rows = session.execute(
        select(Course.code, other.code, CourseEquivalence.starts_on, CourseEquivalence.ends_on)
        .select_from(CourseEquivalence)
        .join(Course, Course.id == CourseEquivalence.course_id)
        .join(other, other.id == CourseEquivalence.accepted_course_id)
        .where(stands(CourseEquivalence))
    )
    return sorted((EquivalenceDraft(*row) for row in rows), key=EquivalenceDraft.in_order)


def first_version(session: BoundSession, course_id: int) -> CourseVersion | None:
    """Return the oldest published version of a course: for what was learnt before the catalogue existed."""
    return session.scalars(
        select(CourseVersion)
        .where(CourseVersion.course_id == course_id, CourseVersion.published_on.is_not(None))
        .order_by(CourseVersion.number)
        .limit(1)
    ).one_or_none()


def latest_version(session: BoundSession, course_id: int) -> CourseVersion | None:
    """Return a course's version with the highest number, published or not."""
    return session.scalars(
        select(CourseVersion).where(CourseVersion.course_id == course_id).order_by(CourseVersion.number.desc()).limit(1)
    ).one_or_none()


def outline(session: BoundSession, version_ids: Collection[int]) -> dict[int, list[OutlineModule]]:
    """Return the modules of some versions, in order and without their content, by version."""
    found: dict[int, list[OutlineModule]] = {version_id: [] for version_id in version_ids}
    rows = session.execute(
        select(
            Module.id,
            Module.public_id,
            Module.course_version_id,
            Module.slug,
            Module.kind,
            Module.titles,
            Module.minutes,
        )
        .where(Module.course_version_id.in_(version_ids))
        .order_by(Module.course_version_id, Module.position)
    )
    for row in rows:
        found[row.course_version_id].append(OutlineModule(*row))
    return found


def modules(session: BoundSession, version_id: int) -> Sequence[Module]:
    """Return the modules of a version with their content, in order."""
    return session.scalars(select(Module).where(Module.course_version_id == version_id).order_by(Module.position)).all()


def pictures(session: BoundSession, version_id: int) -> Sequence[CourseFile]:
    """Return the pictures of a version, by name."""
    return session.scalars(
        select(CourseFile).where(CourseFile.course_version_id == version_id).order_by(CourseFile.name)
    ).all()


def said_by(session: BoundSession, course: Course, version: CourseVersion) -> CourseDraft:
    """Return what a version says, as a draft of the same. Two queries."""
    return CourseDraft(
        code=course.code,
        kind=course.kind,
        titles=version.titles,
        summaries=version.summaries,
        minutes=version.minutes,
        modules=tuple(
            ModuleDraft(
                slug=module.slug,
                kind=module.kind,
                titles=module.titles,
                minutes=module.minutes,
                pass_mark=module.pass_mark,
                content=from_json(module.content),
            )
            for module in modules(session, version.id)
        ),
        pictures=tuple(
            PictureDraft(file.name, file.media_type, file.content)
            for file in sorted(pictures(session, version.id), key=lambda file: file.name)
        ),
    )


def picture(session: BoundSession, public_id: str) -> CourseFile | None:
    """Return a picture by its public id."""
    return session.scalars(select(CourseFile).where(CourseFile.public_id == public_id)).one_or_none()
