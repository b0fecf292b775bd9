"""Units: added, renamed and moved from a day; their pages."""

import gzip
import re
from datetime import date
from importlib.resources import files

import pytest
from sqlalchemy import event, select

from tests.conftest import NOW
from tests.factories import BEGINNING, acting, add_person, add_unit, sign_in
from tracker.audit.models import JournalEntry
from tracker.edge import transaction
from tracker.hr.unit_lists import load_units
from tracker.organisation.forms import unit_choices
from tracker.organisation.models import OrgUnit, UnitKind
from tracker.organisation.operations import (
    CodeTakenError,
    ParentNotThereError,
    UnitCycleError,
    UnitNotThereError,
    change_unit,
)
from tracker.organisation.operations import (
    add_unit as add,
)
from tracker.organisation.queries import history, subtree_ids, tree_on
from tracker.people.queries import HeadCount, head_counts

TODAY = date(2026, 11, 23)
DECEMBER = date(2026, 12, 1)


def change(session, cast, code, **says):
    unit = session.get_one(OrgUnit, cast.units[code])
    node = tree_on(session, TODAY).nodes[unit.id]
    values = {"name": node.name, "kind": unit.kind, "parent": None, "from_day": DECEMBER} | says
    if "parent" in says and says["parent"] is not None:
        values["parent"] = session.get_one(OrgUnit, cast.units[says["parent"]])
    elif node.parent_id is not None:
        values["parent"] = session.get_one(OrgUnit, node.parent_id)
    change_unit(session, unit=unit, by=acting(cast), now=NOW, **values)


class TestChanges:
    def test_a_rename_keeps_the_past(self, in_kil, cast):
        with in_kil() as session:
            change(session, cast, "11", name="Hemvården")
        with in_kil() as session:
            names = [tree_on(session, day).nodes[cast.units["11"]].name for day in (date(2026, 11, 30), DECEMBER)]
            placed = history(session, session.get_one(OrgUnit, cast.units["11"]))
            written = session.scalars(select(JournalEntry.action)).all()
        assert names == ["Hemtjänsten", "Hemvården"]
        assert [(one.name, one.starts_on, one.ends_on) for one in placed] == [
            ("Hemvården", DECEMBER, None),
            ("Hemtjänsten", BEGINNING, date(2026, 11, 30)),
        ]
        assert "unit.changed" in written

    def test_a_move_takes_what_lies_below_along(self, in_kil, cast):
        with in_kil() as session:
            change(session, cast, "10", parent="20")
        with in_kil() as session:
            office = [cast.units["20"]]
            assert cast.units["11"] not in subtree_ids(session, office, TODAY)
            assert cast.units["11"] in subtree_ids(session, office, DECEMBER)

    @pytest.mark.parametrize("below", ["10", "11"])
    def test_a_unit_cannot_lie_below_itself(self, in_kil, cast, below):
        with pytest.raises(UnitCycleError), in_kil() as session:
            change(session, cast, "10", parent=below)

    def test_nor_on_a_later_day_that_is_planned(self, in_kil, cast):
        """From January 20 lies below 11; so 11 cannot be put below 20 in December."""
        with in_kil() as session:
            change(session, cast, "20", parent="11", from_day=date(2027, 1, 1))
        with pytest.raises(UnitCycleError), in_kil() as session:
            change(session, cast, "11", parent="20")

    def test_a_change_ends_where_the_next_one_planned_begins(self, in_kil, cast):
        with in_kil() as session:
            change(session, cast, "11", name="Januari", from_day=date(2027, 1, 1))
        with in_kil() as session:
            change(session, cast, "11", name="December")
        with in_kil() as session:
            placed = history(session, session.get_one(OrgUnit, cast.units["11"]))
        assert [(one.name, one.ends_on) for one in placed] == [
            ("Januari", None),
            ("December", date(2026, 12, 31)),
            ("Hemtjänsten", date(2026, 11, 30)),
        ]

    def test_nothing_to_change_writes_nothing(self, in_kil, cast):
        with in_kil() as session:
            change(session, cast, "11")
            assert not session.new
            assert not session.dirty

    def test_before_the_unit_was_there(self, in_kil, cast):
        with pytest.raises(UnitNotThereError), in_kil() as session:
            change(session, cast, "11", name="X", from_day=date(2019, 1, 1))

    def test_a_new_unit(self, in_kil, cast):
        with in_kil() as session:
            parent = session.get_one(OrgUnit, cast.units["10"])
            says = {"kind": UnitKind.UNIT, "parent": parent, "by": acting(cast), "now": NOW}
            unit = add(session, name="Natten", code="12", from_day=DECEMBER, **says)
            with pytest.raises(CodeTakenError):
                add(session, name="Igen", code="12", from_day=DECEMBER, **says)
            with pytest.raises(ParentNotThereError):
                add(session, name="Förr", code="13", from_day=date(2019, 1, 1), **says)
            assert unit.id in subtree_ids(session, [cast.units["1"]], DECEMBER)
            assert unit.id not in subtree_ids(session, [cast.units["1"]], TODAY)

    def test_units_of_one_name_are_told_apart_where_one_is_chosen(self, in_kil, cast):
        with in_kil() as session:
            parent = session.get_one(OrgUnit, cast.units["10"])
            says = {"kind": UnitKind.UNIT, "parent": parent, "by": acting(cast), "now": NOW}
            for code in ("12", "13"):
                add(session, name="Natten", code=code, from_day=DECEMBER, **says)
            labels = [choice.label.strip() for choice in unit_choices(tree_on(session, DECEMBER))]
        assert [label for label in labels if "Natten" in label] == ["Natten (12)", "Natten (13)"]
        assert not any("(10)" in label for label in labels)


