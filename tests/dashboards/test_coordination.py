"""Municipalities side by side: figures only, and none for fewer than five."""

from tests.conftest import NOW
from tests.factories import add_course, add_person, add_requirement
from tracker.edge import transaction


def grow(database, cast, number):
    """Give Grums a requirement with the same code, and so many more people who have not met it."""
    with transaction(database, cast.grums, now=NOW) as session:
        course = add_course(session, "it", now=NOW)
        add_requirement(session, "it", course_id=course.course_id, now=NOW)
        position = session.query(_position()).one()
        for index in range(number):
            add_person(session, f"G{index}", "Grumsson", unit_id=cast.units["grums"], position_id=position.id, now=NOW)


def _position():
    from tracker.organisation.models import Position

    return Position


def test_fewer_than_five_people_have_no_figures(show, story, database, cast):
    grow(database, cast, 3)  # with Omar: four
    page = show("kim", "/coordination")
    share = page["found"].shares[cast.grums]
    assert (share.few, share.people, share.behind, share.completed, share.in_order) == (True, None, None, None, None)
    assert page["found"].by_requirement["it"][cast.grums].in_order is None
    assert "fewer than 5" in page.html


def test_five_people_have(show, story, database, cast):
    grow(database, cast, 4)
    found = show("kim", "/coordination")["found"]
    share = found.shares[cast.grums]
    assert (share.few, share.people, share.behind, share.completed, share.in_order) == (False, 5, 5, 0, 0)
    assert [one.name for one in found.municipalities] == ["Grums kommun", "Kils kommun"]


def test_a_few_behind_are_not_numbered(show, story, database, cast, in_kil):
    """Kil has ten people of whom eight are behind; when four are, the number is not told."""
    assert show("kim", "/coordination")["found"].shares[cast.kil].behind == 8
    from datetime import date

    from tests.factories import add_completion

    with in_kil() as session:
        for name in ("cecilia", "david", "eva", "mona"):
            add_completion(session, cast.people[name], story.basics, on=date(2026, 10, 1), now=NOW)
    share = show("kim", "/coordination")["found"].shares[cast.kil]
    assert share.people == 10
    assert share.behind is None
    assert share.in_order is not None


def test_small_groups_of_one_requirement_are_hidden_too(show, story, cast):
    found = show("kim", "/coordination")["found"]
    assert found.by_requirement["omsorg"][cast.kil].few  # Anna alone uses the system
    assert found.by_requirement["it"][cast.kil].in_order == 0.2  # Anna and the newcomer, of ten


def test_no_personal_data(show, story, cast, database):
    grow(database, cast, 10)
    html = show("kim", "/coordination").html
    for name in ("Åkesson", "Anna", "Berg", "Hemlig", "Omarsson", "Grumsson", "700123"):
        assert name not in html


def test_who_may_open_it(show, story):
    for name in ("anna", "bosse", "cecilia", "david", "eva", "mona", "olle"):
        assert show(name, "/coordination").response.status_code == 403, name


def test_a_past_day_shows_the_past(show, story, cast):
    now = show("kim", "/coordination")["found"].shares[cast.kil]
    then = show("kim", "/coordination", day="2026-04-01")["found"].shares[cast.kil]
    assert (now.people, then.people) == (10, 9)
    assert then.completed > now.completed


def test_queries_do_not_grow_with_people(show, story, database, cast, counting):
    grow(database, cast, 1)
    with counting() as few:
        show("kim", "/coordination")
    with transaction(database, cast.grums, now=NOW) as session:
        position = session.query(_position()).one()
        for index in range(30):
            add_person(session, f"H{index}", "Grumsson", unit_id=cast.units["grums"], position_id=position.id, now=NOW)
    with counting() as many:
        show("kim", "/coordination")
    assert len(many) == len(few)
