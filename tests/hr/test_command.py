"""`tracker import` from a shell."""

from importlib.resources import files

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from tests.hr.rosters import content, line
from tests.hr.test_roster_import import add_town, load
from tracker.cli import main
from tracker.people.models import Employment, Person


@pytest.fixture
def run(database, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", database.engine.url.render_as_string(hide_password=False))

    def command(*arguments):
        return CliRunner().invoke(main, ["import", *map(str, arguments)])

    return command


@pytest.fixture
def town(database):
    return add_town(database, "5000", "tomt")


def count(database, town, model):
    with database.bound(town, reading=True) as session:
        return session.scalar(select(func.count()).select_from(model))


@pytest.fixture
def file(tmp_path):
    def written(*lines):
        path = tmp_path / "personal.csv"
        path.write_bytes(content(*lines))
        return path

    return written


def test_a_roster(run, database, town, file):
    done = run("roster", "--municipality", "tomt", file(line(), line("2", "Bo", "Y?lmaz"), line("3", starts="x")))
    assert done.exit_code == 0, done.output
    assert "3 rows read, 2 used." in done.output
    assert "2 new employments" in done.output
    assert "Row 3, Efternamn: A letter seems to have been lost: “Y?lmaz”." in done.output
    assert "Row 4, Anställd fr o m: “x” is not a date. Write it as 2026-11-23. (left out)" in done.output
    assert count(database, town, Employment) == 2


def test_a_dry_run(run, database, town, file):
    done = run("roster", "--municipality", "tomt", file(line()), "--dry-run")
    assert done.exit_code == 0, done.output
    assert "This would change:" in done.output
    assert count(database, town, Person) == 0


def test_nothing_usable(run, database, town, file):
    assert run("roster", "--municipality", "tomt", file(line(starts="x"))).exit_code == 1
    assert run("roster", "--municipality", "tomt", file(line(starts="x")), "--dry-run").exit_code == 1
    path = file()
    path.write_bytes(b"A;B\n1;2\n")
    unreadable = run("roster", "--municipality", "tomt", path)
    assert unreadable.exit_code == 1
    assert "These columns are missing: Anstnr" in unreadable.output


def test_a_large_change(run, database, town, file):
    many = [line(str(number), "Namn", f"Nr{number}") for number in range(50)]
    load(database, town, content(*many))
    refused = run("roster", "--municipality", "tomt", file(*many[:10]))
    assert refused.exit_code == 1
    assert "More than a fifth of all employments would end." in refused.output
    assert run("roster", "--municipality", "tomt", file(*many[:10]), "--allow-large-change").exit_code == 0


@pytest.mark.parametrize("arguments", [("roster",), ("roster", "--municipality", "tomt", "/nowhere.csv")])
def test_not_understood(run, town, arguments):
    assert run(*arguments).exit_code == 2


def test_an_unknown_municipality(run, town, file):
    assert run("roster", "--municipality", "atlantis", file(line())).exit_code != 0


def test_units(run, town):
    with (files("tracker.demo") / "data" / "sundsvall-org-units.csv").open("rb") as source:
        assert source.read(5) == b"orgId"
    done = run("units", "--municipality", "tomt", files("tracker.demo") / "data" / "sundsvall-org-units.csv")
    assert done.exit_code == 0, done.output
    assert "1098 rows read, 1098 units added or changed." in done.output
    assert (
        "0 units"
        in run("units", "--municipality", "tomt", files("tracker.demo") / "data" / "sundsvall-org-units.csv").output
    )
