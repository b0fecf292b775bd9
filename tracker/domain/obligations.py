"""What a requirement means for a learner, day by day: the heart.

Nothing here asks what day it is. The phases of an obligation cover past and future alike, so that midnight changes
nothing, and how it stood last March is a look-up.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
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
    return [
        Phase(first, known(last), state, due_on, valid_until, Because(reason, worked.part.version.id, *ways))
        for worked in work_out(learner, requirement)
        for (first, last, (state, due_on, valid_until, reason)), ways in zip(worked.spells, worked.ways, strict=True)
    ]


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


class Standing(NamedTuple):
    """What stays the same during a phase, whatever made the requirement apply; the dates are those of a phase."""

    state: State
    due_on: date | None
    valid_until: date | None
    reason: Reason


Spell = tuple[date, date, Standing]
"""A run of days on which an obligation stands in one way: the first day, the last, and how."""

Ways = tuple[tuple[int, ...], tuple[int | None, ...]]
"""The ways into the audience of a requirement: the lines that match, and the assignments, by id."""


@dataclass(slots=True)
class Worked:
    """A part of a stretch, the dates worked out for it, and what they give: its spells, and the ways in for each."""

    stretch: Stretch
    part: Part
    dues: list[Due]
    validities: Sequence[Validated]
    spells: list[Spell]
    ways: list[Ways]


def work_out(learner: Learner, requirement: Requirement) -> Iterator[Worked]:
    """Work out a requirement for a learner, part by part. A new version looks back at how the one before it ended."""
    for stretch in stretches(learner, requirement):
        clock = clock_for(learner, requirement.id)
        spells: list[Spell] = []
        for part in stretch.parts:
            version = part.version
            if not spells or spells[-1][2].state not in AT_FAULT:
                clock.notices.append((part.first, Reason.RULES_CHANGED))
            dues = due_dates(part, stretch.required_from, clock)
            completions = accepted(learner, requirement, part)
            validities = validated(completions, version.validity, version.renewal_window_days)
            spells = _spells(part, dues, validities, clock)
            yield Worked(stretch, part, dues, validities, spells, _ways(part, spells))


_EXEMPT: list[Spell] = [(date.min, FOREVER, Standing(State.EXEMPT, None, None, Reason.EXEMPTED))]


@dataclass(slots=True)
class Situation:
    """All that decides how an obligation stands on a day. Events change it."""

    due: Due
    valid_until: date | None = None
    """The latest end of the completions made by that day, even if it has passed; None if there are none."""
    away: bool = False
    exempt: bool = False


def _spells(part: Part, dues: list[Due], validities: Sequence[Validated], clock: Clock) -> list[Spell]:
    """Divide the days of a part into spells."""
    spells: list[Spell] = []
    before: Standing | None = None
    situation = Situation(dues[0])
    events = _events(part, dues, validities, clock)
    ends = [later(event[0], -1) for event in events[1:]]
    for (happens_on, what, value), until in zip(events, [*ends, part.last], strict=True):
        setattr(situation, what, value)
        day = max(happens_on, part.first)
        if until < day:
            continue
        for first, last, standing in _if_nothing_happens(situation, part.version):
            if day <= last and first <= until:
                # max() and min() would take four times as long, for every phase there is.
                since = spells.pop()[0] if standing == before else first if day < first else day  # noqa: FURB136
                spells.append((since, last if last < until else until, standing))  # noqa: FURB136
                before = standing
    return spells


def _events(part: Part, dues: list[Due], validities: Sequence[Validated], clock: Clock) -> list[tuple[date, str, Any]]:
    """Return what happens by the end of a part, and when: the field of the situation that changes, and to what."""
    until = part.last
    events: list[tuple[date, str, Any]] = [(due.from_day, "due", due) for due in dues if due.from_day <= until]
    events += [(one.from_day, "valid_until", one.until) for one in validities if one.from_day <= until]
    for what, spans in (("away", clock.away), ("exempt", clock.exempt)):
        for first, last in spans:
            if first <= until and part.first <= last:
                events.append((first, what, True))
                if last < until:
                    events.append((later(last, 1), what, False))
    events.sort(key=itemgetter(0))
    return events


def _if_nothing_happens(situation: Situation, version: RequirementVersion) -> Sequence[Spell]:
    """Return how the obligation stands on each day if the situation is and stays what it is."""
    if situation.exempt:
        return _EXEMPT
    (_, deadline, reason), valid_until = situation.due, situation.valid_until
    if valid_until is not None and valid_until >= deadline:
        deadline, reason = valid_until, Reason.VALIDITY
    return _not_exempt(deadline, reason, valid_until, situation.away, version.renewal_window_days, version.grace_days)


@lru_cache(maxsize=1 << 15)  # The same dates come up for person after person.
def _not_exempt(  # noqa: PLR0917 - kept by each of these
    deadline: date,
    reason: Reason,
    valid_until: date | None,
    away: bool,  # noqa: FBT001 - as above
    renewal_window_days: int,
    grace_days: int,
) -> list[Spell]:
    # The states in the order in which they take precedence, each with its last day.
    states: list[tuple[State, date]] = []
    if valid_until == FOREVER:
        states = [(State.VALID, FOREVER)]
    elif valid_until is not None:
        opens = window_opens(valid_until, renewal_window_days)
        states = [(State.VALID, later(opens, -1)), (State.RENEW, valid_until)]
    if not away:
        late = State.OVERDUE if valid_until is None else State.LAPSED
        states += [(State.TO_DO, deadline), (State.GRACE, later(deadline, grace_days)), (late, FOREVER)]
    spells, first = [], date.min
    for state, last in states:
        if first <= last:
            spells.append((first, last, Standing(state, known(deadline), known(valid_until), reason)))
            if last == FOREVER:
                return spells
            first = later(last, 1)
    return [*spells, (first, FOREVER, Standing(State.ON_HOLD, None, valid_until, Reason.AWAY))]


def _ways(part: Part, spells: list[Spell]) -> list[Ways]:
    """Return the ways in for each spell."""
    days = (part.first, part.last)
    if not part.assigned and all(covers(spans, days) for _, spans in part.included):
        return [(_matching(part.included, days), ())] * len(spells)  # As usual: each line matches all along.
    assigned = [(one.assignment.id, one.spans) for one in part.assigned]
    return [(_matching(part.included, spell[:2]), _matching(assigned, spell[:2])) for spell in spells]


def _matching(found: list[tuple[Any, list[Span]]], days: Span) -> tuple[Any, ...]:
    """Return which of some ids have a day of theirs among these."""
    return tuple([id_ for id_, spans in found if overlaps(spans, days)])
