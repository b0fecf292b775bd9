"""What scopes, importance and outcomes are called, in the reader's language."""

from typing import Any

from flask_babel import lazy_gettext as _l

from tracker.people import operations as duties
from tracker.systems.models import Importance, SystemScope
from tracker.systems.operations import Outcome

SCOPES: dict[SystemScope, Any] = {
    SystemScope.MUNICIPALITY_WIDE: _l("Municipality-wide"),
    SystemScope.OPERATION_SPECIFIC: _l("Operation-specific"),
}

IMPORTANCE: dict[Importance, Any] = {
    Importance.ORDINARY: _l("Ordinary"),
    Importance.IMPORTANT: _l("Important"),
}

OUTCOMES: dict[Outcome, Any] = {
    Outcome.ADDED: _l("Added"),
    Outcome.ALREADY: _l("Uses the system already"),
    Outcome.REPEATED: _l("Stands twice in the list"),
    Outcome.UNKNOWN: _l("Nobody has this employee number"),
}

# Why a duty was refused, and at which field.
REFUSALS: dict[type[Exception], tuple[str, Any]] = {
    duties.OwnDutyError: ("employee_number", _l("You cannot give a duty to yourself. Ask a colleague.")),
    duties.NeedsSystemError: ("system", _l("Choose the system.")),
    duties.NeedsUnitError: ("unit", _l("Choose the unit.")),
    duties.TakesNoSystemError: ("system", _l("This duty is not held for a system.")),
    duties.TakesNoUnitError: ("unit", _l("This duty is not held for a unit.")),
    duties.EndsBeforeStartError: ("ends_on", _l("The last day is before the first.")),
    duties.AlreadyHeldError: ("employee_number", _l("The person has this duty already on some of these days.")),
}
