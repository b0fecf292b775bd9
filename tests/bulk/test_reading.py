"""Reading lists of people, however they come."""

import io
from datetime import date

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from tracker.bulk.reading import MAX_ROWS, ListRow, read_list
from tracker.hr.reading import UnreadableFileError

DAY = date(2026, 11, 23)


def rows(text, encoding="utf-8"):
    return read_list(text.encode(encoding))


def test_numbers_alone():
    assert rows("100123\r\n 100124 \n\n100 125\n") == [
        ListRow(1, "100123"),
        ListRow(2, "100124"),
        ListRow(4, "100125"),
    ]


def test_headings_in_any_order_with_columns_of_no_interest():
    text = "Namn;Datum;ANSTNR;Kommentar\r\nÅsa Öberg;2026-11-23;100123;deltog på länk\r\n;;;\r\nBo Ek;;100124;\r\n"
    expected = [ListRow(2, "100123", DAY, note="deltog på länk"), ListRow(4, "100124")]
    assert rows(text) == expected
    assert rows(text, "cp1252") == expected
    assert rows(text, "utf-8-sig") == expected


def test_headings_below_a_title():
    text = "Kurslista hösten;;\n;;\nNamn;E-post;Datum\nÅsa Öberg;asa@kil.se;2026-11-23\n"
    assert rows(text) == [ListRow(1, "Kurslista hösten"), ListRow(4, "asa@kil.se", DAY)]


def test_who_stands_without_a_number_is_not_left_out():
    text = "Nr;Namn;Anstnr;Datum;Anteckning\n1;Åsa Öberg;100123;;\n2;Bo Ek;;2026-11-23;på länk\n3;;;;\n;;;;\n"
    assert rows(text) == [
        ListRow(2, "100123"),
        ListRow(3, "2, Bo Ek, 2026-11-23, på länk", DAY, nameless=True),
    ]


def test_spaces_are_taken_out_of_numbers_and_addresses_only():
    assert rows("Anstnr\n100 123\nanna @kil.se\nBo Ek\nKIL 100 124\nKurslista 2026\n") == [
        ListRow(2, "100123"),
        ListRow(3, "anna@kil.se"),
        ListRow(4, "Bo Ek"),
        ListRow(5, "KIL100124"),
        ListRow(6, "Kurslista 2026"),
    ]


def test_who_stands_above_the_headings_is_not_left_out():
    assert rows("100123\nAnstnr;Datum\n100124;2026-11-23\n") == [ListRow(1, "100123"), ListRow(3, "100124", DAY)]


def test_the_number_is_taken_before_the_address():
    text = "E-post;Anstnr\nasa@kil.se;100123\nbo@kil.se;\n"
    assert rows(text) == [ListRow(2, "100123"), ListRow(3, "bo@kil.se")]


@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_without_headings_a_day_and_a_note_are_told_apart(separator):
    text = separator.join(["100123", "2026-11-23", "på länk"]) + "\n" + separator.join(["100124", "sen", "20261123"])
    assert rows(text) == [ListRow(1, "100123", DAY, note="på länk"), ListRow(2, "100124", DAY, note="sen")]


def test_a_blank_before_the_day_is_enough():
    assert rows("100123 2026-11-23") == [ListRow(1, "100123", DAY)]


def test_the_separator_may_first_appear_below():
    assert rows("100123\n100124;2026-11-23\n") == [ListRow(1, "100123"), ListRow(2, "100124", DAY)]


def test_addresses_as_mail_programs_copy_them():
    text = "Åsa Öberg <asa.oberg@kil.se>; Bo Ek <bo.ek@kil.se>"
    assert rows(text) == [ListRow(1, "asa.oberg@kil.se"), ListRow(2, "bo.ek@kil.se")]


def test_a_day_that_is_none_is_said_to_be():
    assert rows("Anstnr;Datum\n100123;i går\n") == [ListRow(2, "100123", None, unreadable="i går")]


@pytest.mark.parametrize(
    "day",
    [
        "23 november 2026",
        "23 nov 2026",
        "23. Nov. 2026",
        "den 23:e november 2026",
        "23rd November 2026",
        "November 23, 2026",
        "Nov 23 2026",
        "23/11 2026",
        "20261123",
    ],
)
@pytest.mark.parametrize(
    "text", ["100123;{};på länk", "100123\t{}\tpå länk", "Anstnr;Datum;Anteckning\n100123;{};på länk", "100123;{}"]
)
def test_a_day_is_read_as_people_write_it(text, day):
    (row,) = rows(text.format(day))
    assert (row.written, row.day, row.unreadable) == ("100123", DAY, "")
    assert row.note == ("på länk" if "länk" in text else "")


@pytest.mark.parametrize(
    ("day", "meant"),
    [
        ("3 maj 2026", date(2026, 5, 3)),
        ("3 May 2026", date(2026, 5, 3)),
        ("3 okt. 2026", date(2026, 10, 3)),
        ("3 oct 2026", date(2026, 10, 3)),
        ("3 mars 2026", date(2026, 3, 3)),
        ("3 sept. 2026", date(2026, 9, 3)),
        ("3/5 2026", date(2026, 5, 3)),
        ("3/5/2026", None),
        ("3 mai 2026", None),
        ("3 maj", None),
        ("3 maj 26", None),
        ("30 februari 2026", None),
        ("3/13 2026", None),
    ],
)
def test_months_in_both_languages_and_what_could_be_two_days(day, meant):
    assert rows(f"Anstnr;Datum\n100123;{day}") == [ListRow(2, "100123", meant, unreadable="" if meant else day)]


