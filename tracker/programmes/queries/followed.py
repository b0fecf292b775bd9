"""Who may have an introduction that is followed on a day."""

from datetime import date

from sqlalchemy import ColumnElement, and_, or_, select

from tracker.domain.periods import later
from tracker.domain.programme import LASTS_DAYS, LEAVE_DAYS
from tracker.people.models import Absence, Employment
from tracker.tables import stands


def may_be_followed(day: date) -> ColumnElement[bool]:
    """Return the condition on an employment that the introduction it begins may be followed on a day: see `followed_until`.

    After half a year that takes leave, which ended less than half a year ago.
    """
    begun = later(day, -LASTS_DAYS)
    away = select(Absence.id).where(
        Absence.person_id == Employment.person_id,
        stands(Absence),
        or_(Absence.ends_on.is_(None), Absence.ends_on >= begun),
    )
    return or_(
        Employment.starts_on >= begun,
        and_(Employment.starts_on >= later(begun, -LEAVE_DAYS), away.exists()),
    )
