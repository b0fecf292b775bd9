"""What kinds of units are called, in the reader's language."""

from typing import Any

from flask_babel import lazy_gettext as _l

from tracker.organisation.models import UnitKind

KINDS: dict[UnitKind, Any] = {
    UnitKind.MUNICIPALITY: _l("Municipality"),
    UnitKind.COMMITTEE: _l("Committee"),
    UnitKind.ADMINISTRATION: _l("Administration"),
    UnitKind.COMPANY: _l("Company"),
    UnitKind.DEPARTMENT: _l("Department"),
    UnitKind.UNIT: _l("Unit"),
}
