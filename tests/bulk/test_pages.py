"""The pages of batches: make a list, look, do it, download, undo; and who may."""

import io
from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import select

from tests.bulk.conftest import TODAY, number_of
from tests.conftest import NOW
from tests.factories import add_course, add_person, add_requirement, sign_in
from tracker.audit.models import JournalEntry
from tracker.bulk.models import Batch, BatchItem, Outcome
from tracker.catalogue.models import Course
from tracker.people.models import Person
from tracker.requirements.models import Assignment, Extension, Requirement


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def requirement(cast, in_kil):
    """A requirement for users of the system, whom there are none of. Its public id."""
    with in_kil() as session:
        version = add_course(session, "system", now=NOW, title="Journalen")
        add_requirement(session, "system", course_id=version.course_id, now=NOW, lines=({"system_id": cast.system_id},))
        return session.scalars(select(Requirement.public_id)).one()


@pytest.fixture
def course(requirement, in_kil):
    with in_kil() as session:
        return session.scalars(select(Course.public_id)).one()


@pytest.fixture
def browser(app, database, cast):
    return lambda name: sign_in(app.test_client(), database, cast, name)


def terms(requirement, pasted, **fields):
    return {
        "requirement": requirement,
        "starts_on": TODAY.isoformat(),
        "ends_on": "",
        "reason": "Ny journal",
        "pasted": pasted,
        **fields,
    }


def test_a_list_is_looked_at_done_taken_out_and_undone(browser, cast, in_kil, requirement):
    david = browser("david")
    assert david.get("/batches/assign").status_code == 200
    staged = david.post("/batches/assign", data=terms(requirement, "anna-1\nbosse@kommun.example\nfinns-inte\n"))
    assert staged.status_code == 302
    shown = david.get(staged.location).text
    assert "Anna Åkesson" in shown
    assert "finns-inte" in shown
    assert "Ingen av dem du ser har det numret eller den adressen" in shown
    assert "23 december" in shown
    assert number_of(in_kil, Assignment) == 0

    refused = david.post(f"{staged.location}/apply", data={})
    assert (refused.status_code, number_of(in_kil, Assignment)) == (422, 0)
    for _ in range(2):
        done = david.post(f"{staged.location}/apply", data={"leave_out": "y"})
        assert done.location == staged.location
        assert number_of(in_kil, Assignment) == 2
    result = david.get(staged.location).text
    assert "Gjort för 2 rader" in result

    file = david.post(f"{staged.location}/file")
    assert file.headers["Content-Disposition"].startswith("attachment")
    lines = file.data.decode("utf-8-sig").splitlines()
    assert lines[1] == "1;Anna Åkesson;;;Tilldelat;2026-12-23;;"
    assert lines[3] == "3;;finns-inte;;Ingen av dem du ser har det numret eller den adressen;;;"

    assert "2 rader står kvar" in david.get(f"{staged.location}/undo").text
    assert david.post(f"{staged.location}/undo", data={"why": ""}).status_code == 422
    assert david.post(f"{staged.location}/undo", data={"why": "Fel lista"}).location == staged.location
    undone = david.get(staged.location).text
    assert "2 rader togs tillbaka" in undone
    assert "står kvar" not in undone
    assert "Fel lista" in undone
    with in_kil() as session:
        assert all(fact.retracted_at for fact in session.scalars(select(Assignment)))
        acts = list(session.scalars(select(JournalEntry.action).order_by(JournalEntry.id)))
    assert [act for act in acts if act.startswith("batch.")] == [
        "batch.staged",
        "batch.applied",
        "batch.taken",
        "batch.undone",
    ]
    assert "Tilldela ett krav: Krav system" in david.get("/batches").text


