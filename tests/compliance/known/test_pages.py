"""Pages and exports as it was known on a day."""

import csv
import io
import re

import pytest
from sqlalchemy import select

from tests.compliance.known.conftest import BEGAN, MARCH, known, onward
from tests.conftest import NOW
from tests.factories import acting, add_course, add_request, add_requirement, add_upload, sign_in
from tracker.accounts.models import Account
from tracker.audit.models import JournalEntry
from tracker.catalogue.models import Course
from tracker.compliance.known import prepare, prepared
from tracker.learning.models import Completion
from tracker.requirements.models import Requirement


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
