"""Reading sense into the rows of a roster: what each says, and what is wrong with it."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from tracker.domain.periods import Days
from tracker.domain.roster_units import misplaced

LONGEST_NUMBER = 40
LONGEST_CODE = 60
LONGEST_NAME = 200
LONGEST_EMAIL = 254
# HR systems write "no end" as a day far away, such as 9999-12-31.
NO_END_FROM_YEAR = 2100
FIRST_YEAR = 1900

YES = frozenset({"j", "ja", "y", "yes", "1", "true", "sant", "x"})
NO = frozenset({"", "n", "nej", "no", "0", "false", "falskt"})

# Columns that every row must fill in, and how long what they hold may be.
_NEEDED = {
    "employee_number": LONGEST_NUMBER,
    "given_name": LONGEST_NAME,
    "family_name": LONGEST_NAME,
    "unit_code": LONGEST_CODE,
    "unit_name": LONGEST_NAME,
    "position_title": LONGEST_NAME,
    "starts_on": LONGEST_CODE,
}

_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:[T ]00:00(?::00)?)?")
_PERCENT = re.compile(r"(\d{1,3}(?:[.,]\d{1,4})?) ?%?")
EMAIL = re.compile(r"[^@\s,;<>\"()]+@[^@\s,;<>\"()]+\.[^@\s,;<>\"().]{2,}")
_LOST_CHARACTER = re.compile(r"\w\?|\?\w")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a roster, as text. None means that the file has no such column, and so says nothing of it."""

    number: int
    employee_number: str
    given_name: str
    family_name: str
    unit_code: str
    unit_name: str
    parent_code: str
    position_title: str
    starts_on: str
    ends_on: str | None = None
    email: str | None = None
    position_code: str | None = None
    kind: str | None = None
    percent: str | None = None
    manager: str | None = None
    absent_from: str | None = None
    absent_until: str | None = None
    protected: str | None = None
    # How many cells it has and should have, where the two differ: what stands in which column is then anyone's guess.
    cells: tuple[int, int] | None = None


class ProblemKind(StrEnum):
    """What can be wrong with a row."""

    WRONG_CELL_COUNT = "wrong_cell_count"
    MISSING = "missing"
    TOO_LONG = "too_long"
    NOT_A_DATE = "not_a_date"
    ENDS_BEFORE_START = "ends_before_start"
    NOT_A_PERCENTAGE = "not_a_percentage"
    NOT_YES_OR_NO = "not_yes_or_no"
    UNKNOWN_PARENT = "unknown_parent"
    UNIT_CYCLE = "unit_cycle"
    CONFLICTING_UNIT = "conflicting_unit"
    DUPLICATE_ROW = "duplicate_row"
    CONFLICTING_NAME = "conflicting_name"
    LOST_CHARACTER = "lost_character"
    MALFORMED_EMAIL = "malformed_email"
    SHARED_EMAIL = "shared_email"
    UNKNOWN_MANAGER = "unknown_manager"
    OWN_MANAGER = "own_manager"
    EARLIER_NUMBER = "earlier_number"


# Columns whose cells name somebody.
_PERSONAL = frozenset({"given_name", "family_name", "email"})

# With these the row is used all the same, without the doubtful part; with all others it is left out.
WARNINGS = frozenset(
    {
        ProblemKind.NOT_YES_OR_NO,
        ProblemKind.CONFLICTING_UNIT,
        ProblemKind.LOST_CHARACTER,
        ProblemKind.MALFORMED_EMAIL,
        ProblemKind.SHARED_EMAIL,
        ProblemKind.UNKNOWN_MANAGER,
        ProblemKind.OWN_MANAGER,
    }
)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong in one row and column (a field of `Row`), with the values that show it."""

    row: int
    column: str
    kind: ProblemKind
    values: tuple[str, ...] = ()

    @property
    def left_out(self) -> bool:
        """Whether the row is not used because of this."""
        return self.kind not in WARNINGS

    def without_values(self) -> "Problem":
        """Return the problem without names and addresses, for a row about somebody with protected identity."""
        return replace(self, values=tuple("…" for _ in self.values)) if self.column in _PERSONAL else self


@dataclass(frozen=True, slots=True)
class PositionName:
    """What one is employed as. HR codes are coarse: one code may stand for both "Rektor" and "Enhetschef"."""

    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What a usable row says."""

    row: int
    employee_number: str
    given_name: str
    family_name: str
    email: str | None
    email_unknown: bool
    unit: str
    unit_name: str
    parent: str | None
    position: PositionName
    kind: str
    percent: float
    days: Days
    manager: str | None
    absence: Days | None
    protected: bool | None