def test_a_mistyped_day_is_said_and_a_long_row_is_shown_short(browser, cast, in_kil, course):
    digits = "1" * 500
    form = {"course": course, "completed_on": "2026-11-20", "signer": "Lena Lärare"}
    david = browser("david")
    staged = david.post(
        "/batches/complete", data=form | {"pasted": f"anna-1\t31/02/2026\n{digits}\nbosse-1\u200b\nborta;31/04/2026"}
    )
    shown = david.get(staged.location).text
    assert "Dagen går inte att läsa" in shown
    assert shown.count("31/02/2026") == shown.count("31/04/2026") == 1
    assert digits[:59] + "…" in shown
    assert digits[:60] not in shown
    with in_kil() as session:
        found = session.execute(select(BatchItem.previewed, BatchItem.day).order_by(BatchItem.number)).all()
    friday = date(2026, 11, 20)
    assert [tuple(row) for row in found] == [
        (Outcome.UNREADABLE_DAY, None),
        (Outcome.NOT_FOUND, friday),
        (Outcome.DONE, friday),
        (Outcome.NOT_FOUND, None),
    ]
    refused = david.post("/batches/complete", data=form | {"pasted": "anna-1\r\nbosse\x02-1"})
    assert refused.status_code == 422
    assert "Ta bort tecknen som inte syns, på rad 2." in refused.text


def test_a_file_of_completions(browser, cast, in_kil, course):
    content = "Anstnr;Datum;Anteckning\r\nanna-1;2026-11-20;på länk\r\nbosse-1;;\r\neva-1;i går;\r\n".encode("cp1252")
    form = {"course": course, "completed_on": TODAY.isoformat(), "signer": "Lena Lärare", "pasted": ""}
    david = browser("david")
    staged = david.post("/batches/complete", data=form | {"file": (io.BytesIO(content), "närvaro.csv")})
    shown = david.get(staged.location).text
    assert "närvaro.csv" in shown
    assert "Dagen går inte att läsa" in shown
    assert ">i går<" in shown
    david.post(f"{staged.location}/apply", data={"leave_out": "y"})
    assert ">i går<" in david.get(staged.location).text
    file = david.post(f"{staged.location}/file").data.decode("utf-8-sig").splitlines()
    assert file[3] == "4;Eva Ek;;i går;Dagen går inte att läsa: skriv den som 2026-11-23;;;"
    person = david.get(f"/people/{cast.person_ids['anna']}").text
    assert "Lena Lärare, på länk" in person
    assert "/certificates/" in person


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"pasted": ""}, "Klistra in en lista eller välj en fil."),
        ({"starts_on": "2026-11-22"}, "Välj i dag eller en senare dag"),
        ({"ends_on": "2026-11-22"}, "Sista dagen ligger före den första"),
        ({"reason": ""}, "Skriv varför"),
        ({"pasted": "\n".join(map(str, range(5001)))}, "5000"),
    ],
)
def test_what_is_wrong_with_the_form_stands_on_it(browser, in_kil, requirement, changed, words):
    answer = browser("david").post("/batches/assign", data=terms(requirement, "anna-1") | changed)
    assert answer.status_code == 422
    assert words in answer.text
    assert number_of(in_kil, Batch) == 0


def test_two_lists_are_refused_once(browser, in_kil, requirement):
    file = (io.BytesIO(b"anna-1"), "lista.csv")
    answer = browser("david").post("/batches/assign", data=terms(requirement, "anna-1") | {"file": file})
    assert answer.status_code == 422
    assert answer.text.count("Klistra in listan eller välj en fil, inte båda.") == 2, "above and beside the field"
    assert "Välj filen igen" not in answer.text


def test_who_stands_without_a_number_is_told_and_never_taken_for_somebody(browser, in_kil, cast, requirement):
    """What else the row says may look like a number."""
    david = browser("david")
    pasted = "Namn\tAnstnr\nÅsa Åkesson\tanna-1\nbosse-1\t\n"
    shown = david.get(david.post("/batches/assign", data=terms(requirement, pasted)).location).text
    assert "Varken anställningsnummer eller e-postadress står på raden" in shown
    with in_kil() as session:
        rows = session.execute(select(BatchItem.previewed, BatchItem.person_id).order_by(BatchItem.number)).all()
    assert [tuple(row) for row in rows] == [(Outcome.DONE, cast.people["anna"]), (Outcome.NAMELESS, None)]


