"""By when a course must be completed: the due date, and what moves it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from tracker.domain.audience import Part
from tracker.domain.facts import Extension, Learner
from tracker.domain.periods import FOREVER, Span, later, union


class Reason(StrEnum):
    """What a phase's date comes from, or why it has none."""

    EXEMPTED = "exempted"
    AWAY = "away"
    VALIDITY = "validity"  # the end of the validity of what was completed
    FIRST_DUE = "first_due"
    EXTENDED = "extended"
    RETURNED = "returned"  # notice after an absence
    EXEMPTION_ENDED = "exemption_ended"  # notice after an exemption
    RULES_CHANGED = "rules_changed"  # notice after a new version took effect


class Due(NamedTuple):
    """From this day on, the due date is `due_on`; `FOREVER` while the learner is on leave with no known end."""

    from_day: date
    due_on: date
    reason: Reason


@dataclass(slots=True)
class Clock:
    """What stops a learner's clock for one obligation, and what moves its due date later."""

    away: list[Span]
    exempt: list[Span]
    extensions: list[Extension]
    notices: list[tuple[date, Reason]]
    """The days after an absence or an exemption, and those on which a version took effect and gave notice."""


def clock_for(learner: Learner, requirement_id: int) -> Clock:
    """Return a learner's clock for one obligation, before any new version takes effect."""
    exempt, extensions, notices = [], [], [(day, Reason.RETURNED) for day in learner.back_on]
    if learner.exemptions:
        exempt = union(one.days.span for one in learner.exemptions if one.requirement_id == requirement_id)
        notices += [(later(last, 1), Reason.EXEMPTION_ENDED) for _, last in exempt if last != FOREVER]
    if learner.extensions:
        extensions = [one for one in learner.extensions if one.requirement_id == requirement_id]
    return Clock(learner.away, exempt, extensions, notices)


def due_dates(part: Part, required_from: date, clock: Clock) -> list[Due]:
    """Return how the due date moves later, in order. The last one whose `from_day` has come is the due date."""
    first = moved_by_absences(first_due(part, required_from), required_from, clock.away)
    steps = [Due(required_from, first, Reason.FIRST_DUE)]
    for due in _moves(part, required_from, clock):
        if due.due_on > steps[-1].due_on:
            steps.append(due)
    return steps


def _moves(part: Part, required_from: date, clock: Clock) -> list[Due]:
    moves = [Due(max(required_from, one.granted_on), one.due_on, Reason.EXTENDED) for one in clock.extensions]
    for day, reason in clock.notices:
        if required_from < day <= part.last:
            # Fair notice: nobody is at fault within so many days of these.
            moves.append(Due(day, later(day, part.version.minimum_notice_days), reason))
    return sorted(moves)


def first_due(part: Part, required_from: date) -> date:
    """Return the day by which a course must first be completed, before absences and extensions move it."""
    version = part.version
    asked = version.first_due_on or later(part.anchor, version.first_due_days or 0)
    return max(asked, later(required_from, version.minimum_notice_days))


def moved_by_absences(due_on: date, required_from: date, away: Iterable[Span]) -> date:
    """Return the due date moved later by the days of absence from `required_from` to it, itself moved.

    The clock stops during leave: as many days remain on return as remained when the leave began.
    """
    for first, last in away:
        if last >= required_from and first <= due_on:
            due_on = later(due_on, (last - max(first, required_from)).days + 1)
    return due_on
