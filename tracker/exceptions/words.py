"""What decisions about a person are called, and why one may not be, in the reader's language."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracker.domain.exceptions import (
    AlreadyAssignedError,
    AlreadyExemptError,
    DecisionKind,
    DoesNotApplyError,
    NothingDueError,
    NotLaterError,
)
from tracker.exceptions.operations import (
    AlreadyAnsweredError,
    AlreadyAskedError,
    AskedUntilPastError,
    EndsBeforeStartError,
    EndsInPastError,
    NotEarlierError,
    NotStandingError,
    OwnCaseError,
    StartsInPastError,
    UntilMissingError,
)
from tracker.exceptions.queries import When
from tracker.i18n import short_date

KINDS: dict[DecisionKind, Any] = {
    DecisionKind.EXEMPTION: _l("Exemption"),
    DecisionKind.EXTENSION: _l("Extension"),
    DecisionKind.ASSIGNMENT: _l("Assigned requirement"),
}

GRANTED: dict[DecisionKind, Any] = {
    DecisionKind.EXEMPTION: _l("The exemption is granted."),
    DecisionKind.EXTENSION: _l("The extension is granted."),
    DecisionKind.ASSIGNMENT: _l("The requirement is assigned."),
}

ENDED: dict[DecisionKind, Any] = {
    DecisionKind.EXEMPTION: _l("The exemption is ended."),
    DecisionKind.ASSIGNMENT: _l("The assignment is ended."),
}

TAKEN_BACK: dict[DecisionKind, Any] = {
    DecisionKind.EXEMPTION: _l("The exemption is taken back."),
    DecisionKind.ASSIGNMENT: _l("The assignment is taken back."),
}

WHEN: dict[When, Any] = {
    When.IN_FORCE: _l("In force on the day"),
    When.COMING: _l("Coming"),
    When.ENDED: _l("Ended"),
}

_NOT_PAST = _l("Choose today or a later day, so that nobody is late when told.")

_REFUSALS: dict[type[Exception], Any] = {
    OwnCaseError: _l("Nobody decides about themself. Ask your manager or HR."),
    DoesNotApplyError: _l("The requirement does not apply to the person then."),
    NothingDueError: _l("There is no due date to move."),
    AlreadyExemptError: _l("There is an exemption already on some of those days. End that one first."),
    AlreadyAssignedError: _l("It is assigned already on some of those days. End that assignment first."),
    StartsInPastError: _NOT_PAST,
    EndsBeforeStartError: _l("The last day is before the first."),
    EndsInPastError: _NOT_PAST,
    NotStandingError: _l("Somebody has ended it or taken it back already."),
    NotEarlierError: _l("It ends by then already. Choose an earlier day."),
    AlreadyAskedError: _l("You have asked already, and get an answer as soon as your manager has read it."),
    AlreadyAnsweredError: _l("Somebody has answered this already."),
    UntilMissingError: _l("Choose the new due date."),
    AskedUntilPastError: _l("That day has passed. Choose a later one."),
}

REFUSED = (*_REFUSALS, NotLaterError)


def refusal(error: Exception) -> str:
    """Return why an exception may not be."""
    if isinstance(error, NotLaterError):
        return _("The due date is %(day)s. Choose a later day that has not passed.", day=short_date(error.due_on))
    return str(_REFUSALS[type(error)])