def test_a_picture_called_xlsx_is_refused_with_what_to_do(browser, in_kil, requirement):
    file = (io.BytesIO(b"\x89PNG\r\n\x1a\n" + bytes(500)), "lista.xlsx")
    answer = browser("david").post("/batches/assign", data=terms(requirement, "") | {"file": file})
    assert answer.status_code == 422
    assert (
        "Öppna listan i Excel, spara den där som .xlsx utan lösenord eller som CSV, och välj den filen." in answer.text
    )
    assert number_of(in_kil, Batch) == 0


def test_more_time_is_given_to_a_list(browser, in_kil, requirement):
    david = browser("david")
    with in_kil() as session:
        course_id = session.scalars(select(Course.id)).one()
        add_requirement(session, "alla", course_id=course_id, now=NOW)
        everyone = session.scalars(select(Requirement.public_id).where(Requirement.code == "alla")).one()
    form = {"requirement": everyone, "due_on": "2026-11-22", "reason": "Kursen är inställd", "pasted": "anna-1"}
    refused = david.post("/batches/extend", data=form)
    assert refused.status_code == 422
    assert "Den dagen har passerat" in refused.text
    assert number_of(in_kil, Batch) == 0
    staged = david.post("/batches/extend", data=form | {"due_on": "2027-03-01"}).location
    shown = david.get(staged).text
    assert "Får mer tid" in shown
    assert "1 mars 2027" in shown
    assert "chefer påminns inte längre om 1 person." in shown
    david.post(f"{staged}/apply", data={})
    assert "Fick mer tid" in david.get(staged).text
    assert number_of(in_kil, Extension) == 1
    david.post(f"{staged}/undo", data={"why": "Fel lista"})
    with in_kil() as session:
        assert session.scalars(select(Extension.retracted_why)).one() == "Fel lista"


@pytest.mark.parametrize("act", ["assign", "exempt", "extend", "complete"])
def test_a_list_that_cannot_be_read_is_refused_where_it_stands(browser, requirement, course, act):
    fields = terms(requirement, "") | {"due_on": "2027-03-01", "course": course, "signer": "Lena Lärare"}
    file = (io.BytesIO(b"\x00\x01\x02 not a list \xff"), "lista.xlsx")
    refused = browser("david").post(f"/batches/{act}", data=fields | {"file": file})
    assert refused.status_code == 422
    assert 'id="file-error"' in refused.text


def test_days_in_a_list_that_are_not_used_are_told(browser, requirement):
    david = browser("david")
    assert "en dag och en anteckning" not in david.get("/batches/assign").text
    pasted = "anna-1;2026-12-15;på länk\nbosse@kommun.example;31/2 2027\nBosse Berg\n"
    shown = david.post("/batches/assign", data=terms(requirement, pasted), follow_redirects=True).text
    assert "2 rader har egna dagar" in shown
    assert "Bosse Berg" in shown
    shown = david.post("/batches/assign", data=terms(requirement, "anna-1\n"), follow_redirects=True).text
    assert "egna dagar" not in shown


def test_a_list_can_be_thrown_away(browser, in_kil, requirement):
    david = browser("david")
    staged = david.post("/batches/exempt", data=terms(requirement, "anna-1"))
    assert "Inget går att göra" in david.get(staged.location).text
    assert david.post(f"{staged.location}/discard").location == "/batches"
    assert number_of(in_kil, Batch) == 0


def test_who_may_see_which(browser, in_kil, requirement):
    bosses = browser("bosse").post("/batches/assign", data=terms(requirement, "anna-1\ndavid-1")).location
    davids = browser("david").post("/batches/assign", data=terms(requirement, "anna-1")).location
    shown = browser("bosse").get(bosses).text
    assert "David Dahl" not in shown
    assert "david-1" in shown
    assert browser("cecilia").get(bosses).status_code == 200
    for name, address, status in (
        ("bosse", davids, 404),
        ("omar", bosses, 404),
        ("anna", bosses, 403),
        ("kim", bosses, 403),
    ):
        for answer in (
            browser(name).get(address),
            browser(name).post(f"{address}/apply"),
            browser(name).post(f"{address}/undo", data={"why": "x"}),
            browser(name).post(f"{address}/discard"),
            browser(name).post(f"{address}/file"),
        ):
            assert answer.status_code == status, name
    assert "Krav system" not in browser("omar").get("/batches").text
    assert davids not in browser("bosse").get("/batches").text
    assert number_of(in_kil, Batch) == 2


