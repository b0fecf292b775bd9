"""How it was known: exact for any past day, whatever was retracted, corrected or published since."""

import csv
import html
import io
import re
import threading
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import event, select

from tests.compliance.happenings import act, beginning
from tests.conftest import NOW
from tests.factories import (
    acting,
    add_completion,
    add_course,
    add_exemption,
    add_person,
    add_request,
    add_requirement,
    add_upload,
    build_cast,
    sign_in,
)
from tracker import cli
from tracker.accounts.models import Account
from tracker.audit.models import JournalEntry
from tracker.catalogue.models import Course
from tracker.compliance import computing, views
from tracker.compliance.computing import COLUMNS
from tracker.compliance.known import KEPT, prepare, prepared
from tracker.compliance.models import KnownDay, Phase
from tracker.compliance.operations import differences
from tracker.compliance.queries import obligations_of, phase_on
from tracker.db import FactChangedError, Known, retract
from tracker.domain.facts import State
from tracker.edge import transaction
from tracker.learning.models import Completion
from tracker.people.models import Employment
from tracker.requirements.models import Requirement

BEGAN = datetime(2026, 1, 1, 8, tzinfo=UTC)
MARCH, MAY, JULY = date(2026, 3, 1), date(2026, 5, 1), date(2026, 7, 1)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def cast(database):
    """The usual people, known since the beginning of the year."""
    return build_cast(database, now=BEGAN)


@pytest.fixture
def at(database, cast):
    """Open a transaction in Kil at noon of a day."""
    return lambda day: transaction(database, cast.kil, now=noon(day))


def noon(day):
    return datetime(day.year, day.month, day.day, 11, tzinfo=UTC)


def known(on):
    return Known.by_end_of(on, "Europe/Stockholm")


def onward(response):
    """Where a page goes on to by itself once it is done."""
    return html.unescape(re.search(r'content="0;url=([^"]+)"', response.get_data(as_text=True)).group(1))


def moments(response):
    """How far a page said it was: (municipality, people done, people in all)."""
    bars = r'<progress class="bar" value="(\d+)" max="(\d+)" aria-label="([^"]+)">'
    found = re.findall(bars, response.get_data(as_text=True))
    return [(where, int(done), int(people)) for done, people, where in found]


def look_back(session, cast, on):
    prepare(session, known(on), by=acting(cast), now=NOW)
    session.known = known(on)


@pytest.fixture
def story(at, cast):
    """A requirement of January, completed in April by Anna as recorded in May, which was taken back in July."""
    with at(date(2026, 1, 2)) as session:
        course = add_course(session, "grund", now=noon(date(2026, 1, 2)), title="Grundkursen")
        requirement = add_requirement(
            session, "grund", course_id=course.course_id, now=noon(date(2026, 1, 2)), first_due_days=30
        )
    with at(MAY) as session:
        add_completion(session, cast.people["anna"], course, on=date(2026, 4, 1), now=noon(MAY))
    with at(JULY) as session:
        retract(session.scalars(select(Completion)), now=noon(JULY), by_id=None, why="fel person")
    return requirement.requirement_id


def state(session, cast, name, day):
    states = [one.state for one in obligations_of(session, cast.people[name], day)]
    return states[0] if states else None


@pytest.mark.parametrize(
    ("on", "stood"),
    [
        (date(2026, 4, 30), State.OVERDUE),
        (MAY, State.VALID),
        (date(2026, 6, 30), State.VALID),
        (JULY, State.OVERDUE),
        (date(2026, 1, 1), None),
    ],
)
def test_a_completion_recorded_late_and_taken_back_since(in_kil, cast, story, on, stood):
    with in_kil() as session:
        look_back(session, cast, on)
        assert state(session, cast, "anna", date(2026, 4, 15)) is stood
        session.known = None
        assert state(session, cast, "anna", date(2026, 4, 15)) is State.OVERDUE


def test_who_was_deleted_from_the_roster_since_is_still_there(in_kil, at, cast, story):
    with at(JULY) as session:
        retract(
            session.scalars(select(Employment).where(Employment.person_id == cast.people["anna"])),
            now=noon(JULY),
            by_id=None,
            why="finns inte i filen",
        )
    with in_kil() as session:
        assert state(session, cast, "anna", MARCH) is None
        look_back(session, cast, MARCH)
        assert state(session, cast, "anna", MARCH) is State.OVERDUE


