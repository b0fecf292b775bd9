"""Why an obligation is as it is on a day, or why there is none: data that pages turn into words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tracker.domain.acceptance import Judged, Verdict, course_ids, judge, least_major
from tracker.domain.audience import assigned_days, employed_runs, matched_days
from tracker.domain.due import Due, Reason, first_due, moved_by_absences
from tracker.domain.evidence import Evidence
from tracker.domain.facts import (
    Access,
    Assignment,
    Completion,
    Duty,
    Employment,
    Exemption,
    Extension,
    Learner,
    State,
)
from tracker.domain.obligations import Phase, Worked, phase_on, phases, run_of, work_out
from tracker.domain.periods import FOREVER, Days, Span, known, later, overlaps
from tracker.domain.requirement import AudienceLine, Requirement, RequirementVersion, Term, Units


class Applies(StrEnum):
    """Whether a requirement applies to a learner on a day, and if not, why not."""

    MATCHES = "matches"  # a line of the audience does, or it is assigned
    BETWEEN = "between"  # the days between two stretches that are one
    NOT_IN_EFFECT = "not_in_effect"  # no version asks for anything on the day
    EXCLUDED = "excluded"  # a line matches, but another excludes
    NO_LINE = "no_line"


class Condition(StrEnum):
    """A filled-in field of an audience line."""

    EMPLOYED = "employed"  # what a line with no fields asks for
    UNIT = "unit"
    POSITION = "position"
    EMPLOYMENT_KIND = "employment_kind"
    NEW_HIRE = "new_hire"
    DUTY = "duty"
    SYSTEM = "system"
    TOGETHER = "together"  # each is met, but not by facts that belong together


@dataclass(frozen=True, slots=True)
class Checked:
    """A condition of a line, and the facts that meet it on the day. Without any it fails."""

    condition: Condition
    met_by: tuple[Employment | Duty | Access, ...]


@dataclass(frozen=True, slots=True)
class LineChecked:
    """Whether a line of the audience matches on the day, since when, and each of its conditions."""

    line_id: int
    excludes: bool
    since: date | None
    conditions: tuple[Checked, ...]


class Step(StrEnum):
    """A rule that gives or moves a due date."""

    AFTER_ANCHOR = "after_anchor"
    FIXED_DATE = "fixed_date"
    NOTICE = "notice"  # after the day the requirement began to apply to the learner
    LEAVE = "leave"  # days of absence before the due date
    EXTENDED = "extended"
    RETURNED = "returned"
    EXEMPTION_ENDED = "exemption_ended"
    RULES_CHANGED = "rules_changed"
    VALIDITY = "validity"  # the end of the validity of what was completed


@dataclass(frozen=True, slots=True)
class DueStep:
    """A step in working out the due date: so many days counted from a day. The latest result is the due date."""

    step: Step
    counted_from: date | None
    days: int | None
    due_on: date | None
    """None if the day never comes."""
    decided: tuple[Exemption | Extension, ...] = ()
    """The decisions it follows from."""
    away: tuple[Days, ...] = ()
    """The days of absence it follows from."""


class Lasts(StrEnum):
    """Where the last day of validity after a completion comes from."""

    COUNTED = "counted"  # from the day of the completion
    RENEWED = "renewed"  # counted on from an earlier end, in whose renewal window the completion lies
    EARLIER = "earlier"  # what was completed before is valid longer
    SUPERSEDED = "superseded"  # a newer version of the course ends it


@dataclass(frozen=True, slots=True)
class CompletionJudged:
    """A completion made by the day, whether it counts, the last day of validity after it, and where that comes from."""

    completion: Completion
    verdict: Verdict
    valid_until: date | None
    lasts: Lasts | None = None
    """None if it does not count, or counts without end."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What would satisfy the requirement if completed on the day: any of the courses, the asked one first."""

    course_ids: tuple[int, ...]
    minimum_evidence: Evidence
    least_major: int | None
    """The oldest major version of the asked course that counts; None if any does."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a requirement applies to a learner on a day and what follows, or why it does not apply.

    The fields after `assignments` are empty when it does not apply.
    """

    day: date
    applies: Applies
    version_id: int | None
    """The version in charge on the day; before the requirement is in effect, its first."""
    lines: tuple[LineChecked, ...]
    assignments: tuple[Assignment, ...] = ()
    """Those in force on the day; they hold whatever the lines say."""
    phase: Phase | None = None
    state_since: date | None = None
    """Since when the state is what it is, whatever dates changed meanwhile."""
    state_until: date | None = None
    """Until when it is, likewise; None if no end is known."""
    followed_by: Phase | None = None
    """What follows then; None if the requirement no longer applies."""
    required_from: date | None = None
    anchor: date | None = None
    due_steps: tuple[DueStep, ...] = ()
    """Empty when exempt or on hold, as the clock stands still, and when once was enough."""
    exemptions: tuple[Exemption, ...] = ()
    """Those in force on the day."""
    away: tuple[Days, ...] = ()
    """The absence that the day lies in."""
    completions: tuple[CompletionJudged, ...] = ()
    wanted: Wanted | None = None