def test_a_protected_name_is_shown_nowhere(browser, cast, in_kil, requirement):
    with in_kil() as session:
        session.get_one(Person, cast.people["anna"]).protected_identity = True
    david = browser("david")
    staged = david.post("/batches/assign", data=terms(requirement, "anna-1\nanna@kommun.example")).location
    david.post(f"{staged}/apply", data={"leave_out": "y"})
    for answer in (david.get(staged), david.post(f"{staged}/file"), david.get(f"{staged}/undo")):
        assert "Åkesson" not in answer.data.decode()
    assert "Skyddad identitet (anna-1)" in david.get(staged).text


def test_rows_can_be_chosen_by_what_happens_and_come_a_page_at_a_time(browser, requirement):
    david = browser("david")
    pasted = "\n".join(["anna-1", *(f"saknas-{number}" for number in range(120))])
    staged = david.post("/batches/assign", data=terms(requirement, pasted)).location
    assert "saknas-98" in david.get(staged).text
    assert "saknas-99" not in david.get(staged).text
    assert "saknas-119" in david.get(f"{staged}?page=2").text
    missing = david.get(f"{staged}?told=not_found").text
    assert "Anna Åkesson" not in missing
    assert "saknas-0" in missing


def test_a_page_of_thirty_asks_as_often_as_one_of_one(browser, counted, cast, in_kil, requirement):
    with in_kil() as session:
        for number in range(30):
            add_person(
                session,
                f"Person{number}",
                "Många",
                unit_id=cast.units["11"],
                position_id=cast.position_id,
                now=NOW,
                employee_number=f"70{number}",
            )
    david = browser("david")
    one = david.post("/batches/assign", data=terms(requirement, "anna-1")).location
    many = david.post(
        "/batches/assign", data=terms(requirement, "\n".join(f"70{number}" for number in range(30)))
    ).location

    def ask(path):
        assert david.get(path).status_code == 200

    assert counted(lambda: ask(many)) == counted(lambda: ask(one))
    few = counted(lambda: ask("/batches"))
    for _ in range(30):
        david.post("/batches/assign", data=terms(requirement, "anna-1"))
    assert counted(lambda: ask("/batches")) == few


def test_the_requirement_leads_to_its_list(browser, requirement):
    address = f"/batches/assign?requirement={requirement}"
    bosse = browser("bosse")
    assert f'href="{address}"' in bosse.get(f"/requirements/{requirement}").text
    assert f'<option selected value="{requirement}">' in bosse.get(address).text


def test_starts_tomorrow(browser, in_kil, requirement):
    david = browser("david")
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    staged = david.post("/batches/assign", data=terms(requirement, "anna-1", starts_on=tomorrow)).location
    david.post(f"{staged}/apply", data={})
    with in_kil() as session:
        assert session.scalars(select(Assignment.starts_on)).one() == TODAY + timedelta(days=1)


def test_the_day_compared_with_and_the_late_days_lifted_are_said(browser, in_kil):
    with in_kil() as session:
        version = add_course(session, "sen", now=NOW)
        add_requirement(session, "sen", course_id=version.course_id, now=NOW)
        late = session.scalars(select(Requirement.public_id).where(Requirement.code == "sen")).one()
    david = browser("david")
    past = terms(late, "anna-1") | {"starts_on": str(TODAY - timedelta(days=3))}
    shown = david.get(david.post("/batches/exempt", data=past).location).text
    assert "Jämfört den 23 november" in shown
    assert "1 person var försenad på dagar som undantaget lyfter bort, sammanlagt 3 dagar." in " ".join(shown.split())
