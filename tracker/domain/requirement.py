"""What a requirement says. A published version never changes; a new one takes over on the day it takes effect."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tracker.domain.audience import AudienceLine
from tracker.domain.evidence import Evidence
from tracker.domain.periods import Days
from tracker.domain.validity import Validity


class EarlierCompletions(StrEnum):
    """Which completions count that were made before the requirement applied."""

    ALL = "all"  # all that are still valid
    FROM_ANCHOR = "from_anchor"  # those made on or after the anchor
    FROM_DATE = "from_date"  # those made on or after `accepted_from`


class MajorVersions(StrEnum):
    """What a new major version of the course means for those who completed an older one."""

    IGNORED = "ignored"
    AT_RENEWAL = "at_renewal"
    WITHIN_DAYS = "within_days"  # `major_version_days` after it was published


@dataclass(frozen=True, slots=True)
class RequirementVersion:
    """What a requirement says from `effective_from` until the next version takes effect or `effective_until`.

    Exactly one of `first_due_days` (after the anchor) and `first_due_on` is given. No validity: once is enough.
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


@dataclass(frozen=True, slots=True)
class Equivalence:
    """A completion of `accepted_course_id` made on one of these days counts as one of `course_id`; not the reverse."""

    course_id: int
    accepted_course_id: int
    days: Days


@dataclass(frozen=True, slots=True)
class MajorVersion:
    """The day a course was published with materially new content. Only the first publication of each number counts."""

    course_id: int
    number: int
    published_on: date


@dataclass(frozen=True, slots=True)
class Requirement:
    """Who must have which course, by when, how often: its versions, and what is known about the courses they name."""

    id: int
    versions: tuple[RequirementVersion, ...]
    equivalences: tuple[Equivalence, ...] = ()
    majors: tuple[MajorVersion, ...] = ()
