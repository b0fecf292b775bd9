"""Reading the files that HR systems export: which encoding, which separator, which column is which.

A file that cannot be read with certainty is refused with a reason; nothing is guessed that would damage names.
"""

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from python_calamine import CalamineError, CalamineWorkbook

from tracker.domain.roster_rows import Row

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 200_000
# An XLSX file is a compressed archive; a small one may unfold into more than memory holds.
MAX_UNFOLDED_BYTES = 300 * 1024 * 1024
SAMPLE_ROWS = 5

_DELIMITERS = ";\t,"
_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# How other files begin: pictures, a PDF, Excel's old format, which Excel also keeps a file with a password in.
_NO_TABLES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF-", b"RIFF", b"II*\0", b"MM\0*", b"\xd0\xcf\x11\xe0")
# "å" in UTF-8 that somebody read as Windows-1252 and saved again.
_MOJIBAKE = re.compile("Ã[\u0080-\u00bf…„–©¶¤¥¼€‰ŠŒŽ]|â€")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]")
_LINE_END = re.compile("\r\n?|\n")
# Our own exports put an apostrophe before what a spreadsheet would take for a formula; taken away again here.
_ESCAPED_FORMULA = re.compile("'\\s*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")

Columns = tuple[tuple[str, bool, tuple[str, ...]], ...]

# The columns of a roster: the field of `Row`, whether it must be there, and the headings it may have.
COLUMNS: Columns = (
    ("employee_number", True, ("Anstnr", "Anställningsnummer", "Anst nr", "Employee number")),
    ("given_name", True, ("Förnamn", "Given name", "First name")),
    ("family_name", True, ("Efternamn", "Family name", "Last name")),
    ("email", False, ("E-post", "Epost", "E-postadress", "Mejl", "E-mail", "Email")),
    ("unit_code", True, ("Enhetskod", "Organisationskod", "Unit code")),
    ("unit_name", True, ("Enhet", "Enhetsnamn", "Organisation", "Unit")),
    ("parent_code", True, ("Överordnad enhetskod", "Överordnad enhet", "Parent unit code")),
    ("position_code", False, ("Befattningskod", "Position code")),
    ("position_title", True, ("Befattning", "Befattningsbenämning", "Position", "Title")),
    ("kind", False, ("Anställningsform", "Form of employment")),
    ("percent", False, ("Sysselsättningsgrad", "Syssgrad", "Percent")),
    ("starts_on", True, ("Anställd fr o m", "Anställd from", "Anställd fr.o.m.", "Employed from")),
    ("ends_on", False, ("Anställd t o m", "Anställd tom", "Anställd t.o.m.", "Employed until")),
    ("manager", False, ("Chef anstnr", "Chefens anstnr", "Manager employee number")),
    ("absent_from", False, ("Frånvaro fr o m", "Frånvaro from", "Frånvaro fr.o.m.", "Absent from")),
    ("absent_until", False, ("Frånvaro t o m", "Frånvaro tom", "Frånvaro t.o.m.", "Absent until")),
    ("protected", False, ("Skyddad identitet", "Sekretessmarkering", "Protected identity")),
)

# The columns of a list of units.
UNIT_COLUMNS: Columns = (
    ("code", True, ("orgId", "Enhetskod", "Unit code")),
    ("name", True, ("orgName", "Enhet", "Enhetsnamn", "Unit")),
    ("parent", True, ("parentId", "Överordnad enhetskod", "Parent unit code")),
)


class UnreadableFileError(Exception):
    """The file cannot be read with certainty: why, in a word, and the values that show it."""

    def __init__(self, reason: str, *values: str) -> None:
        super().__init__(reason, *values)
        self.reason = reason
        self.values = values


@dataclass(frozen=True, slots=True)
class Table:
    """A file taken apart: how it was encoded, its headings, and its rows, numbered as a spreadsheet numbers them."""

    encoding: str
    headings: tuple[str, ...]
    rows: list[tuple[int, list[str]]]


