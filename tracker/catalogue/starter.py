"""The courses that come with Tracker, read from the folder `starter` and published in a municipality.

A folder is a course: `course.toml`; for each module `<slug>.sv.md`, `<slug>.en.md` and, by its kind,
`<slug>.questions.toml` or `<slug>.steps.toml`; and the pictures its texts show.
"""

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from tracker.catalogue.content import (
    LANGUAGES,
    PICTURE_TYPES,
    ContentError,
    CourseDraft,
    ModuleDraft,
    PictureDraft,
    check,
    from_json,
)
from tracker.catalogue.models import CourseKind, CourseVersion, ModuleKind
from tracker.catalogue.operations import publish_course
from tracker.db import BoundSession
from tracker.permissions import Viewer

FOLDER = Path(__file__).parent / "starter"


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
    folder = FOLDER / code
    if code not in known_codes():
        raise UnknownStarterCourseError(code)
    try:
        draft = _draft(folder, tomllib.loads((folder / "course.toml").read_text("utf-8")))
    except (KeyError, FileNotFoundError, tomllib.TOMLDecodeError) as error:
        raise ContentError([f"{code}: {error}"]) from error
    check(draft)
    return draft


def _draft(folder: Path, course: dict[str, Any]) -> CourseDraft:
    return CourseDraft(
        code=course["code"],
        kind=CourseKind(course["kind"]),
        titles=course["title"],
        summaries=course["summary"],
        minutes=course["minutes"],
        modules=tuple(_module(folder, module) for module in course["module"]),
        pictures=tuple(
            PictureDraft(path.name, PICTURE_TYPES[path.suffix], path.read_bytes())
            for path in sorted(folder.iterdir())
            if path.suffix in PICTURE_TYPES
        ),
    )


def _module(folder: Path, module: dict[str, Any]) -> ModuleDraft:
    slug, kind = module["slug"], ModuleKind(module["kind"])
    stored: dict[str, Any] = {
        "text": {language: (folder / f"{slug}.{language}.md").read_text("utf-8") for language in LANGUAGES},
        "statement": module.get("statement", {}),
    }
    if kind is ModuleKind.TEST:
        stored["questions"] = [
            question | {"options": question.get("option", [])}
            for question in tomllib.loads((folder / f"{slug}.questions.toml").read_text("utf-8"))["question"]
        ]
    if kind is ModuleKind.CHECKLIST:
        stored["steps"] = tomllib.loads((folder / f"{slug}.steps.toml").read_text("utf-8"))["step"]
    return ModuleDraft(
        slug=slug,
        kind=kind,
        titles=module["title"],
        minutes=module["minutes"],
        pass_mark=module.get("pass_mark"),
        content=from_json(stored),
    )
