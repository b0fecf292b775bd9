"""The requirements of the pack that comes with Tracker for the IT strategy, for a municipality to begin with.

A system's course is required when the system gets one: see `operations.require_system_course`.
"""

from datetime import date, datetime

from tracker.assets import STRATEGY
from tracker.catalogue.queries import course_by_code
from tracker.db import BoundSession
from tracker.permissions import Viewer
from tracker.requirements.files import WrittenRequirement, read_requirement
from tracker.requirements.models import RequirementVersion
from tracker.requirements.operations import publish
from tracker.requirements.portable import as_draft, matched
from tracker.requirements.queries import by_code
from tracker.writing import Problem

FOLDER = STRATEGY / "requirements"


class StarterCourseMissingError(Exception):
    """A course that a starter requirement asks for is not in the catalogue. Load the starter courses first."""


def load_starter(session: BoundSession, *, by: Viewer, now: datetime, effective_from: date) -> list[RequirementVersion]:
    """Publish the starter requirements, in effect from a day. Those whose code is there already are left alone.

    Returns what was published. Writes the journal. Raises StarterCourseMissingError.
    """
    published = []
    for requirement in read():
        course = course_by_code(session, requirement.course)
        if course is None:
            raise StarterCourseMissingError(requirement.course)
        if by_code(session, requirement.code) is None:
            lines = matched(session, requirement.lines).lines
            draft = as_draft(requirement, course_id=course.id, lines=lines, effective_from=effective_from)
            published.append(publish(session, code=requirement.code, draft=draft, by=by, now=now))
    return published


def read() -> list[WrittenRequirement]:
    """Return the starter requirements as written."""
    problems: list[Problem] = []
    files = {path.name: path.read_bytes() for path in sorted(FOLDER.glob("*.toml"))}
    found = [read_requirement(files, name, problems) for name in files]
    assert not problems, problems
    return [one for one in found if one is not None]
