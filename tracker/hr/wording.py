"""What is said about rosters in words: why a file cannot be read, and what is wrong with a row."""

from flask_babel import lazy_gettext as _l

from tracker.domain.facts import DutyKind
from tracker.domain.roster import Guard
from tracker.domain.roster_rows import Problem, ProblemKind
from tracker.hr.reading import COLUMNS, UnreadableFileError

# Columns are called by HR's own headings in every language: that is what stands in the file.
HEADINGS = {field: names[0] for field, _needed, names in COLUMNS}

_UNREADABLE = {
    "too_large": _l("The file is larger than %(first)s MB."),
    "too_many_rows": _l("The file has more than %(first)s rows."),
    "empty": _l("The file is empty."),
    "not_text": _l("This is not a text file. Save it as CSV or XLSX and try again."),
    "not_a_spreadsheet": _l("The spreadsheet cannot be opened. Save it as XLSX or CSV and try again."),
    "not_a_table": _l("The file cannot be divided into rows and columns (%(first)s)."),
    "unknown_encoding": _l("Letters such as å, ä and ö cannot be read. Save the file as UTF-8 and try again."),
    "mojibake": _l(
        "Letters have been damaged before the file came here: row %(first)s has “%(second)s”. Export it again from the HR "
        "system, without opening it in another program on the way."
    ),
    "damaged": _l(
        "The file holds characters that do not belong in text: row %(first)s, at “%(second)s”. Export it again from the "
        "HR system."
    ),
    "missing_columns": _l("These columns are missing: %(first)s. These were not recognised: %(second)s."),
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

# What a plan counts, in the order it is told. The words follow a number.
COUNTS = {
    "units_new": _l("new units"),
    "units_renamed": _l("units with a new name"),
    "units_moved": _l("units with a new place"),
    "units_reopened": _l("units reopened"),
    "new_positions": _l("new positions"),
    "renamed_positions": _l("positions with a new title"),
    "new_persons": _l("new people"),
    "changed_persons": _l("people with changed details"),
    "employments_added": _l("new employments"),
    "employments_changed": _l("employments with a new unit or new terms"),
    "employments_corrected": _l("employments with corrected dates"),
    "employments_ended": _l("employments that end"),
    "employments_removed": _l("employments that never began"),
    "absences_added": _l("new absences"),
    "absences_corrected": _l("absences with corrected dates"),
    "absences_ended": _l("absences that end"),
    "absences_removed": _l("absences that never began"),
    "duties_added": _l("new managers"),
    "duties_corrected": _l("managers with corrected dates"),
    "duties_ended": _l("managers who step down"),
    "duties_removed": _l("managers who never began"),
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