@dataclass(frozen=True, slots=True)
class Roster:
    """A roster that could be read: its rows, the table they come from, and headings that mean nothing to us."""

    table: Table
    rows: list[Row]
    unknown_headings: tuple[str, ...]


def read_roster(content: bytes) -> Roster:
    """Return the rows of a roster. Raises UnreadableFileError."""
    table = read_table(content)
    places, unknown = _places(table.headings, COLUMNS)
    width = len(table.headings)
    rows = []
    for number, cells in table.rows:
        known_cells = cells + [""] * (width - len(cells))
        values = {field: known_cells[place] for field, place in places.items()}
        # Empty cells at the end of a row are often left away; too many cells mean a separator too much somewhere.
        fits = len(cells) <= width and (len(cells) == width or table.encoding == "xlsx")
        rows.append(Row(number=number, cells=None if fits else (len(cells), width), **values))
    return Roster(table, rows, unknown)


def read_units(content: bytes) -> list[tuple[int, str, str, str]]:
    """Return the row number, code, name and parent's code of each unit in a list of units. Raises UnreadableFileError."""
    table = read_table(content)
    places, _unknown = _places(table.headings, UNIT_COLUMNS)
    width = len(table.headings)
    units = []
    for number, cells in table.rows:
        known_cells = cells + [""] * (width - len(cells))
        code, name, parent = (known_cells[places[field]] for field in ("code", "name", "parent"))
        units.append((number, code, name, parent))
    return units


