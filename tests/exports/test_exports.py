"""Lists out of the house: opened as their readers open them, and compared with the database."""

import hashlib
import io
import zipfile
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import event, select

from tests.conftest import NOW
from tests.exports.conftest import TODAY, rows_of_csv, sheets_of_xlsx
from tests.factories import add_absence, add_completion, add_course, add_next_version, add_person, sign_in
from tracker.accounts.models import Account
from tracker.audit.models import JournalEntry
from tracker.catalogue.models import Course, CourseEquivalence
from tracker.compliance.queries import employed_on, standing_rows, workplaces
from tracker.db import retract
from tracker.domain.facts import State
from tracker.exports import queries
from tracker.exports.wording import STATES
from tracker.learning.models import Completion
from tracker.people.models import Employment

HEADER = [
    "Anställningsnummer",
    "Namn",
    "Enhet",
    "Enhetskod",
    "Befattning",
    "Krav",
    "Läge",
    "Sedan",
    "Senast",
    "Giltig till och med",
    "Grund",
]


def in_words(day):
    return day.isoformat() if day else ""


def test_the_csv_holds_what_the_database_holds_row_by_row(app, database, cast, story, hr, take):
    header, *rows = rows_of_csv(take())
    assert header == HEADER
    with database.bound(cast.kil, reading=True) as session, app.test_request_context():
        expected = []
        for one in standing_rows(session, employed_on(TODAY), TODAY):
            person, held = one.person, one.obligation
            (place,) = workplaces(session, [person.id], TODAY)[person.id]
            name = f"{person.given_name} {person.family_name}"
            name = f"Skyddad identitet ({person.employee_number})" if person.protected_identity else name
            expected.append(
                [
                    person.employee_number,
                    f"'{name}" if name.startswith("=") else name,
                    place.unit_name,
                    place.unit_code,
                    place.position_title,
                    held.titles["sv"],
                    str(STATES[held.state]),
                    in_words(held.starts_on),
                    in_words(held.due_on),
                    in_words(held.valid_until),
                    held.legal_basis,
                ]
            )
    assert len(expected) == 11
    assert rows == expected


def test_since_when_is_when_the_state_began_whatever_version_came_meanwhile(story, cast, hr, take, in_kil):
    with in_kil() as session:
        for first in (date(2026, 8, 1), date(2026, 9, 1)):
            add_next_version(session, "it", effective_from=first, now=NOW)
    for narrowed in ({}, {"requirement": story.requirement_ids["it"], "states": ["overdue"]}):
        bosse = next(row for row in rows_of_csv(take(**narrowed)) if row[0] == "bosse-1")
        assert bosse[6:9] == ["Försenad", "2020-02-01", "2020-01-31"]


def test_completions_narrowed_to_a_requirement_are_of_what_it_has_asked_for_not_of_what_a_draft_would(
    story, cast, hr, take, in_kil
):
    with in_kil() as session:
        other = add_course(session, "ny", now=NOW, title="Ny kurs")
        add_completion(session, cast.people["bosse"], other, on=date(2026, 5, 1), now=NOW)
        first, asks = date(2026, 12, 1), {"course_id": other.course_id}
        add_next_version(session, "it", effective_from=first, now=NOW, published_at=None, **asks)
    chosen = {"content": "completions", "requirement": story.requirement_ids["it"]}
    assert {row[6] for row in rows_of_csv(take(**chosen))[1:]} == {"Grundkurs i IT; med å, ä och ö"}


def test_completions_narrowed_to_a_requirement_are_also_of_what_counted_instead_that_day(story, cast, hr, take, in_kil):
    with in_kil() as session:
        other = add_course(session, "annan", now=NOW, title="Annan kurs")
        asked = session.scalars(select(Course.id).where(Course.code == "it")).one()
        session.add(
            CourseEquivalence(
                course_id=asked,
                accepted_course_id=other.course_id,
                starts_on=date(2026, 5, 1),
                ends_on=date(2026, 5, 31),
                recorded_at=NOW,
                source="test",
            )
        )
        for day in (date(2026, 4, 30), date(2026, 5, 1), date(2026, 5, 31), date(2026, 6, 1)):
            add_completion(session, cast.people["bosse"], other, on=day, now=NOW)
    rows = rows_of_csv(take(content="completions", requirement=story.requirement_ids["it"]))[1:]
    assert [row[8] for row in rows if row[6] == "Annan kurs"] == ["2026-05-01", "2026-05-31"]


