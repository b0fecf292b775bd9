"""Computing what was known: one sees how far it is, can stop it, and the command that does it beforehand."""

import re
import threading
from datetime import date

import pytest
from click.testing import CliRunner
from sqlalchemy import event, select

from tests.compliance.known.conftest import MARCH, known, noon, onward, table
from tests.factories import add_person, sign_in
from tracker import cli
from tracker.audit.models import JournalEntry
from tracker.compliance import computing, views
from tracker.compliance.known import prepared
from tracker.compliance.models import KnownDay, Phase
from tracker.compliance.queries import phase_on


def moments(response):
    """How far a page said it was: (municipality, people done, people in all)."""
    bars = r'<progress class="bar" value="(\d+)" max="(\d+)" aria-label="([^"]+)">'
    found = re.findall(bars, response.get_data(as_text=True))
    return [(where, int(done), int(people)) for done, people, where in found]


class TestProgress:
    """It takes long for many people: one sees how far it is, can stop it, and nothing half done stays."""

    @pytest.fixture(autouse=True)
    def few_at_a_time(self, monkeypatch):
        monkeypatch.setattr(computing, "PEOPLE_AT_A_TIME", 3)

    @pytest.fixture
    def asking(self, app, database, cast, story):
        """Ask as somebody, each in a browser of their own, where they have signed in."""
        browsers = {name: sign_in(app.test_client(), database, cast, name) for name in ("cecilia", "bosse")}
        return lambda name: browsers[name].post("/known/2026-03-01", data={"next": "/team"})

    def test_one_sees_how_far_it_is(self, asking, in_kil):
        answer = asking("cecilia")
        assert (answer.status_code, answer.headers["X-Accel-Buffering"]) == (200, "no")
        assert moments(answer) == [("Kils kommun", done, 8) for done in (3, 6, 8)]
        assert onward(answer) == "/team"
        with in_kil() as session:
            assert prepared(session, MARCH)

    def test_who_closes_the_page_stops_it_and_nothing_half_done_stays(self, asking, database, in_kil, cast):
        answer = asking("cecilia")
        read = ""
        for part in answer.iter_encoded():
            read += part.decode()
            if 'value="6"' in read:
                break
        answer.close()
        assert 'value="8"' not in read
        with in_kil() as session:
            assert not prepared(session, MARCH)
            session.known = known(MARCH)
            assert table(session) == []
            session.known = None
            assert table(session) != []
        assert onward(asking("bosse")) == "/team"  # Whoever comes next is not in the way of what was left.

    @pytest.fixture
    def impatient(self, database):
        """Nobody waits for long where SQLite's one writer is busy."""
        if database.engine.dialect.name != "sqlite":
            yield
            return

        def hurry(connection, _record):
            connection.execute("PRAGMA busy_timeout = 100")

        event.listen(database.engine, "connect", hurry)
        database.engine.dispose()
        yield
        event.remove(database.engine, "connect", hurry)
        database.engine.dispose()

    @pytest.mark.usefixtures("impatient")
    def test_of_two_who_ask_at_once_one_computes(self, asking, database, in_kil, monkeypatch):
        """The second is told that it waits, and goes on when the first is done."""
        monkeypatch.setattr(views.time, "sleep", lambda _seconds: None)
        half_way, may_end, told = threading.Event(), threading.Event(), {}

        def first():
            told["first"] = ""
            for part in asking("cecilia").iter_encoded():
                told["first"] += part.decode()
                if 'value="3"' in told["first"] and not half_way.is_set():
                    half_way.set()
                    assert may_end.wait(30)

        thread = threading.Thread(target=first)
        thread.start()
        assert half_way.wait(30)
        told["second"] = ""
        for part in asking("bosse").iter_encoded():
            told["second"] += part.decode()
            if told["second"].count("Kils kommun väntar på sin tur") == 3:
                may_end.set()
        thread.join()
        assert all("0;url=/team" in text for text in told.values())
        assert ("value=" in told["first"], 'max="8"' in told["second"]) == (True, False)
        with in_kil() as session:
            assert session.scalars(select(KnownDay.known_on)).all() == [MARCH]
            noted = select(JournalEntry.actor).where(JournalEntry.action == "phases.computed_as_known")
            assert len(session.scalars(noted).all()) == 1

    def test_what_fails_half_way_says_so_and_can_be_tried_again(self, asking, in_kil, monkeypatch):
        def fails(*_arguments):
            raise RuntimeError("the disk is full")

        with monkeypatch.context() as broken:
            broken.setattr(computing, "rows_of", fails)
            text = asking("cecilia").get_data(as_text=True)
        assert "0;url=" not in text
        assert 'role="alert"' in text
        assert "/known/2026-03-01?next=/team" in text
        with in_kil() as session:
            assert not prepared(session, MARCH)
        assert onward(asking("cecilia")) == "/team"


def test_the_municipalities_side_by_side(client, database, cast, at, in_kil, story):
    with at(date(2026, 1, 3)) as session:
        for number in range(6):
            add_person(
                session,
                f"P{number}",
                "Prov",
                unit_id=cast.units["11"],
                position_id=cast.position_id,
                now=noon(date(2026, 1, 3)),
            )
    sign_in(client, database, cast, "kim")
    response = client.get("/coordination?known=2026-03-01")
    assert response.status_code == 302
    answer = client.post(response.location)
    assert [moment[0] for moment in moments(answer) if moment[1] == moment[2]] == ["Grums kommun", "Kils kommun"]
    for municipality_id in (cast.kil, cast.grums):
        with database.bound(municipality_id, reading=True) as session:
            assert prepared(session, MARCH)
    assert client.get("/coordination?known=2026-03-01").status_code == 200
    with in_kil() as session:
        assert session.scalars(select(Phase.person_id).where(phase_on(MARCH))).first() is not None


class TestCommand:
    @pytest.fixture
    def tracker(self, database, monkeypatch):
        monkeypatch.setenv("DATABASE_URL", database.url)
        monkeypatch.setenv("TRACKER_ENVIRONMENT", "test")
        return lambda *arguments: CliRunner().invoke(cli.main, arguments)

    def test_prepares_a_day(self, tracker, in_kil, story):
        told = tracker("look-back", "--municipality", "kil", "--on", "2026-03-01")
        assert told.exit_code == 0, told.output
        assert "as it was known on 2026-03-01" in told.output
        with in_kil() as session:
            assert prepared(session, MARCH)

    def test_of_a_day_that_is_not_over(self, tracker, in_kil, story):
        told = tracker("look-back", "--municipality", "kil", "--on", "2026-11-23")
        assert told.exit_code == 2
        assert "only a day that is over" in told.output
