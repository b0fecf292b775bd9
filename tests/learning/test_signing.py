"""A colleague signs: on the learner's device, or a manager from their own sign-in. Never oneself."""

import re

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.factories import PASSWORD, acting, set_password
from tests.learning.test_player import sign_all
from tracker.accounts.models import Account
from tracker.audit.models import JournalEntry
from tracker.learning import operations
from tracker.learning.models import Enrolment, ModuleDone, StepSignature
from tracker.people.models import Person


@pytest.fixture
def passwords(database, cast):
    set_password(database, cast, now=NOW)


def signatures(in_kil) -> list[tuple[str, str]]:
    """Return who signed what."""
    with in_kil() as session:
        rows = session.execute(
            select(Account.employee_number, StepSignature.step)
            .join(StepSignature, StepSignature.signed_by_id == Account.id)
            .order_by(StepSignature.id)
        )
        return [(number, step) for number, step in rows]


def sign_here(learner, *steps, identifier="david-1", password=PASSWORD):
    return learner.client.post(
        f"/learn/taking/{learner.enrolment}/signatures",
        data={
            "steps": [learner.course.step(step) for step in steps],
            "identifier": identifier,
            "password": password,
        },
    )


class TestOnTheSpot:
    def test_a_colleague_signs_with_their_own_password(self, anna, passwords, in_kil, cast):
        assert sign_here(anna, "lasa").status_code == 302
        assert signatures(in_kil) == [("david-1", "lasa")]
        page = anna.client.get(anna.url("lista")).text
        assert "David Dahl" in page
        assert page.count("David Dahl") == 1
        with in_kil() as session:
            entry = session.scalars(select(JournalEntry).where(JournalEntry.action == "steps.signed")).one()
            assert entry.actor == session.get_one(Account, cast.accounts["david"]).public_id
            assert entry.details == {"steps": ["lasa"]}

    def test_by_e_mail_address_in_any_case(self, anna, passwords, in_kil):
        sign_here(anna, "lasa", identifier="David@Kommun.Example")
        assert signatures(in_kil) == [("david-1", "lasa")]

    def test_the_last_signature_does_the_module(self, anna, passwords, in_kil):
        sign_here(anna, "lasa")
        sign_here(anna, "skriva", identifier="eva-1")
        assert signatures(in_kil) == [("david-1", "lasa"), ("eva-1", "skriva")]
        with in_kil() as session:
            assert session.scalars(select(ModuleDone.module_id)).all() == [anna.course.modules["lista"][0]]

    def test_the_learner_stays_signed_in_as_themself(self, anna, passwords):
        sign_here(anna, "lasa")
        assert anna.client.get(anna.url("lista")).status_code == 200

    @pytest.mark.parametrize(
        ("identifier", "password"),
        [("anna-1", PASSWORD), ("david-1", "fel"), ("nobody-1", PASSWORD), ("omar-1", PASSWORD), ("", "")],
    )
    def test_what_is_refused(self, anna, passwords, in_kil, identifier, password):
        answer = sign_here(anna, "lasa", identifier=identifier, password=password)
        assert answer.status_code == 422
        assert 'class="error-summary"' in answer.text
        assert password == "" or password not in answer.text
        assert signatures(in_kil) == []

    def test_nothing_chosen(self, anna, passwords, in_kil):
        assert sign_here(anna).status_code == 422
        assert signatures(in_kil) == []

    def test_guessing_is_slowed_down(self, anna, passwords, in_kil):
        for _ in range(6):
            sign_here(anna, "lasa", password="fel")
        answer = sign_here(anna, "lasa")
        assert answer.status_code == 422
        assert signatures(in_kil) == []

    def test_a_step_of_no_checklist(self, anna, passwords, in_kil):
        assert sign_here(anna, "annat").status_code == 422
        assert signatures(in_kil) == []


