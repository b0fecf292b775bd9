"""Acts on requirements."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from tracker.audit.operations import record
from tracker.db import BoundSession
from tracker.domain.evidence import Evidence
from tracker.domain.facts import DutyKind
from tracker.domain.requirement import EarlierCompletions, MajorVersions
from tracker.domain.validity import ForMonths, UntilDayOfYear, Validity
from tracker.permissions import Viewer
from tracker.requirements.models import AudienceLine, Requirement, RequirementVersion
from tracker.requirements.queries import as_rule, by_code, published_versions, validity_of
from tracker.systems.models import ItSystem

LANGUAGES = ("sv", "en")


class NoAudienceError(Exception):
    """A requirement would be for nobody: it has no audience line that includes."""


class MissingTextError(Exception):
    """A requirement says nothing in one of the languages: `field` is titles or reasons."""

    def __init__(self, field: str, language: str) -> None:
        super().__init__(f"{field}: {language}")
        self.field = field
        self.language = language


class SystemWithoutCourseError(Exception):
    """A system has no course that its users could be asked to take."""


@dataclass(frozen=True, slots=True)
class Line:
    """An audience line to be: someone is in the audience if all that is filled in fits. Nothing: everyone employed."""

    excludes: bool = False
    unit_id: int | None = None
    position_id: int | None = None
    employment_kind: str | None = None
    duty: DutyKind | None = None
    system_id: int | None = None
    new_hire_days: int | None = None


EVERYONE = (Line(),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a version of a requirement is to say: see `domain.requirement.RequirementVersion` for what it means."""

    titles: dict[str, str]
    reasons: dict[str, str]
    course_id: int
    effective_from: date
    effective_until: date | None = None
    lines: Sequence[Line] = EVERYONE
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


def publish(session: BoundSession, *, code: str, draft: Draft, by: Viewer, now: datetime) -> RequirementVersion:
    """Publish a requirement, or the next version of the one with that code; it cannot be changed afterwards.

    Everybody's obligations under it are recomputed when the transaction ends. Writes the journal.

    Raises NoAudienceError, MissingTextError, domain.requirement.ContradictionError.
    """
    check_publishable(draft)
    requirement = by_code(session, code)
    if requirement is None:
        requirement = Requirement(code=code, created_at=now)
        session.add(requirement)
        session.flush()  # Its id is needed below.
    version = add_version(session, requirement, draft, published_at=now, published_by_id=by.account_id)
    record(
        session,
        "requirement.published",
        subject=requirement,
        by=by,
        code=code,
        version=version.number,
        effective_from=draft.effective_from.isoformat(),
    )
    return version


def require_system_course(
    session: BoundSession, *, system: ItSystem, by: Viewer, now: datetime, effective_from: date
) -> RequirementVersion:
    """Require of the users of a system that they take its course, within 30 days of getting access (IT strategy, 2.4).

    Where the newest version asks for that course already, nothing changes and that version is returned; where the
    system has another course since, the next version asks for it. Writes the journal.

    Raises SystemWithoutCourseError.
    """
    if system.course_id is None:
        raise SystemWithoutCourseError(system.code)
    code = f"system-{system.code}"
    requirement = by_code(session, code)
    if requirement is not None and (published := published_versions(session, requirement.id)):
        newest = published[0]
        if newest.course_id == system.course_id:
            return newest
    draft = Draft(
        titles={"sv": f"Systemutbildning: {system.name}", "en": f"System course: {system.name}"},
        reasons={
            "sv": f"Du använder {system.name}. Den som använder ett system ska kunna det.",
            "en": f"You use {system.name}. Whoever uses a system is to know it.",
        },
        course_id=system.course_id,
        effective_from=effective_from,
        lines=(Line(system_id=system.id),),
        first_due_days=30,
        legal_basis="IT-strategi 2.4",
        owner="Systemägaren",
    )
    return publish(session, code=code, draft=draft, by=by, now=now)


def add_version(session: BoundSession, requirement: Requirement, draft: Draft, **more: Any) -> RequirementVersion:
    """Add a requirement's next version, with its audience; `more` are further columns. Not journalled.

    Raises domain.requirement.ContradictionError.
    """
    number = _last_number(session, requirement.id) + 1
    version = RequirementVersion(requirement_id=requirement.id, number=number, **columns_of(draft), **more)
    as_rule(version, lines=())  # Raises if it contradicts itself.
    session.add(version)
    session.flush()  # The lines need its id.
    add_lines(session, version, draft.lines)
    return version


def add_lines(session: BoundSession, version: RequirementVersion, lines: Sequence[Line]) -> None:
    """Add a version's audience."""
    session.add_all(AudienceLine(requirement_version_id=version.id, **asdict(line)) for line in lines)
    session.flush()  # A line that names what is not there is to fail here, not at the end.


def check_publishable(draft: Draft) -> None:
    """Raise NoAudienceError or MissingTextError if a draft lacks what everybody is to be told."""
    _check_words(draft)
    if all(line.excludes for line in draft.lines):
        raise NoAudienceError


def _check_words(draft: Draft) -> None:
    for name, texts in (("titles", draft.titles), ("reasons", draft.reasons)):
        for language in LANGUAGES:
            if not texts.get(language, "").strip():
                raise MissingTextError(name, language)


def _last_number(session: BoundSession, requirement_id: int) -> int:
    number = func.max(RequirementVersion.number)
    return session.scalar(select(number).where(RequirementVersion.requirement_id == requirement_id)) or 0


def columns_of(draft: Draft) -> dict[str, Any]:
    """Return the draft as columns of a version. Defaults are spelt out, so that the rules can be asked before a flush."""
    columns = asdict(draft)
    del columns["lines"], columns["validity"]
    columns |= dict.fromkeys(("validity_months", "fixed_month", "fixed_day", "fixed_every_years", "fixed_in_year"))
    match draft.validity:
        case ForMonths(months):
            columns["validity_months"] = months
        case UntilDayOfYear():
            columns |= {
                "fixed_month": draft.validity.month,
                "fixed_day": draft.validity.day,
                "fixed_every_years": draft.validity.every_years,
                "fixed_in_year": draft.validity.in_year,
                "minimum_active_months": draft.validity.minimum_active_months,
            }
    return columns


def said_by(version: RequirementVersion, lines: Iterable[AudienceLine]) -> Draft:
    """Return what a version says, as a draft of the same."""
    columns = {one.name: getattr(version, one.name) for one in fields(Draft) if one.name not in {"lines", "validity"}}
    said = tuple(Line(**{one.name: getattr(line, one.name) for one in fields(Line)}) for line in lines)
    return Draft(**columns, lines=said, validity=validity_of(version))
