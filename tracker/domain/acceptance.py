"""Which completions count towards a requirement, and until when."""

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from tracker.domain.audience import Part
from tracker.domain.facts import Completion, Learner
from tracker.domain.periods import FOREVER, later
from tracker.domain.requirement import EarlierCompletions, MajorVersions, Requirement, RequirementVersion


class Verdict(StrEnum):
    """Whether a completion counts, and if not, why not."""

    COUNTS = "counts"
    OTHER_COURSE = "other_course"
    EQUIVALENCE_NOT_IN_FORCE = "equivalence_not_in_force"  # on the day it was completed
    TOO_WEAK = "too_weak"
    TOO_EARLY = "too_early"
    SUPERSEDED = "superseded"  # an older version of the course, completed too late


class Judged(NamedTuple):
    """A completion, whether it counts, and the last day on which it can."""

    completion: Completion
    verdict: Verdict
    counts_until: date


def accepted(learner: Learner, requirement: Requirement, part: Part) -> list[tuple[date, date]]:
    """Return the day of each completion that counts, and the last day on which it can."""
    courses = course_ids(requirement, part.version)
    judged = [judge(done, requirement, part) for done in learner.completions if done.course_id in courses]
    return [(one.completion.completed_on, one.counts_until) for one in judged if one.verdict is Verdict.COUNTS]


def course_ids(requirement: Requirement, version: RequirementVersion, on: date | None = None) -> set[int]:
    """Return the course a version asks for and those accepted instead, on a day or on any."""
    return {version.course_id} | {
        equivalence.accepted_course_id
        for equivalence in requirement.equivalences
        if equivalence.course_id == version.course_id and (on is None or on in equivalence.days)
    }


def judge(completion: Completion, requirement: Requirement, part: Part) -> Judged:
    """Say whether a completion counts, and until when it can."""
    version = part.version
    counts_until = _counts_until(completion, requirement, version)
    verdict = Verdict.COUNTS
    if completion.course_id not in course_ids(requirement, version):
        verdict = Verdict.OTHER_COURSE
    elif completion.course_id not in course_ids(requirement, version, completion.completed_on):
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
    """Return the last day on which an older version of the course counts, if a newer major one means that it ends.

    Publishing a major version gives at least the minimum notice, also to those who are in the middle of an older one.
    """
    superseded_on = _superseded_on(completion, requirement, version)
    if superseded_on is None:
        return FOREVER
    last_day = later(superseded_on, max(version.minimum_notice_days, version.major_version_days or 0))
    if version.major_versions is MajorVersions.AT_RENEWAL and completion.completed_on <= last_day:
        return FOREVER
    return last_day


def _superseded_on(completion: Completion, requirement: Requirement, version: RequirementVersion) -> date | None:
    """Return the day a newer major version of the asked course was published, if that means anything here."""
    if version.major_versions is MajorVersions.IGNORED or completion.course_id != version.course_id:
        return None
    return min(
        (
            major.published_on
            for major in requirement.majors
            if major.course_id == version.course_id and major.number > completion.version
        ),
        default=None,
    )
