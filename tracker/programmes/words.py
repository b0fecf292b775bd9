"""What owners, stages and layers are called, and days counted from the first, in the reader's language."""

from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from tracker.domain.programme import Layer, Owner, Stage

OWNERS: dict[Owner, Any] = {
    Owner.LEARNER: _l("The new colleague"),
    Owner.MANAGER: _l("The manager"),
    Owner.IT: _l("IT"),
    Owner.HR: _l("HR"),
}

STAGES: dict[Stage, Any] = {
    Stage.BEFORE: _l("Before the first day"),
    Stage.FIRST_DAY: _l("The first day"),
    Stage.FIRST_WEEK: _l("The first week"),
    Stage.FIRST_MONTH: _l("The first month"),
    Stage.LATER: _l("After the first month"),
}

LAYERS: dict[Layer, Any] = {
    Layer.BASE: _l("For everyone: the base that comes with Tracker"),
    Layer.MUNICIPALITY: _l("For everyone: the municipality’s own"),
    Layer.UNIT: _l("For those who begin in a unit"),
    Layer.ROLE: _l("For those who begin in a position"),
}


def from_first_day(offset: int) -> str:
    """Return when something is due, in words: "3 working days before the first day"."""
    if offset == 0:
        return gettext("on the first day")
    if offset < 0:
        return ngettext(
            "%(num)d working day before the first day", "%(num)d working days before the first day", -offset
        )
    return ngettext("%(num)d working day after the first day", "%(num)d working days after the first day", offset)
