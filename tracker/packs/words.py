"""What is said of packs and of what is wrong in them, in the reader's language."""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l

from tracker.packs.files import StatementKind
from tracker.packs.queries import Change
from tracker.writing import Fault, Problem

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
    Change.MISSING: _l("Left out: it names what is not here"),
}

# What is wrong, and what would be right. Names of fields and files are the file's own, whatever the language.
FAULTS: dict[Fault, Any] = {
    Fault.FILE_MISSING: _l("The file is missing. Add it, or take away what names it."),
    Fault.NOT_UTF8: _l("Line %(line)s is not UTF-8. Save the file as UTF-8."),
    Fault.NOT_TOML: _l(
        "The file cannot be read from line %(line)s, column %(column)s on. Look there for a quote, a bracket or "
        "an equals sign that is missing or too many, or a day that does not exist."
    ),
    Fault.SAID_TWICE: _l(
        "What stands at line %(line)s, column %(column)s has been said before in the file. Say it once."
    ),
    Fault.TOO_DEEP: _l(
        "The file cannot be read: a number in it is too long, or lists lie too deep in each other. Write it more "
        "simply."
    ),
    Fault.MISSING: _l("%(name)s is missing. Write %(example)s."),
    Fault.NOT_TEXT: _l("%(name)s must be text in quotes: %(example)s."),
    Fault.NOT_WHOLE: _l("%(name)s must be a whole number without quotes: %(example)s."),
    Fault.NOT_NUMBER: _l("%(name)s must be a number without quotes, with a point for decimals: %(example)s."),
    Fault.NOT_DAY: _l("%(name)s must be a day without quotes: %(example)s."),
    Fault.FAR_OFF: _l("%(name)s is too far off. Write a year from %(first)s to %(last)s."),
    Fault.NOT_FLAG: _l("%(name)s must be true or false without quotes: %(example)s."),
    Fault.NOT_TABLE: _l("%(name)s must be a table, which begins with %(example)s."),
    Fault.NOT_TABLES: _l("%(name)s must be tables, each of which begins with %(example)s."),
    Fault.NOT_BELONGING: _l("%(name)s is not a field that belongs here. These are: %(known)s."),
    Fault.NOT_ONE_OF: _l("%(name)s is “%(value)s”. It must be one of: %(known)s."),
    Fault.NOT_SEEN: _l("%(name)s has characters that cannot be seen. Take them out."),
    Fault.TOO_LARGE: _l("%(name)s is too large. It is %(most)s at most."),
    Fault.TOO_MANY: _l("%(name)s is there too many times. Write it at most %(most)s times."),
    Fault.TOO_LONG: _l("%(name)s is too long. It has %(most)s characters at most."),
    Fault.TOO_SMALL: _l("%(name)s must be at least %(least)s."),
    Fault.SILENT: _l("Nothing is said in %(language)s. Write the text in both languages, sv and en."),
    Fault.BAD_KEY: _l(
        "%(name)s is “%(value)s”. It must be lower-case letters a to z and digits, with single hyphens between, "
        "at most 60 characters."
    ),
    Fault.TWICE: _l("%(name)s “%(value)s” is there twice. Give each its own."),
    Fault.NOT_CONTENT: _l("This is not the content of a module."),
    Fault.NO_MODULES: _l("There are no modules. Write at least one [[module]]."),
    Fault.EMPTY: _l("The file is empty. Write the module’s text in it."),
    Fault.NOT_OF_MODULE: _l("The file belongs to no module. Take it away, or add its module to course.toml."),
    Fault.NOT_A_PICTURE: _l("This is not a picture that may be shown. Save it as SVG, PNG, JPEG or WebP."),
    Fault.LIVELY_PICTURE: _l(
        "The picture is more than a drawing: it has scripts, or fetches something. Save it as a plain drawing."
    ),
    Fault.UNKNOWN_PICTURE: _l(
        "The text shows the picture “%(name)s”, which is not there. Add it to the folder, or take it out of the text."
    ),
    Fault.SILENT_PICTURE: _l(
        "The picture “%(name)s” does not say what it shows. Write that between the square brackets."
    ),
    Fault.QUESTIONS: _l("A module of the kind test, and only such a one, has questions."),
    Fault.PASS_MARK: _l("A module of the kind test, and only such a one, has a pass_mark."),
    Fault.PASS_MARK_PERCENT: _l("pass_mark must be a percentage from 1 to 100."),
    Fault.STEPS: _l("A module of the kind checklist, and only such a one, has steps."),
    Fault.STATEMENT: _l("A module of the kind document, and only such a one, has a statement to acknowledge."),
    Fault.NO_ANSWER: _l("A question of the kind number needs an answer: answer = 2.5."),
    Fault.NEGATIVE_TOLERANCE: _l("tolerance must be 0 or more."),
    Fault.OPTIONS_OF_NUMBER: _l("A question of the kind number has no options. Take them away."),
    Fault.FEW_OPTIONS: _l("There are too few options to choose from. Write at least %(least)s."),
    Fault.ONE_RIGHT: _l("Exactly one option must be right, not %(number)s. Write correct = true at that one."),
    Fault.NONE_RIGHT: _l("At least one option must be right. Write correct = true at each that is."),
    Fault.COUNTS_AS_ITSELF: _l("A course counts as itself already. Name another in accepts."),
    Fault.ENDS_BEFORE_START: _l("ends_on is before starts_on. Choose that day or a later one."),
    Fault.COUNTS_TWICE: _l(
        "That %(accepts)s counts as %(course)s is said twice about the same days. Let the days follow one another."
    ),
    Fault.FIRST_DUE: _l("Say by when: either first_due_days or first_due_on, not both."),
    Fault.NEGATIVE_DAYS: _l("Days must be 0 or more."),
    Fault.VALIDITY: _l("There is no such validity. Write months = 12, or a month and a day that exist."),
    Fault.RENEWAL_WINDOW: _l(
        "renewal_window_days must be shorter than the validity, or each completion would renew the one before."
    ),
    Fault.ACCEPTED_FROM: _l('accepted_from is written together with earlier_completions = "from_date", and only then.'),
    Fault.MAJOR_VERSION_DAYS: _l(
        'major_version_days is written together with major_versions = "within_days", and only then.'
    ),
    Fault.OFFSET: _l("offset must be a number of working days from %(first)s to %(last)s."),
    Fault.OWNER_OR_REQUIREMENT: _l("Say either owner or requirement, not both."),
    Fault.UNIT_OR_POSITION: _l("Say either unit or position, not both."),
    Fault.FORMAT: _l(
        "This version of Tracker does not read that format. Write format = %(known)s, or load the pack with a "
        "newer version."
    ),
    Fault.SOURCE_MISSING: _l("source is missing. A law or a decision can be looked up: say where."),
    Fault.NOT_OF_PACK: _l("This is not a file that a pack has. Take it away."),
    Fault.UNKNOWN_COURSE: _l(
        "The course “%(code)s” is neither in the pack nor here. Add it to the pack, or name another."
    ),
    Fault.OTHER_KIND: _l(
        "kind is “%(theirs)s” in the pack and “%(ours)s” here. A course keeps its kind: give this one another code."
    ),
    Fault.UNKNOWN: _l("There is no %(name)s “%(value)s” here. Add it first, or name another."),
    Fault.NOT_THERE: _l("There is no such file or folder. Look at how the path is spelt."),
    Fault.TOO_MANY_BYTES: _l("It is too large. A pack holds %(most)s MB at most."),
    Fault.TOO_MANY_FILES: _l("There are too many files. A pack holds %(most)s at most."),
    Fault.NOT_ZIP: _l(
        "The file cannot be read as a zip. Send the zip as it was taken out, or zip the pack’s folder again."
    ),
    Fault.LINK: _l("This is a link, or something else that is not a file. A pack has files only."),
    Fault.ENCRYPTED: _l("The file is encrypted. Zip it without a password."),
    Fault.BAD_PACKING: _l("The file is packed in an unusual way. Zip it anew, with the ordinary settings."),
    Fault.BAD_NAME: _l(
        "A pack’s file may not be called so. Use a to z, digits, full stops, hyphens and underscores, in at most "
        "three folders."
    ),
    Fault.BAD_TYPE: _l("A pack does not hold files of this kind. It holds: %(known)s."),
    Fault.NAME_TWICE: _l("Two files have this name, or names that differ in capitals only. Rename one."),
    Fault.INFLATED: _l("The file unpacks to more than a pack may hold. Make it smaller."),
}


def told(problems: Iterable[Problem]) -> list[tuple[str, str]]:
    """Return what is told of problems: where each is, and what is wrong there. English where nobody has a language."""
    return [(problem.where, str(FAULTS[problem.fault]) % problem.values) for problem in problems]
