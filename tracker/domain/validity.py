"""How long a completion counts, and when it can be renewed.

Every completion gives one or more *ends*, the last days of validity. All of them are kept, not only the latest: a
completion made too early to renew one end may still renew another, so an extra completion never costs anybody a day.
"""

from datetime import date
from functools import lru_cache
from typing import NamedTuple

from tracker.domain.periods import FOREVER, add_months, later


class End(NamedTuple):
    """A last day of validity: the day before `counted_from` + `times` the validity."""

    last_day: date
    counted_from: date
    times: int


def end_on(last_day: date) -> End:
    """Return an end that falls on a given day whatever the validity."""
    return End(last_day, counted_from=later(last_day, 1), times=0)


class ForMonths(NamedTuple):
    """Valid for a number of months from the day of completion: 12 February 2026 + 12 months is 11 February 2027."""

    months: int
    keeps_early_days: bool = True
    """A renewal within the renewal window is counted from the old end, so that nobody loses days by being early."""

    def end(self, completed_on: date) -> End:
        """Return the end that a completion gives by itself."""
        return _after_months(completed_on, 1, self.months)

    def renewed(self, end: End) -> End:
        """Return the end that follows another, counted from the day the other was counted from."""
        return _after_months(end.counted_from, end.times + 1, self.months)


@lru_cache(maxsize=1 << 14)  # As for `later`.
def _after_months(counted_from: date, times: int, months: int) -> End:
    first_day_without = add_months(counted_from, times * months)
    last_day = FOREVER if first_day_without == FOREVER else later(first_day_without, -1)
    return End(last_day, counted_from, times)


class UntilDayOfYear(NamedTuple):
    """Valid until the first fixed day of the year that leaves at least `minimum_active_months` after completion."""

    month: int
    day: int
    every_years: int = 1
    in_year: int = 2000
    """Any year in which the day occurs, when it does not occur every year."""
    minimum_active_months: int = 6
    keeps_early_days = True

    def end(self, completed_on: date) -> End:
        """Return the end that a completion gives by itself."""
        return end_on(self._first_on_or_after(add_months(completed_on, self.minimum_active_months)))

    def renewed(self, end: End) -> End:
        """Return the end that follows another: the next fixed day."""
        return end_on(self._first_on_or_after(later(end.last_day, 1)))

    def _first_on_or_after(self, day: date) -> date:
        year = day.year + (self.in_year - day.year) % self.every_years
        fixed_day = self._in(year)
        return fixed_day if fixed_day >= day else self._in(year + self.every_years)

    def _in(self, year: int) -> date:
        # Counting months from a long one clamps 29 February to the 28th in common years.
        return FOREVER if year > FOREVER.year else add_months(date(year, 1, self.day), self.month - 1)


Validity = ForMonths | UntilDayOfYear


class Validated(NamedTuple):
    """From this day on, `until` is the last day of validity; `FOREVER` if there is none."""

    from_day: date
    until: date


@lru_cache(maxsize=1 << 13)  # Many complete the same course once, and on the same days.
def validated(
    completions: tuple[tuple[date, date], ...], validity: Validity | None, renewal_window_days: int
) -> tuple[Validated, ...]:
    """Return how the last day of validity moves later as completions are made, in order.

    `completions`: the day of each, and the last day on which what was learnt counts. No validity: once is enough.
    """
    steps: list[Validated] = []
    known: dict[End, date] = {}  # every end so far, and the day of the first completion that gave it
    for completed_on, counts_until in sorted(completions):
        ends = [end_on(FOREVER)] if validity is None else [validity.end(completed_on)]
        if validity is not None and validity.keeps_early_days:
            ends += [
                validity.renewed(end)
                for end, made_on in known.items()
                if made_on < completed_on and is_open(end.last_day, renewal_window_days, on=completed_on)
            ]
        if counts_until != FOREVER:
            ends = [end if end.last_day <= counts_until else end_on(counts_until) for end in ends]
        for end in ends:
            known.setdefault(end, completed_on)
        until = max(ends).last_day
        if not steps or until > steps[-1].until:
            steps.append(Validated(completed_on, until))
    return tuple(steps)


def window_opens(last_day: date, renewal_window_days: int) -> date:
    """Return the first day on which renewing is asked for, so many days before the last day of validity."""
    return later(last_day, -renewal_window_days)


def is_open(last_day: date, renewal_window_days: int, *, on: date) -> bool:
    """Say whether a day lies in the renewal window before a last day of validity."""
    return window_opens(last_day, renewal_window_days) <= on <= last_day
