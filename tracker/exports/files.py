"""Writing tables as files that a Swedish Excel opens right, row by row, in constant memory."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

Value = str | int | float | date | datetime | None

# A cell that begins with one of these, perhaps after blanks, could be run as a formula by the program that opens it.
_DANGEROUS = tuple("=+-@\t\r\n\0＝＋－＠")
# A sheet holds 1,048,576 rows; what exceeds it goes on in the next sheet.
ROWS_OF_SHEET = 1_000_000


@lru_cache(maxsize=10_000)  # Units, titles and words repeat, row after row.
def safe(text: str) -> str:
    """Return text that a spreadsheet will take as text: an apostrophe goes before what could begin a formula.

    Our own import takes that apostrophe away again, so that a round trip changes nothing.
    """
    return f"'{text}" if text.startswith(_DANGEROUS) or text.lstrip().startswith(_DANGEROUS) else text


def _csv_cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return str(value).replace(".", ",")
    return safe(value) if isinstance(value, str) else str(value)


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Value]]) -> int:
    """Write a CSV for Swedish Excel: semicolons, decimal commas, UTF-8 with a mark, CRLF. Returns the number of rows."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow([safe(name) for name in header])
        number = 0
        for row in rows:
            writer.writerow([_csv_cell(value) for value in row])
            number += 1
    return number


def write_xlsx(path: Path, header: Sequence[str], rows: Iterable[Sequence[Value]], *, sheet: str) -> int:
    """Write an XLSX whose text is typed as text and whose days are days. Returns the number of rows."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    number = 0
    with xlsxwriter.Workbook(str(path), {**options, "default_date_format": "yyyy-mm-dd"}) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        page = None
        line = 0
        for number, row in enumerate(rows, start=1):
            if page is None or line == ROWS_OF_SHEET:
                page, line = _new_sheet(book, header, bold, sheet, number // ROWS_OF_SHEET + 1), 0
            line += 1
            for column, value in enumerate(row):
                if isinstance(value, datetime):
                    page.write_datetime(line, column, value.replace(tzinfo=None), moment)
                elif isinstance(value, date):
                    page.write_datetime(line, column, datetime.combine(value, time.min))
                elif isinstance(value, str):
                    page.write_string(line, column, value)
                elif value is not None:
                    page.write_number(line, column, value)
        if page is None:
            page = _new_sheet(book, header, bold, sheet, 1)
        page.autofilter(0, 0, line, len(header) - 1)  # Not the empty rows below, which every filter would offer.
    return number


def _new_sheet(book: xlsxwriter.Workbook, header: Sequence[str], bold: Format, name: str, number: int) -> Worksheet:
    page = book.add_worksheet(name if number == 1 else f"{name} {number}")
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, ROWS_OF_SHEET, len(header) - 1)
    for column, title in enumerate(header):
        page.set_column(column, column, max(12, min(40, len(title) + 4)))
        page.write_string(0, column, title, bold)
    return page