def test_rules_changed_since(in_kil, at, cast, story):
    with at(JULY) as session:
        requirement = session.get_one(Requirement, story)
        course = add_course(session, "senare", now=noon(JULY))
        later = add_requirement(session, "senare", course_id=course.course_id, now=noon(JULY), effective_from=MARCH)
        assert requirement.id != later.requirement_id
    with in_kil() as session:
        assert len(obligations_of(session, cast.people["anna"], MAY)) == 2
        look_back(session, cast, MAY)
        assert len(obligations_of(session, cast.people["anna"], MAY)) == 1


def test_the_end_of_the_local_day_is_what_counts(in_kil, database, cast, story):
    late = datetime(2026, 6, 1, 21, 59, 59, tzinfo=UTC)  # One second to midnight in Sweden.
    with transaction(database, cast.kil, now=late) as session:
        add_exemption(session, cast.people["anna"], "grund", starts_on=MARCH, ends_on=None, now=late)
    with in_kil() as session:
        look_back(session, cast, date(2026, 5, 31))
        assert state(session, cast, "anna", MARCH) is State.OVERDUE
        session.known = None
        look_back(session, cast, date(2026, 6, 1))
        assert state(session, cast, "anna", MARCH) is State.EXEMPT


@pytest.mark.parametrize("seed", range(3))
def test_what_was_known_is_what_the_table_said_then(database, cast, in_kil, seed):
    """Property 8 of the rules, over random histories: day by day, the table is photographed, and found again later."""
    chance, said = Random(seed), {}
    day = date(2026, 2, 1)
    with transaction(database, cast.kil, now=noon(day)) as session:
        people, courses = beginning(session, chance, cast, noon(day))
    for step in range(20):
        day += timedelta(days=chance.randrange(1, 9))
        with transaction(database, cast.kil, now=noon(day)) as session:
            act(session, chance, cast, people, courses, step, noon(day))
        with in_kil() as session:
            said[day] = table(session)
    asked = sorted(chance.sample(sorted(said), 5))
    with in_kil() as session:
        for on in asked:
            look_back(session, cast, on)
            assert table(session) == said[on], on
            session.known = None
    with in_kil() as session:
        assert differences(session) == []  # What is known now was not touched by looking back.
    assert any(said.values())


def table(session):
    columns = [Phase.person_id, Phase.requirement_id, *(getattr(Phase, name) for name in COLUMNS)]
    ordered = select(*columns).order_by(Phase.person_id, Phase.requirement_id, Phase.starts_on)
    return [tuple(row) for row in session.execute(ordered)]


def test_a_day_is_computed_once_and_noted(in_kil, cast, story):
    for _ in range(2):
        with in_kil() as session:
            prepare(session, known(MARCH), by=acting(cast), now=NOW)
    with in_kil() as session:
        assert prepared(session, MARCH)
        assert not prepared(session, MAY)
        noted = session.scalars(select(JournalEntry).where(JournalEntry.action == "phases.computed_as_known")).all()
        assert [entry.details for entry in noted] == [{"known_on": "2026-03-01"}]


def test_the_day_computed_longest_ago_gives_way(in_kil, cast, story):
    days = [MARCH + timedelta(days=number) for number in range(KEPT + 2)]
    for number, day in enumerate(days):
        with in_kil() as session:
            prepare(session, known(day), by=acting(cast), now=NOW + timedelta(seconds=number))
    with in_kil() as session:
        assert sorted(session.scalars(select(KnownDay.known_on))) == days[2:]
        now_known = len(table(session))
        for day in days:
            session.known = known(day)
            assert bool(table(session)) == (day in days[2:])
        session.known = None
        assert len(table(session)) == now_known > 0


def test_later_facts_do_not_reach_what_was_known(in_kil, cast, story):
    with in_kil() as session:
        prepare(session, known(MARCH), by=acting(cast), now=NOW)
    with in_kil() as session:
        completion = session.scalars(select(Completion)).one()
        assert completion.retracted_at is not None
        course = add_course(session, "till", now=NOW)
        add_requirement(session, "till", course_id=course.course_id, now=NOW)
    with in_kil() as session:
        session.known = known(MARCH)
        assert {one.code for one in obligations_of(session, cast.people["anna"], MARCH)} == {"grund"}


def test_facts_are_facts_when_looking_back_too(in_kil, cast, story):
    with in_kil() as session:
        session.known = known(MARCH)
        session.scalars(select(Employment)).first().percent = 1
        with pytest.raises(FactChangedError):
            session.flush()
        session.rollback()


