"""Acts on the catalogue."""

from dataclasses import replace
from datetime import date, datetime

from tracker.audit.operations import record
from tracker.catalogue import queries
from tracker.catalogue.content import CourseDraft, EquivalenceDraft, check, to_json
from tracker.catalogue.models import Course, CourseEquivalence, CourseFile, CourseVersion, Module
from tracker.db import BoundSession, retract
from tracker.permissions import Viewer


def publish_course(
    session: BoundSession, *, draft: CourseDraft, by: Viewer, now: datetime, today: date, major: bool = False
) -> CourseVersion | None:
    """Publish a course as written: as a new course, or as the next version of the one with its code.

    Returns None, and changes nothing, where the newest version says exactly this already. A `major` version is one with
    materially new content; requirements say what that means. Writes the journal. Raises ContentError.
    """
    check(draft)
    course = queries.course_by_code(session, draft.code)
    if course is None:
        course = Course(code=draft.code, kind=draft.kind, created_at=now)
        session.add(course)
        session.flush()  # Its id is needed below.
    before = queries.latest_version(session, course.id)
    if before is not None and before.published_on is not None and _says(session, course, before, draft):
        return None
    version = CourseVersion(
        course_id=course.id,
        number=before.number + 1 if before else 1,
        major=before.major + (1 if major else 0) if before else 1,
        titles=draft.titles,
        summaries=draft.summaries,
        minutes=draft.minutes,
        published_on=today,
        published_at=now,
    )
    session.add(version)
    session.flush()  # Its id is needed below.
    session.add_all(
        Module(
            course_version_id=version.id,
            position=position,
            slug=module.slug,
            kind=module.kind,
            titles=module.titles,
            minutes=module.minutes,
            pass_mark=module.pass_mark,
            content=to_json(module.content),
        )
        for position, module in enumerate(draft.modules, start=1)
    )
    session.add_all(
        CourseFile(
            course_version_id=version.id, name=picture.name, media_type=picture.media_type, content=picture.content
        )
        for picture in draft.pictures
    )
    session.flush()
    record(session, "course.published", subject=course, by=by, version=version.number, major=version.major)
    return version


class SameCourseError(Exception):
    """A course was to count as itself."""


class AlreadyAcceptedError(Exception):
    """Completions of the course count already on some of those days."""


def check_acceptable(
    session: BoundSession, *, course: Course, of: Course, starts_on: date | None, ends_on: date | None
) -> None:
    """See that completions of one course may be let count as those of another; changes nothing.

    Raises SameCourseError, AlreadyAcceptedError.
    """
    if course.id == of.id:
        raise SameCourseError
    wanted = EquivalenceDraft(course.code, of.code, starts_on, ends_on)
    if any(wanted.clashes_with(known) for known in queries.written_equivalences(session)):
        raise AlreadyAcceptedError


def accept_completions(
    session: BoundSession,
    *,
    course: Course,
    of: Course,
    starts_on: date | None,
    ends_on: date | None,
    by: Viewer,
    now: datetime,
) -> CourseEquivalence:
    """Let completions of one course, made on certain days, count as those of another; not the other way round.

    Empty days: without a beginning, until further notice. The obligations it serves are recomputed when the transaction
    ends. Writes the journal. Raises SameCourseError, AlreadyAcceptedError.
    """
    check_acceptable(session, course=course, of=of, starts_on=starts_on, ends_on=ends_on)
    equivalence = CourseEquivalence(
        course_id=course.id,
        accepted_course_id=of.id,
        starts_on=starts_on,
        ends_on=ends_on,
        recorded_at=now,
        recorded_by_id=by.account_id,
        source="catalogue",
    )
    session.add(equivalence)
    session.flush()
    record(
        session,
        "course.equivalence_added",
        subject=course,
        by=by,
        accepted=of.code,
        starts_on=str(starts_on or ""),
        ends_on=str(ends_on or ""),
    )
    return equivalence


def stop_accepting(
    session: BoundSession, *, course: Course, equivalence: CourseEquivalence, why: str, by: Viewer, now: datetime
) -> None:
    """Take back that completions of another course count. It is retracted: how it was known stays. Writes the journal."""
    retract([equivalence], now=now, by_id=by.account_id, why=why)
    session.flush()
    record(session, "course.equivalence_taken_back", subject=course, by=by, why=why)


def _says(session: BoundSession, course: Course, version: CourseVersion, draft: CourseDraft) -> bool:
    """Say whether a version has exactly the content of a draft."""
    ordered = tuple(sorted(draft.pictures, key=lambda picture: picture.name))
    return queries.said_by(session, course, version) == replace(draft, pictures=ordered)
