"""What is said about rosters in words: why a file cannot be read, and what is wrong with a row."""

from collections.abc import Callable

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from tracker.domain.facts import DutyKind
from tracker.domain.roster import Guard
from tracker.domain.roster_rows import Problem, ProblemKind
from tracker.hr.reading import COLUMNS, UnreadableFileError

# Columns are called by HR's own headings in every language: that is what stands in the file.
HEADINGS = {field: names[0] for field, _needed, names in COLUMNS}

_UNREADABLE = {
    "too_large": _l("The file is larger than %(first)s MB."),
    "too_many_rows": _l("There are more than %(first)s rows. Divide them, and load one part at a time."),
    "empty": _l("The file is empty."),
    "not_text": _l(
        "This is neither an Excel file (.xlsx) nor text. Open the list in Excel, save it there as .xlsx without a password, or "
        "as CSV, and choose that file."
    ),
    "not_a_spreadsheet": _l(
        "The file cannot be opened as an Excel file. Open the list in Excel, save it there as .xlsx or CSV, and choose that "
        "file."
    ),
    "not_a_table": _l("The file cannot be divided into rows and columns (%(first)s)."),
    "unknown_encoding": _l("Letters such as å, ä and ö cannot be read. Save the file as UTF-8 and try again."),
    "mojibake": _l(
        "Letters have been damaged before the file came here: row %(first)s has “%(second)s”. Export it again from the HR "
        "system, without opening it in another program on the way."
    ),
    "damaged": _l(
        "Row %(first)s holds a character that does not belong in text, at “%(second)s”. Take it away, or export the file "
        "again."
    ),
    "missing_columns": _l("These columns are missing: %(first)s."),
    "misnamed_columns": _l("These columns are missing: %(first)s. These were not recognised: %(second)s."),
}

_PROBLEMS = {
    ProblemKind.WRONG_CELL_COUNT: _l("The row has %(first)s cells, the headings are %(second)s."),
    ProblemKind.MISSING: _l("Nothing is filled in."),
    ProblemKind.TOO_LONG: _l("It is longer than %(first)s characters."),
    ProblemKind.NOT_A_DATE: _l("“%(first)s” is not a date. Write it as 2026-11-23."),
    ProblemKind.ENDS_BEFORE_START: _l("It ends before it starts: %(first)s."),
    ProblemKind.NOT_A_PERCENTAGE: _l("“%(first)s” is not a number between 0 and 100."),
    ProblemKind.NOT_YES_OR_NO: _l("“%(first)s” is neither J nor N. The identity is treated as protected."),
    ProblemKind.UNKNOWN_PARENT: _l(
        "Unit %(first)s lies below unit %(second)s, which cannot be placed or does not exist."
    ),
    ProblemKind.UNIT_CYCLE: _l("Unit %(first)s lies below itself, by way of unit %(second)s."),
    ProblemKind.CONFLICTING_UNIT: _l(
        "Unit %(first)s is described in two ways: “%(second)s” and “%(third)s”. The latter is used."
    ),
    ProblemKind.DUPLICATE_ROW: _l("The same row stands earlier in the file."),
    ProblemKind.CONFLICTING_NAME: _l(
        "The employee number has two names: “%(first)s” and “%(second)s”. The latter is used."
    ),
    ProblemKind.LOST_CHARACTER: _l("A letter seems to have been lost: “%(first)s”. Correct it in the HR system."),
    ProblemKind.MALFORMED_EMAIL: _l("“%(first)s” is not an e-mail address. The row is used without it."),
    ProblemKind.SHARED_EMAIL: _l(
        "%(first)s already belongs to employee number %(second)s. The row is used without it."
    ),
    ProblemKind.UNKNOWN_MANAGER: _l(
        "Nobody in the file has employee number %(first)s. The row is used without a manager."
    ),
    ProblemKind.EARLIER_NUMBER: _l(
        "Somebody else, or somebody by another name, had employee number %(first)s before. Find them by that number and say "
        "on their page that it is somebody else’s now, or correct the name."
    ),
    ProblemKind.OWN_MANAGER: _l("The person is their own manager. The row is used without a manager."),
}

GUARDS = {
    Guard.ENDS_MANY: _l("More than a fifth of all employments would end."),
    Guard.RENAMES_MANY: _l("More than a fifth of all people would get another name."),
}

DUTIES = {
    DutyKind.UNIT_MANAGER: _l("Manager"),
    DutyKind.HEAD_OF_ADMINISTRATION: _l("Head of administration"),
}

# What a plan counts, in the order it is told: each takes how many.
COUNTS: dict[str, Callable[[int], str]] = {
    "units_new": lambda number: ngettext("%(num)s new unit", "%(num)s new units", number),
    "units_renamed": lambda number: ngettext("%(num)s unit with a new name", "%(num)s units with a new name", number),
    "units_moved": lambda number: ngettext("%(num)s unit with a new place", "%(num)s units with a new place", number),
    "units_reopened": lambda number: ngettext("%(num)s unit reopened", "%(num)s units reopened", number),
    "new_positions": lambda number: ngettext("%(num)s new position", "%(num)s new positions", number),
    "renamed_positions": lambda number: ngettext(
        "%(num)s position with a new title", "%(num)s positions with a new title", number
    ),
    "new_persons": lambda number: ngettext("%(num)s new person", "%(num)s new people", number),
    "changed_persons": lambda number: ngettext(
        "%(num)s person with changed details", "%(num)s people with changed details", number
    ),
    "employments_added": lambda number: ngettext("%(num)s new employment", "%(num)s new employments", number),
    "employments_changed": lambda number: ngettext(
        "%(num)s employment with a new unit or new terms", "%(num)s employments with a new unit or new terms", number
    ),
    "employments_corrected": lambda number: ngettext(
        "%(num)s employment with corrected dates", "%(num)s employments with corrected dates", number
    ),
    "employments_ended": lambda number: ngettext(
        "%(num)s employment that ends", "%(num)s employments that end", number
    ),
    "employments_removed": lambda number: ngettext(
        "%(num)s employment that never began", "%(num)s employments that never began", number
    ),
    "absences_added": lambda number: ngettext("%(num)s new absence", "%(num)s new absences", number),
    "absences_corrected": lambda number: ngettext(
        "%(num)s absence with corrected dates", "%(num)s absences with corrected dates", number
    ),
    "absences_ended": lambda number: ngettext("%(num)s absence that ends", "%(num)s absences that end", number),
    "absences_removed": lambda number: ngettext(
        "%(num)s absence that never began", "%(num)s absences that never began", number
    ),
    "duties_added": lambda number: ngettext("%(num)s new management duty", "%(num)s new management duties", number),
    "duties_corrected": lambda number: ngettext(
        "%(num)s management duty with corrected dates", "%(num)s management duties with corrected dates", number
    ),
    "duties_ended": lambda number: ngettext(
        "%(num)s management duty that ends", "%(num)s management duties that end", number
    ),
    "duties_removed": lambda number: ngettext(
        "%(num)s management duty that never began", "%(num)s management duties that never began", number
    ),
}


def why_unreadable(error: UnreadableFileError) -> str:
    """Say why a file cannot be read."""
    return _filled(_UNREADABLE[error.reason], error.values)


def problem_text(problem: Problem) -> str:
    """Say what is wrong with a row."""
    return _filled(_PROBLEMS[problem.kind], problem.values)


def _filled(text: object, values: tuple[str, ...]) -> str:
    return str(text) % dict(zip(("first", "second", "third"), (*values, "", "", ""), strict=False))


def heading(column: str) -> str:
    """Return what a column is called in the HR system's file."""
    return HEADINGS.get(column, column)
