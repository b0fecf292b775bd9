"""What is said of drafts, in the reader's language."""

from typing import Any

from flask_babel import lazy_gettext as _l

from tracker.compliance.whatif import Change
from tracker.domain.requirement import Contradiction, EarlierCompletions, MajorVersions
from tracker.drafting.doubts import Doubt
from tracker.reminders.forecast import MailChange

EARLIER: dict[EarlierCompletions, Any] = {
    EarlierCompletions.ALL: _l("count while they are valid"),
    EarlierCompletions.FROM_ANCHOR: _l("count only if made since the requirement began to fit the person"),
    EarlierCompletions.FROM_DATE: _l("count only if made from a certain day"),
}

MAJORS: dict[MajorVersions, Any] = {
    MajorVersions.IGNORED: _l("nothing follows"),
    MajorVersions.AT_RENEWAL: _l("the new content is met at the next renewal"),
    MajorVersions.WITHIN_DAYS: _l("the course is completed anew, within a number of days"),
}

# Which field a contradiction is told at, and how.
CONTRADICTIONS: dict[Contradiction, tuple[str, Any]] = {
    Contradiction.FIRST_DUE: ("due_days", _l("Say by when: a number of days or a date.")),
    Contradiction.NEGATIVE_DAYS: ("notice", _l("Days cannot be fewer than none.")),
    Contradiction.EFFECTIVE_DAYS: ("effective_until", _l("It cannot end before it takes effect.")),
    Contradiction.VALIDITY: ("validity", _l("There is no such day of the year.")),
    Contradiction.RENEWAL_WINDOW: (
        "window",
        _l("The time to renew must be shorter than the validity, or each completion would renew the one before."),
    ),
    Contradiction.ACCEPTED_FROM: ("accepted_from", _l("Say from which day completions count.")),
    Contradiction.MAJOR_VERSION_DAYS: ("major_days", _l("Say within how many days.")),
}

CHANGES: dict[Change, Any] = {
    Change.MATCHED: _l("It would apply to"),
    Change.ADDED: _l("New to it"),
    Change.DROPPED: _l("No longer in it"),
    Change.OVERDUE: _l("Overdue or lapsed at once"),
    Change.OVERDUE_SOON: _l("Overdue or lapsed within 30 days, if they do nothing"),
    Change.LATER: _l("Get a later date"),
    Change.EARLIER: _l("Get an earlier date"),
    Change.TO_COMPLETE: _l("Have to take the course"),
}

MAILS: dict[MailChange, Any] = {
    MailChange.NEW: _l("New mail"),
    MailChange.LONGER: _l("Sent anyway, gets longer"),
    MailChange.DROPPED: _l("No longer sent"),
}

DOUBTS: dict[Doubt, Any] = {
    Doubt.NOBODY: _l("It is for nobody on this day."),
    Doubt.EVERYBODY: _l(
        "It is for everyone employed, though no line says so. If that is what you mean, tick that everyone is meant."
    ),
    Doubt.NO_COURSE: _l("Its course has no published version, so nobody can take it yet."),
    Doubt.DUE_BEFORE_NOTICE: _l(
        "The first date falls within the minimum notice. The notice will decide: nobody is late before it has passed."
    ),
    Doubt.SHORT_NOTICE: _l(
        "The minimum notice is shorter than 14 days. Nobody has time to be told and take the course: people may be late"
        " within a few days. Choose at least 14 days."
    ),
    Doubt.IN_THE_PAST: _l(
        "It takes effect before today, so people may be late as soon as it is published. Choose today or a later day,"
        " unless you are writing down what has been decided earlier."
    ),
    Doubt.NO_REASON: _l("It does not say why in both languages. Everyone it is for will ask."),
}
