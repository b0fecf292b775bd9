"""Short ways to say who a learner is and what is required, and to read what comes of it."""

from datetime import date

from tracker.domain.evidence import Evidence
from tracker.domain.facts import Absence, Assignment, Completion, Employment, Exemption, Extension, Learner, learner_of
from tracker.domain.obligations import phases
from tracker.domain.periods import Days
from tracker.domain.requirement import AudienceLine, Requirement, RequirementVersion
from tracker.domain.validity import ForMonths

BASIC = 7  # the course that `rule` asks for
EVERYONE = AudienceLine(1)


def on(text: str) -> date:
    return date.fromisoformat(text)


def days(starts_on: str, ends_on: str | None = None) -> Days:
    return Days(on(starts_on), ends_on and on(ends_on))


def employed(starts_on: str, ends_on: str | None = None, *, unit: int = 1, position: int = 1) -> Employment:
    return Employment(days(starts_on, ends_on), unit, position, "Tillsvidare")


def away(starts_on: str, ends_on: str | None = None) -> Absence:
    return Absence(days(starts_on, ends_on))


def completed(day: str, course: int = BASIC, *, version: int = 1, evidence: Evidence = Evidence.GRADED) -> Completion:
    return Completion(course, on(day), version, evidence)


def exempt(starts_on: str, ends_on: str | None = None) -> Exemption:
    return Exemption(1, days(starts_on, ends_on))


def extended(granted_on: str, due_on: str) -> Extension:
    return Extension(1, on(granted_on), on(due_on))


def assigned(starts_on: str, ends_on: str | None = None) -> Assignment:
    return Assignment(1, days(starts_on, ends_on))


def rule(effective_from: str = "2020-01-01", **fields) -> RequirementVersion:
    """A version that asks everyone employed for the basic course within 30 days, every 12 months."""
    values = {
        "id": 1,
        "course_id": BASIC,
        "lines": (EVERYONE,),
        "first_due_days": None if "first_due_on" in fields else 30,
        "validity": ForMonths(12),
    }
    return RequirementVersion(effective_from=on(effective_from), **(values | fields))


def required(*versions: RequirementVersion, **fields) -> Requirement:
    return Requirement(1, versions, **fields)


def story(*facts, by: Requirement | RequirementVersion | None = None) -> list[str]:
    """The phases that facts give, one a line, such as `2026-03-01..2026-03-31 to_do due 2026-03-31`."""
    requirement = by if isinstance(by, Requirement) else required(by or rule())
    lines = []
    for phase in phases(learner_of(facts), requirement):
        line = f"{phase.starts_on}..{phase.ends_on or ''} {phase.state}"
        line += f" due {phase.due_on}" if phase.due_on else ""
        line += f" until {phase.valid_until}" if phase.valid_until else ""
        lines.append(line)
    return lines


def learner(*facts) -> Learner:
    return learner_of(facts)
