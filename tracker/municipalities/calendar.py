"""The municipality's calendar: which days people work."""

from datetime import date, timedelta
from functools import cache

import holidays


@cache
def _days_off(year: int) -> frozenset[date]:
    # Besides public holidays: the eves on which Swedish workplaces are closed in practice.
    country = holidays.Sweden(years=year, include_sundays=False, categories=("public", "de_facto"))
    return frozenset(country)


def is_working_day(day: date) -> bool:
    """Say whether offices are open on a day: not at weekends, on public holidays or on the great eves."""
    return day.weekday() < 5 and day not in _days_off(day.year)


def working_day_from(day: date) -> date:
    """Return the day itself if it is a working day, else the next one."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day