def explain(learner: Learner, requirement: Requirement, day: date) -> Explanation:
    """Say why a requirement applies to a learner on a day, why by that date, and what would satisfy it; or why not."""
    term = _term(requirement, day)
    if term is None:
        return Explanation(day, Applies.NOT_IN_EFFECT, None, ())
    starts_on = requirement.terms[0].first
    lines = tuple(_check_line(line, learner, starts_on, day) for line in term.version.lines)
    assignments = tuple(
        one.assignment
        for one in assigned_days(learner, requirement.id)
        if any(first <= day <= last for first, last in one.spans)
    )
    found = phases(learner, requirement)
    phase = phase_on(found, day)
    if phase is None:
        return Explanation(day, _why_not(term, lines, day), term.version.id, lines)
    worked = next(one for one in work_out(learner, requirement) if one.part.first <= day <= one.part.last)
    since, until = run_of(found, phase)
    return Explanation(
        day,
        Applies.MATCHES if assignments or _is_in(lines) else Applies.BETWEEN,
        term.version.id,
        lines,
        assignments,
        phase,
        since,
        until,
        None if until is None else phase_on(found, later(until, 1)),
        worked.stretch.required_from,
        worked.part.anchor,
        _due_steps(learner, requirement.id, worked, phase, day),
        tuple(one for one in learner.exemptions if one.requirement_id == requirement.id and day in one.days),
        _away(learner, (day, day)),
        tuple(_judge_completions(learner, requirement, worked, day)),
        _wanted(requirement, term.version, day),
    )


def _term(requirement: Requirement, day: date) -> Term | None:
    in_charge = [term for term in requirement.terms if term.first <= day <= term.last]
    return next(iter(in_charge or requirement.terms), None)


# Why it applies


def _is_in(lines: tuple[LineChecked, ...]) -> bool:
    matching = [line for line in lines if line.since]
    return bool(matching) and not any(line.excludes for line in matching)


def _why_not(term: Term, lines: tuple[LineChecked, ...], day: date) -> Applies:
    if not term.first <= day <= term.asks_until:
        return Applies.NOT_IN_EFFECT
    return Applies.EXCLUDED if any(line.since and not line.excludes for line in lines) else Applies.NO_LINE


def _check_line(line: AudienceLine, learner: Learner, starts_on: date, day: date) -> LineChecked:
    spans = matched_days(line, learner, starts_on)
    since = next((first for first, last in spans if first <= day <= last), None)
    conditions = list(_check_conditions(line, learner, starts_on, day))
    if since is None and all(checked.met_by for checked in conditions):
        conditions.append(Checked(Condition.TOGETHER, ()))
    return LineChecked(line.id, line.excludes, since, tuple(conditions))


def _check_conditions(line: AudienceLine, learner: Learner, starts_on: date, day: date) -> Iterator[Checked]:
    employments = [one for one in learner.employments if day in one.days]
    duties = [one for one in learner.duties if day in one.days and one.kind == line.duty]
    accesses = [one for one in learner.accesses if day in one.days]
    if line == AudienceLine(line.id, line.excludes):
        yield Checked(Condition.EMPLOYED, tuple(employments))
    if line.duty is not None:
        yield Checked(Condition.DUTY, tuple(duties))
    if line.units is not None:
        for_unit = [duty for duty in duties if duty.unit_id is not None]
        working = employments if line.duty is None or len(for_unit) < len(duties) else []
        placed = [*for_unit, *working]
        yield Checked(Condition.UNIT, tuple(one for one in placed if _lay_in(line.units, one.unit_id, day)))
    if line.system_id is not None:
        for_system = [duty for duty in duties if duty.system_id is not None]
        using = accesses if line.duty is None or len(for_system) < len(duties) else []
        concerned = [*for_system, *using]
        yield Checked(Condition.SYSTEM, tuple(one for one in concerned if one.system_id == line.system_id))
    if line.position_id is not None:
        yield Checked(Condition.POSITION, tuple(one for one in employments if one.position_id == line.position_id))
    if line.employment_kind is not None:
        yield Checked(Condition.EMPLOYMENT_KIND, tuple(one for one in employments if one.kind == line.employment_kind))
    if line.new_hire_days is not None:
        hired_from = later(starts_on, -line.new_hire_days)
        is_new = any(first <= day <= last and first >= hired_from for first, last in employed_runs(learner))
        yield Checked(Condition.NEW_HIRE, tuple(employments) if is_new else ())