def test_head_counts(in_kil, cast):
    """Who works in two units below is one person above."""
    with in_kil() as session:
        both = add_person(
            session, "Dubbel", "Dubbelsson", unit_id=cast.units["11"], position_id=cast.position_id, now=NOW
        )
        other = add_unit(session, "Natten", parent_id=cast.units["10"], code="12", now=NOW)
        from tracker.people.models import Employment

        session.add(
            Employment(
                person_id=both.id,
                unit_id=other.id,
                position_id=cast.position_id,
                kind="",
                percent=25,
                starts_on=BEGINNING,
                recorded_at=NOW,
                source="test",
            )
        )
        session.flush()
        counts = head_counts(session, TODAY)
    assert counts[cast.units["11"]] == HeadCount(3, 3)
    assert counts[other.id] == HeadCount(1, 1)
    assert counts[cast.units["10"]] == HeadCount(1, 4)  # Eva herself; Anna, Bosse and the one who works twice
    assert counts[cast.units["1"]] == HeadCount(0, 9)


class TestPages:
    def test_tree_and_search(self, client, database, cast):
        sign_in(client, database, cast, "david")
        page = client.get("/organisation")
        assert page.status_code == 200
        assert "Hemtjänsten" in page.text
        found = client.get("/organisation?q=hemtj").text
        assert "Kils kommun › Vård och omsorg" in found
        assert "Kommunledningskontoret" not in found

    def test_a_unit(self, client, database, cast):
        sign_in(client, database, cast, "david")
        page = client.get(f"/organisation/{cast.unit_ids['11']}")
        assert "Anna Åkesson" in page.text
        assert "Bosse Berg" in page.text
        earlier = client.get(f"/organisation/{cast.unit_ids['11']}?day=2019-01-01")
        assert earlier.status_code == 200
        assert "Anna Åkesson" not in earlier.text

    def test_editing(self, client, database, cast):
        sign_in(client, database, cast, "mona")
        address = f"/organisation/{cast.unit_ids['11']}/edit"
        page = client.get(address)
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)[1]
        says = {"csrf_token": token, "name": "Hemvården", "kind": "unit", "from_day": "2026-12-01"}
        cycle = client.post(address, data=says | {"parent": cast.unit_ids["11"]})
        assert cycle.status_code == 422
        assert client.post(address, data=says | {"parent": cast.unit_ids["10"]}).status_code == 302
        with database.bound(cast.kil, reading=True) as session:
            assert tree_on(session, DECEMBER).nodes[cast.units["11"]].name == "Hemvården"

    def test_adding(self, client, database, cast):
        sign_in(client, database, cast, "david")
        address = f"/organisation/new?parent={cast.unit_ids['10']}"
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(address).text)[1]
        says = {"csrf_token": token, "name": "Natten", "kind": "unit", "code": "12", "from_day": "2026-12-01"}
        assert client.post(address, data=says | {"parent": cast.unit_ids["10"]}).status_code == 302
        again = client.post(address, data=says | {"parent": cast.unit_ids["10"]})
        assert again.status_code == 422

    @pytest.mark.parametrize("path", ["", "/positions", "/{unit}", "/new", "/{unit}/edit"])
    def test_who_may(self, client, database, cast, path):
        address = "/organisation" + path.format(unit=cast.unit_ids["11"])
        statuses = {}
        for name in ("anna", "bosse", "cecilia", "david", "eva", "mona", "olle", "kim", "omar"):
            sign_in(client, database, cast, name)
            statuses[name] = client.get(address).status_code
        editing = path in ("/new", "/{unit}/edit")
        seen = {"david": 200, "mona": 200, "cecilia": 403 if editing else 200}
        expected = dict.fromkeys(statuses, 403) | seen
        expected["omar"] = 404 if "{unit}" in path else 200
        assert statuses == expected

    def test_omar_sees_nothing_of_kil(self, client, database, cast):
        sign_in(client, database, cast, "omar")
        assert "Hemtjänsten" not in client.get("/organisation").text
        assert "Hemtjänsten" not in client.get("/organisation?q=hem").text.replace('value="hem"', "")


