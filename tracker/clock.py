"""The only place that asks what time it is.

Edges (a request, a job, a command) read the clock once and hand `now` or `today` down. Everything else is told.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
"""What may be asked about. Further away, counting years forth and back would leave the calendar."""


def now() -> datetime:
    """Return the present instant, in UTC."""
    return datetime.now(UTC)


def local_date(instant: datetime, timezone: str) -> date:
    """Return the calendar day that an instant falls on in a time zone, such as "Europe/Stockholm"."""
    return instant.astimezone(ZoneInfo(timezone)).date()


def local_time(instant: datetime, timezone: str) -> datetime:
    """Return an instant as wall-clock time in a time zone."""
    return instant.astimezone(ZoneInfo(timezone))


def end_of_day(day: date, timezone: str) -> datetime:
    """Return the last instant of a calendar day in a time zone, in UTC."""
    midnight = datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(timezone))
    return midnight.astimezone(UTC) - timedelta(microseconds=1)
