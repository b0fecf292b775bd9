"""How cells are written, and read again."""

import csv
import io
import tracemalloc
import zipfile
from datetime import UTC, date, datetime
from itertools import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from tracker.exports import files
from tracker.exports.files import safe, write_csv, write_xlsx
from tracker.hr.reading import read_table


def cells(path):
    return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline=""), delimiter=";"))


def test_what_a_swedish_excel_wants(tmp_path):
    path = tmp_path / "list.csv"
    row = ("Åsa; “Ek”\nrad två", 12.5, 3, date(2026, 3, 1), datetime(2026, 3, 1, 9, 5, tzinfo=UTC), None, "007")
    assert write_csv(path, ["a", "b", "c", "d", "e", "f", "g"], [row]) == 1
    assert path.read_bytes().startswith(b"\xef\xbb\xbfa;b;c;d;e;f;g\r\n")
    assert path.read_bytes().endswith(b"\r\n")
    assert cells(path)[1] == ["Åsa; “Ek”\nrad två", "12,5", "3", "2026-03-01", "2026-03-01 09:05", "", "007"]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "\r=1", "＝1", "＋1", "－1", "＠1", "\n@x", "\0="]
)
def test_what_could_be_run_is_made_text(text):
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Anna", "a=b", "1-2", "'=1", "’", "å"])
def test_what_could_not_is_left_as_it_is(text):
    assert safe(text) == text


@given(st.text())
def test_no_cell_begins_as_a_formula(text):
    assert not safe(text).lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))


@pytest.mark.parametrize("text", ["=1+1", "-Anna", "@handle", "+46 70"])
def test_our_own_import_reads_what_our_own_export_wrote(tmp_path, text):
    path = tmp_path / "list.csv"
    write_csv(path, ["Enhetskod", "Namn"], [("10", text)])
    assert read_table(path.read_bytes()).rows == [(2, ["10", text])]


def test_a_workbook_goes_on_in_another_sheet(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "ROWS_OF_SHEET", 3)
    path = tmp_path / "list.xlsx"
    assert write_xlsx(path, ["Nummer"], [(number,) for number in range(1, 8)], sheet="Läget") == 7
    book = CalamineWorkbook.from_path(str(path))
    assert book.sheet_names == ["Läget", "Läget 2", "Läget 3"]
    found = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    assert found == [
        [["Nummer"], [1.0], [2.0], [3.0]],
        [["Nummer"], [4.0], [5.0], [6.0]],
        [["Nummer"], [7.0]],
    ]


@pytest.mark.parametrize(("number", "filtered"), [(0, "A1:B1"), (2, "A1:B3")])
def test_a_filter_offers_no_empty_rows(tmp_path, number, filtered):
    path = tmp_path / "list.xlsx"
    write_xlsx(path, ["Nummer", "Namn"], [("1", "Åsa")] * number, sheet="Läget")
    with zipfile.ZipFile(path) as book:
        assert f'<autoFilter ref="{filtered}"/>' in book.read("xl/worksheets/sheet1.xml").decode()


def test_memory_does_not_grow_with_the_number_of_rows(tmp_path):
    def most_held(rows):
        tracemalloc.start()
        row = ("100200", "Anna Åkesson", date(2026, 3, 1), None)
        write_csv(tmp_path / "list.csv", ["a", "b", "c", "d"], repeat(row, rows))
        write_xlsx(tmp_path / "list.xlsx", ["a", "b", "c", "d"], repeat(row, rows), sheet="Läget")
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert most_held(4_000) < most_held(400) * 1.5
