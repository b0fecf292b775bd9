"""A manager sees whom they are needed by, and the matrix; nobody else's people."""

import re

import pytest

from tests.conftest import NOW
from tests.factories import add_person
from tests.statements import planned
from tracker.dashboards.queries.team import Need
from tracker.people.models import Person


def names(rows):
    return [row.person.given_name for row in rows]


def test_who_needs_the_manager(show, story):
    page = show("bosse", "/team")
    groups = {group.need: names(group.people) for group in page["groups"]}
    # Bosse's basics lapsed on 31 May 2026; Hemlig's were due in January 2020, so Hemlig comes first.
    assert groups == {Need.BEHIND: ["Hemlig", "Bosse"], Need.SOON: ["Anna"], Need.NEW: ["Nya"]}
    assert page["size"] == 4
    assert "3 of 4 need you" in page.html
    assert "ran out 31 May" in page.html
    assert "due 1 December, in 8 days" in page.html


def test_matrix_is_people_by_requirements(show, story):
    page = show("bosse", "/team")
    assert [column.code for column in page["columns"]] == ["it", "omsorg"]
    rows = {row.person.given_name: {one.code: one.state for one in row.cells.values()} for row in page["rows"].rows}
    assert rows == {
        "Anna": {"it": "valid", "omsorg": "to_do"},
        "Bosse": {"it": "lapsed"},
        "Hemlig": {"it": "overdue"},
        "Nya": {"it": "to_do"},
    }


def test_names_are_in_swedish_order(show, story):
    assert names(show("bosse", "/team")["rows"].rows) == ["Bosse", "Hemlig", "Nya", "Anna"]  # Åkesson is last
    assert names(show("bosse", "/team", sort="-name")["rows"].rows) == ["Anna", "Nya", "Hemlig", "Bosse"]
    assert names(show("bosse", "/team", sort="-behind")["rows"].rows) == ["Bosse", "Hemlig", "Nya", "Anna"]
    assert names(show("bosse", "/team", sort="behind")["rows"].rows) == ["Nya", "Anna", "Bosse", "Hemlig"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"state": "behind"}, ["Bosse", "Hemlig"]),
        ({"state": "soon"}, ["Anna"]),
        ({"state": "lapsed"}, ["Bosse"]),
        ({"state": "valid"}, ["Anna"]),
        ({"state": "to_do"}, ["Nya", "Anna"]),
        ({"q": "åkess"}, ["Anna"]),
        ({"q": "ANNA"}, ["Anna"]),
        ({"q": "anna berg"}, []),
        ({"q": "700123"}, ["Hemlig"]),
        ({"q": "hemlig"}, []),  # a protected name cannot be searched for
        ({"q": "%"}, []),
    ],
)
def test_filters(show, story, query, expected):
    assert names(show("bosse", "/team", **query)["rows"].rows) == expected


def test_filter_by_requirement_shows_its_column_and_people_only(show, story):
    first = show("bosse", "/team")
    records = next(column for column in first["columns"] if column.code == "omsorg")
    page = show("bosse", "/team", requirement=records.public_id)
    assert names(page["rows"].rows) == ["Anna"]
    assert [column.code for column in page["columns"]] == ["omsorg"]
    assert [column.code for column in page["all_columns"]] == ["it", "omsorg"]
    assert names(show("bosse", "/team", requirement="0" * 20)["rows"].rows) == []


def test_protected_name_is_never_written(show, story):
    for path in ("/team", "/", f"/people/{story.protected}"):
        for viewer in ("bosse", "david", "cecilia"):
            page = show(viewer, path)
            assert page.response.status_code == 200
            assert "Hemlig" not in page.html
            assert "hemlig@" not in page.html
    assert story.protected_number in show("bosse", "/team").html


def test_hr_sees_everyone_and_may_choose_any_unit(show, story, cast):
    page = show("david", "/team")
    assert page["size"] == 10
    assert len(page["units"]) == 4
    chosen = show("david", "/team", unit=cast.unit_ids["11"])
    assert set(names(chosen["rows"].rows)) == {"Anna", "Bosse", "Hemlig", "Nya"}
    above = show("david", "/team", unit=cast.unit_ids["10"])
    assert set(names(above["rows"].rows)) == {"Anna", "Bosse", "Hemlig", "Nya", "Eva"}


def test_manager_may_choose_only_own_units(show, story, cast):
    assert [unit.name for unit in show("bosse", "/team")["units"]] == ["Hemtjänsten"]
    assert show("bosse", "/team", unit=cast.unit_ids["20"]).response.status_code == 404
    assert show("bosse", "/team", unit=cast.unit_ids["grums"]).response.status_code == 404


def test_who_may_open_it(show, story):
    for name, status in {"anna": 403, "eva": 403, "mona": 403, "olle": 403, "kim": 403, "cecilia": 200}.items():
        assert show(name, "/team").response.status_code == status, name


def test_other_municipality_sees_nobody_here(show, story):
    page = show("omar", "/team")
    assert names(page["rows"].rows) == ["Omar"]
    assert "Anna" not in page.html


def test_a_past_day_shows_the_past(show, story):
    page = show("bosse", "/team", day="2026-05-31")
    rows = {row.person.given_name: {one.code: one.state for one in row.cells.values()} for row in page["rows"].rows}
    assert rows == {"Anna": {"it": "valid"}, "Bosse": {"it": "renew"}, "Hemlig": {"it": "overdue"}}


def test_queries_are_as_many_for_one_as_for_thirty(show, story, cast, in_kil, counting):
    with counting() as few:
        show("bosse", "/team")
    with in_kil() as session:
        for number in range(60):
            add_person(
                session, f"P{number}", "Persson", unit_id=cast.units["11"], position_id=cast.position_id, now=NOW
            )
    with counting() as many:
        page = show("bosse", "/team")
    assert len(page["rows"].rows) == 50
    assert page["rows"].total == 64
    assert [len(group.people) for group in page["groups"]] == [8, 1, 1]
    assert [group.total for group in page["groups"]] == [62, 1, 1]
    assert len(many) == len(few)


def test_pages_follow_one_another(show, story, cast, in_kil):
    with in_kil() as session:
        for number in range(60):
            add_person(
                session, f"P{number}", "Persson", unit_id=cast.units["11"], position_id=cast.position_id, now=NOW
            )
    pages = [show("bosse", "/team", page=number)["rows"] for number in ("1", "2")]
    people = [row.person.id for page in pages for row in page.rows]
    assert len(people) == len(set(people)) == 64
    with in_kil() as session:
        assert set(people) <= {person.id for person in session.query(Person)}
    assert show("bosse", "/team", page="99")["rows"].number == 2
    assert show("bosse", "/team", page="x")["rows"].number == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # PostgreSQL plans by statistics.
@pytest.mark.parametrize(
    ("name", "path", "query"),
    [
        ("anna", "/", {}),
        ("bosse", "/", {}),
        ("bosse", "/team", {}),
        ("bosse", "/team", {"state": "behind"}),
        ("bosse", "/team", {"state": "soon", "q": "anna"}),
        ("bosse", "/introductions", {}),
        ("bosse", "/search", {"q": "anna"}),
    ],
)
def test_only_the_viewers_people_are_looked_at(show, story, database, counting, name, path, query):
    """Everybody's phases and employments were gone through, which takes longer the larger the municipality is."""
    with counting() as asked:
        assert show(name, path, **query).response.status_code == 200
    through_all = re.compile(r"\b(phase|employment)\b.*\(municipality_id=\?( AND known_on=\?)?\)$")
    assert [step for step in planned(database, asked) if through_all.search(step[0])] == []
