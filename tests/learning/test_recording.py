"""Recording what was completed elsewhere, on the word of someone else."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.factories import acting, add_course
from tracker.audit.models import JournalEntry
from tracker.db import retract
from tracker.domain.evidence import Evidence
from tracker.learning import operations
from tracker.learning.models import Certificate, Completion
from tracker.people.models import Person
from tracker.people.queries import viewer_of

TODAY = NOW.date()


@pytest.fixture
def record(in_kil, cast, course):
    def recording(name="anna", by="bosse", completed_on=date(2026, 3, 1), **says):
        with in_kil() as session:
            values = {"evidence": Evidence.ATTESTED, "course_id": course.id} | says
            return operations.record_completion(
                session,
                person=session.get_one(Person, cast.people[name]),
                completed_on=completed_on,
                by=viewer_of(session, cast.accounts[by], TODAY),
                now=NOW,
                today=TODAY,
                **values,
            )

    return recording


class TestOperation:
    def test_it_is_recorded_with_its_certificate_and_in_the_journal(self, record, in_kil, cast, course):
        completion = record(note="Kurs hos oss")
        with in_kil() as session:
            stored = session.scalars(select(Completion)).one()
            assert (stored.id, stored.evidence, stored.note) == (completion.id, Evidence.ATTESTED, "Kurs hos oss")
            assert (stored.source, stored.recorded_by_id) == ("manager", cast.accounts["bosse"])
            assert stored.course_version_id == course.version_id
            assert session.scalars(select(Certificate.completion_id)).all() == [stored.id]
            entry = session.scalars(select(JournalEntry).where(JournalEntry.action == "completion.recorded")).one()
            assert entry.details == {
                "person": cast.person_ids["anna"],
                "course": "liten-kurs",
                "completed_on": "2026-03-01",
                "evidence": "attested",
            }

    def test_today_is_allowed_and_tomorrow_is_not(self, record):
        record(completed_on=TODAY)
        with pytest.raises(operations.CompletionInFutureError):
            record(completed_on=TODAY + timedelta(days=1))

    def test_nobody_attests_themself(self, record):
        for evidence in Evidence:
            with pytest.raises(operations.SelfAttestedError):
                record("bosse", by="bosse", evidence=evidence)

    def test_before_the_first_employment_only_with_a_note(self, record):
        with pytest.raises(operations.BeforeEmploymentError) as refused:
            record(completed_on=date(2019, 12, 31))
        assert refused.value.first_employed_on == date(2020, 1, 1)
        record(completed_on=date(2019, 12, 31), note="Gick kursen i Grums.")

    def test_twice_on_a_day_is_refused_until_the_first_is_retracted(self, record, in_kil):
        first = record()
        with pytest.raises(operations.AlreadyCompletedError):
            record()
        record(completed_on=date(2026, 3, 2))
        with in_kil() as session:
            retract([session.get_one(Completion, first.id)], now=NOW, by_id=None, why="Fel dag")
        assert record().source_ref != first.source_ref

    def test_it_is_of_the_version_in_force_that_day(self, record, in_kil, cast, course):
        from dataclasses import replace

        from tests.learning.conftest import DRAFT
        from tracker.catalogue.operations import publish_course

        with in_kil() as session:
            changed = replace(DRAFT, minutes=99)
            second = publish_course(session, draft=changed, by=acting(cast), now=NOW, today=date(2026, 6, 1))
        assert record(completed_on=date(2026, 5, 31)).course_version_id == course.version_id
        assert record(completed_on=date(2026, 6, 1)).course_version_id == second.id

    def test_a_course_without_a_published_version(self, record, in_kil):
        with in_kil() as session:
            version = add_course(session, "utkast", now=NOW)
            version.published_on = version.published_at = None
        with pytest.raises(operations.CourseNotPublishedError):
            record(course_id=version.course_id)


class TestPage:
    def url(self, cast, name="anna"):
        return f"/people/{cast.person_ids[name]}/completions/new"

    def form(self, chosen, **says):
        return {"course": chosen.public_id, "completed_on": "2026-03-01", "evidence": "attested", "note": ""} | says

    def test_a_manager_records(self, browser, cast, course, in_kil):
        bosse = browser("bosse")
        page = bosse.get(self.url(cast))
        assert page.status_code == 200
        assert "Liten kurs" in page.text
        answer = bosse.post(self.url(cast), data=self.form(course))
        assert (answer.status_code, answer.location) == (302, f"/people/{cast.person_ids['anna']}")
        with in_kil() as session:
            assert session.scalars(select(Completion.person_id)).all() == [cast.people["anna"]]

    def test_a_link_can_choose_the_course(self, browser, cast, course):
        page = browser("bosse").get(f"{self.url(cast)}?course={course.public_id}").text
        assert f'<option selected value="{course.public_id}">' in page

    def test_what_is_missing_is_said_in_our_own_words(self, browser, cast):
        answer = browser("bosse").post(self.url(cast), data={"course": "", "completed_on": "", "note": ""})
        assert answer.status_code == 422
        for words in ("Välj kurs.", "Skriv vilken dag den genomfördes.", "Ange hur du vet det."):
            assert words in answer.text
        assert "Inte ett giltigt" not in answer.text

    def test_what_is_no_day_is_called_that(self, browser, cast, course):
        answer = browser("bosse").post(self.url(cast), data=self.form(course, completed_on="2026-02-31"))
        assert "Det är ingen dag. Skriv den som 2026-11-23." in answer.text

    @pytest.mark.parametrize(
        ("says", "field"),
        [
            ({"completed_on": "2999-01-01"}, "completed_on"),
            ({"completed_on": "i går"}, "completed_on"),
            ({"completed_on": "2019-12-31"}, "note"),
            ({"course": ""}, "course"),
            ({"course": "0" * 20}, "course"),
            ({"evidence": "graded"}, "evidence"),
            ({"note": "x" * 501}, "note"),
        ],
    )
    def test_what_is_refused_is_said_at_its_field(self, browser, cast, course, in_kil, says, field):
        answer = browser("bosse").post(self.url(cast), data=self.form(course, **says))
        assert answer.status_code == 422
        assert f'id="{field}-error"' in answer.text or f'aria-describedby="{field}-error"' in answer.text
        with in_kil() as session:
            assert session.scalars(select(Completion)).all() == []

    def test_twice_is_refused_kindly(self, browser, cast, course, in_kil):
        bosse = browser("bosse")
        bosse.post(self.url(cast), data=self.form(course))
        answer = bosse.post(self.url(cast), data=self.form(course))
        assert answer.status_code == 422
        assert 'id="completed_on-error"' in answer.text
        with in_kil() as session:
            assert len(session.scalars(select(Completion)).all()) == 1

    def test_oneself_is_refused(self, browser, cast, course, in_kil):
        bosse = browser("bosse")
        assert bosse.get(self.url(cast, "bosse")).status_code == 200
        assert bosse.post(self.url(cast, "bosse"), data=self.form(course)).status_code == 422
        with in_kil() as session:
            assert session.scalars(select(Completion)).all() == []

    def test_others_are_refused(self, browser, cast, course):
        assert browser("anna").get(self.url(cast, "bosse")).status_code == 403
        assert browser("bosse").get(self.url(cast, "eva")).status_code == 404
        assert browser("omar").get(self.url(cast)).status_code == 404
        assert browser("omar").post(self.url(cast), data=self.form(course)).status_code == 404
