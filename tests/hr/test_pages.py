"""The import's pages: upload, look, go through with it."""

import io
import re
from datetime import date

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.factories import sign_in
from tests.hr.rosters import content, line
from tracker.edge import transaction
from tracker.hr.models import RosterImport
from tracker.hr.operations import stage_roster
from tracker.people.models import Employment, Person
from tracker.permissions import system


@pytest.fixture
def david(client, database, cast):
    return sign_in(client, database, cast, "david")


def token(response) -> str:
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', response.text)[1]


def upload(client, data, name="personal.csv"):
    page = client.get("/imports")
    return client.post("/imports", data={"csrf_token": token(page), "file": (io.BytesIO(data), name)})


def go_through(client, address, **more):
    page = client.get(address)
    expecting = re.search(r'name="expecting"[^>]*value="([^"]*)"', page.text)[1]
    return client.post(f"{address}/apply", data={"csrf_token": token(page), "expecting": expecting, **more})


def people(database, cast):
    with database.bound(cast.kil, reading=True) as session:
        return set(session.scalars(select(Person.employee_number)))


def test_upload_look_and_go_through(david, database, cast):
    sent = upload(david, content(line("500", "Ny", "Person"), line("501", "Kim", "Y?lmaz", starts="x")))
    assert sent.status_code == 302
    shown = david.get(sent.location)
    assert "Ny Person" in shown.text
    assert "Windows-1252" in shown.text
    assert re.search(r"1 (ny|new) person", shown.text)
    assert "500" not in people(database, cast)
    done = go_through(david, sent.location)
    assert done.status_code == 302
    assert "500" in people(database, cast)
    assert "501" not in people(database, cast)
    assert david.get(done.location).status_code == 200
    assert "personal.csv" in david.get("/imports").text


def test_a_file_that_cannot_be_read_is_refused_in_words(david, database, cast):
    sent = upload(david, b"Namn;Enhet\nA;B\n")
    assert sent.status_code == 422
    assert "Anstnr" in sent.text
    with database.bound(cast.kil, reading=True) as session:
        assert session.scalar(select(func.count()).select_from(RosterImport)) == 0


def test_no_file(david):
    page = david.get("/imports")
    assert david.post("/imports", data={"csrf_token": token(page)}).status_code == 422


def test_what_changed_after_the_look_is_shown_again(david, database, cast):
    sent = upload(david, content(line("500", "Ny", "Person")))
    page = david.get(sent.location)
    expecting = re.search(r'name="expecting"[^>]*value="([^"]*)"', page.text)[1]
    other = upload(david, content(line("500", "Ny", "Person"), line("502", "Annan", "Person")))
    go_through(david, other.location)
    refused = david.post(f"{sent.location}/apply", data={"csrf_token": token(page), "expecting": expecting})
    assert refused.status_code == 422
    assert expecting not in refused.text
    with database.bound(cast.kil, reading=True) as session:
        ended = session.scalars(
            select(Employment.ends_on)
            .join(Person, Person.id == Employment.person_id)
            .where(Person.employee_number == "502")
        ).all()
    assert ended == [None]


def test_a_large_change_needs_the_tick(david, database, cast):
    many = [line(str(number), "Namn", f"Nr{number}") for number in range(500, 550)]
    go_through(david, upload(david, content(*many)).location)
    sent = upload(david, content(*many[:10]))
    assert go_through(david, sent.location).status_code == 422
    assert go_through(david, sent.location, allow_large_change="y").status_code == 302


def test_discarding(david, database, cast):
    sent = upload(david, content(line("500", "Ny", "Person")))
    page = david.get(sent.location)
    assert david.post(f"{sent.location}/discard", data={"csrf_token": token(page)}).status_code == 302
    assert david.get(sent.location).status_code == 404


def test_protected_names_are_nowhere(david):
    hidden = line("500", "Hemlig", "Hemlighetsson", protected="J", email="hemlig@x.example")
    sent = upload(
        david, content(hidden, line("500", "Hemlig", "Hemlighetsson", unit="11"), line("501", "Ny", "Person"))
    )
    shown = david.get(sent.location)
    assert "Hemlig" not in shown.text
    assert "hemlig@" not in shown.text
    done = go_through(david, sent.location)
    assert "Hemlig" not in david.get(done.location).text


@pytest.mark.parametrize("name", ["anna", "bosse", "cecilia", "eva", "mona", "olle", "kim"])
def test_only_hr_imports(client, database, cast, name):
    sign_in(client, database, cast, name)
    assert client.get("/imports").status_code == 403


def test_omar_does_not_reach_kils_imports(client, database, cast):
    with transaction(database, cast.kil, now=NOW) as session:
        by = system(cast.kil, "test")
        staged = stage_roster(session, filename="x", content=content(line()), by=by, now=NOW, today=date(2026, 11, 23))
        address = f"/imports/{staged.row.public_id}"
    sign_in(client, database, cast, "omar")
    assert client.get(address).status_code == 404
    page = client.get("/imports")
    assert client.post(f"{address}/apply", data={"csrf_token": token(page)}).status_code == 404
    assert client.post(f"{address}/discard", data={"csrf_token": token(page)}).status_code == 404
