"""What is said of packs, in the reader's language."""

from typing import Any

from flask_babel import lazy_gettext as _l

from tracker.packs.files import StatementKind
from tracker.packs.queries import Change

# In the order shown: the heading, and the icon.
STATEMENTS: dict[StatementKind, tuple[Any, str]] = {
    StatementKind.LAW: (_l("The law says"), "security"),
    StatementKind.DECISION: (_l("The municipality has decided"), "documents"),
    StatementKind.SUGGESTION: (_l("Suggested by the pack"), "tip"),
}

COURSE_CHANGES: dict[Change, Any] = {
    Change.NEW: _l("New, is published"),
    Change.CHANGED: _l("A new version is published"),
    Change.SAME: _l("Here already"),
    Change.CONFLICT: _l("Left alone: somebody is working on it"),
}

REQUIREMENT_CHANGES: dict[Change, Any] = {
    Change.NEW: _l("New, as a draft"),
    Change.CHANGED: _l("Says something else here: a new draft"),
    Change.SAME: _l("Here already"),
    Change.CONFLICT: _l("Left alone: somebody is working on a draft"),
}

EQUIVALENCE_CHANGES: dict[Change, Any] = {
    Change.NEW: _l("New, counts at once"),
    Change.SAME: _l("Here already"),
    Change.CONFLICT: _l("Left alone: it counts already on other days here"),
}

ITEM_CHANGES: dict[Change, Any] = {
    Change.NEW: _l("New, for those who begin today or later"),
    Change.SAME: _l("Here already"),
    Change.CONFLICT: _l("Left alone: it says something else here"),
    Change.MISSING: _l("Left out: it names what is not here, or a requirement that is not published"),
}
