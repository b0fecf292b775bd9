"""A requirement as a file that people can read, compare and change, and that fits any municipality.

Its audience is told by names that travel: duties, titles of positions, names of systems, codes of units. When it takes
effect is not in it: that is for each municipality to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from tracker.domain import requirement as rules
from tracker.domain.evidence import Evidence
from tracker.domain.facts import DutyKind
from tracker.domain.requirement import EarlierCompletions, MajorVersions
from tracker.domain.validity import ForMonths, UntilDayOfYear, Validity
from tracker.writing import TITLE, Fault, Files, Problem, Table, read_toml, silent, write_toml

# What the editor takes too.
MOST_LINES = 20
MOST_DAYS = 3650
LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class WrittenLine:
    """An audience line by names. Nothing filled in: everyone employed."""

    excludes: bool = False
    unit: str | None = None  # its code
    position: str | None = None  # its title
    position_code: str | None = None
    employment_kind: str | None = None
    duty: DutyKind | None = None
    system: str | None = None  # its name
    new_hire_days: int | None = None


EVERYONE = (WrittenLine(),)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenRequirement:
    """What a requirement says: see `requirements.operations.Draft`."""

    code: str
    titles: dict[str, str]
    reasons: dict[str, str]
    course: str  # its code
    lines: tuple[WrittenLine, ...] = EVERYONE
    first_due_days: int | None = None
    first_due_on: date | None = None
    minimum_notice_days: int = 14
    validity: Validity | None = None
    renewal_window_days: int = 60
    grace_days: int = 0
    minimum_evidence: Evidence = Evidence.SELF_DECLARED
    earlier_completions: EarlierCompletions = EarlierCompletions.ALL
    accepted_from: date | None = None
    major_versions: MajorVersions = MajorVersions.IGNORED
    major_version_days: int | None = None
    legal_basis: str = ""
    owner: str = ""


def read_requirement(files: Files, path: str, problems: list[Problem]) -> WrittenRequirement | None:
    """Return the requirement in a file; None, with every problem noted, if it is not a complete one."""
    before = len(problems)
    table = read_toml(files, path, problems)
    if len(problems) > before:
        return None
    days = {"least": 0, "most": MOST_DAYS}
    lines = tuple(_read_line(line) for line in table.tables("audience")) or EVERYONE
    if len(lines) > MOST_LINES:
        table.note(Fault.TOO_MANY, name="audience", most=MOST_LINES)
    requirement = WrittenRequirement(
        code=table.text("code", most=60),
        titles=table.texts("title", most=TITLE),
        reasons=table.texts("reason", most=LONGEST_REASON),
        course=table.text("course"),
        lines=lines,
        first_due_days=table.maybe_number("first_due_days", **days),
        first_due_on=table.maybe_day("first_due_on"),
        minimum_notice_days=table.number("minimum_notice_days", 14, **days),
        validity=_read_validity(table),
        renewal_window_days=table.number("renewal_window_days", 60, **days),
        grace_days=table.number("grace_days", 0, **days),
        minimum_evidence=table.choice("minimum_evidence", Evidence, Evidence.SELF_DECLARED) or Evidence.SELF_DECLARED,
        earlier_completions=table.choice("earlier_completions", EarlierCompletions, EarlierCompletions.ALL)
        or EarlierCompletions.ALL,
        accepted_from=table.maybe_day("accepted_from"),
        major_versions=table.choice("major_versions", MajorVersions, MajorVersions.IGNORED) or MajorVersions.IGNORED,
        major_version_days=table.maybe_number("major_version_days", **days),
        legal_basis=table.text("legal_basis", "", most=300),
        owner=table.text("owner", "", most=200),
    )
    table.finish()
    if table.has("code") and not requirement.code.strip():
        table.note(Fault.MISSING, name="code", example='code = "…"')
    problems += _contradictions(path, requirement)
    for name, texts in (("title", requirement.titles), ("reason", requirement.reasons)):
        problems += silent(f"{path}: {name}", texts)
    return requirement if len(problems) == before else None


def _contradictions(path: str, requirement: WrittenRequirement) -> list[Problem]:
    """Return why a requirement cannot mean anything, in whichever municipality and from whichever day."""
    shared = {one.name for one in fields(rules.RequirementVersion)} & {one.name for one in fields(requirement)}
    values = {name: getattr(requirement, name) for name in shared - {"lines"}}
    try:
        rules.RequirementVersion(id=0, course_id=0, lines=(), effective_from=date.min, **values)
    except rules.ContradictionError as error:
        return [Problem(path, Fault(error.contradiction.value))]
    return []


def _read_line(table: Table) -> WrittenLine:
    line = WrittenLine(
        excludes=table.flag("excludes"),
        unit=table.text("unit", "") or None,
        position=table.text("position", "") or None,
        position_code=table.text("position_code", "") or None,
        employment_kind=table.text("employment_kind", "", most=60) or None,
        duty=table.choice("duty", DutyKind) if table.has("duty") else table.absent("duty"),
        system=table.text("system", "") or None,
        new_hire_days=table.maybe_number("new_hire_days", least=0, most=MOST_DAYS),
    )
    table.finish()
    return line


def _read_validity(table: Table) -> Validity | None:
    if not table.has("validity"):
        table.absent("validity")
        return None
    written = table.table("validity")
    validity: Validity | None = None
    if written.has("months"):
        validity = ForMonths(written.number("months", most=600))
    else:
        validity = UntilDayOfYear(
            month=written.number("month"),
            day=written.number("day"),
            every_years=written.number("every_years", 1, most=50),
            in_year=written.number("in_year", 2000, least=2000, most=2200),
            minimum_active_months=written.number("minimum_active_months", 6, least=0, most=60),
        )
    written.finish()
    return validity


def write_requirement(requirement: WrittenRequirement) -> bytes:
    """Return a requirement as a file: `read_requirement` of it is the requirement again."""
    values: dict[str, Any] = {
        "code": requirement.code,
        "course": requirement.course,
        "first_due_days": requirement.first_due_days,
        "first_due_on": requirement.first_due_on,
        "minimum_notice_days": requirement.minimum_notice_days,
        "renewal_window_days": requirement.renewal_window_days,
        "grace_days": requirement.grace_days,
        "minimum_evidence": requirement.minimum_evidence,
        "earlier_completions": requirement.earlier_completions,
        "accepted_from": requirement.accepted_from,
        "major_versions": requirement.major_versions,
        "major_version_days": requirement.major_version_days,
        "legal_basis": requirement.legal_basis or None,
        "owner": requirement.owner or None,
        "title": requirement.titles,
        "reason": requirement.reasons,
        "validity": _validity_values(requirement.validity),
    }
    if requirement.lines != EVERYONE:
        values["audience"] = [_line_values(line) for line in requirement.lines]
    return write_toml(values)


def _validity_values(validity: Validity | None) -> Mapping[str, Any] | None:
    match validity:
        case ForMonths(months):
            return {"months": months}
        case UntilDayOfYear():
            return {
                "month": validity.month,
                "day": validity.day,
                "every_years": validity.every_years,
                "in_year": validity.in_year,
                "minimum_active_months": validity.minimum_active_months,
            }
    return None


def _line_values(line: WrittenLine) -> Mapping[str, Any]:
    values = {name: getattr(line, name) for name in WrittenLine.__slots__}
    return values | {"excludes": line.excludes or None}
