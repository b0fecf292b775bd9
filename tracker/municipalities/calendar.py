"""The municipality's calendar: which days people work."""

from collections.abc import Container
from datetime import date, timedelta

import holidays

from tracker.domain.reminders import is_working_day

# Public holidays, and the eves on which Swedish workplaces are closed in practice. Works out years as they are asked for.
HOLIDAYS: Container[date] = holidays.Sweden(include_sundays=False, categories=("public", "de_facto"))


def working_day_from(day: date) -> date:
    """Return the day itself if it is a working day, else the next one."""
    while not is_working_day(day, HOLIDAYS):
        day += timedelta(days=1)
    return day
