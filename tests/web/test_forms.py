"""What all forms do."""

import io

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.factories import add_course, add_requirement, sign_in
from tracker.app import create_app
from tracker.config import Config
from tracker.requirements.models import Requirement


def test_a_day_that_no_page_can_be_about_is_refused(app, database, cast, in_kil):
    with in_kil() as session:
        version = add_course(session, "it", now=NOW)
        add_requirement(session, "it", course_id=version.course_id, now=NOW)
        requirement = session.scalars(select(Requirement.public_id)).one()
    client = sign_in(app.test_client(), database, cast, "david")
    for year in ("0001", "1899", "2200", "9999"):
        says = {"requirement": requirement, "starts_on": f"{year}-01-01", "reason": "x", "seen": ""}
        answer = client.post(f"/exemptions/new?person={cast.person_ids['anna']}", data=says)
        assert answer.status_code == 422
        assert "Skriv ett år från 1900 till 2199." in answer.text


@pytest.mark.parametrize(
    ("written", "says"), [("31/02/2026", "Det är ingen dag. Skriv den som 2026-11-23."), ("", "Välj första dagen.")]
)
def test_one_fault_is_said_once(app, database, cast, written, says):
    """Not also that the day is missing, nor that what is missing is not well written."""
    david = sign_in(app.test_client(), database, cast, "david")
    answer = david.post(f"/exemptions/new?person={cast.person_ids['anna']}", data={"starts_on": written})
    assert errors_at("starts_on", answer.text) == [says]
    assert errors_at("reason", answer.text) == ["Skriv varför."]


def test_what_turns_the_direction_of_writing_is_taken_away(app, database, cast):
    """It would turn what the page says behind it. Words that are written from the right stay as they are."""
    david = sign_in(app.test_client(), database, cast, "david")
    says = {"starts_on": "", "reason": "\u202e\u2066 live مرحبا\u202c 👩\u200d🏫"}
    answer = david.post(f"/exemptions/new?person={cast.person_ids['anna']}", data=says)
    assert "live مرحبا 👩\u200d🏫</textarea>" in answer.text
    assert not {"\u202e", "\u2066", "\u202c"} & set(answer.text)


def test_line_ends_are_kept_as_files_have_them(app, database, cast, in_kil):
    """Browsers send others; a pack with them in a requirement's reason could not be written."""
    david = sign_in(app.test_client(), database, cast, "david")
    with in_kil() as session:
        version = add_course(session, "it", now=NOW)
        add_requirement(session, "it", course_id=version.course_id, now=NOW)
        requirement = session.scalars(select(Requirement.public_id)).one()
    says = {"requirement": requirement, "starts_on": "2026-12-01", "reason": "Ett.\r\n\r\nTvå."}
    page = f"/exemptions/new?person={cast.person_ids['anna']}"
    assert "Ett.\n\nTvå.</textarea>" in david.post(page, data=says).text


def test_a_missing_code_is_said_once(app, database, cast, in_kil):
    with in_kil() as session:
        add_course(session, "it", now=NOW)
    cecilia = sign_in(app.test_client(), database, cast, "cecilia")
    answer = cecilia.post("/requirements/new", data={"code": ""})
    assert answer.status_code == 422
    assert errors_at("code", answer.text) == ["Skriv en kod."]


def errors_at(field, html):
    """Return what is said beside a field."""
    beside = html.split(f'id="{field}-error"')[1].split("</div>")[0]
    return [one.split("</span></p>")[0].strip() for one in beside.split("Fel: </span>")[1:]]


@pytest.mark.parametrize(
    ("address", "name", "values"),
    [
        ("/certificates/from-elsewhere/new", "anna", {"issuer": ""}),
        ("/batches/exempt", "david", {"reason": ""}),
        ("/imports", "david", None),
    ],
)
def test_a_file_must_be_chosen_again_when_something_else_is_refused(app, database, cast, in_kil, address, name, values):
    with in_kil() as session:
        add_course(session, "it", now=NOW)
    client = sign_in(app.test_client(), database, cast, name)
    answer = client.post(address, data=(values or {}) | {"file": (io.BytesIO(b"x;y"), "lista.csv")})
    assert answer.status_code == 422
    (said,) = errors_at("file", answer.text)
    assert (said == "Välj filen igen: den sparades inte.") == (values is not None)


@pytest.mark.parametrize(
    ("address", "name", "most"),
    [
        ("/imports", "david", "0,2"),
        ("/batches/exempt", "david", "0,2"),
        ("/packs", "cecilia", "0,2"),
        ("/certificates/from-elsewhere/new", "anna", "0,1"),
    ],
)
def test_a_file_that_is_too_large_is_refused_beside_its_field(database, cast, in_kil, address, name, most):
    with in_kil() as session:
        add_course(session, "it", now=NOW)
    config = Config(
        environment="test", base_url="http://localhost", max_upload_bytes=200_000, max_certificate_bytes=100_000
    )
    app = create_app(config, database)
    app.config["WTF_CSRF_ENABLED"] = False
    client = sign_in(app.test_client(), database, cast, name)
    answer = client.post(address, data={"file": (io.BytesIO(b"x" * 400_000), "stor.csv")})
    assert answer.status_code == 422
    beside = answer.text.split('id="file-error"')[1][:600]
    assert f"Filen är 0,4 MB. Den får vara högst {most} MB." in beside