class TestOwnSignIn:
    def url(self, cast, course, name="anna"):
        return f"/people/{cast.person_ids[name]}/courses/{course.public_id}/steps"

    def test_the_manager_finds_whose_steps_are_left_and_signs(self, anna, browser, cast, course, in_kil):
        bosse = browser("bosse")
        listed = bosse.get("/learn/signing").text
        assert self.url(cast, course) in listed
        assert bosse.get(self.url(cast, course)).status_code == 200
        answer = bosse.post(self.url(cast, course), data={"steps": [course.step("lasa"), course.step("skriva")]})
        assert answer.status_code == 302
        assert signatures(in_kil) == [("bosse-1", "lasa"), ("bosse-1", "skriva")]
        assert self.url(cast, course) not in bosse.get("/learn/signing").text
        assert bosse.get(self.url(cast, course)).status_code == 200

    def test_signing_begins_the_course_for_who_has_not_begun(self, browser, cast, course, in_kil):
        browser("bosse").post(self.url(cast, course), data={"steps": [course.step("lasa")]})
        with in_kil() as session:
            assert session.scalars(select(Enrolment.person_id)).all() == [cast.people["anna"]]
        assert signatures(in_kil) == [("bosse-1", "lasa")]

    def test_oneself_is_refused(self, anna, browser, cast, course, in_kil):
        for name in ("anna", "bosse"):
            client = browser(name)
            assert client.get(self.url(cast, course, name)).status_code == 403
            assert client.post(self.url(cast, course, name), data={"steps": course.step("lasa")}).status_code == 403
        assert signatures(in_kil) == []

    @pytest.mark.parametrize("name", ["eva", "anna", "omar"])
    def test_who_may_not_see_the_person_may_not_sign(self, browser, cast, course, name, in_kil):
        person = "bosse" if name == "anna" else "anna"
        client = browser(name)
        assert client.get(self.url(cast, course, person)).status_code == 404
        assert client.post(self.url(cast, course, person), data={"steps": course.step("lasa")}).status_code == 404
        assert signatures(in_kil) == []

    def test_a_course_without_a_checklist(self, browser, cast, in_kil):
        from tests.factories import BEGINNING
        from tracker.catalogue import starter
        from tracker.catalogue.queries import course_by_code

        with in_kil() as session:
            starter.load_starter(session, by=acting(cast), now=NOW, today=BEGINNING, codes=["it-strategi"])
            public_id = course_by_code(session, "it-strategi").public_id
        assert browser("bosse").get(f"/people/{cast.person_ids['anna']}/courses/{public_id}/steps").status_code == 404

    def test_the_list_holds_only_the_team_s(self, anna, browser):
        for name in ("eva", "omar", "anna"):
            assert not re.findall(r"/people/\w+/courses/", browser(name).get("/learn/signing").text)

    def test_the_list_takes_the_same_number_of_queries_however_long(
        self, anna, browser, cast, course, in_kil, count_queries
    ):
        from tests.factories import add_person
        from tracker.learning.queries import open_checklists
        from tracker.people.queries import viewer_of

        def asked():
            with in_kil() as session:
                viewer = viewer_of(session, cast.accounts["bosse"], NOW.date())
                with count_queries() as counted:
                    rows = open_checklists(session, viewer, today=NOW.date())
                return len(rows), counted.number

        one = asked()
        with in_kil() as session:
            for number in range(29):
                person = add_person(
                    session, f"Nr{number}", "X", unit_id=cast.units["11"], position_id=cast.position_id, now=NOW
                )
                operations.start_course(
                    session, person_id=person.id, course_id=course.id, by=acting(cast), now=NOW, today=NOW.date()
                )
        assert (one, asked()) == ((1, 3), (30, 3))


class TestOperation:
    def test_nobody_signs_their_own(self, anna, in_kil, cast):
        with pytest.raises(operations.SelfSignedError):
            sign_all(in_kil, cast, anna, by="anna")

    def test_a_job_cannot_sign(self, anna, in_kil, cast):
        steps = [(anna.course.modules["lista"][0], "lasa")]
        with in_kil() as session:
            enrolment = session.scalars(select(Enrolment)).one()
            with pytest.raises(operations.NotAColleagueError):
                operations.sign_steps(
                    session, enrolment=enrolment, steps=steps, by=acting(cast), now=NOW, today=NOW.date()
                )

    def test_a_step_keeps_its_first_signature(self, anna, in_kil, cast):
        sign_all(in_kil, cast, anna, steps=["lasa"], by="bosse")
        sign_all(in_kil, cast, anna, steps=["lasa", "skriva"], by="david")
        assert signatures(in_kil) == [("bosse-1", "lasa"), ("david-1", "skriva")]

    def test_an_unknown_step(self, anna, in_kil, cast):
        with pytest.raises(operations.UnknownStepError):
            sign_all(in_kil, cast, anna, steps=["annat"])


def test_a_signer_with_protected_identity_is_not_named(anna, in_kil, cast):
    with in_kil() as session:
        session.get_one(Person, cast.people["bosse"]).protected_identity = True
    sign_all(in_kil, cast, anna, steps=["lasa"])
    page = anna.client.get(anna.url("lista")).text
    assert "Bosse" not in page
    assert "bosse-1" in page
