"""What a new hire meets together: what is to be done, by whom, and by when, in working days from the first day.

Like phases, due days depend on facts and rules alone, never on today.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tracker.domain.audience import employed_runs
from tracker.domain.facts import Employment, Learner
from tracker.domain.periods import FOREVER, Days, Span, known, later, overlaps, union
from tracker.domain.reminders import is_working_day
from tracker.domain.requirement import Units

NOTICE_DAYS = 3
"""Nothing is due sooner than so many working days after it could first be known."""

LASTS_DAYS = 182
"""An introduction is followed for at most half a year from the first day, leave not counted."""

LEAVE_DAYS = 3 * 365
"""Of leave at most so many days make it longer: of one without an end nobody could say when to stop."""

REMIND_EVERY = 7
"""Who has been told that something is late is told again after so many days, if it still is."""

WEEK, MONTH = 4, 22
"""The last working day after the first one that belongs to the first week, and to the first month."""


class Owner(StrEnum):
    """Who sees to it that an item is done."""

    LEARNER = "learner"
    MANAGER = "manager"
    IT = "it"
    HR = "hr"


class Layer(StrEnum):
    """For whom an item is: all new hires (what comes with Tracker, or the municipality's own), a unit's, a position's."""

    BASE = "base"
    MUNICIPALITY = "municipality"
    UNIT = "unit"
    ROLE = "role"


class Stage(StrEnum):
    """When in an introduction an item belongs."""

    BEFORE = "before"
    FIRST_DAY = "first_day"
    FIRST_WEEK = "first_week"
    FIRST_MONTH = "first_month"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Item:
    """One version of an item. `days`: the first days of those whom it is for. Empty units or position: any."""

    id: int
    offset: int
    days: Days
    told_on: date
    units: Units | None = None
    position_id: int | None = None


@dataclass(frozen=True, slots=True)
class Hire:
    """Somebody begins: for the first time, or after a gap. A transfer is none.

    `known_on`: the day on which it was first known that they would.
    """

    days: Days
    employments: tuple[Employment, ...]
    away: tuple[Span, ...] = ()
    known_on: date = date.min

    @property
    def first_day(self) -> date:
        """The first day of work."""
        return self.days.starts_on


def hires(learner: Learner) -> list[Hire]:
    """Return a learner's hires, in order, each with the employments that it begins with."""
    away = tuple(union(absence.days.span for absence in learner.absences))
    return [
        Hire(
            Days(first, known(last)),
            tuple(one for one in learner.employments if one.days.starts_on == first),
            away,
        )
        for first, last in employed_runs(learner)
    ]


def in_turn(begin: Sequence[date]) -> list[Days | None]:
    """Return for whom each of an item's versions is, in the order that they were decided: those who begin on these days.

    From its own first day on, a version takes the place of all that were decided before it. None: it is for nobody any more.
    """
    found: list[Days | None] = []
    last = FOREVER
    for first in reversed(begin):
        found.append(Days(first, known(last)) if first <= last else None)
        last = min(last, later(first, -1))
    return found[::-1]


def is_for(item: Item, hire: Hire) -> bool:
    """Say whether an item is for a hire: in effect on the first day, and of a unit and position that they begin in.

    What is changed later concerns those who begin later. What people on their way were told stays as it was.
    """
    return hire.first_day in item.days and any(_fits(item, one, hire.first_day) for one in hire.employments)


def _fits(item: Item, employment: Employment, day: date) -> bool:
    if item.position_id is not None and employment.position_id != item.position_id:
        return False
    return item.units is None or overlaps((days.span for days in item.units.get(employment.unit_id, ())), (day, day))


def due_on(item: Item, hire: Hire, holidays: Container[date]) -> date | None:
    """Return the day by whose end an item is to be done; None while the hire is away and no end of it is known.

    Days on which the hire is away are no working days. Nothing is due sooner than three working days after it could be
    known: the hire, or the item.
    """
    planned = working_day(hire.first_day, item.offset, holidays, away=hire.away)
    noticed = working_day(max(hire.known_on, item.told_on), NOTICE_DAYS, holidays)
    return known(max(planned, noticed))


def working_day(day: date, offset: int, holidays: Container[date], *, away: Sequence[Span] = ()) -> date:
    """Return the working day so many after (or, below 0, before) a day; 0 is the day itself, or the next working day.

    `away`: spans of days, in order, that are not counted from the day on; those before it are nobody's to be away.
    """
    if offset < 0:
        for _ in range(-offset):
            day = _next(day, -1, holidays)
        return day
    day = _next(later(day, -1), 1, holidays, away)
    for _ in range(offset):
        day = _next(day, 1, holidays, away)
    return day


def _next(day: date, step: int, holidays: Container[date], away: Sequence[Span] = ()) -> date:
    """Return the nearest working day after (1) or before (-1) a day."""
    day = later(day, step)
    while day != FOREVER:
        gone = next((last for first, last in away if first <= day <= last), None)
        if gone is not None:
            day = later(gone, 1)
        elif is_working_day(day, holidays):
            break
        else:
            day = later(day, step)
    return day


def stage_of(offset: int) -> Stage:
    """Return when in an introduction what is due so many working days from the first day belongs."""
    if offset < 0:
        return Stage.BEFORE
    if offset == 0:
        return Stage.FIRST_DAY
    if offset <= WEEK:
        return Stage.FIRST_WEEK
    return Stage.FIRST_MONTH if offset <= MONTH else Stage.LATER


def followed_until(hire: Hire) -> date:
    """Return the last day on which an introduction is followed: what waits for the return from leave is still to be done."""
    last = later(hire.first_day, LASTS_DAYS)
    longest = later(last, LEAVE_DAYS)
    for first, end in hire.away:
        begins = max(first, hire.first_day)
        if begins <= min(end, last):
            last = min(longest, later(last, (end - begins).days + 1))
    return last


def under_way(hire: Hire, dues: Iterable[date | None], day: date, *, remaining: bool) -> bool:
    """Say whether an introduction is coming or going on on a day: until the last item is due, or longer if some remain."""
    if hire.days.span[1] < day or followed_until(hire) < day:
        return False
    return remaining or any(due is None or due >= day for due in dues)


def hire_of(hired_on: date, first_days: Sequence[date]) -> date | None:
    """Return the first day of the hire that something done belongs to: the nearest to the one it was done for.

    A first day that is corrected keeps what was done.
    """
    return min(first_days, key=lambda first: (abs(first - hired_on), first), default=None)


def calls_for_reminder(dues: Iterable[date], today: date, *, told_on: date | None) -> bool:
    """Say whether to remind somebody of what is late: something new is, or it is a week since they were told.

    `dues`: the due days of what the person has not done. `told_on`: when they were last told.
    """
    late = [due for due in dues if due < today]
    if not late:
        return False
    return told_on is None or max(late) >= told_on or later(told_on, REMIND_EVERY) <= today
