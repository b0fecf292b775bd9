"""What the scheduler calls."""

from datetime import date, datetime

from tracker.db import BoundSession
from tracker.reminders import newcomers, operations


def send_weekly_digests(session: BoundSession, now: datetime, planned_on: date) -> str:
    """Decide on the mails to managers that were planned for a day."""
    return f"{operations.send_weekly_digests(session, planned_on=planned_on, now=now)} mails decided"


def remind_of_newcomer_tasks(session: BoundSession, now: datetime, _day: date) -> str:
    """Decide on the mails to those who are late with something for a new hire."""
    return f"{newcomers.remind_of_newcomer_tasks(session, now=now)} mails decided"
