"""What is known about a learner. Facts say that something was so; everything else is computed from them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from tracker.domain.evidence import Evidence
from tracker.domain.periods import FOREVER, Days, Span, later, union


class DutyKind(StrEnum):
    """A role from the IT strategy, held over a stretch of days."""

    SYSTEM_OWNER = "system_owner"
    SYSTEM_ADMINISTRATOR = "system_administrator"
    LOCAL_IT_RESOURCE_PERSON = "local_it_resource_person"
    LOCAL_IT_COORDINATOR = "local_it_coordinator"
    IT_MANAGER = "it_manager"
    IT_SECURITY_COORDINATOR = "it_security_coordinator"
    UNIT_MANAGER = "unit_manager"
    HEAD_OF_ADMINISTRATION = "head_of_administration"


class State(StrEnum):
    """How an obligation stands on a day."""

    EXEMPT = "exempt"
    ON_HOLD = "on_hold"
    TO_DO = "to_do"
    OVERDUE = "overdue"
    VALID = "valid"
    RENEW = "renew"
    GRACE = "grace"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Employment:
    """The learner works in a unit in a position."""

    days: Days
    unit_id: int
    position_id: int | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Duty:
    """The learner holds a duty for a unit, for a system, or for the whole municipality."""

    days: Days
    kind: DutyKind
    unit_id: int | None = None
    system_id: int | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """The learner uses an IT system."""

    days: Days
    system_id: int


@dataclass(frozen=True, slots=True)
class Absence:
    """The learner is away. Why is nobody's business here."""

    days: Days


@dataclass(frozen=True, slots=True)
class Completion:
    """The learner completed a course on a day. `version` is the major number of what was learnt."""

    course_id: int
    completed_on: date
    version: int = 1
    evidence: Evidence = Evidence.SELF_DECLARED
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Exemption:
    """A requirement does not apply to the learner on these days."""

    requirement_id: int
    days: Days
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Extension:
    """From the day it was granted, the learner's open due date for a requirement is at the earliest `due_on`."""

    requirement_id: int
    granted_on: date
    due_on: date
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """Somebody has decided that a requirement applies to the learner on these days, whatever its audience says."""

    requirement_id: int
    days: Days
    id: int | None = None


Fact = Employment | Duty | Access | Absence | Completion | Exemption | Extension | Assignment


@dataclass(frozen=True, slots=True)
class Learner:
    """All that is known about one person, as far as learning goes. The order of facts means nothing."""

    employments: tuple[Employment, ...] = ()
    duties: tuple[Duty, ...] = ()
    accesses: tuple[Access, ...] = ()
    absences: tuple[Absence, ...] = ()
    completions: tuple[Completion, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    extensions: tuple[Extension, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    employed: list[Span] = field(init=False, repr=False, compare=False)
    """The days of employment, whatever it is."""
    away: list[Span] = field(init=False, repr=False, compare=False)
    """The days of absence."""
    back_on: list[date] = field(init=False, repr=False, compare=False)
    """The first day after each absence."""
    by_course: Mapping[int, list[Completion]] = field(init=False, repr=False, compare=False)
    """The completions of each course."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "employed", union(one.days.span for one in self.employments))
        away = union(one.days.span for one in self.absences)
        object.__setattr__(self, "away", away)
        object.__setattr__(self, "back_on", [later(last, 1) for _, last in away if last != FOREVER])
        by_course: defaultdict[int, list[Completion]] = defaultdict(list)
        for done in self.completions:
            by_course[done.course_id].append(done)
        object.__setattr__(self, "by_course", dict(by_course))


@dataclass(frozen=True, slots=True)
class Recorded:
    """A fact as it was recorded, and retracted if it was. Instants have a time zone."""

    fact: Fact
    recorded_at: datetime
    retracted_at: datetime | None = None


def learner_known_at(records: Iterable[Recorded], instant: datetime) -> Learner:
    """Return what was known about one person at an instant: recorded by then, and not retracted by then."""
    return learner_of(
        record.fact
        for record in records
        if record.recorded_at <= instant and (record.retracted_at is None or record.retracted_at > instant)
    )


def learner_of(facts: Iterable[Fact]) -> Learner:
    """Return a learner of whom these facts are known, in any order."""
    by_kind: defaultdict[type, list] = defaultdict(list)
    for fact in facts:
        by_kind[type(fact)].append(fact)
    kinds = (Employment, Duty, Access, Absence, Completion, Exemption, Extension, Assignment)
    return Learner(*(tuple(by_kind[kind]) for kind in kinds))


def merged(learner: Learner, other: Learner) -> Learner:
    """Return the learner that two turn out to be: the union of their facts."""
    return Learner(
        employments=learner.employments + other.employments,
        duties=learner.duties + other.duties,
        accesses=learner.accesses + other.accesses,
        absences=learner.absences + other.absences,
        completions=learner.completions + other.completions,
        exemptions=learner.exemptions + other.exemptions,
        extensions=learner.extensions + other.extensions,
        assignments=learner.assignments + other.assignments,
    )
