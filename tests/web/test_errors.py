"""What is shown when something goes wrong."""

import sqlite3

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from tests.conftest import NOW
from tests.factories import add_course, sign_in
from tracker.catalogue.models import Course
from tracker.drafting import operations
from tracker.requirements.models import Requirement


class TestAnAddressThatIsNot:
    def test_signed_in_the_way_on_stays(self, client, database, cast):
        sign_in(client, database, cast, "cecilia")
        response = client.get("/nowhere")
        assert response.status_code == 404
        assert 'class="sidebar"' in response.get_data(as_text=True)

    def test_signed_out(self, client, database, cast):
        response = client.get("/nowhere")
        assert response.status_code == 404
        assert 'class="sidebar"' not in response.get_data(as_text=True)

    @pytest.mark.parametrize("method", ["post", "put", "delete"])
    def test_nothing_is_done_there(self, client, database, cast, method):
        sign_in(client, database, cast, "cecilia")
        assert getattr(client, method)("/nowhere").status_code in (404, 405)


def test_who_is_overtaken_is_told_so(client, database, cast, in_kil, monkeypatch):
    """Two begin a requirement under the same code at once: both have looked, neither was there."""
    with in_kil() as session:
        add_course(session, "kurs", now=NOW)
        session.add(Requirement(code="samma", created_at=NOW))
        course = session.scalars(select(Course)).one()
    monkeypatch.setattr(operations, "by_code", lambda *_: None)
    sign_in(client, database, cast, "cecilia")
    form = {"code": "samma", "title_sv": "Samma", "title_en": "Same", "course": course.public_id}
    response = client.post("/requirements/new", data=form)
    assert response.status_code == 409
    with in_kil() as session:
        assert len(session.scalars(select(Requirement)).all()) == 1


def held(code: int | str) -> Exception:
    """Return what a driver raises when others hold what is needed."""
    if isinstance(code, str):
        return psycopg.errors.lookup(code)("held by others")
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "answer"),
    [(sqlite3.SQLITE_BUSY, 409), ("40P01", 409), ("40001", 409), ("55P03", 409), (sqlite3.SQLITE_FULL, 500)],
)
def test_who_is_in_each_others_way_may_try_again_and_nothing_is_half_done(
    client, database, cast, in_kil, monkeypatch, code, answer
):
    with in_kil() as session:
        add_course(session, "kurs", now=NOW)
        course = session.scalars(select(Course)).one()
    begin = operations.begin_draft

    def begin_and_fail(*args, **kwargs):
        begin(*args, **kwargs)
        raise OperationalError("INSERT", {}, held(code))

    monkeypatch.setattr(operations, "begin_draft", begin_and_fail)
    sign_in(client, database, cast, "cecilia")
    form = {"code": "ny", "title_sv": "Ny", "title_en": "New", "course": course.public_id}
    response = client.post("/requirements/new", data=form)
    assert response.status_code == answer
    assert ("försök igen om en liten stund" in response.text) is (answer == 409)
    with in_kil() as session:
        assert session.scalars(select(Requirement)).all() == []
