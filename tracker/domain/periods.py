"""Stretches of days, and months counted the way people count them."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

FOREVER = date.max
"""The last day of what has no end. Arithmetic stops here instead of overflowing."""

_LAST_NUMBER = FOREVER.toordinal()

Span = tuple[date, date]
"""First and last day, both included; what `Days` are while rules are worked out."""


@dataclass(frozen=True, slots=True)
class Days:
    """The days from `starts_on` to `ends_on`, both included. No `ends_on` means that no end is known.

    Raises ValueError if it would end before it starts.
    """

    starts_on: date
    ends_on: date | None = None
    span: Span = field(init=False, repr=False, compare=False)
    """The first and last day; the last of open days is `FOREVER`."""

    def __post_init__(self) -> None:
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise ValueError(f"{self.starts_on} to {self.ends_on} ends before it starts")
        object.__setattr__(self, "span", (self.starts_on, self.ends_on or FOREVER))

    def __contains__(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


@lru_cache(maxsize=1 << 15)  # The same days come up for person after person.
def later(day: date, days: int) -> date:
    """Return the day so many days later, or `FOREVER` if the calendar ends before that."""
    number = day.toordinal() + days
    return FOREVER if number > _LAST_NUMBER else date.fromordinal(number)


def known(day: date | None) -> date | None:
    """Return the day, or None if it never comes."""
    return None if day == FOREVER else day


def add_months(day: date, months: int) -> date:
    """Return the same day of the month so many months later, or the last day of that month if it is shorter.

    Always count from the original day: 31 January + 1 month + 1 month is 28 March, + 2 months is 31 March.
    """
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    if year > FOREVER.year:
        return FOREVER
    if day.day <= 28:
        return day.replace(year, month)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def union(spans: Iterable[Span], *, bridging: int = 0) -> list[Span]:
    """Return the days in any of the spans, as few spans as possible, in order.

    Spans with at most `bridging` days between them become one, and those days with them.
    """
    ordered = sorted(spans)
    if len(ordered) < 2:
        return ordered
    joined = ordered[:1]
    for first, last in ordered[1:]:
        known_first, known_last = joined[-1]
        if first <= known_last or first.toordinal() - known_last.toordinal() <= bridging + 1:
            if last > known_last:
                joined[-1] = (known_first, last)
        else:
            joined.append((first, last))
    return joined


def intersection(some: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """Return the days in both of two ordered lists of spans."""
    found = []
    for first, last in some:
        for other_first, other_last in others:
            if first <= other_last and other_first <= last:
                # max() and min() would take four times as long, for every obligation there is.
                later_first = first if other_first < first else other_first  # noqa: FURB136
                found.append((later_first, last if last < other_last else other_last))  # noqa: FURB136
    found.sort()
    return found


def difference(some: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """Return the days of the first ordered list of spans that are not in the second."""
    remaining = list(some)
    for other_first, other_last in others:
        pieces = []
        for first, last in remaining:
            if other_last < first or last < other_first:
                pieces.append((first, last))
                continue
            if first < other_first:
                pieces.append((first, later(other_first, -1)))
            if other_last < last:
                pieces.append((later(other_last, 1), last))
        remaining = pieces
    return remaining


def overlaps(spans: Iterable[Span], other: Span) -> bool:
    """Say whether any of the spans has a day in common with another span."""
    other_first, other_last = other
    for first, last in spans:  # noqa: SIM110 - asked for every phase; any() takes three times as long
        if first <= other_last and other_first <= last:
            return True
    return False


def covers(spans: Iterable[Span], other: Span) -> bool:
    """Say whether one of the spans has all the days of another span."""
    other_first, other_last = other
    for first, last in spans:  # noqa: SIM110 - as above
        if first <= other_first and other_last <= last:
            return True
    return False
