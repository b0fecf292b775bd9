"""What the states are called, in the reader's language."""

from typing import Any

from flask_babel import lazy_gettext as _l

from tracker.domain.facts import State

# Those that call for something first.
STATES: dict[State, Any] = {
    State.OVERDUE: _l("Overdue"),
    State.LAPSED: _l("Lapsed"),
    State.GRACE: _l("In grace period"),
    State.RENEW: _l("Time to renew"),
    State.TO_DO: _l("To do"),
    State.VALID: _l("Valid"),
    State.ON_HOLD: _l("On hold"),
    State.EXEMPT: _l("Exempt"),
}
