"""Reading files: encodings, separators, headings, spreadsheets."""

import io

import pytest
import xlsxwriter

from tracker.hr.reading import UnreadableFileError, decode, read_roster, read_table

HEADINGS = "Anstnr;Förnamn;Efternamn;Enhetskod;Enhet;Överordnad enhetskod;Befattning;Anställd fr o m"
TEXT = f"{HEADINGS}\r\n1;Åsa;Öberg;10;Hemtjänsten;;Undersköterska;2020-01-01\r\n"


@pytest.mark.parametrize(
    ("encoded", "encoding"),
    [
        (TEXT.encode("utf-8"), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (TEXT.encode("cp1252"), "cp1252"),
        (TEXT.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16"),
    ],
)
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_encodings_and_separators(encoded, encoding, separator):
    text = encoded.decode({"utf-8": "utf-8-sig"}.get(encoding, encoding)).replace(";", separator)
    written = {"utf-16": "utf-16", "cp1252": "cp1252"}.get(encoding, "utf-8-sig")
    roster = read_roster(text.encode(written))
    assert (roster.table.encoding, [(row.given_name, row.family_name) for row in roster.rows]) == (
        encoding,
        [("Åsa", "Öberg")],
    )


def test_text_is_put_together_and_trimmed():
    decomposed = TEXT.replace("Åsa", " A\u030asa\u00a0 ")
    assert read_roster(decomposed.encode()).rows[0].given_name == "Åsa"


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        (TEXT.encode("utf-8").decode("cp1252", "replace").encode("utf-8"), "mojibake"),
        (TEXT.encode("utf-8").decode("latin-1").encode("utf-8"), "mojibake"),
        (TEXT.replace("Å", "\ufffd").encode(), "damaged"),
        (TEXT.replace("Å", "\x85").encode(), "damaged"),
        (TEXT.encode("utf-16-le"), "not_text"),
        (TEXT.encode("cp850"), "unknown_encoding"),
        (b"\xff\xfe" + bytes(range(33, 127)), "not_text"),
    ],
)
def test_damaged_letters_are_refused(damaged, reason):
    with pytest.raises(UnreadableFileError) as refused:
        decode(damaged)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(range(1, 200)) * 9,
        b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(range(1, 200)) * 9,
        b"\0\0\0\x18ftypheic" + bytes(range(1, 200)) * 9,
        b"%PDF-1.7\n1 0 obj\n",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(1, 200)) * 9,
    ],
    ids=["png", "jpeg", "heic", "pdf", "xls"],
)
def test_another_kind_of_file_is_told_by_its_content(content):
    with pytest.raises(UnreadableFileError) as refused:
        read_table(content)
    assert refused.value.reason == "not_text"


def test_a_damaged_cell_of_a_spreadsheet_is_told_with_its_row():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        book.add_worksheet().write_column(0, 0, ["Anstnr", "1", "2\ufffd"])
    with pytest.raises(UnreadableFileError) as refused:
        read_table(file.getvalue())
    assert (refused.value.reason, refused.value.values[0]) == ("damaged", "3")


def test_headings_in_any_case_and_order_with_unknown_ones_named():
    text = "LÖN;anställd FR O M;befattning;överordnad enhetskod;enhet;enhetskod;efternamn;förnamn;ANSTNR\n"
    roster = read_roster((text + "1;2020-01-01;Lärare;;Skolan;1;Öberg;Åsa;7\n").encode())
    assert roster.unknown_headings == ("LÖN",)
    assert roster.rows[0].employee_number == "7"
    assert roster.rows[0].manager is None


def test_missing_headings_are_named():
    with pytest.raises(UnreadableFileError) as refused:
        read_roster("Anstnr;Förnamn;Efternamn;Enhetskod;Enhet;Foo\n1;2;3;4;5;6".encode())
    assert refused.value.values == ("Överordnad enhetskod, Befattning, Anställd fr o m", "Foo")


def test_rows_are_numbered_as_a_spreadsheet_numbers_them():
    text = f"{HEADINGS}\n\n1;A;B;1;U;;P;2020-01-01\n;;;;;;;\n2;A;B;1;U;;P;2020-01-01\n"
    assert [row.number for row in read_roster(text.encode()).rows] == [3, 5]


def test_rows_with_too_few_or_many_cells_say_so():
    rows = read_roster(f"{HEADINGS}\n1;A;B\n2;A;B;1;U;;P;2020-01-01;extra\n".encode()).rows
    assert [row.cells for row in rows] == [(3, 8), (9, 8)]


def test_our_own_escape_before_a_formula_is_taken_away():
    table = read_table(b"A;B;C\n'=1+1;'-x;O'Brien\n")
    assert table.rows == [(2, ["=1+1", "-x", "O'Brien"])]


def test_a_spreadsheet():
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, HEADINGS.split(";"))
        sheet.write_row(1, 0, [1715004, "Åsa", "Öberg", 10, "Hemtjänsten", "", "Undersköterska"])
        sheet.write_datetime(1, 7, __import__("datetime").datetime(2020, 1, 1), day)
    roster = read_roster(stream.getvalue())
    row = roster.rows[0]
    assert (roster.table.encoding, row.employee_number, row.unit_code, row.starts_on, row.cells) == (
        "xlsx",
        "1715004",
        "10",
        "2020-01-01",
        None,
    )


def test_too_large_a_file():
    with pytest.raises(UnreadableFileError) as refused:
        read_table(b"a" * (20 * 1024 * 1024 + 1))
    assert refused.value.reason == "too_large"
