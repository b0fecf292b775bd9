"""What is said of equivalences, in the reader's language."""

from typing import Any

from flask_babel import lazy_gettext as _l

from tracker.equivalences.queries import Effect

EFFECTS: dict[Effect, Any] = {
    Effect.OVERDUE: _l("Overdue or lapsed at once"),
    Effect.OVERDUE_SOON: _l("Overdue or lapsed within 30 days, if they do nothing"),
    Effect.RELIEVED: _l("No longer overdue or lapsed"),
    Effect.EARLIER: _l("Get an earlier date"),
    Effect.LATER: _l("Get a later date"),
    Effect.TO_COMPLETE: _l("Have to take the course"),
    Effect.COMPLETED: _l("Need not take the course now"),
}

# Counting can only help, and no longer counting only harm: the rest is always none.
OF_ACCEPTING = (Effect.RELIEVED, Effect.COMPLETED, Effect.LATER)
OF_STOPPING = (Effect.OVERDUE, Effect.OVERDUE_SOON, Effect.TO_COMPLETE, Effect.EARLIER)
