"""A system's page says who uses it untrained."""

from datetime import date

import pytest

from tests.conftest import NOW
from tests.factories import add_access, add_completion, add_course, add_person, add_requirement, sign_in
from tracker.accounts.models import Account
from tracker.dashboards.queries.system import training
from tracker.domain.facts import State
from tracker.systems.models import ItSystem

TODAY = date(2026, 11, 23)


@pytest.fixture
def story(in_kil, cast):
    """Anna and Bosse use the system; Bosse has its course. Another requirement has nothing to do with it."""
    with in_kil() as session:
        course = add_course(session, "treserva", now=NOW, title="Treserva")
        other = add_course(session, "annat", now=NOW, title="Annat")
        add_requirement(
            session, "treserva", course_id=course.course_id, now=NOW, lines=({"system_id": cast.system_id},)
        )
        add_requirement(session, "annat", course_id=other.course_id, now=NOW)
        for name in ("anna", "bosse"):
            add_access(session, cast.people[name], cast.system_id, starts_on=date(2026, 1, 1), now=NOW)
        add_completion(session, cast.people["bosse"], course, on=date(2026, 2, 1), now=NOW)
    return course


@pytest.fixture
def show(client, database, cast, story, in_kil):
    def show(name):
        with in_kil() as session:
            session.get_one(Account, cast.accounts[name]).locale = "en"
        sign_in(client, database, cast, name)
        response = client.get(f"/systems/{cast.system_public_id}?day=2026-11-23")
        assert response.status_code == 200
        return " ".join(response.get_data(as_text=True).split("<main", 1)[1].split())

    return show


def test_who_has_the_training_and_who_has_not(in_kil, cast, story):
    with in_kil() as session:
        found = training(session, session.get_one(ItSystem, cast.system_id), TODAY)
    assert [one.code for one in found.requirements] == ["treserva"]
    assert [(row.person.id, row.obligation.state) for row in found.untrained] == [(cast.people["anna"], State.OVERDUE)]
    assert found.people == 1


def test_before_anyone_used_it(in_kil, cast, story):
    with in_kil() as session:
        found = training(session, session.get_one(ItSystem, cast.system_id), date(2025, 12, 31))
    assert (found.requirements, found.untrained, found.people) == ([], [], 0)


def test_the_owner_sees_who(show):
    page = show("eva")
    assert "1 of 2 has it" in page
    assert "Uses it untrained" in page
    assert "Anna" in page.split("Uses it untrained")[1].split("</table>")[0]


def test_others_who_see_the_register_see_how_many(show, cast, client):
    page = show("mona")
    assert "1 person uses it untrained" in page
    assert "Uses it untrained" not in page


def test_as_many_questions_however_many_users(client, counted, cast, story, in_kil, show):
    show("eva")
    path = f"/systems/{cast.system_public_id}"

    def ask():
        assert client.get(path).status_code == 200

    few = counted(ask)
    with in_kil() as session:
        for number in range(30):
            person = add_person(
                session, f"P{number}", "Prov", unit_id=cast.units["11"], position_id=cast.position_id, now=NOW
            )
            add_access(session, person.id, cast.system_id, starts_on=date(2026, 1, 1), now=NOW)
    assert counted(ask) == few