@dataclass
class Checked:
    """The usable rows, the problems, and whom and what must be left alone because rows about them could not be used."""

    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    held_numbers: set[str] = field(default_factory=set)
    held_names: set[tuple[str, str]] = field(default_factory=set)
    held_units: set[str] = field(default_factory=set)

    def leave_out(self, row: Row) -> None:
        """Note that a row could not be used: nothing may end because it is missing."""
        if row.employee_number:
            self.held_numbers.add(row.employee_number)
        else:
            self.held_names.add((row.given_name.casefold(), row.family_name.casefold()))
        self.held_units.add(row.unit_code)


def check(rows: Sequence[Row], known_units: Mapping[str, str | None]) -> Checked:
    """Return what the rows say and what is wrong with them.

    `known_units` says what is known of each unit's parent; such units may be parents without being in the file.
    """
    checked = Checked()
    understood: list[tuple[Row, Entry]] = []
    seen: set[Row] = set()
    for row in rows:
        entry, problems = _understood(row)
        checked.problems += problems
        if entry is None:
            checked.leave_out(row)
        elif (content := replace(row, number=0)) in seen:
            checked.problems.append(Problem(row.number, "employee_number", ProblemKind.DUPLICATE_ROW))
        else:
            seen.add(content)
            understood.append((row, entry))
    understood = _same_person_same_name(understood, checked)
    understood = _units_hang_together(understood, known_units, checked)
    checked.entries = [entry for _row, entry in understood]
    _managers_exist(checked, {row.employee_number for row in rows})
    _emails_are_ones_own(checked)
    checked.problems.sort()
    return checked


def _understood(row: Row) -> tuple[Entry | None, list[Problem]]:
    """Return what one row says on its own, or None when it cannot be used."""
    problems: list[Problem] = []

    def wrong(column: str, kind: ProblemKind, *values: str) -> None:
        problems.append(Problem(row.number, column, kind, values))

    if row.cells is not None:
        wrong("employee_number", ProblemKind.WRONG_CELL_COUNT, *map(str, row.cells))
        return None, problems
    _check_texts(row, wrong)
    days = _days(row.starts_on, row.ends_on, ("starts_on", "ends_on"), wrong)
    absence = None
    if row.absent_from or row.absent_until:
        absence = _days(row.absent_from or "", row.absent_until, ("absent_from", "absent_until"), wrong)
    percent = _percent(row.percent, wrong)
    email = _email(row.email, wrong)
    protected = _protected(row.protected, wrong)
    manager = row.manager or None
    if manager is not None and manager == row.employee_number:
        wrong("manager", ProblemKind.OWN_MANAGER)
        manager = None
    if days is None or percent is None or any(problem.left_out for problem in problems):
        return None, problems
    entry = Entry(
        row=row.number,
        employee_number=row.employee_number,
        given_name=row.given_name,
        family_name=row.family_name,
        email=email,
        email_unknown=email is None and row.email != "",
        unit=row.unit_code,
        unit_name=row.unit_name,
        parent=row.parent_code or None,
        position=PositionName(row.position_code or row.position_title[:LONGEST_CODE], row.position_title),
        kind=row.kind or "",
        percent=percent,
        days=days,
        manager=manager,
        absence=absence,
        protected=protected,
    )
    return entry, problems


def _check_texts(row: Row, wrong: Callable[..., None]) -> None:
    for column, longest in _NEEDED.items():
        value: str = getattr(row, column)
        if not value:
            wrong(column, ProblemKind.MISSING)
        elif len(value) > longest:
            wrong(column, ProblemKind.TOO_LONG, str(longest))
    for column in ("parent_code", "position_code", "kind"):
        if len(getattr(row, column) or "") > LONGEST_CODE:
            wrong(column, ProblemKind.TOO_LONG, str(LONGEST_CODE))
    for column in ("given_name", "family_name", "unit_name"):
        if _LOST_CHARACTER.search(getattr(row, column)):
            wrong(column, ProblemKind.LOST_CHARACTER, getattr(row, column))


def _days(first: str, last: str | None, columns: tuple[str, str], wrong: Callable[..., None]) -> Days | None:
    starts_on, ends_on = parse_date(first), parse_date(last or "")
    if first and starts_on is None:
        wrong(columns[0], ProblemKind.NOT_A_DATE, first)
    elif not first and columns[0] != "starts_on":  # Of an employment it is already reported.
        wrong(columns[0], ProblemKind.MISSING)
    if last and ends_on is None:
        wrong(columns[1], ProblemKind.NOT_A_DATE, last)
    if starts_on is None or (last and ends_on is None):
        return None
    if ends_on is not None and ends_on.year >= NO_END_FROM_YEAR:
        ends_on = None
    if ends_on is not None and ends_on < starts_on:
        wrong(columns[1], ProblemKind.ENDS_BEFORE_START, f"{starts_on} – {ends_on}")
        return None
    return Days(starts_on, ends_on)


