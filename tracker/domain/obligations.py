"""What a requirement means for a learner, day by day: the heart.

Nothing here asks what day it is. The phases of an obligation cover past and future alike, so that midnight changes
nothing, and how it stood last March is a look-up.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from tracker.domain.acceptance import accepted
from tracker.domain.audience import Part, Stretch, stretches
from tracker.domain.due import Clock, Due, Reason, due_dates
from tracker.domain.facts import Learner, State
from tracker.domain.periods import FOREVER, Span, covers, known, later, union
from tracker.domain.requirement import Requirement, RequirementVersion
from tracker.domain.validity import Validated, validated, window_opens

AT_FAULT = frozenset({State.OVERDUE, State.LAPSED})


@dataclass(frozen=True, slots=True)
class Because:
    """Why a phase is as it is, in codes and ids: the rule, the requirement version, the audience lines that matched.

    No line matched on the days between two stretches that are one.
    """

    reason: Reason
    version_id: int
    line_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of days during which one obligation has one state. No `ends_on` means that no end is known.

    `due_on`: the last day to complete the course, ahead or missed. None when exempt or on hold, when once was enough,
    and while a leave with no known end stops the clock.
    `valid_until`: the last day of the validity the learner has or had. None when there is none or it has no end.
    """

    starts_on: date
    ends_on: date | None
    state: State
    due_on: date | None
    valid_until: date | None
    because: Because


def phases(learner: Learner, requirement: Requirement) -> list[Phase]:
    """Divide the days on which a requirement applies to a learner into phases. Depends on facts and rules, never on today.

    They are in order and do not overlap; within a stretch of required days they leave no gap.
    """
    return [
        Phase(
            stay.first,
            known(stay.last),
            stay.state,
            known(stay.due_on),
            known(stay.valid_until),
            Because(stay.reason, worked.part.version.id, _line_ids(worked.part, stay)),
        )
        for worked in work_out(learner, requirement)
        for stay in worked.stays
    ]


def _line_ids(part: Part, stay: "Stay") -> tuple[int, ...]:
    return tuple(
        match.line.id
        for match in part.matches
        if not match.line.excludes and any(first <= stay.last and stay.first <= last for first, last in match.spans)
    )


def phase_on(phases: Iterable[Phase], day: date) -> Phase | None:
    """Return the phase that a day is in, or None if the requirement did not apply."""
    for phase in phases:
        if phase.starts_on <= day and (phase.ends_on is None or day <= phase.ends_on):
            return phase
    return None


def state_on(phases: Iterable[Phase], day: date) -> State | None:
    """Return the state on a day, or None if the requirement did not apply."""
    phase = phase_on(phases, day)
    return None if phase is None else phase.state


def state_since(phases: Sequence[Phase], phase: Phase) -> date:
    """Return since when the state of a phase has been what it is, whatever dates changed meanwhile."""
    since = phase.starts_on
    for before in reversed(phases[: phases.index(phase)]):
        if before.state is not phase.state or before.ends_on != later(since, -1):
            break
        since = before.starts_on
    return since


class Stay(NamedTuple):
    """Days in one state: a phase in the making, with `FOREVER` for days that never come."""

    first: date
    last: date
    state: State
    due_on: date
    valid_until: date | None
    reason: Reason


class Worked(NamedTuple):
    """A part of a stretch, the dates worked out for it, and the states they give."""

    stretch: Stretch
    part: Part
    dues: list[Due]
    validities: list[Validated]
    stays: list[Stay]


