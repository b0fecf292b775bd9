"""The courses of the pack that comes with Tracker for the IT strategy, published in a municipality."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from tracker.assets import STRATEGY
from tracker.catalogue.content import ContentError, CourseDraft
from tracker.catalogue.files import read_course
from tracker.catalogue.models import CourseVersion
from tracker.catalogue.operations import publish_course
from tracker.db import BoundSession
from tracker.permissions import Viewer
from tracker.writing import Problem

FOLDER = STRATEGY / "courses"


class UnknownStarterCourseError(Exception):
    """There is no starter course with that code."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading one course came to: `version` is the one that was published, or None where nothing had changed."""

    code: str
    version: CourseVersion | None


def known_codes() -> list[str]:
    """Return the codes of the starter courses."""
    return sorted(path.parent.name for path in FOLDER.glob("*/course.toml"))


def load_starter(
    session: BoundSession, *, by: Viewer, now: datetime, today: date, codes: Collection[str] | None = None
) -> list[Loaded]:
    """Publish the starter courses, or those with the codes given, in the session's municipality.

    One that is there already with the same content is left alone; changed content becomes a new, non-major version.
    Writes the journal. Raises UnknownStarterCourseError, and ContentError for a course that is not complete.
    """
    wanted = sorted(codes) if codes is not None else known_codes()
    return [Loaded(code, publish_course(session, draft=read(code), by=by, now=now, today=today)) for code in wanted]


def read(code: str) -> CourseDraft:
    """Return a starter course as written. Raises UnknownStarterCourseError, ContentError."""
    if code not in known_codes():
        raise UnknownStarterCourseError(code)
    problems: list[Problem] = []
    draft = read_course(
        {f"{code}/{path.name}": path.read_bytes() for path in (FOLDER / code).iterdir()}, code, problems
    )
    if draft is None:
        raise ContentError(problems)
    return draft