def parse_date(text: str) -> date | None:
    """Return the day that a text such as "2026-11-23" or "20261123" names, or None."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    try:
        day = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
    return day if day.year >= FIRST_YEAR else None


def _percent(text: str | None, wrong: Callable[..., None]) -> float | None:
    """Return an extent in percent of full time, which it is where the file does not say; None for what is none."""
    if not text:
        return 100.0
    match = _PERCENT.fullmatch(text)
    value = round(float(match[1].replace(",", ".")), 2) if match else None
    if value is None or value > 100:
        wrong("percent", ProblemKind.NOT_A_PERCENTAGE, text)
        return None
    return value


def _email(text: str | None, wrong: Callable[..., None]) -> str | None:
    if text and (len(text) > LONGEST_EMAIL or not EMAIL.fullmatch(text)):
        wrong("email", ProblemKind.MALFORMED_EMAIL, text)
        return None
    return text or None


def _protected(text: str | None, wrong: Callable[..., None]) -> bool | None:
    """Return whether an identity is protected, None where the file does not say. In doubt it is."""
    if text is None:
        return None
    word = text.casefold()
    if word not in YES | NO:
        wrong("protected", ProblemKind.NOT_YES_OR_NO, text)
    return not says_no(text)


def says_no(text: str) -> bool:
    """Say whether a cell about protected identity says that it is not. In doubt it is."""
    return text.casefold() in NO


def _same_person_same_name(understood: list[tuple[Row, Entry]], checked: Checked) -> list[tuple[Row, Entry]]:
    """Leave out rows that give a second name to an employee number: they may be about somebody else."""
    first: dict[str, tuple[str, str]] = {}
    kept = []
    for row, entry in understood:
        name = (entry.given_name, entry.family_name)
        if first.setdefault(entry.employee_number, name) != name:
            values = (" ".join(name), " ".join(first[entry.employee_number]))
            checked.problems.append(Problem(row.number, "family_name", ProblemKind.CONFLICTING_NAME, values))
            checked.leave_out(row)
        else:
            kept.append((row, entry))
    return kept


def _units_hang_together(
    understood: list[tuple[Row, Entry]], known_units: Mapping[str, str | None], checked: Checked
) -> list[tuple[Row, Entry]]:
    """Leave out rows of units that lie below themselves, or below a unit that nobody knows."""
    parents: dict[str, str | None] = {}
    names: dict[str, str] = {}
    for row, entry in understood:
        if parents.setdefault(entry.unit, entry.parent) != entry.parent:
            values = (entry.unit, entry.parent or "", parents[entry.unit] or "")
            checked.problems.append(Problem(row.number, "parent_code", ProblemKind.CONFLICTING_UNIT, values))
        if names.setdefault(entry.unit, entry.unit_name) != entry.unit_name:
            values = (entry.unit, entry.unit_name, names[entry.unit])
            checked.problems.append(Problem(row.number, "unit_name", ProblemKind.CONFLICTING_UNIT, values))
    circular, astray = misplaced(parents, known_units)
    kept = []
    for row, entry in understood:
        if entry.unit in astray:
            kind = ProblemKind.UNIT_CYCLE if entry.unit in circular else ProblemKind.UNKNOWN_PARENT
            checked.problems.append(Problem(row.number, "parent_code", kind, (entry.unit, entry.parent or "")))
            checked.leave_out(row)
        else:
            # The first row about a unit decides its name and place.
            kept.append((row, replace(entry, parent=parents[entry.unit], unit_name=names[entry.unit])))
    return kept


def _managers_exist(checked: Checked, numbers: Collection[str]) -> None:
    for place, entry in enumerate(checked.entries):
        if entry.manager is not None and entry.manager not in numbers:
            checked.problems.append(Problem(entry.row, "manager", ProblemKind.UNKNOWN_MANAGER, (entry.manager,)))
            checked.entries[place] = replace(entry, manager=None)


def _emails_are_ones_own(checked: Checked) -> None:
    """One signs in with an e-mail address, so two people cannot have the same: the first one keeps it."""
    owners: dict[str, str] = {}
    for place, entry in enumerate(checked.entries):
        if entry.email and owners.setdefault(entry.email.casefold(), entry.employee_number) != entry.employee_number:
            values = (entry.email, owners[entry.email.casefold()])
            checked.problems.append(Problem(entry.row, "email", ProblemKind.SHARED_EMAIL, values))
            checked.entries[place] = replace(entry, email=None)


def by_person(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Return the entries of each person, in the order of the file."""
    grouped: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        grouped[entry.employee_number].append(entry)
    return dict(grouped)
