"""Reading lists of people: an employee number or an e-mail address in each row, perhaps with a day and a note.

The list may be pasted or come as CSV or XLSX, with headings or without.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from tracker.domain.roster_rows import parse_date
from tracker.hr.reading import UnreadableFileError, plain, records

MAX_ROWS = 5_000
WRITTEN_LENGTH = 200
NOTE_LENGTH = 500
MOST_ABOVE_HEADINGS = 10

Numbered = tuple[int, list[str]]

# The columns of a list, and the headings each may have.
HEADINGS = {
    "number": ("Anstnr", "Anställningsnummer", "Anst nr", "Anst.nr", "Employee number"),
    "email": ("E-post", "Epost", "E-postadress", "Mejl", "Mejladress", "E-mail", "Email"),
    "day": ("Dag", "Datum", "Genomförd", "Genomförd den", "Day", "Date", "Completed on"),
    "note": ("Anteckning", "Notering", "Kommentar", "Note", "Comment"),
}

# "Anna Berg <anna.berg@kil.se>", as mail programs write it.
_IN_BRACKETS = re.compile(r"<\s*([^<>\s]+@[^<>\s]+)\s*>")

# What no number has in it: "Kurslista 2026" is words, and "KIL 100123" might be a number.
_WORD = re.compile(r"[^\W\d_]{4}")

# What is meant for a day, even if there is none such or it is written so that it could be two: 31/2/26, 31 februari.
_MONTH = "(?:jan|feb|mar|apr|ma[jy]|jun|jul|aug|sep|o[kc]t|nov|dec)[a-z]*"
_NTH = r"(?:\.|:[ea]|st|nd|rd|th)?"
_DAY = (
    r"\d{1,4} ?[-/.\u2010-\u2015\u2212] ?\d{1,2} ?[-/.\u2010-\u2015\u2212] ?\d{1,4}(?:[T ]\d{1,2}:\d{2}\S*)?"
    rf"|(?:den |the )?\d{{1,2}}{_NTH} ?{_MONTH}\.?,?(?: \d{{2,4}})?"
    rf"|{_MONTH}\.? \d{{1,2}}{_NTH},?(?: \d{{4}})?"
    r"|\d{1,2} ?/ ?\d{1,2} \d{2,4}"
)
_MEANT_FOR_DAY = re.compile(_DAY, re.IGNORECASE)
_BARE_DAY = re.compile(r"\d{6}|\d{8}")
_WHO_AND_DAY = re.compile(rf"(.+?) ({_DAY}|\d{{8}})", re.IGNORECASE)

# Days that are one and the same to everybody, besides 2026-11-23: 23 november 2026, Nov 23, 2026, and 23/11 2026.
_MONTHS = (
    ("jan", "januari", "january"),
    ("feb", "februari", "february"),
    ("mar", "mars", "march"),
    ("apr", "april"),
    ("maj", "may"),
    ("jun", "juni", "june"),
    ("jul", "juli", "july"),
    ("aug", "augusti", "august"),
    ("sep", "sept", "september"),
    ("okt", "oct", "oktober", "october"),
    ("nov", "november"),
    ("dec", "december"),
)
_NUMBER_OF = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}
_IN_WORDS = re.compile(
    rf"(?:den |the )?(?P<day>\d{{1,2}}){_NTH} ?(?P<month>[a-z]+)\.?,? (?P<year>\d{{4}})", re.IGNORECASE
)
_MONTH_FIRST = re.compile(rf"(?P<month>[a-z]+)\.? (?P<day>\d{{1,2}}){_NTH},? (?P<year>\d{{4}})", re.IGNORECASE)
_SLASHED = re.compile(r"(?P<day>\d{1,2}) ?/ ?(?P<month>\d{1,2}) (?P<year>\d{4})")


@dataclass(frozen=True, slots=True)
class ListRow:
    """A row of a list. `day` is None where none stands; `unreadable` is what stands there if it is no day.

    `nameless`: where the number or address should stand is nothing. What is `written` then is only what the row says.
    """

    number: int
    written: str
    day: date | None = None
    unreadable: str = ""
    note: str = ""
    nameless: bool = False


def read_list(content: bytes) -> list[ListRow]:
    """Return the rows of a list. Empty ones are left out, and those that only number the lines of a form.

    Raises UnreadableFileError: as for a roster, and for more rows than can be looked at in one go.
    """
    numbered = [(number, [_seen(cell) for cell in cells]) for number, cells in records(content, mixed=True)[1]]
    if not numbered:
        raise UnreadableFileError("empty")
    above, places, below = _headed(numbered)
    if not places and len(above) == 1:
        above = _one_line(above[0][1])
    rows = [_without(number, cells) for number, cells in above]
    rows += [_with_headings(number, cells, places) for number, cells in below]
    rows = [row for row in rows if row.written]
    if len(rows) > MAX_ROWS:
        raise UnreadableFileError("too_many_rows", str(MAX_ROWS))
    if not rows:
        raise UnreadableFileError("empty")
    return rows


def _seen(cell: str) -> str:
    """Return a cell without what nobody sees in it and the web and spreadsheets leave there, such as U+200B."""
    return " ".join("".join(letter for letter in cell if unicodedata.category(letter) != "Cf").split())


def _headed(rows: Sequence[Numbered]) -> tuple[Sequence[Numbered], dict[str, int], Sequence[Numbered]]:
    """Divide rows at their headings, which may have a title above them: those above, the columns, those below.

    What stands above is read as well, so that nobody is left out unseen. Without headings, everything stands above.
    """
    for place, (_number, cells) in enumerate(rows[:MOST_ABOVE_HEADINGS]):
        if places := _places(cells):
            return rows[:place], places, rows[place + 1 :]
    return rows, {}, []


def _places(cells: Sequence[str]) -> dict[str, int]:
    """Return in which place each column stands, if these cells are headings; otherwise nothing."""
    by_heading = {plain(cell): place for place, cell in reversed(list(enumerate(cells)))}
    found = {
        column: by_heading[plain(name)]
        for column, names in HEADINGS.items()
        for name in names
        if plain(name) in by_heading
    }
    return found if "number" in found or "email" in found else {}


def _one_line(cells: Sequence[str]) -> list[Numbered]:
    """Take addresses that stand on one line, as mail programs copy them, for as many rows."""
    if sum("@" in cell for cell in cells) > 1:
        return [(number, [cell]) for number, cell in enumerate(cells, 1)]
    return [(1, list(cells))]


def _with_headings(number: int, cells: Sequence[str], places: dict[str, int]) -> ListRow:
    said = {column: cells[place] if place < len(cells) else "" for column, place in places.items()}
    who, day, note = said.get("number") or said.get("email", ""), said.get("day", ""), said.get("note", "")
    if not who and any(letter.isalpha() for cell in cells for letter in cell):
        # Somebody was meant, and their number forgotten: they are not to vanish from the list unseen.
        # All that the row says is what is written, its note too.
        return replace(
            _row(number, "", day, ""), written=", ".join(filter(None, cells))[:WRITTEN_LENGTH], nameless=True
        )
    return _row(number, who, day, note)


def _without(number: int, cells: Sequence[str]) -> ListRow:
    """Understand a row without headings: who, and behind it a day, a note, or both in any order.

    What is meant for a day and is none, or cannot be told, is never taken for a note.
    """
    who, *others = [cell for cell in cells if cell] or [""]
    if not others and (both := _WHO_AND_DAY.fullmatch(who)):
        who, others = both[1], [both[2]]
    days = [cell for place, cell in enumerate(others) if _meant_for_day(cell, place)]
    day = next((cell for cell in days if _read_day(cell) is None), days[0] if days else "")
    if day:
        others.remove(day)
    return _row(number, who, day, ", ".join(others))


def _meant_for_day(cell: str, place: int) -> bool:
    """Tell whether a cell is meant for a day. Digits alone may be a number in a note, unless they stand first or are one."""
    return bool(_MEANT_FOR_DAY.fullmatch(cell) or (_BARE_DAY.fullmatch(cell) and (place == 0 or parse_date(cell))))


def _read_day(text: str) -> date | None:
    """Return the day that a text names, or None if it names none or could be two, such as 1/2/2026."""
    for pattern in (_IN_WORDS, _MONTH_FIRST, _SLASHED):
        if match := pattern.fullmatch(text):
            month = match["month"].casefold()
            number = int(month) if month.isdigit() else _NUMBER_OF.get(month, 0)
            return parse_date(f"{match['year']}-{number:02}-{int(match['day']):02}")
    return parse_date(text)


def _row(number: int, who: str, day: str, note: str) -> ListRow:
    understood = _read_day(day)
    unreadable = day[:WRITTEN_LENGTH] if understood is None else ""
    return ListRow(number, _identifier(who), understood, unreadable, note[:NOTE_LENGTH])


def _identifier(who: str) -> str:
    """Return the number or address without spaces. Anything else, such as a name, is shown as it was written."""
    if match := _IN_BRACKETS.search(who):
        return match[1][:WRITTEN_LENGTH]
    in_words = "@" not in who and (_WORD.search(who) or not any(letter.isdigit() for letter in who))
    return (who if in_words else "".join(who.split()))[:WRITTEN_LENGTH]
