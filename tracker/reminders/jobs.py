"""What the scheduler calls."""

from datetime import date, datetime

from tracker.db import BoundSession
from tracker.reminders import operations


def send_weekly_digests(session: BoundSession, now: datetime, planned_on: date) -> str:
    """Decide on the mails to managers that were planned for a day."""
    return f"{operations.send_weekly_digests(session, planned_on=planned_on, now=now)} mails decided"
