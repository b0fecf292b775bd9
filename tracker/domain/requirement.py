"""What a requirement says. A published version never changes; a new one takes over on the day it takes effect."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from tracker.domain.evidence import Evidence
from tracker.domain.facts import DutyKind
from tracker.domain.periods import FOREVER, Days, later
from tracker.domain.validity import ForMonths, UntilDayOfYear, Validity

Units = Mapping[int, tuple[Days, ...]]
"""The units of a subtree, each with the days on which it lay there."""


@dataclass(frozen=True, slots=True)
class AudienceLine:
    """A person is in the audience if any line matches; a line matches if all its filled-in fields do.

    No field filled in matches everyone employed. A line that `excludes` takes out what it matches.

    `units`: where the person works, or what the duty is held for if it is held for a unit.
    `system_id`: a system the person uses, or what the duty is held for if it is held for a system.
    `new_hire_days`: only those whose employment began so many days before the requirement's start, or later.
    """

    id: int
    excludes: bool = False
    units: Units | None = None
    position_id: int | None = None
    employment_kind: str | None = None
    duty: DutyKind | None = None
    system_id: int | None = None
    new_hire_days: int | None = None


class EarlierCompletions(StrEnum):
    """Which completions count that were made before the requirement applied."""

    ALL = "all"  # all that are still valid
    FROM_ANCHOR = "from_anchor"  # those made on or after the anchor
    FROM_DATE = "from_date"  # those made on or after `accepted_from`


class MajorVersions(StrEnum):
    """What a new major version of the course means for those who completed an older one."""

    IGNORED = "ignored"
    AT_RENEWAL = "at_renewal"  # what they have counts until it must be renewed
    WITHIN_DAYS = "within_days"  # what they have counts for `major_version_days` after publication


class Contradiction(StrEnum):
    """Why a requirement version cannot mean anything."""

    FIRST_DUE = "first_due"  # neither or both of days and date
    NEGATIVE_DAYS = "negative_days"
    EFFECTIVE_DAYS = "effective_days"  # ends before it starts
    VALIDITY = "validity"  # not a positive number of months or years, or no such day of the year
    RENEWAL_WINDOW = "renewal_window"  # as long as the validity: each completion would renew the one before
    ACCEPTED_FROM = "accepted_from"  # needed for, and only for, completions from a date
    MAJOR_VERSION_DAYS = "major_version_days"  # needed for, and only for, major versions within days


class ContradictionError(ValueError):
    """A requirement version contradicts itself."""

    def __init__(self, contradiction: Contradiction) -> None:
        super().__init__(contradiction)
        self.contradiction = contradiction


@dataclass(frozen=True, slots=True)
class RequirementVersion:
    """What a requirement says from `effective_from`, until a newer version takes effect or to `effective_until`.

    One of `first_due_days` (after the anchor) and `first_due_on` is given. No validity: once is enough.

    Raises ContradictionError.
    """

    id: int
    course_id: int
    lines: tuple[AudienceLine, ...]
    effective_from: date
    effective_until: date | None = None
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

    def __post_init__(self) -> None:
        for contradiction, found in {
            Contradiction.FIRST_DUE: (self.first_due_days is None) == (self.first_due_on is None),
            Contradiction.NEGATIVE_DAYS: min(
                self.first_due_days or 0,
                self.minimum_notice_days,
                self.renewal_window_days,
                self.grace_days,
                self.major_version_days or 0,
            )
            < 0,
            Contradiction.EFFECTIVE_DAYS: (self.effective_until or FOREVER) < self.effective_from,
            Contradiction.VALIDITY: not _is_possible(self.validity),
            Contradiction.RENEWAL_WINDOW: self.renewal_window_days >= _shortest(self.validity),
            Contradiction.ACCEPTED_FROM: (self.accepted_from is None)
            == (self.earlier_completions == EarlierCompletions.FROM_DATE),
            Contradiction.MAJOR_VERSION_DAYS: (self.major_version_days is None)
            == (self.major_versions == MajorVersions.WITHIN_DAYS),
        }.items():
            if found:
                raise ContradictionError(contradiction)


def _is_possible(validity: Validity | None) -> bool:
    match validity:
        case ForMonths():
            return validity.months > 0
        case UntilDayOfYear():
            lengths = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
            return (
                validity.every_years > 0
                and validity.minimum_active_months >= 0
                and 1 <= validity.month <= len(lengths)
                and 1 <= validity.day <= lengths[validity.month - 1]
            )
        case None:
            return True


def _shortest(validity: Validity | None) -> float:
    match validity:
        case ForMonths():
            return validity.months * 28
        case UntilDayOfYear():
            return validity.every_years * 365
        case None:
            return float("inf")


@dataclass(frozen=True, slots=True)
class Equivalence:
    """A completion of `accepted_course_id` made on one of these days counts as one of `course_id`; not the reverse."""

    course_id: int
    accepted_course_id: int
    days: Days


@dataclass(frozen=True, slots=True)
class MajorVersion:
    """The day on which a course was published with materially new content."""

    course_id: int
    number: int
    published_on: date


@dataclass(frozen=True, slots=True)
class Term:
    """The days during which one version of a requirement is in charge: `first` to `last`.

    It asks for something only up to `asks_until`, which is earlier if the version ends before another takes effect.
    """

    version: RequirementVersion
    first: date
    last: date
    asks_until: date


@dataclass(frozen=True, slots=True)
class Requirement:
    """Who must have which course, by when, how often: its versions, and what is known of the courses they name.

    `versions` are in the order they were published: a newer one takes over, whatever older ones had planned, on the
    day it takes effect.
    """

    id: int
    versions: tuple[RequirementVersion, ...]
    equivalences: tuple[Equivalence, ...] = ()
    majors: tuple[MajorVersion, ...] = ()
    terms: tuple[Term, ...] = field(init=False, repr=False, compare=False)
    """Which version is in charge when, in order and without gaps from the first day the requirement is in effect."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", tuple(_terms(self.versions)))


def _terms(versions: tuple[RequirementVersion, ...]) -> list[Term]:
    terms: list[Term] = []
    last = FOREVER
    for version in reversed(versions):
        if version.effective_from <= last:
            asks_until = min(last, version.effective_until or FOREVER)
            terms.append(Term(version, version.effective_from, last, asks_until))
            last = later(version.effective_from, -1)
    return terms[::-1]