def test_a_row_reads_as_its_reader_expects(story, hr, take):
    anna = next(row for row in rows_of_csv(take()) if row[0] == "anna-1")
    assert anna == [
        "anna-1",
        "Anna Åkesson",
        "Hemtjänsten",
        "11",
        "Undersköterska",
        "Grundkurs i IT; med å, ä och ö",
        "Giltig",
        "2026-03-01",
        "2027-02-28",
        "2027-02-28",
        "IT-strategin 2.4",
    ]


def test_the_xlsx_holds_the_same_with_days_as_days_and_text_as_text(story, hr, take):
    of_csv = rows_of_csv(take())
    ((name, of_xlsx),) = sheets_of_xlsx(take(kind="xlsx")).items()
    assert name == "Läget"
    assert [[as_csv(cell) for cell in row] for row in of_xlsx] == of_csv
    row = next(row for row in of_xlsx if row[0] == "001")
    assert row[1] == "=HYPERLINK(1) @Formel", "neither a formula nor changed"
    assert type(row[7]) is date


def as_csv(cell):
    if isinstance(cell, date):
        return cell.isoformat()
    return f"'{cell}" if str(cell).startswith("=") else cell


def test_what_looks_like_a_formula_is_text(story, hr, take):
    names = [row[1] for row in rows_of_csv(take())]
    assert "'=HYPERLINK(1) @Formel" in names
    assert "=HYPERLINK(1) @Formel" not in names
    sheet = take(kind="xlsx")
    with zipfile.ZipFile(io.BytesIO(sheet.data)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")


def test_a_protected_identity_is_hidden_in_every_file(story, hr, take):
    for chosen in ({}, {"kind": "xlsx"}, {"content": "completions"}, {"content": "completions", "kind": "xlsx"}):
        answer = take(**chosen)
        rows = rows_of_csv(answer) if chosen.get("kind") != "xlsx" else next(iter(sheets_of_xlsx(answer).values()))
        names = {str(row[1]) for row in rows}
        assert "Skyddad identitet (000)" in names
        assert not any("Petra" in name or name.endswith("Skyddad") for name in names)


def test_only_the_own_municipality_is_in_it(story, hr, take):
    numbers = {row[0] for row in rows_of_csv(take())}
    assert "omar-1" not in numbers
    assert "anna-1" in numbers


def test_a_unit_is_taken_with_everything_below_it(cast, story, hr, take):
    vard = {row[0] for row in rows_of_csv(take(unit=cast.unit_ids["10"]))[1:]}
    assert vard == {"anna-1", "bosse-1", "eva-1", "000", "001"}
    assert {row[0] for row in rows_of_csv(take(unit=cast.unit_ids["20"]))[1:]} == {
        "cecilia-1",
        "david-1",
        "kim-1",
        "mona-1",
        "olle-1",
    }


def test_one_requirement_can_be_taken(story, hr, take):
    rows = rows_of_csv(take(requirement=story.requirement_ids["journal"]))[1:]
    assert [(row[0], row[5]) for row in rows] == [("anna-1", "Journalföring")]


def test_some_states_can_be_taken(story, hr, take):
    rows = rows_of_csv(take(states=["valid", "lapsed"]))[1:]
    assert {(row[0], row[6]) for row in rows} == {("anna-1", "Giltig"), ("000", "Utgången")}
    assert len(rows) == 3


def test_another_day_shows_how_it_stood_then(in_kil, cast, story, hr, take):
    rows = {(row[0], row[5]): row[6] for row in rows_of_csv(take(day="2026-02-28"))[1:]}
    assert rows["anna-1", "Grundkurs i IT; med å, ä och ö"] == "Försenad"
    assert ("anna-1", "Journalföring") not in rows


def test_who_has_left_is_in_lists_of_the_days_before(in_kil, cast, story, hr, take):
    with in_kil() as session:
        add_person(
            session,
            "Gamle",
            "Gran",
            unit_id=cast.units["11"],
            position_id=cast.position_id,
            now=NOW,
            ends_on=TODAY - timedelta(days=1),
        )
    assert "gamle-1" not in {row[0] for row in rows_of_csv(take())}
    assert "gamle-1" in {row[0] for row in rows_of_csv(take(day=str(TODAY - timedelta(days=1))))}


def test_who_works_in_two_places_has_both(in_kil, cast, story, hr, take):
    with in_kil() as session:
        session.add(
            Employment(
                person_id=cast.people["anna"],
                unit_id=cast.units["20"],
                position_id=cast.position_id,
                kind="Tillsvidare",
                percent=25,
                starts_on=date(2026, 1, 1),
                recorded_at=NOW,
                source="test",
            )
        )
    anna = next(row for row in rows_of_csv(take()) if row[0] == "anna-1")
    assert anna[2:5] == ["Hemtjänsten, Kommunledningskontoret", "11, 20", "Undersköterska, Undersköterska"]


def test_completed_courses(story, hr, take):
    header, *rows = rows_of_csv(take(content="completions"))
    assert header[5:] == ["Kurskod", "Kurs", "Version", "Genomförd", "Underlag", "Registrerad", "Intyg"]
    assert [(row[0], *row[5:9]) for row in rows] == [
        ("000", "it", "Grundkurs i IT; med å, ä och ö", "1", "2025-03-01"),
        ("anna-1", "it", "Grundkurs i IT; med å, ä och ö", "1", "2026-03-01"),
        ("anna-1", "journal", "Journalföring", "1", "2026-04-01"),
    ]
    assert {row[10] for row in rows} == {"2026-11-23 10:00"}, "by the clocks of the municipality"


def test_completed_courses_are_narrowed_by_day_and_requirement(story, hr, take):
    def found(**chosen):
        return [(row[0], row[5]) for row in rows_of_csv(take(content="completions", **chosen))[1:]]

    assert found(since="2026-04-01") == [("anna-1", "journal")]
    assert found(day="2026-03-31") == [("000", "it"), ("anna-1", "it")]
    assert found(requirement=story.requirement_ids["journal"]) == [("anna-1", "journal")]


def test_a_retracted_completion_is_not_in_it(in_kil, cast, story, hr, take):
    with in_kil() as session:
        retract(
            session.scalars(select(Completion).where(Completion.person_id == cast.people["anna"])),
            now=NOW,
            by_id=cast.accounts["david"],
            why="test",
        )
    assert [row[0] for row in rows_of_csv(take(content="completions"))[1:]] == ["000"]


def test_the_workbook_of_completed_courses_has_moments_and_numbers(story, hr, take):
    ((name, rows),) = sheets_of_xlsx(take(content="completions", kind="xlsx")).items()
    assert name == "Genomföranden"
    assert rows[1][7:9] == [1.0, date(2025, 3, 1)]
    assert rows[1][10] == datetime(2026, 11, 23, 10, 0)


def test_every_list_taken_is_in_the_journal_with_its_rows_and_fingerprint(database, cast, story, hr, take):
    answer = take(unit=cast.unit_ids["11"], states=["overdue", "lapsed"], kind="xlsx")
    with database.bound(cast.kil, reading=True) as session:
        entry = session.scalars(select(JournalEntry).order_by(JournalEntry.number.desc())).first()
    (rows,) = sheets_of_xlsx(answer).values()
    assert entry.action == "export.standing"
    assert entry.details == {
        "format": "xlsx",
        "rows": len(rows) - 1,
        "sha256": hashlib.sha256(answer.data).hexdigest(),
        "day": "2026-11-23",
        "known": "",
        "unit": cast.unit_ids["11"],
        "requirement": "",
        "since": "",
        "states": "overdue lapsed",
    }
    page = hr.get("/exports/").text
    assert "<div>Enhet: Hemtjänsten</div>" in page
    assert "<div>Lägen: Försenad, Utgången" in page
    assert cast.unit_ids["11"] not in page.partition("<table")[2]
    assert hashlib.sha256(answer.data).hexdigest() in page
    assert "David Dahl" in page


def test_the_file_is_named_sized_and_kept_by_nobody(story, hr, take):
    answer = take()
    assert answer.headers["Content-Disposition"] == "attachment; filename=standing-kil-2026-11-23.csv"
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.mimetype == "text/csv"


def test_in_english(in_kil, cast, story, hr, take):
    with in_kil() as session:
        session.get_one(Account, cast.accounts["david"]).locale = "en"
    header, *rows = rows_of_csv(take())
    assert header[:2] == ["Employee number", "Name"]
    assert {row[5] for row in rows} == {"Basic IT course", "Keeping records"}
    assert "Protected identity (000)" in {row[1] for row in rows}


def test_an_empty_list_is_a_file_with_a_header(story, hr, take):
    assert rows_of_csv(take(day="2019-01-01")) == [HEADER]
    assert sheets_of_xlsx(take(day="2019-01-01", kind="xlsx")) == {"Läget": [HEADER]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"day": ""},
        {"day": "yesterday"},
        {"unit": "01234567890123456789"},
        {"requirement": "01234567890123456789"},
        {"states": ["unheard-of"]},
        {"kind": "pdf"},
        {"content": "secrets"},
        {"content": "completions", "since": "2026-12-01"},
    ],
)
def test_what_cannot_be_asked_for_is_refused_and_not_noted(database, cast, story, hr, take, wrong):
    assert take(**wrong).status_code == 422
    with database.bound(cast.kil, reading=True) as session:
        assert session.scalars(select(JournalEntry).where(JournalEntry.action.startswith("export"))).all() == []


