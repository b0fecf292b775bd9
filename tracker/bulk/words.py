"""What is said about batches and their rows, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from tracker.bulk.models import Act, BatchState, Outcome, Undone

ACTS: dict[Act, Any] = {
    Act.ASSIGN: _l("Assign a requirement"),
    Act.EXEMPT: _l("Exempt from a requirement"),
    Act.EXTEND: _l("Give more time"),
    Act.COMPLETE: _l("Record completions"),
}

STATES: dict[BatchState, Any] = {
    BatchState.PREVIEWED: _l("Looked at, not done"),
    BatchState.APPLIED: _l("Done"),
    BatchState.UNDONE: _l("Undone"),
}

_WILL_BE: dict[Act, Any] = {
    Act.ASSIGN: _l("Will be assigned"),
    Act.EXEMPT: _l("Will be exempt"),
    Act.EXTEND: _l("Will get more time"),
    Act.COMPLETE: _l("Will be recorded"),
}
_DONE: dict[Act, Any] = {
    Act.ASSIGN: _l("Assigned"),
    Act.EXEMPT: _l("Exempt"),
    Act.EXTEND: _l("Got more time"),
    Act.COMPLETE: _l("Recorded"),
}
_ALREADY: dict[Act, Any] = {
    Act.ASSIGN: _l("Assigned already on some of the days: nothing is done"),
    Act.EXEMPT: _l("Exempt already on some of the days: nothing is done"),
    Act.COMPLETE: _l("Recorded already on that day: nothing is done"),
}

_OUTCOMES: dict[Outcome, Any] = {
    Outcome.NOT_FOUND: _l("Nobody among your people has this number or address"),
    Outcome.NAMELESS: _l("Neither an employee number nor an e-mail address stands in the row"),
    Outcome.AMBIGUOUS: _l("Several people have this e-mail address: use the employee number"),
    Outcome.DUPLICATE: _l("Stands earlier in the list already"),
    Outcome.ONESELF: _l("This is you: nobody decides about themself"),
    Outcome.SIGNER: _l("Signed the list: nobody attests themself"),
    Outcome.NOT_EMPLOYED: _l("Not employed on any of the days"),
    Outcome.NOT_IN_EFFECT: _l("The requirement is not in effect on the days of the employment"),
    Outcome.DOES_NOT_APPLY: _l("The requirement does not apply to the person then"),
    Outcome.NOTHING_DUE: _l("There is no due date to move"),
    Outcome.NOT_LATER: _l("Due on that day or later already, or the day has passed"),
    Outcome.STARTS_IN_PAST: _l("The first day has passed"),
    Outcome.UNREADABLE_DAY: _l("The day cannot be read: write it as 2026-11-23"),
    Outcome.NO_DAY: _l("No day is given"),
    Outcome.FUTURE_DAY: _l("That day has not come yet"),
    Outcome.BEFORE_EMPLOYMENT: _l("Not employed yet on that day: say in the note why it counts"),
}

_UNDONE: dict[Undone, Any] = {
    Undone.TAKEN_BACK: _l("Taken back"),
    Undone.GONE: _l("Not undone: ended or taken back already"),
    Undone.ONESELF: _l("Not undone: about yourself, so somebody else must take it back"),
    Undone.NOT_SEEN: _l("Not undone: no longer among your people"),
}


def say(what: Outcome | Undone, act: Act, *, ahead: bool) -> str:
    """Return what is told of a row. `ahead`: nothing has been done yet."""
    if isinstance(what, Undone):
        return str(_UNDONE[what])
    by_act: Mapping[Outcome, Mapping[Act, Any]] = {
        Outcome.DONE: _WILL_BE if ahead else _DONE,
        Outcome.ALREADY: _ALREADY,
    }
    return str(by_act[what][act] if what in by_act else _OUTCOMES[what])
