"""The catalogue in a browser."""

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.factories import BEGINNING, acting, sign_in
from tracker.catalogue import queries, starter
from tracker.catalogue.models import CourseFile


@pytest.fixture
def loaded(in_kil, cast):
    with in_kil() as session:
        starter.load_starter(session, by=acting(cast), now=NOW, today=BEGINNING)
        return {code: queries.course_by_code(session, code).public_id for code in starter.known_codes()}


@pytest.fixture
def browser(app, database, cast):
    return lambda name: sign_in(app.test_client(), database, cast, name)


def test_the_list_and_its_search(browser, loaded):
    client = browser("anna")
    everything = client.get("/courses").text
    for public_id in loaded.values():
        assert f"/courses/{public_id}" in everything
    found = client.get("/courses?q=PRAKTIK").text
    assert f"/courses/{loaded['grund-it-praktik']}" in found
    assert f"/courses/{loaded['it-strategi']}" not in found
    assert client.get("/courses?q=finns-inte").status_code == 200


def test_on_a_day_before_it_was_published_there_is_nothing(browser, loaded):
    client = browser("anna")
    assert loaded["it-strategi"] not in client.get("/courses?day=2019-12-31").text
    assert client.get(f"/courses/{loaded['it-strategi']}?day=2019-12-31").status_code == 404
    assert client.get(f"/courses/{loaded['it-strategi']}?day=2020-01-01").status_code == 200


def test_a_course_shows_what_it_consists_of_but_no_questions(browser, loaded):
    page = browser("mona").get(f"/courses/{loaded['grund-it-teori']}").text
    draft = starter.read("grund-it-teori")
    for module in draft.modules:
        assert module.titles["sv"] in page
        assert module.content.questions[0].prompt["sv"] not in page


def test_a_picture_can_do_nothing_but_be_looked_at(browser, loaded, in_kil):
    with in_kil() as session:
        picture = session.scalars(select(CourseFile).order_by(CourseFile.id).limit(1)).one()
    answer = browser("anna").get(f"/courses/pictures/{picture.public_id}")
    assert (answer.status_code, answer.data, answer.content_type) == (200, picture.content, "image/svg+xml")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"].split("; ")


def test_omar_finds_none_of_it(browser, loaded, in_kil):
    with in_kil() as session:
        picture = session.scalars(select(CourseFile.public_id).limit(1)).one()
    omar = browser("omar")
    assert "/courses/" not in omar.get("/courses").text.split('id="content"')[1]
    assert omar.get(f"/courses/{loaded['it-strategi']}").status_code == 404
    assert omar.get(f"/courses/pictures/{picture}").status_code == 404


def test_one_who_is_signed_out_is_asked_to_sign_in(client, loaded):
    assert client.get("/courses").location.startswith("/sign-in")


def test_the_list_takes_the_same_number_of_queries_however_long(in_kil, cast, database, loaded):
    from sqlalchemy import event

    from tests.factories import add_course

    def asked() -> int:
        statements = []

        def note(_connection, _cursor, statement, *_rest):
            statements.append(statement)

        with in_kil() as session:
            session.connection()
            event.listen(database.engine, "before_cursor_execute", note)
            offered = queries.offered(session, today=NOW.date())
            queries.outline(session, [offer.version.id for offer in offered])
            event.remove(database.engine, "before_cursor_execute", note)
        return len(statements)

    few = asked()
    with in_kil() as session:
        for number in range(30):
            add_course(session, f"kurs-{number}", now=NOW)
    assert asked() == few == 2
