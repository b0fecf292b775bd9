"""A person's page, and one's own record."""

from datetime import date

from tests.conftest import NOW
from tests.factories import add_absence, add_person
from tracker.db import retract
from tracker.people.models import Absence


def test_manager_sees_obligations_reasons_and_facts(show, story, cast, in_kil):
    with in_kil() as session:
        add_absence(session, cast.people["anna"], starts_on=date(2026, 8, 3), ends_on=date(2026, 8, 9), now=NOW)
    page = show("bosse", f"/people/{cast.person_ids['anna']}")
    assert [(one.code, one.state) for one in page["obligations"]] == [("omsorg", "to_do"), ("it", "valid")]
    assert [manager.given_name for manager in page["managers"]] == ["Bosse"]
    for words in ("Anna Åkesson", "Undersköterska", "Hemtjänsten", "Omsorgsjournalen", "3 August", "IT-grunder"):
        assert words in page.html, words
    assert f"/people/{cast.person_ids['anna']}/completions/new" in page.html


def test_timeline_covers_each_requirement(show, story, cast):
    page = show("bosse", f"/people/{cast.person_ids['anna']}")
    lines = {row.label: [segment.state for segment in row.segments] for row in page["timeline"]}
    assert lines == {
        "Requirement it": ["overdue", "valid", "renew", "lapsed"],
        "Requirement omsorg": ["to_do", "overdue"],
    }


def test_out_of_scope_does_not_exist(show, story, cast):
    assert show("bosse", f"/people/{cast.person_ids['david']}").response.status_code == 404
    assert show("anna", f"/people/{cast.person_ids['bosse']}").response.status_code == 404
    assert show("omar", f"/people/{cast.person_ids['anna']}").response.status_code == 404
    assert show("mona", f"/people/{cast.person_ids['anna']}").response.status_code == 404
    assert show("eva", f"/people/{cast.person_ids['anna']}").response.status_code == 404
    assert show("david", f"/people/{cast.person_ids['anna']}").response.status_code == 200


def test_left_the_team(show, story, cast, in_kil):
    """A manager sees a person on the days they worked in the team."""
    with in_kil() as session:
        left = add_person(
            session,
            "Lars",
            "Lind",
            unit_id=cast.units["11"],
            position_id=cast.position_id,
            now=NOW,
            ends_on=date(2026, 6, 30),
        )
    assert show("bosse", f"/people/{left.public_id}").response.status_code == 404
    page = show("bosse", f"/people/{left.public_id}", day="2026-06-01")
    assert page.response.status_code == 200
    assert [(one.code, one.state) for one in page["obligations"]] == [("it", "overdue")]


def test_own_record_shows_all_that_is_stored(show, story, cast, in_kil):
    with in_kil() as session:
        add_absence(session, cast.people["anna"], starts_on=date(2026, 9, 7), ends_on=None, now=NOW)
        session.flush()
        retract(session.query(Absence), now=NOW, by_id=None, why="Fel person")
    page = show("anna", "/me")
    assert page["own"]
    assert "My record" in page.html
    assert "anna@kommun.example" in page.html
    assert "Fel person" in page.html
    assert "completions/new" not in page.html, "nobody attests themself"


def test_protected_identity(show, story, cast):
    page = show("bosse", f"/people/{story.protected}")
    assert "Protected identity (700123)" in page.html
    assert "Hemlig" not in page.html
    assert "hemlig@" not in page.html


def test_no_actions_on_another_day_or_on_oneself(show, story, cast):
    anna = f"/people/{cast.person_ids['anna']}"
    assert "completions/new" in show("bosse", anna).html
    assert "completions/new" not in show("bosse", anna, day="2026-06-01").html
    assert "completions/new" not in show("bosse", f"/people/{cast.person_ids['bosse']}").html


def test_queries_do_not_grow_with_the_facts(show, story, cast, in_kil, counting):
    path = f"/people/{cast.person_ids['anna']}"
    with counting() as few:
        show("bosse", path)
    with in_kil() as session:
        for month in range(1, 11):
            add_absence(
                session, cast.people["anna"], starts_on=date(2025, month, 1), ends_on=date(2025, month, 3), now=NOW
            )
    with counting() as many:
        show("bosse", path)
    assert len(many) == len(few)