def work_out(learner: Learner, requirement: Requirement) -> Iterator[Worked]:
    """Work out a requirement for a learner, part by part. A new version looks back at how the one before it ended."""
    away = union(absence.days.span for absence in learner.absences)
    exempt = union(one.days.span for one in learner.exemptions if one.requirement_id == requirement.id)
    extensions = [one for one in learner.extensions if one.requirement_id == requirement.id]
    for stretch in stretches(learner, requirement):
        clock = Clock(away, exempt, extensions, changes=[])
        at_fault = False
        for part in stretch.parts:
            version = part.version
            if part.first > stretch.required_from and not at_fault:
                clock.changes.append(part.first)
            dues = due_dates(part, stretch.required_from, clock)
            validities = validated(accepted(learner, requirement, part), version.validity, version.renewal_window_days)
            stays = _stays(part, dues, validities, clock)
            at_fault = stays[-1].state in AT_FAULT
            yield Worked(stretch, part, dues, validities, stays)


def _stays(part: Part, dues: list[Due], validities: list[Validated], clock: Clock) -> list[Stay]:
    """Divide a part of a stretch into states."""
    stays: list[Stay] = []
    for first, last in _uneventful_days(part, dues, validities, clock):
        due = next(due for due in reversed(dues) if due.from_day <= first)
        valid_until = next((one.until for one in reversed(validities) if one.from_day <= first), None)
        situation = Situation(
            part.version, covers(clock.exempt, first), covers(clock.away, first), due.due_on, valid_until
        )
        for days, state in _states(first, last, situation):
            stay = Stay(*days, state, *_dates(state, due, valid_until))
            if stays and stays[-1][2:] == stay[2:]:
                stays[-1] = stays[-1]._replace(last=stay.last)
            else:
                stays.append(stay)
    return stays


def _uneventful_days(part: Part, dues: list[Due], validities: list[Validated], clock: Clock) -> Iterator[Span]:
    """Divide a part where a completion is made, a due date moves, or a leave or exemption begins or ends."""
    events = {due.from_day for due in dues}
    events.update(one.from_day for one in validities)
    for first, last in clock.away + clock.exempt:
        events.add(first)
        if last != FOREVER:
            events.add(later(last, 1))
    first = part.first
    for day in sorted(events):
        if first < day <= part.last:
            yield first, later(day, -1)
            first = day
    yield first, part.last


class Situation(NamedTuple):
    """All that decides the state on a day."""

    version: RequirementVersion
    exempt: bool
    away: bool
    due_on: date
    valid_until: date | None
    """The latest end of the completions made by that day, even if it has passed; None if there are none."""


def _states(first: date, last: date, situation: Situation) -> Iterator[tuple[Span, State]]:
    """Divide days on which nothing happens into the states that they pass through."""
    while True:
        state, lasts_to = _state(first, situation)
        if lasts_to >= last:
            yield (first, last), state
            return
        yield (first, lasts_to), state
        first = later(lasts_to, 1)


def _state(day: date, situation: Situation) -> tuple[State, date]:  # noqa: PLR0911 - one for each state
    """Return the state on a day and the last day it lasts to if nothing happens. The first that fits takes precedence."""
    version, exempt, away, due_on, valid_until = situation
    if exempt:
        return State.EXEMPT, FOREVER
    if valid_until == FOREVER:
        return State.VALID, FOREVER
    if valid_until is not None and day <= valid_until:
        opens = window_opens(valid_until, version.renewal_window_days)
        return (State.VALID, later(opens, -1)) if day < opens else (State.RENEW, valid_until)
    if away:
        return State.ON_HOLD, FOREVER
    if day <= due_on:
        return State.TO_DO, due_on
    grace_ends = later(max(due_on, valid_until or due_on), version.grace_days)
    if day <= grace_ends:
        return State.GRACE, grace_ends
    return (State.OVERDUE if valid_until is None else State.LAPSED), FOREVER


def _dates(state: State, due: Due, valid_until: date | None) -> tuple[date, date | None, Reason]:
    """Return the due date, the validity and the reason that go with a state."""
    if state is State.EXEMPT:
        return FOREVER, None, Reason.EXEMPTED
    if state is State.ON_HOLD:
        return FOREVER, valid_until, Reason.AWAY
    if valid_until is not None and valid_until >= due.due_on:
        return valid_until, valid_until, Reason.VALIDITY
    return due.due_on, valid_until, due.reason
