"""Loading a real municipality's organisation."""

from datetime import date
from importlib.resources import files

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.hr.test_roster_import import add_town
from tracker.edge import transaction
from tracker.hr.unit_lists import load_units
from tracker.organisation.models import OrgUnit, UnitKind, UnitPlacement
from tracker.organisation.queries import subtree_ids
from tracker.permissions import system

TODAY = date(2026, 11, 23)
SUNDSVALL = (files("tracker.demo") / "data" / "sundsvall-org-units.csv").read_bytes()


@pytest.fixture
def town(database):
    return add_town(database, "2281", "sundsvall")


def load(database, town, data, today=TODAY):
    with transaction(database, town, now=NOW) as session:
        return load_units(session, content=data, by=system(town, "test"), now=NOW, today=today)


def test_all_units_hang_together(database, town):
    loaded = load(database, town, SUNDSVALL)
    assert (loaded.rows, len(loaded.changes), loaded.problems) == (1098, 1098, ())
    with database.bound(town, reading=True) as session:
        top = session.scalars(select(OrgUnit).where(OrgUnit.kind == UnitKind.MUNICIPALITY)).one()
        assert len(subtree_ids(session, [top.id], TODAY)) == 1098
        # Two names differ only in a double blank, which is not kept.
        names = session.scalar(select(func.count(UnitPlacement.name.distinct())))
        assert names == 845


def test_again_changes_nothing_and_a_rename_one(database, town):
    load(database, town, SUNDSVALL)
    assert load(database, town, SUNDSVALL).changes == ()
    renamed = SUNDSVALL.decode().replace("Kultur och fritid;1;", "Kultur, fritid och idrott;1;").encode()
    assert [change.key for change in load(database, town, renamed, date(2026, 12, 1)).changes] == ["30"]


def test_problems_row_by_row(database, town):
    loaded = load(database, town, b"orgId;orgName;parentId\n1;Kommun;\n2;;1\n3;A;9\n1;Igen;\n4;B;5\n5;C;4\n")
    assert [(problem.row, problem.kind.value) for problem in loaded.problems] == [
        (3, "missing"),
        (4, "unknown_parent"),
        (5, "duplicate_row"),
        (6, "unit_cycle"),
        (7, "unit_cycle"),
    ]
    assert [change.key for change in loaded.changes] == ["1"]