def queries_of(database, ask):
    count = 0

    def tick(*_arguments):
        nonlocal count
        count += 1

    event.listen(database.engine, "before_cursor_execute", tick)
    try:
        assert ask().status_code == 200
    finally:
        event.remove(database.engine, "before_cursor_execute", tick)
    return count


def test_query_counts_do_not_grow(client, database, cast):
    sign_in(client, database, cast, "david")
    addresses = [
        "/organisation",
        "/organisation?q=e",
        f"/organisation/{cast.unit_ids['10']}",
        "/people",
        "/organisation/positions",
    ]
    for address in addresses:
        client.get(address)
    before = {address: queries_of(database, lambda address=address: client.get(address)) for address in addresses}
    with transaction(database, cast.kil, now=NOW) as session:
        for number in range(30):
            unit = add_unit(session, f"Enhet {number}", parent_id=cast.units["10"], code=f"x{number}", now=NOW)
            add_person(
                session,
                "Person",
                f"Nummer{number}",
                unit_id=unit.id,
                position_id=cast.position_id,
                now=NOW,
                employee_number=f"n{number}",
            )
    after = {address: queries_of(database, lambda address=address: client.get(address)) for address in addresses}
    assert after == before


def test_a_thousand_units_fit_in_a_page(client, database, cast):
    with transaction(database, cast.kil, now=NOW) as session:
        data = (files("tracker.demo") / "data" / "sundsvall-org-units.csv").read_bytes()
        load_units(session, content=data, by=acting(cast), now=NOW, today=TODAY)
    sign_in(client, database, cast, "david")
    page = client.get("/organisation?day=2026-11-23")
    assert page.text.count("tree-line") == 1098 + 3  # Kil's four units, one of which has the code of Sundsvall's top.
    assert len(gzip.compress(page.data)) < 100_000
    found = client.get("/organisation?day=2026-11-23&q=administration")
    assert found.status_code == 200