def test_units_of_another_municipality_cannot_be_asked_for(cast, story, hr, take):
    assert take(unit=cast.unit_ids["grums"]).status_code == 422


def test_the_form_begins_with_what_its_address_says(cast, story, hr):
    page = hr.get(f"/exports/?day=2026-03-01&unit={cast.unit_ids['11']}").text
    assert 'value="2026-03-01"' in page
    assert f'selected value="{cast.unit_ids["11"]}"' in page


def test_who_may_take_lists_out(client, database, cast, story, take):
    may = set()
    for name in set(cast.accounts) - {"omar"}:
        sign_in(client, database, cast, name)
        statuses = {client.get("/exports/").status_code, take().status_code}
        assert len(statuses) == 1
        if statuses == {200}:
            may.add(name)
        else:
            assert statuses == {403}
    assert may == {"cecilia", "david"}


def test_another_municipality_s_hr_takes_its_own(client, database, cast, story, take):
    sign_in(client, database, cast, "omar")
    assert rows_of_csv(take(content="standing"))[1:] == []


def test_states_that_do_not_concern_the_list_do_not_narrow_it(story, hr, take):
    assert len(rows_of_csv(take(content="completions", states=["exempt"]))) == 4


def test_it_takes_as_many_queries_for_thirty_people_as_for_one(database, in_kil, cast, story, hr, take):
    def statements():
        seen = []

        def note(_connection, _cursor, statement, *_rest):
            seen.append(statement)

        event.listen(database.engine, "before_cursor_execute", note)
        take()
        event.remove(database.engine, "before_cursor_execute", note)
        return len(seen)

    take()
    few = statements()
    with in_kil() as session:
        for number in range(30):
            add_person(
                session, f"Ny{number}", "Nysson", unit_id=cast.units["11"], position_id=cast.position_id, now=NOW
            )
    assert statements() == few


def test_everyone_is_in_it_once_and_in_order_however_many_batches(monkeypatch, database, in_kil, cast, story, hr, take):
    whole = rows_of_csv(take())
    monkeypatch.setattr(queries, "PEOPLE_AT_A_TIME", 3)
    assert rows_of_csv(take()) == whole
    names = [row[1] for row in whole[1:]]
    assert names.index("Kim Karlsson") < names.index("Mona Mård") < names.index("Anna Åkesson")


def test_people_on_hold_are_in_it_as_such(in_kil, cast, story, hr, take):
    with in_kil() as session:
        add_absence(session, cast.people["eva"], starts_on=TODAY, ends_on=None, now=NOW)
    states = {row[0]: row[6] for row in rows_of_csv(take())[1:]}
    assert states["eva-1"] == "Pausad"
    assert set(State) == set(STATES)
