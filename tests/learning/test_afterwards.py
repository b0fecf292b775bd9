"""A course that is completed: how it looks to its learner and to others, what is read again, and who vouched for it."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.factories import BEGINNING, acting, add_requirement
from tests.learning.conftest import DRAFT, Learner, SmallCourse
from tests.learning.test_player import sign_all
from tracker.catalogue import queries as catalogue
from tracker.catalogue.operations import publish_course
from tracker.domain.evidence import Evidence
from tracker.learning import operations, queries
from tracker.learning.models import Certificate, Completion, Enrolment
from tracker.people.models import Person
from tracker.people.queries import viewer_of
from tracker.requirements.models import Requirement

TODAY = NOW.date()


@pytest.fixture
def practice(in_kil, cast) -> SmallCourse:
    """A course of one list that is asked of everybody: whoever signs the last step completes it."""
    with in_kil() as session:
        draft = replace(DRAFT, code="praktik", modules=DRAFT.modules[2:3])
        version = publish_course(session, draft=draft, by=acting(cast), now=NOW, today=BEGINNING)
        course = catalogue.course_by_code(session, draft.code)
        add_requirement(session, "praktik", course_id=course.id, now=NOW)
        modules = {m.slug: (m.id, m.public_id) for m in catalogue.modules(session, version.id)}
        return SmallCourse(course.id, course.public_id, version.id, modules)


@pytest.fixture
def steps_url(cast, practice) -> str:
    return f"/people/{cast.person_ids['anna']}/courses/{practice.public_id}/steps"


def finish(learner: Learner, in_kil, cast) -> None:
    learner.read()
    learner.pass_test()
    sign_all(in_kil, cast, learner)
    assert learner.acknowledge().location == f"/learn/taking/{learner.enrolment}/finished"


def sign(browser, steps_url, practice, *steps, by="bosse"):
    return browser(by).post(steps_url, data={"steps": [practice.step(step) for step in steps]})


def numbers(in_kil) -> tuple[int, int]:
    """Return how many enrolments and completions there are."""
    with in_kil() as session:
        return session.scalar(select(func.count(Enrolment.id))), session.scalar(select(func.count(Completion.id)))


def attest(in_kil, cast, course_id, *, by="bosse", evidence=Evidence.ATTESTED, on=date(2026, 3, 1)) -> None:
    with in_kil() as session:
        operations.record_completion(
            session,
            person=session.get_one(Person, cast.people["anna"]),
            course_id=course_id,
            completed_on=on,
            evidence=evidence,
            by=viewer_of(session, cast.accounts[by], TODAY),
            now=NOW,
            today=TODAY,
        )


class TestTheCoursePage:
    def test_all_is_done_nothing_is_left_and_the_modules_are_read_again(self, anna, in_kil, cast, course):
        finish(anna, in_kil, cast)
        page = anna.client.get(f"/learn/{course.public_id}").text
        assert '<progress class="bar" value="4" max="4"' in page
        assert "kvar</span>" not in page
        assert "inte påbörjad" not in page
        assert page.count('class="outline-item is-done" href="/learn/taking/') == 4
        assert page.count("Underskriven av Bosse Berg") == 2
        assert re.search(r'<button class="btn">Gå den igen', page)
        # From module to module and back to the course, without beginning anew.
        for slug, following in (("text", "prov"), ("prov", "lista"), ("lista", "dokument")):
            assert f'href="{anna.url(following)}">Nästa' in anna.client.get(anna.url(slug)).text
        assert f'href="/learn/{course.public_id}">Nästa' in anna.client.get(anna.url("dokument")).text
        assert numbers(in_kil) == (1, 1)

    def test_taking_it_again_shows_the_new_round(self, anna, in_kil, cast, course):
        finish(anna, in_kil, cast)
        again = Learner(anna.client, course)
        page = anna.client.get(f"/learn/{course.public_id}").text
        assert '<progress class="bar" value="0" max="4"' in page
        assert again.url("text") in page
        assert anna.url("text") not in page

    def test_an_obligation_in_order_says_until_when_it_is_valid(self, browser, in_kil, cast, practice, steps_url):
        sign(browser, steps_url, practice, "lasa", "skriva")
        page = browser("anna").get(f"/learn/{practice.public_id}").text
        obligations = page[page.index("Därför ska du gå den") :]
        assert re.search(r"Gäller (till|utan)", obligations)
        assert "Senast" not in obligations

    def test_what_was_completed_elsewhere_has_nothing_left_either(self, browser, in_kil, cast, course):
        attest(in_kil, cast, course.id)
        page = browser("anna").get(f"/learn/{course.public_id}").text
        assert "Intygat av Bosse Berg" in page
        assert "<progress" not in page
        assert "kvar</span>" not in page
        assert page.count(f'class="outline-item is-plain" href="/learn/{course.public_id}/reading/') == 4

    def test_what_is_asked_for_anew_leads_to_taking_it_again(self, browser, in_kil, cast, practice):
        with in_kil() as session:
            add_requirement(session, "prov", course_id=practice.id, now=NOW, minimum_evidence=Evidence.VERIFIED)
        attest(in_kil, cast, practice.id)
        page = browser("anna").get(f"/learn/{practice.public_id}").text
        assert "Det är dags att gå den igen." in page
        assert re.search(r'<button class="btn btn-primary">Gå den igen', page)


class TestTheLastSignature:
    def test_it_says_that_the_course_is_completed_and_leads_back(self, browser, in_kil, practice, steps_url):
        assert sign(browser, steps_url, practice, "lasa").location == steps_url
        bosse = browser("bosse")
        answer = bosse.post(steps_url, data={"steps": [practice.step("skriva")]}, follow_redirects=True)
        assert answer.request.path == "/learn/signing"
        assert "Anna Åkesson har genomfört Liten kurs. Ett intyg är utfärdat." in answer.text
        assert numbers(in_kil) == (1, 1)

    def test_sending_it_again_begins_nothing(self, browser, in_kil, practice, steps_url):
        sign(browser, steps_url, practice, "lasa", "skriva")
        assert sign(browser, steps_url, practice, "lasa", "skriva").location == steps_url
        assert numbers(in_kil) == (1, 1)

    def test_afterwards_the_page_shows_who_signed_and_asks_for_nothing(self, browser, practice, steps_url):
        sign(browser, steps_url, practice, "lasa", by="bosse")
        sign(browser, steps_url, practice, "skriva", by="cecilia")
        page = browser("bosse").get(steps_url).text
        assert "Intygat av Bosse Berg, Cecilia" in page
        assert "Underskriven av Bosse Berg" in page
        assert 'name="steps"' not in page

    def test_nor_does_it_for_what_was_completed_elsewhere(self, browser, in_kil, cast, practice, steps_url):
        attest(in_kil, cast, practice.id)
        assert 'name="steps"' not in browser("bosse").get(steps_url).text
        sign(browser, steps_url, practice, "lasa")
        assert numbers(in_kil) == (0, 1)

    def test_who_signed_the_last_time_is_shown_when_it_is_asked_for_anew(self, browser, in_kil, practice, steps_url):
        with in_kil() as session:
            add_requirement(session, "prov", course_id=practice.id, now=NOW, minimum_evidence=Evidence.VERIFIED)
        sign(browser, steps_url, practice, "lasa", "skriva")
        page = browser("bosse").get(steps_url).text
        assert page.count('name="steps"') == 2
        assert page[page.index("Underskrivet förra gången") :].count("Underskriven av Bosse Berg") == 2

    def test_it_begins_anew_when_something_asks_for_it(self, browser, in_kil, cast, practice, steps_url):
        with in_kil() as session:
            add_requirement(session, "prov", course_id=practice.id, now=NOW, minimum_evidence=Evidence.VERIFIED)
        attest(in_kil, cast, practice.id)
        assert 'name="steps"' in browser("bosse").get(steps_url).text
        sign(browser, steps_url, practice, "lasa")
        assert numbers(in_kil) == (1, 1)


class TestWhoVouched:
    @pytest.mark.parametrize(
        ("evidence", "words"),
        [
            (Evidence.ATTESTED, "Intygat av Bosse Berg"),
            (Evidence.VERIFIED, "Intyg från annat håll, kontrollerat av Bosse Berg"),
        ],
    )
    def test_the_learner_the_manager_and_hr_see_the_name(self, browser, in_kil, cast, practice, evidence, words):
        attest(in_kil, cast, practice.id, evidence=evidence)
        with in_kil() as session:
            requirement = session.scalars(select(Requirement.public_id)).one()
        person = f"/people/{cast.person_ids['anna']}"
        for name, addresses in {
            "anna": ["/learn/history", "/me", f"/learn/{practice.public_id}"],
            "bosse": [person, f"{person}/requirements/{requirement}/explanation"],
            "cecilia": [person, f"{person}/requirements/{requirement}/explanation"],
        }.items():
            for address in addresses:
                assert words in browser(name).get(address).text, (name, address)

    def test_who_signed_the_steps_is_named(self, browser, cast, practice, steps_url):
        sign(browser, steps_url, practice, "lasa", "skriva")
        page = browser("bosse").get(f"/people/{cast.person_ids['anna']}").text
        assert "Intygat av Bosse Berg" in page
        assert f'href="{steps_url}">Underskrivna övningar' in page
        assert "Intygat av Bosse Berg" in browser("anna").get("/learn/history").text

    def test_a_protected_name_is_not_shown(self, browser, in_kil, cast, practice):
        attest(in_kil, cast, practice.id)
        with in_kil() as session:
            session.get_one(Person, cast.people["bosse"]).protected_identity = True
        page = browser("anna").get("/learn/history").text
        assert "Bosse" not in page
        assert "Intygat av Skyddad identitet (bosse-1)" in page

    def test_whoever_checks_a_certificate_is_told_no_name(self, browser, client, in_kil, cast, practice):
        attest(in_kil, cast, practice.id)
        with in_kil() as session:
            code = session.scalars(select(Certificate.code)).one()
        page = client.get(f"/verify/{code}").text
        assert "Intygat av en annan person" in page
        assert "Bosse" not in page

    def test_the_history_takes_the_same_number_of_queries_however_long(self, in_kil, cast, practice, count_queries):
        def asked():
            with in_kil() as session, count_queries() as counted:
                entries = queries.history(session, cast.people["anna"])
            assert all([one.person.given_name for one in entry.attesters] == ["Bosse"] for entry in entries)
            return len(entries), counted.number

        attest(in_kil, cast, practice.id)
        one = asked()
        for number in range(1, 30):
            attest(in_kil, cast, practice.id, on=date(2026, 3, 1) + timedelta(days=number))
        assert (one, asked()) == ((1, 3), (30, 3))
