"""Which completions count towards a requirement, and until when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tracker.domain.audience import Part
from tracker.domain.facts import Completion, Learner
from tracker.domain.periods import FOREVER, later
from tracker.domain.requirement import EarlierCompletions, MajorVersion, MajorVersions, Requirement, RequirementVersion


class Verdict(StrEnum):
    """Whether a completion counts, and if not, why not."""

    COUNTS = "counts"
    OTHER_COURSE = "other_course"
    EQUIVALENCE_NOT_IN_FORCE = "equivalence_not_in_force"  # on the day it was completed
    TOO_WEAK = "too_weak"
    TOO_EARLY = "too_early"
    SUPERSEDED = "superseded"  # an older version of the course, completed too late


@dataclass(slots=True)
class Judged:
    """A completion, whether it counts, and the last day on which it can."""

    completion: Completion
    verdict: Verdict
    counts_until: date


def accepted(learner: Learner, requirement: Requirement, part: Part) -> tuple[tuple[date, date], ...]:
    """Return the day of each completion that counts, and the last day on which it can."""
    counting = []
    for course_id in course_ids(requirement, part.version):
        for done in learner.by_course.get(course_id, ()):
            judged = judge(done, requirement, part)
            if judged.verdict is Verdict.COUNTS:
                counting.append((done.completed_on, judged.counts_until))
    return tuple(counting)


def course_ids(requirement: Requirement, version: RequirementVersion, on: date | None = None) -> set[int]:
    """Return the course a version asks for and those accepted instead, on a day or on any."""
    if not requirement.equivalences:
        return {version.course_id}
    return {version.course_id} | {
        equivalence.accepted_course_id
        for equivalence in requirement.equivalences
        if equivalence.course_id == version.course_id and (on is None or on in equivalence.days)
    }


def judge(completion: Completion, requirement: Requirement, part: Part) -> Judged:
    """Say whether a completion counts, and until when it can."""
    version, asked = part.version, completion.course_id == part.version.course_id
    counts_until = _counts_until(completion, requirement, version)
    verdict = Verdict.COUNTS
    if not asked and completion.course_id not in course_ids(requirement, version):
        verdict = Verdict.OTHER_COURSE
    elif not asked and completion.course_id not in course_ids(requirement, version, completion.completed_on):
        verdict = Verdict.EQUIVALENCE_NOT_IN_FORCE
    elif not completion.evidence.satisfies(version.minimum_evidence):
        verdict = Verdict.TOO_WEAK
    elif completion.completed_on < _accepted_from(part):
        verdict = Verdict.TOO_EARLY
    elif completion.completed_on > counts_until:
        verdict = Verdict.SUPERSEDED
    return Judged(completion, verdict, counts_until)


def _accepted_from(part: Part) -> date:
    match part.version.earlier_completions:
        case EarlierCompletions.ALL:
            return date.min
        case EarlierCompletions.FROM_ANCHOR:
            return part.anchor
        case EarlierCompletions.FROM_DATE:
            return part.version.accepted_from or date.min


def _counts_until(completion: Completion, requirement: Requirement, version: RequirementVersion) -> date:
    """Return the last day on which what was learnt counts, if a newer major version of the course ends it."""
    if version.major_versions is MajorVersions.IGNORED or completion.course_id != version.course_id:
        return FOREVER
    last_day = min(
        (_accepted_to(major, version) for major in _majors(requirement, version) if major.number > completion.version),
        default=FOREVER,
    )
    # At renewal: what was completed in time counts for as long as it is valid.
    in_time = completion.completed_on <= last_day
    return FOREVER if version.major_versions is MajorVersions.AT_RENEWAL and in_time else last_day


def least_major(requirement: Requirement, version: RequirementVersion, day: date) -> int | None:
    """Return the oldest major version of the asked course that counts if completed on a day; None if any does."""
    if version.major_versions is MajorVersions.IGNORED:
        return None
    return max(
        (major.number for major in _majors(requirement, version) if _accepted_to(major, version) < day), default=None
    )


def _majors(requirement: Requirement, version: RequirementVersion) -> Iterator[MajorVersion]:
    return (major for major in requirement.majors if major.course_id == version.course_id)


def _accepted_to(major: MajorVersion, version: RequirementVersion) -> date:
    """Return the last day to complete an older version. Minimum notice also protects who is in the middle of one."""
    return later(major.published_on, max(version.minimum_notice_days, version.major_version_days or 0))
