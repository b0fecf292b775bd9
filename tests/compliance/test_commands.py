"""`tracker requirements load`, `tracker verify` and `tracker rebuild`."""

import re
from datetime import date

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.factories import acting, add_course, add_requirement
from tracker import cli
from tracker.catalogue.starter import load_starter as load_courses
from tracker.compliance.models import Phase
from tracker.domain.due import Reason
from tracker.domain.facts import State
from tracker.requirements.models import Requirement


@pytest.fixture
def tracker(database, monkeypatch):
    """Run the command on the test's database."""
    monkeypatch.setenv("DATABASE_URL", database.url)
    monkeypatch.setenv("TRACKER_ENVIRONMENT", "test")
    return lambda *arguments: CliRunner().invoke(cli.main, arguments)


@pytest.fixture
def required(in_kil):
    with in_kil() as session:
        course = add_course(session, "grund", now=NOW)
        add_requirement(session, "grund", course_id=course.course_id, now=NOW)


class TestVerify:
    def test_a_true_table(self, tracker, cast, required):
        result = tracker("verify", "--municipality", "kil")
        assert result.exit_code == 0, result.output
        assert "kil: 0 differences among 8 people" in result.output

    def test_a_sample_of_every_municipality(self, tracker, cast, required):
        result = tracker("verify", "--sample", "3")
        assert result.exit_code == 0, result.output
        assert "kil: 0 differences among 3 people" in result.output
        assert "grums: 0 differences among 1 people" in result.output

    def test_a_table_that_someone_changed_and_its_repair(self, tracker, cast, required, in_kil):
        with in_kil() as session:
            phase = session.scalars(
                select(Phase).where(Phase.person_id == cast.people["anna"]).order_by(Phase.starts_on)
            ).first()
            phase.state = State.EXEMPT
        result = tracker("verify", "--municipality", "kil")
        assert result.exit_code == 1
        assert "kil: 1 differences among 8 people" in result.output
        assert cast.person_ids["anna"] in result.output
        assert re.search(r"stored +\d{4}-\d\d-\d\d – \d{4}-\d\d-\d\d  exempt", result.output)
        assert tracker("rebuild", "--municipality", "kil").exit_code == 0
        assert tracker("verify", "--municipality", "kil").exit_code == 0

    @pytest.mark.parametrize(
        ("name", "value"), [("line_ids", "4711"), ("reason", Reason.RETURNED), ("due_on", NOW.date())]
    )
    def test_what_differs_can_be_seen_in_the_rows(self, tracker, cast, required, in_kil, name, value):
        with in_kil() as session:
            phase = session.scalars(
                select(Phase).where(Phase.person_id == cast.people["anna"]).order_by(Phase.starts_on)
            ).first()
            assert getattr(phase, name) != value
            setattr(phase, name, value)
        output = tracker("verify", "--municipality", "kil").output
        stored, computed = (re.findall(rf"{label} +(.*)", output) for label in ("stored", "computed"))
        assert len(stored) == len(computed)
        assert sum(one != other for one, other in zip(stored, computed, strict=True)) == 1

    def test_a_municipality_that_is_not_there(self, tracker, cast):
        assert "no municipality" in tracker("verify", "--municipality", "arvika").output


class TestLoad:
    def test_publishes_once(self, tracker, cast, in_kil):
        with in_kil() as session:
            load_courses(session, by=acting(cast), now=NOW, today=date(2024, 1, 1))
        result = tracker("requirements", "load", "--municipality", "kil", "--effective-from", "2025-01-01")
        assert result.exit_code == 0, result.output
        assert "6 requirements published." in result.output
        again = tracker("requirements", "load", "--municipality", "kil")
        assert "0 requirements published." in again.output
        with in_kil() as session:
            assert session.scalars(select(func.count(Requirement.id))).one() == 6
            assert session.scalars(select(Phase.person_id)).first() is not None

    def test_says_which_course_is_missing(self, tracker, cast):
        result = tracker("requirements", "load", "--municipality", "kil")
        assert result.exit_code == 1
        assert "The course grund-it-praktik is missing" in result.output