class TestPages:
    PATHS = (
        "/",
        "/me",
        "/team",
        "/municipality",
        "/requirements",
        "/people",
        "/organisation",
        "/systems",
        "/exceptions",
        "/courses",
        "/exports/",
        "/search?q=anna",
    )

    @pytest.fixture
    def cecilia(self, client, database, cast, story, in_kil):
        with in_kil() as session:
            session.get_one(Account, cast.accounts["cecilia"]).locale = "en"
        return sign_in(client, database, cast, "cecilia")

    def show(self, client, path):
        """Follow to the page, computing what was known on the way if need be."""
        response = client.get(path)
        if response.status_code == 302:
            asked = client.get(response.location)
            assert asked.status_code == 200
            response = client.get(onward(client.post(response.location)))
        assert response.status_code == 200
        return " ".join(response.get_data(as_text=True).split())

    def test_the_first_to_ask_is_told_that_it_takes_a_moment(self, cecilia, in_kil):
        response = cecilia.get("/team?known=2026-03-01")
        assert response.status_code == 302
        assert "You see how far it is" in cecilia.get(response.location).get_data(as_text=True)
        with in_kil() as session:
            assert not prepared(session, MARCH)
        after = onward(cecilia.post(response.location))
        assert after == "/team?known=2026-03-01"
        assert cecilia.get(after).status_code == 200

    @pytest.mark.parametrize("path", PATHS)
    def test_every_page_that_takes_a_day(self, cecilia, path):
        shown = self.show(cecilia, path + ("&" if "?" in path else "?") + "day=2026-04-15&known=2026-05-01")
        assert re.search(r"stood on \w+ \w+, as it was known on \w+ \w+\.", shown), shown

    def test_a_team_as_it_was_known_then_and_now(self, cecilia):
        then = self.show(cecilia, "/team?day=2026-06-01&known=2026-06-01&state=valid")
        assert "Anna" in then
        now = self.show(cecilia, "/team?day=2026-06-01&state=valid")
        assert "Anna" not in now.split("<table", 1)[-1]

    def test_a_person_and_why(self, cecilia, cast, in_kil, story):
        with in_kil() as session:
            requirement = session.get_one(Requirement, story).public_id
        path = f"/people/{cast.person_ids['anna']}"
        assert "Taken back" not in self.show(cecilia, f"{path}?known=2026-06-01")
        assert "Taken back" in self.show(cecilia, path)
        why = f"{path}/requirements/{requirement}/explanation?day=2026-06-01"
        assert "Valid" in self.show(cecilia, f"{why}&known=2026-06-01")
        assert "Overdue" in self.show(cecilia, why)

    def test_what_was_not_known_yet_says_so_and_leads_to_what_is_known_now(self, cecilia, cast, in_kil, story):
        with in_kil() as session:
            requirement = session.get_one(Requirement, story).public_id
        self.show(cecilia, "/team?known=2014-06-01")
        for path in (
            f"/requirements/{requirement}",
            f"/people/{cast.person_ids['anna']}/requirements/{requirement}/explanation",
        ):
            then = cecilia.get(f"{path}?day=2026-06-01&known=2014-06-01")
            assert then.status_code == 404
            assert "not known on 1 June 2014" in then.text
            assert f'href="{path}?day=2026-06-01"' in then.text
            assert cecilia.get(f"{path}?day=2026-06-01").status_code == 200
        assert "not known on" not in cecilia.get("/nowhere").text

    def test_links_lead_to_the_same_knowledge(self, cecilia, cast):
        shown = self.show(cecilia, "/team?known=2026-06-01")
        assert f"/people/{cast.person_ids['anna']}?known=2026-06-01" in shown.replace("day=2026-06-01&amp;", "")

    def test_without_a_day_it_is_about_the_day_it_was_known(self, cecilia):
        assert re.search(r"stood on (\w+ \w+), as it was known on \1\.", self.show(cecilia, "/team?known=2026-06-01"))

    def test_today_is_what_is_known_now(self, cecilia):
        response = cecilia.get("/team?known=2026-11-23")
        assert response.status_code == 200
        assert "as it was known" not in response.get_data(as_text=True).split("<main")[0].split("day-banner")[-1]

    @pytest.mark.parametrize("asked", ["2026-11-24", "9999-12-31", "0001-01-01x", "i går"])
    def test_what_cannot_have_been_known(self, cecilia, asked):
        for address in (f"/team?known={asked}", f"/known/{asked}"):
            answer = cecilia.get(address)
            assert answer.status_code == 400
            assert "every day up to today" in answer.text or "from the year 1900" in answer.text

    @pytest.mark.parametrize("asked", ["day=0001-01-01", "known=0001-01-01", "day=9999-12-31", "day=idag"])
    def test_days_beyond_any_calendar_here(self, cecilia, asked):
        answer = cecilia.get(f"/team?{asked}")
        assert answer.status_code == 400
        assert "a day that cannot be shown" in answer.text

    def test_what_is_done_is_done_now(self, cecilia, cast, in_kil):
        form = {"course": "", "completed_on": "2026-11-20", "evidence": "attested", "note": ""}
        with in_kil() as session:
            form["course"] = session.scalars(select(Course.public_id)).one()
        path = f"/people/{cast.person_ids['anna']}/completions/new"
        assert cecilia.post(f"{path}?known=2026-03-01", data=form).status_code == 302
        with in_kil() as session:
            assert NOW in set(session.scalars(select(Completion.recorded_at)))

    def test_it_goes_on_to_pages_of_our_own_only(self, cecilia):
        response = cecilia.post("/known/2026-03-01", data={"next": "https://elsewhere.example/"})
        assert onward(response) == "/?known=2026-03-01"

    def test_an_export_as_it_was_known(self, cecilia, cast):
        form = {"content": "standing", "day": "2026-06-01", "known": "2026-06-01", "kind": "csv"}
        first = cecilia.post("/exports/", data=form)
        assert first.status_code == 302
        assert "known=2026-06-01" in first.location
        self.show(cecilia, first.location)
        self.assert_state(cecilia.post("/exports/", data=form), "Valid")
        self.assert_state(cecilia.post("/exports/", data=form | {"known": ""}), "Overdue")

    def taken(self, response):
        """The file; its reader closes it."""
        with response:
            return response.get_data(as_text=True)

    def assert_state(self, response, expected):
        assert response.status_code == 200
        rows = list(csv.reader(io.StringIO(self.taken(response).removeprefix("\ufeff")), delimiter=";"))
        (anna,) = [row for row in rows if any("Anna" in cell for cell in row)]
        assert expected in anna

    def test_an_export_says_in_its_name_and_in_the_journal_what_it_is(self, cecilia, in_kil):
        self.show(cecilia, "/exports/?known=2026-06-01")
        form = {"content": "completions", "day": "2026-06-30", "known": "2026-06-01", "kind": "csv"}
        response = cecilia.post("/exports/", data=form)
        assert "completions-kil-2026-06-30-known-2026-06-01.csv" in response.headers["Content-Disposition"]
        assert "Anna" in self.taken(response)
        with in_kil() as session:
            entry = session.scalars(select(JournalEntry).where(JournalEntry.action == "export.completions")).one()
            assert entry.details["known"] == "2026-06-01"
        assert "Anna" not in self.taken(cecilia.post("/exports/", data=form | {"known": ""}))

    def test_an_export_of_days_to_come(self, cecilia):
        form = {"content": "standing", "day": "2026-06-01", "known": "2027-06-01", "kind": "csv"}
        assert cecilia.post("/exports/", data=form).status_code == 422


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
            broken.setattr(computing, "phases", fails)
            text = asking("cecilia").get_data(as_text=True)
        assert "0;url=" not in text
        assert 'role="alert"' in text
        assert "/known/2026-03-01?next=/team" in text
        with in_kil() as session:
            assert not prepared(session, MARCH)
        assert onward(asking("cecilia")) == "/team"


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


def test_what_was_asked_or_sent_later_is_not_on_the_page(database, cast, in_kil, client):
    with in_kil() as session:
        course = add_course(session, "senare", now=BEGAN, title="Senare")
        add_requirement(session, "senare", course_id=course.course_id, now=BEGAN)
        add_request(session, cast.people["anna"], "senare", now=NOW)
        add_upload(session, cast.people["anna"], course.course_id, by=cast.accounts["anna"], now=NOW)
        prepare(session, known(MARCH), by=acting(cast), now=NOW)
    sign_in(client, database, cast, "bosse")
    path = f"/people/{cast.person_ids['anna']}"
    for sections in ('id="asked"', 'id="uploads"'):
        assert sections in client.get(path).text
        assert sections not in client.get(path, query_string={"day": "2026-03-01", "known": "2026-03-01"}).text
