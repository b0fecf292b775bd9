"""What a requirement means for a learner, day by day: the heart.

Nothing here asks what day it is. The phases of an obligation cover past and future alike, so that midnight changes
nothing, and how it stood last March is a look-up.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import islice, zip_longest
from operator import itemgetter
from typing import Any, NamedTuple

from tracker.domain.acceptance import accepted
from tracker.domain.audience import Part, Stretch, stretches
from tracker.domain.due import Clock, Due, Reason, clock_for, due_dates
from tracker.domain.facts import Learner, State
from tracker.domain.periods import FOREVER, Span, covers, known, later, overlaps, union
from tracker.domain.requirement import Requirement, RequirementVersion
from tracker.domain.validity import Validated, validated, window_opens

AT_FAULT = frozenset({State.OVERDUE, State.LAPSED})

OPEN = frozenset({State.TO_DO, State.RENEW, State.GRACE})
"""The states in which something is asked for and nobody is at fault."""

ASKING = OPEN | AT_FAULT
"""The states in which there is something to do."""


class Because(NamedTuple):
    """Why a phase is as it is, in codes and ids: the rule, the requirement version, and the ways into its audience.

    Those are the lines that matched, and the assignments. There is none on the days between two stretches that are one.
    """

    reason: Reason
    version_id: int
    line_ids: tuple[int, ...]
    assignment_ids: tuple[int | None, ...] = ()


class Phase(NamedTuple):
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
    return [phase for worked in work_out(learner, requirement) for phase in worked.phases]


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


Run = tuple[date, date | None]
"""The first and the last day on which a state is what it is, whatever dates change meanwhile; None if no end is known."""


def run_on(day: date, same_state: Iterable[Run]) -> Run:
    """Return the run that a day is in, given all phases that have the state of that day."""
    runs = union([(first, last or FOREVER) for first, last in same_state])
    return next((first, known(last)) for first, last in runs if day <= last)


def run_of(phases: Iterable[Phase], phase: Phase) -> Run:
    """Return the run that a phase is a part of."""
    return run_on(phase.starts_on, [(one.starts_on, one.ends_on) for one in phases if one.state is phase.state])


def stands_on(phases: Sequence[Phase], day: date) -> Phase | None:
    """Return the phase that a day is in, ending as late as its state does: for saying until when somebody is exempt."""
    phase = phase_on(phases, day)
    return phase and phase._replace(ends_on=run_of(phases, phase)[1])


class Worked(NamedTuple):
    """A part of a stretch, the dates worked out for it, and the phases they give."""

    stretch: Stretch
    part: Part
    dues: list[Due]
    validities: Sequence[Validated]
    phases: list[Phase]


def work_out(learner: Learner, requirement: Requirement) -> Iterator[Worked]:
    """Work out a requirement for a learner, part by part. A new version looks back at how the one before it ended."""
    for stretch in stretches(learner, requirement):
        clock = clock_for(learner, requirement.id)
        found: list[Phase] = []
        for part in stretch.parts:
            version = part.version
            if not found or found[-1].state not in AT_FAULT:
                clock.notices.append((part.first, Reason.RULES_CHANGED))
            dues = due_dates(part, stretch.required_from, clock)
            completions = tuple(accepted(learner, requirement, part))
            validities = validated(completions, version.validity, version.renewal_window_days)
            found = _phases(part, _changes(part, dues, validities, clock))
            yield Worked(stretch, part, dues, validities, found)


Standing = tuple[State, date, date | None, Reason]
"""What stays the same during a phase: state, due date, validity and reason; `FOREVER` for days that never come."""


@dataclass(slots=True)
class Situation:
    """All that decides how an obligation stands on a day. Events change it."""

    version: RequirementVersion
    due: Due
    valid_until: date | None = None
    """The latest end of the completions made by that day, even if it has passed; None if there are none."""
    away: bool = False
    exempt: bool = False


def _phases(part: Part, changes: list[tuple[date, Standing]]) -> list[Phase]:
    """Make a phase of the days from each change to the next."""
    version_id, days = part.version.id, (part.first, part.last)
    lines = [(match.line.id, match.spans) for match in part.matches if not match.line.excludes]
    assigned = [(one.assignment.id, one.spans) for one in part.assigned]
    # Most lines match all along: only when one does not is each phase asked which of them do.
    all_along = all(covers(spans, days) for _, spans in lines)
    line_ids = _matching(lines, days)
    found, last = [], part.last
    for first, (state, due_on, valid_until, reason) in reversed(changes):
        if not all_along:
            line_ids = _matching(lines, (first, last))
        found.append(
            Phase(
                first,
                None if last == FOREVER else last,
                state,
                None if due_on == FOREVER else due_on,
                None if valid_until == FOREVER else valid_until,
                _because(reason, version_id, line_ids, _matching(assigned, (first, last)) if assigned else ()),
            )
        )
        last = later(first, -1)
    found.reverse()
    return found


_because = lru_cache(maxsize=1 << 12)(Because)
"""There are few reasons, and many phases with each."""


def _matching(found: list[tuple[Any, list[Span]]], days: Span) -> tuple[Any, ...]:
    """Return which of some ids have a day of theirs among these."""
    return tuple([id_ for id_, spans in found if overlaps(spans, days)])


def _changes(part: Part, dues: list[Due], validities: Sequence[Validated], clock: Clock) -> list[tuple[date, Standing]]:
    """Return how the obligation stands from the first day of a part, and from each day on which that changes."""
    changes: list[tuple[date, Standing]] = []
    before: Standing | None = None
    situation = Situation(part.version, dues[0])
    events = sorted(_events(part, dues, validities, clock), key=itemgetter(0))
    for (happens_on, what, value), after in zip_longest(events, islice(events, 1, None)):
        setattr(situation, what, value)
        day = max(happens_on, part.first)
        last = part.last if after is None else later(after[0], -1)
        while day <= last:
            standing, lasts_to = _stands(day, situation)
            if standing != before:
                changes.append((day, standing))
                before = standing
            if lasts_to >= last:
                break
            day = later(lasts_to, 1)
    return changes


def _events(
    part: Part, dues: list[Due], validities: Sequence[Validated], clock: Clock
) -> Iterator[tuple[date, str, Any]]:
    """Yield what happens by the end of a part, and when: the field of the situation that changes, and to what."""
    for due in dues:
        if due.from_day <= part.last:
            yield due.from_day, "due", due
    for validity in validities:
        if validity.from_day <= part.last:
            yield validity.from_day, "valid_until", validity.until
    for what, spans in (("away", clock.away), ("exempt", clock.exempt)):
        for first, last in spans:
            if first <= part.last and part.first <= last:
                yield first, what, True
                if last < part.last:
                    yield later(last, 1), what, False


def _stands(day: date, situation: Situation) -> tuple[Standing, date]:  # noqa: PLR0911 - one for each state
    """Return how the obligation stands on a day, and the last day it stands so if nothing happens.

    The first state that fits takes precedence.
    """
    version, due, valid_until = situation.version, situation.due, situation.valid_until
    if situation.exempt:
        return (State.EXEMPT, FOREVER, None, Reason.EXEMPTED), FOREVER
    deadline, reason = due.due_on, due.reason
    if valid_until is not None and valid_until >= deadline:
        deadline, reason = valid_until, Reason.VALIDITY
    if valid_until == FOREVER:
        return (State.VALID, FOREVER, FOREVER, reason), FOREVER
    if valid_until is not None and day <= valid_until:
        opens = window_opens(valid_until, version.renewal_window_days)
        if day < opens:
            return (State.VALID, deadline, valid_until, reason), later(opens, -1)
        return (State.RENEW, deadline, valid_until, reason), valid_until
    if situation.away:
        return (State.ON_HOLD, FOREVER, valid_until, Reason.AWAY), FOREVER
    if day <= due.due_on:
        return (State.TO_DO, deadline, valid_until, reason), deadline
    grace_ends = later(deadline, version.grace_days)
    if day <= grace_ends:
        return (State.GRACE, deadline, valid_until, reason), grace_ends
    state = State.OVERDUE if valid_until is None else State.LAPSED
    return (state, deadline, valid_until, reason), FOREVER