def _lay_in(units: Units, unit_id: int | None, day: date) -> bool:
    return unit_id is not None and any(day in days for days in units.get(unit_id, ()))


# By when


_MOVES = {
    Reason.EXTENDED: Step.EXTENDED,
    Reason.RETURNED: Step.RETURNED,
    Reason.EXEMPTION_ENDED: Step.EXEMPTION_ENDED,
    Reason.RULES_CHANGED: Step.RULES_CHANGED,
}


def _due_steps(learner: Learner, requirement_id: int, worked: Worked, phase: Phase, day: date) -> tuple[DueStep, ...]:
    if phase.state in (State.EXEMPT, State.ON_HOLD) or (phase.state is State.VALID and phase.valid_until is None):
        return ()
    version, required_from = worked.part.version, worked.stretch.required_from
    steps = [
        DueStep(Step.FIXED_DATE, None, None, version.first_due_on)
        if version.first_due_days is None
        else _counted(Step.AFTER_ANCHOR, worked.part.anchor, version.first_due_days),
        _counted(Step.NOTICE, required_from, version.minimum_notice_days),
    ]
    asked = first_due(worked.part, required_from)
    moved = moved_by_absences(asked, required_from, learner.away)
    if moved != asked:
        days = None if moved == FOREVER else (moved - asked).days
        steps.append(DueStep(Step.LEAVE, asked, days, known(moved), away=_away(learner, (required_from, moved))))
    for due in worked.dues:
        if due.from_day <= day and due.reason in _MOVES:
            days = None if due.reason is Reason.EXTENDED else version.minimum_notice_days
            causes = _causes(learner, requirement_id, due, required_from)
            steps.append(DueStep(_MOVES[due.reason], due.from_day, days, known(due.due_on), *causes))
    if phase.valid_until:
        steps.append(DueStep(Step.VALIDITY, None, None, phase.valid_until))
    return tuple(steps)


def _counted(step: Step, counted_from: date, days: int) -> DueStep:
    return DueStep(step, counted_from, days, known(later(counted_from, days)))


def _causes(
    learner: Learner, requirement_id: int, due: Due, required_from: date
) -> tuple[tuple[Exemption | Extension, ...], tuple[Days, ...]]:
    """Return the decisions and the days of absence that a later due date follows from."""
    day_before = later(due.from_day, -1)
    decided: tuple[Exemption | Extension, ...] = ()
    away: tuple[Days, ...] = ()
    if due.reason is Reason.EXTENDED:
        decided = tuple(
            one
            for one in learner.extensions
            if (one.requirement_id, one.due_on) == (requirement_id, due.due_on)
            and max(required_from, one.granted_on) == due.from_day
        )
    elif due.reason is Reason.EXEMPTION_ENDED:
        decided = tuple(
            one for one in learner.exemptions if (one.requirement_id, one.days.ends_on) == (requirement_id, day_before)
        )
    elif due.reason is Reason.RETURNED:
        away = _away(learner, (day_before, day_before))
    return decided, away


def _away(learner: Learner, during: Span) -> tuple[Days, ...]:
    return tuple(Days(first, known(last)) for first, last in learner.away if overlaps(((first, last),), during))


# What satisfies


def _judge_completions(
    learner: Learner, requirement: Requirement, worked: Worked, day: date
) -> Iterator[CompletionJudged]:
    made = [done for done in learner.completions if done.completed_on <= day]
    for done in sorted(made, key=lambda done: (done.completed_on, done.id or 0)):
        judged = judge(done, requirement, worked.part)
        if judged.verdict is Verdict.OTHER_COURSE:
            continue
        until = _until(worked, done.completed_on)
        if judged.verdict is Verdict.COUNTS and until is not None:
            yield CompletionJudged(done, judged.verdict, known(until), _lasts(judged, worked, until))
        else:
            yield CompletionJudged(done, judged.verdict, None)


def _until(worked: Worked, day: date) -> date | None:
    return next((one.until for one in reversed(worked.validities) if one.from_day <= day), None)


def _lasts(judged: Judged, worked: Worked, until: date) -> Lasts | None:
    validity, completed_on = worked.part.version.validity, judged.completion.completed_on
    if until == FOREVER:
        return None
    if validity is not None and until == validity.end(completed_on).last_day:
        return Lasts.COUNTED
    if until == _until(worked, later(completed_on, -1)):
        return Lasts.EARLIER
    return Lasts.SUPERSEDED if until == judged.counts_until else Lasts.RENEWED


def _wanted(requirement: Requirement, version: RequirementVersion, day: date) -> Wanted:
    others = course_ids(requirement, version, day) - {version.course_id}
    return Wanted(
        (version.course_id, *sorted(others)), version.minimum_evidence, least_major(requirement, version, day)
    )
