"""`tracker programme load` and `tracker programme write`."""

from datetime import date

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.factories import acting
from tracker import cli
from tracker.catalogue.starter import load_starter as load_courses
from tracker.programmes.content import read
from tracker.programmes.models import ProgrammeItem
from tracker.programmes.starter import FILE
from tracker.requirements.starter import load_starter as load_requirements


@pytest.fixture
def tracker(database, monkeypatch):
    """Run the command on the test's database."""
    monkeypatch.setenv("DATABASE_URL", database.url)
    monkeypatch.setenv("TRACKER_ENVIRONMENT", "test")
    return lambda *arguments: CliRunner().invoke(cli.main, ["programme", *arguments])


def number_of_items(in_kil):
    with in_kil() as session:
        return session.scalar(select(func.count()).select_from(ProgrammeItem))


def test_the_base_is_loaded_once_and_written_back(tracker, cast, in_kil):
    with in_kil() as session:
        load_courses(session, by=acting(cast), now=NOW, today=date(2020, 1, 1))
        load_requirements(session, by=acting(cast), now=NOW, effective_from=date(2020, 1, 1))
    base = read(FILE.read_text("utf-8"))
    result = tracker("load", "--municipality", "kil", "--effective-from", "2026-01-01")
    assert result.exit_code == 0, result.output
    assert f"{len(base)} items added, for those who begin on 2026-01-01 or later." in result.output
    assert "0 items added" in tracker("load", "--municipality", "kil").output
    assert number_of_items(in_kil) == len(base)
    assert {one.code for one in read(tracker("write", "--municipality", "kil").output)} == {one.code for one in base}


def test_what_is_missing_is_said_and_nothing_is_added(tracker, cast, in_kil):
    result = tracker("load", "--municipality", "kil")
    assert result.exit_code == 1
    assert "There is no requirement “grund-it-praktik” here" in result.output
    assert "tracker requirements load --municipality kil" in result.output
    assert number_of_items(in_kil) == 0


def test_a_file_of_one_s_own(tracker, cast, in_kil, tmp_path):
    file = tmp_path / "items.toml"
    file.write_text('[[item]]\ncode = "fika"\nowner = "manager"\noffset = 0\ntitle = { sv = "Fika", en = "Coffee" }\n')
    result = tracker("load", "--municipality", "kil", "--file", str(file))
    assert result.exit_code == 0, result.output
    assert number_of_items(in_kil) == 1