def _places(headings: Sequence[str], columns: Columns) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return in which place each column stands, and the headings that are none of ours."""
    by_heading = {plain(heading): place for place, heading in reversed(list(enumerate(headings)))}
    places: dict[str, int] = {}
    missing = []
    for field, needed, names in columns:
        place = next((by_heading[plain(name)] for name in names if plain(name) in by_heading), None)
        if place is not None:
            places[field] = place
        elif needed:
            missing.append(names[0])
    unknown = tuple(heading for place, heading in enumerate(headings) if place not in places.values())
    if missing:
        if unrecognised := ", ".join(filter(None, unknown)):
            raise UnreadableFileError("misnamed_columns", ", ".join(missing), unrecognised)
        raise UnreadableFileError("missing_columns", ", ".join(missing))
    return places, unknown


def plain(heading: str) -> str:
    """Return a heading as it is compared: without capitals, underscores or blanks too many."""
    return " ".join(heading.casefold().replace("_", " ").split())


def read_table(content: bytes) -> Table:
    """Take a CSV or XLSX file apart. Every text is NFC without blanks around it.

    Raises UnreadableFileError for what is empty, too large, not text, wrongly encoded or without headings.
    """
    encoding, numbered = records(content)
    rows: list[tuple[int, list[str]]] = []
    headings: tuple[str, ...] = ()
    for number, cells in numbered:
        if not headings:
            headings = tuple(cells)
            continue
        rows.append((number, cells))
        if len(rows) > MAX_ROWS:
            raise UnreadableFileError("too_many_rows", str(MAX_ROWS))
    if not headings:
        raise UnreadableFileError("empty")
    return Table(encoding, headings, rows)


def records(content: bytes, *, mixed: bool = False) -> tuple[str, Iterator[tuple[int, list[str]]]]:
    """Return a file's encoding and its rows, headings and all, numbered as a spreadsheet does; empty ones are left out.

    `mixed`: a row without the separator of the others may have one of its own, as in lists put together by hand.
    Raises UnreadableFileError, at once or while the rows are gone through.
    """
    if len(content) > MAX_BYTES:
        raise UnreadableFileError("too_large", str(MAX_BYTES // (1024 * 1024)))
    if content.startswith(_NO_TABLES) or content[4:8] == b"ftyp":
        raise UnreadableFileError("not_text")
    if content.startswith(b"PK\x03\x04"):
        encoding, found = "xlsx", _spreadsheet(content)
    else:
        text, encoding = decode(content)
        found = _mixed(text) if mixed and '"' not in text else _separated(text, _delimiter(text))
    return encoding, ((number, cells) for number, cells in enumerate(found, 1) if any(cells))


def decode(content: bytes) -> tuple[str, str]:
    """Return a file's text and its encoding: UTF-8, UTF-16 where it says so, otherwise Windows-1252 if that makes sense.

    Raises UnreadableFileError when letters have been damaged on the way: better none than wrong names.
    """
    marked = next((encoding for mark, encoding in _BYTE_ORDER_MARKS if content.startswith(mark)), None)
    # A stray one is damage, told with its row; many are another encoding, or no text at all.
    if marked is None and content.count(b"\0") * 4 > len(content):
        raise UnreadableFileError("not_text")
    for encoding in (marked,) if marked else ("utf-8", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        _refuse_damaged(text)
        if encoding == "cp1252" and not _words(text):
            break
        if encoding == "utf-16" and not _latin(text):
            raise UnreadableFileError("not_text")
        return unicodedata.normalize("NFC", text), encoding.removesuffix("-sig")
    raise UnreadableFileError("unknown_encoding")


def _refuse_damaged(text: str, first_row: int = 1) -> None:
    for pattern, reason in ((_MOJIBAKE, "mojibake"), (_CONTROL, "damaged")):
        if match := pattern.search(text):
            row = first_row + len(_LINE_END.findall(text, 0, match.start()))
            raise UnreadableFileError(reason, str(row), _around(text, match.start()))


def _words(text: str) -> bool:
    """Tell whether Windows-1252 makes sense: other old encodings have signs and quotes for letters, as in "f”rnamn"."""
    beyond = [letter for letter in text if letter > "\x7f"]
    return sum(letter.isalpha() for letter in beyond) * 2 >= len(beyond)


def _latin(text: str) -> bool:
    """Tell whether most of a text is in our script: any bytes with the mark of UTF-16 before them are Chinese in it."""
    return sum(letter < "\u0250" for letter in text) * 2 >= len(text)


def _around(text: str, place: int) -> str:
    piece = text[max(0, place - 12) : place + 12]
    return "".join(letter if letter.isprintable() else "�" for letter in piece).strip()


def _delimiter(text: str) -> str:
    """Return the separator that stands most often in the first line that has any."""
    lines = text.lstrip().split("\n")
    telling = next((line for line in lines if any(sign in line for sign in _DELIMITERS)), "")
    return max(_DELIMITERS, key=telling.count)


def _mixed(text: str) -> Iterator[list[str]]:
    common = _delimiter(text)
    for line in _LINE_END.split(text):
        own = common if common in line else next((sign for sign in line if sign in _DELIMITERS), common)
        yield next(_separated(line, own), [])


def _separated(text: str, delimiter: str) -> Iterator[list[str]]:
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            yield [_tidy(cell) for cell in cells]
    except csv.Error as error:
        raise UnreadableFileError("not_a_table", str(error)) from error


def _spreadsheet(content: bytes) -> Iterator[list[str]]:
    """Yield the rows of the first sheet of an XLSX file."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNFOLDED_BYTES:
                raise UnreadableFileError("too_large", str(MAX_BYTES // (1024 * 1024)))
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        rows = workbook.get_sheet_by_index(0).iter_rows()
    except (CalamineError, zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, IndexError) as error:
        raise UnreadableFileError("not_a_spreadsheet") from error
    for number, cells in enumerate(rows, 1):
        texts = [_tidy(_text_of(cell)) for cell in cells]
        for text in texts:
            _refuse_damaged(text, number)
        yield texts


def _text_of(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return unicodedata.normalize("NFC", str(cell))


def _tidy(cell: str) -> str:
    """Return a cell's text on one line, without blanks around it and without our own escape before a formula."""
    if _ESCAPED_FORMULA.match(cell):
        cell = cell[1:]
    return " ".join(cell.split())
