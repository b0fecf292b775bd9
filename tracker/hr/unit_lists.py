"""Loading a list of units, for organisations that are larger than the units people are employed in."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from tracker.audit.operations import record
from tracker.db import BoundSession
from tracker.domain.roster_rows import LONGEST_CODE, LONGEST_NAME, Problem, ProblemKind
from tracker.domain.roster_units import StatedUnit, UnitChange, misplaced, plan_units
from tracker.hr.applying import place_units
from tracker.hr.queries import known_units
from tracker.hr.reading import read_units
from tracker.municipalities.models import Municipality
from tracker.permissions import Viewer


@dataclass(frozen=True, slots=True)
class UnitList:
    """What a list of units says, changes, and gets wrong."""

    rows: int
    changes: tuple[UnitChange, ...]
    problems: tuple[Problem, ...]


def plan_unit_list(session: BoundSession, *, content: bytes, today: date) -> UnitList:
    """Return what a list of units would change. Units it does not mention stay. Raises UnreadableFileError."""
    known = known_units(session, today)
    stated: dict[str, StatedUnit] = {}
    row_of: dict[str, int] = {}
    problems: list[Problem] = []
    rows = read_units(content)
    for number, code, name, parent in rows:
        wrong = _problem(number, code, name, stated)
        if wrong is not None:
            problems.append(wrong)
            continue
        stated[code] = StatedUnit(name, parent or None, today)
        row_of[code] = number
    parents = {code: unit.parent for code, unit in stated.items()}
    circular, astray = misplaced(parents, {key: unit.parent for key, unit in known.items()})
    for code in astray:
        kind = ProblemKind.UNIT_CYCLE if code in circular else ProblemKind.UNKNOWN_PARENT
        problems.append(Problem(row_of[code], "parent_code", kind, (code, parents[code] or "")))
        del stated[code]
    return UnitList(len(rows), plan_units(stated, known, today=today), tuple(sorted(problems)))


def _problem(number: int, code: str, name: str, stated: dict[str, StatedUnit]) -> Problem | None:
    for column, value, longest in (("unit_code", code, LONGEST_CODE), ("unit_name", name, LONGEST_NAME)):
        if not value:
            return Problem(number, column, ProblemKind.MISSING)
        if len(value) > longest:
            return Problem(number, column, ProblemKind.TOO_LONG, (str(longest),))
    return Problem(number, "unit_code", ProblemKind.DUPLICATE_ROW) if code in stated else None


def load_units(session: BoundSession, *, content: bytes, by: Viewer, now: datetime, today: date) -> UnitList:
    """Add the units of a list, and give those known new names and places as of today. Twice is the same as once.

    Raises UnreadableFileError.
    """
    planned = plan_unit_list(session, content=content, today=today)
    digest = hashlib.sha256(content).hexdigest()
    place_units(session, planned.changes, source=f"units:{digest[:20]}", by=by, now=now)
    municipality = session.get_one(Municipality, session.municipality_id)
    details = {"sha256": digest, "rows": planned.rows, "changed": len(planned.changes)}
    record(session, "units.imported", subject=municipality, by=by, **details)
    return planned