@pytest.mark.parametrize(
    "day",
    [
        "31/02/2026",
        "31.2.26",
        "2026-02-31",
        "2026-02-31 00:00",
        "31 februari",
        "31 Feb. 2026",
        "31/2 2026",
        "Feb 31 2026",
    ],
)
@pytest.mark.parametrize("text", ["100123;{};på länk", "100123;på länk;{}", "100123\t{}\tpå länk"])
def test_what_is_meant_for_a_day_is_never_a_note(text, day):
    assert rows(text.format(day)) == [ListRow(1, "100123", None, unreadable=day, note="på länk")]


@pytest.mark.parametrize("digits", ["20260231", "260231"])
def test_digits_alone_are_meant_for_a_day_where_the_day_usually_stands(digits):
    assert rows(f"100123;{digits};på länk") == [ListRow(1, "100123", None, unreadable=digits, note="på länk")]
    assert rows(f"100123;ärende;{digits}") == [ListRow(1, "100123", note=f"ärende, {digits}")]


@pytest.mark.parametrize("day", ["23 nov 2026", "den 23 november 2026", "23/11 2026"])
def test_a_blank_before_a_day_in_words_is_enough(day):
    assert rows(f"100123 {day}") == [ListRow(1, "100123", DAY)]


@pytest.mark.parametrize(
    ("text", "day", "note"),
    [
        ("100123 31/02/2026", "31/02/2026", ""),
        ("100123 31 februari", "31 februari", ""),
        ("100123;2026-11-23;31/11/2026", "31/11/2026", "2026-11-23"),
    ],
)
def test_a_day_that_is_none_counts_whatever_stands_beside_it(text, day, note):
    assert rows(text) == [ListRow(1, "100123", None, unreadable=day, note=note)]


@pytest.mark.parametrize("note", ["070-123 45 67", "se 31/2", "sal 2026", "12 maj-barn", "grupp 3-4-5"])
def test_other_digits_stay_a_note(note):
    assert rows(f"100123;2026-11-23;{note}") == [ListRow(1, "100123", DAY, note=note)]


@pytest.mark.parametrize("unseen", ["\u200b", "\u00a0", "\ufeff", "\u00ad", "\u202f\u200b \u2060"])
def test_what_nobody_sees_is_taken_away(unseen):
    for text in (
        f"100123{unseen}\t{unseen}2026-11-23{unseen}",
        f"{unseen}Anstnr{unseen};Datum\n100123{unseen};2026-11-23",
    ):
        assert [(row.written, row.day) for row in rows(text)] == [("100123", DAY)]


def test_each_row_may_have_a_separator_of_its_own():
    expected = [ListRow(number, f"10012{number}", DAY, note="a, b") for number in (1, 2)]
    assert rows("100121\t2026-11-23\ta, b\n100122;2026-11-23;a, b\n") == expected
    assert rows("100121;2026-11-23;a, b\r\n100122\t2026-11-23\ta, b") == expected
    assert rows("Namn;Anstnr\nEk, Bo;100121") == [ListRow(2, "100121")]


@pytest.mark.parametrize("control", ["\0", "\x02", "\x7f"])
def test_a_control_character_is_refused_with_its_row(control):
    with pytest.raises(UnreadableFileError) as refused:
        rows(f"100121\r\n100122\r\n10{control}0123\r\n")
    assert (refused.value.reason, refused.value.values[0]) == ("damaged", "3")


def test_a_spreadsheet():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["Anställningsnummer", "Datum"])
        page.write_number(1, 0, 100123)
        page.write_datetime(1, 1, DAY, book.add_format({"num_format": "yyyy-mm-dd"}))
    assert read_list(file.getvalue()) == [ListRow(2, "100123", DAY)]


@pytest.mark.parametrize("text", ["", "\n \n", "Anstnr;Datum\n", ";;\n"])
def test_nothing_is_refused(text):
    with pytest.raises(UnreadableFileError) as refused:
        rows(text)
    assert refused.value.reason == "empty"


def test_too_many_rows_are_refused_with_the_limit():
    numbers = "\n".join(str(number) for number in range(MAX_ROWS + 1))
    with pytest.raises(UnreadableFileError) as refused:
        rows(numbers)
    assert (refused.value.reason, refused.value.values) == ("too_many_rows", (str(MAX_ROWS),))
    assert len(rows(numbers.rsplit("\n", 1)[0])) == MAX_ROWS


def understood(content):
    try:
        return read_list(content)
    except UnreadableFileError:
        return []


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_whatever_comes_is_read_or_refused(content):
    found = understood(content)
    assert all(row.written and len(row.written) <= 200 and len(row.note) <= 500 for row in found)
    assert all(len(row.unreadable) <= 200 and not (row.day and row.unreadable) for row in found)
    assert [row.number for row in found] == sorted({row.number for row in found})


@given(
    st.lists(
        st.tuples(st.from_regex(r"[1-9][0-9]{3,8}", fullmatch=True), st.dates(date(2000, 1, 1), date(2030, 1, 1))),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from(";,\t"),
    st.booleans(),
)
def test_what_is_written_is_read(written, separator, headings):
    lines = [separator.join(("Anstnr", "Datum"))] if headings else []
    lines += [separator.join((number, day.isoformat())) for number, day in written]
    assert [(row.written, row.day) for row in rows("\n".join(lines))] == written
