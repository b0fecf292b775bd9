"""What is said about merges, in the reader's language."""

from typing import Any

from flask_babel import lazy_gettext as _l

from tracker.merging.operations import (
    AlreadyMergedError,
    AlreadyUndoneError,
    HoldsRolesError,
    LaterMergeError,
    OwnMergeError,
    SamePersonError,
)
from tracker.merging.queries import Likeness

REFUSALS: dict[type[Exception], Any] = {
    SamePersonError: _l("That is the same person."),
    OwnMergeError: _l("You cannot merge your own record, or undo that. Ask a colleague."),
    AlreadyMergedError: _l("One of the two has been merged with somebody already."),
    HoldsRolesError: _l(
        "The account that would be disabled holds roles that somebody has given it. Let the other person remain, or ask "
        "whoever administers accounts to take the roles back first."
    ),
    AlreadyUndoneError: _l("The merge has been undone already."),
    LaterMergeError: _l("The person has been merged again since. Undo the later merge first."),
}

LIKENESS: dict[Likeness, Any] = {
    Likeness.ADDRESS: _l("the same name and e-mail address, now or before"),
    Likeness.UNIT: _l("the same name, and both have worked in the same unit"),
    Likeness.FOLLOWING: _l("the same name, and one began within a year after the other had left"),
}

KINDS: dict[str, Any] = {
    "employment": _l("Employments"),
    "duty": _l("Duties"),
    "access": _l("Access to IT systems"),
    "absence": _l("Absences"),
    "completion": _l("Completions"),
    "exemption": _l("Exemptions"),
    "extension": _l("Extensions"),
    "assignment": _l("Assigned requirements"),
    "task_done": _l("Introduction tasks done"),
}
