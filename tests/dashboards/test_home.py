"""A learner's own page leads to the next step; others to what they are for."""

from datetime import date

from flask import url_for

from tests.conftest import NOW
from tests.factories import (
    add_assignment,
    add_completion,
    add_course,
    add_duty,
    add_extension,
    add_next_version,
    add_person,
    add_requirement,
)
from tracker.accounts.models import Account
from tracker.dashboards.queries.home import home
from tracker.domain.facts import DutyKind
from tracker.learning.models import Enrolment
from tracker.people.models import Duty


def test_next_step_has_its_reason_and_date(app, show, story):
    page = show("anna", "/")
    assert [step.first.code for step in page["own"].steps] == ["omsorg"]
    assert "Omsorgsjournalen i vardagen" in page.html
    assert "Because you use Omsorgsjournalen." in page.html
    assert "Due 1 December" in page.html
    assert "in 8 days" in page.html
    with app.test_request_context():
        course = url_for("learning.course", course_id=page["own"].steps[0].first.course_public_id)
    assert f'href="{course}"' in page.html


def test_what_is_in_force_says_until_when_and_from_when_it_can_be_renewed(show, story):
    page = show("anna", "/")
    (settled,) = page["own"].settled
    assert settled.obligation.code == "it"
    assert settled.obligation.valid_until == date(2027, 2, 28)
    assert settled.renewable_from == date(2026, 12, 30)
    assert "In force until 28 February 2027" in page.html


def test_a_version_to_come_is_no_renewal(show, story, in_kil):
    with in_kil() as session:
        add_next_version(session, "it", effective_from=date(2026, 12, 1), now=NOW)
    (settled,) = show("anna", "/")["own"].settled
    assert settled.obligation.ends_on == date(2026, 11, 30)
    assert settled.renewable_from == date(2026, 12, 30)


def test_nor_is_the_end_of_an_employment(show, story, cast, in_kil):
    with in_kil() as session:
        course = add_course(session, "kort", now=NOW)
        add_requirement(session, "kort", course_id=course.course_id, now=NOW, validity_months=12)
        ending = add_person(
            session,
            "Sluta",
            "Snart",
            unit_id=cast.units["11"],
            position_id=cast.position_id,
            now=NOW,
            ends_on=date(2026, 12, 31),
        )
        add_completion(session, ending.id, course, on=date(2026, 11, 1), now=NOW)
        person_id = ending.id
    with in_kil() as session:
        found = home(session, person_id, date(2026, 11, 23))
    assert [one.renewable_from for one in found.settled if one.obligation.code == "kort"] == [None]


def test_what_begins_again_is_told_from_when_it_does(show, story, cast, in_kil):
    with in_kil() as session:
        course = add_course(session, "chef", now=NOW, title="För chefer")
        add_requirement(session, "chef", course_id=course.course_id, now=NOW, lines=({"duty": DutyKind.UNIT_MANAGER},))
        for first, last in ((date(2024, 3, 1), date(2024, 9, 30)), (date(2027, 1, 4), None)):
            session.add(
                Duty(
                    person_id=cast.people["anna"],
                    kind=DutyKind.UNIT_MANAGER,
                    unit_id=cast.units["11"],
                    starts_on=first,
                    ends_on=last,
                    recorded_at=NOW,
                    source="test",
                )
            )
    page = show("anna", "/")
    assert "Applies to you from 4 January 2027" in page.html
    assert "1 March 2024" not in page.html


def test_more_time_to_renew_is_the_date_that_is_told(show, story, cast, in_kil):
    with in_kil() as session:
        add_extension(
            session, cast.people["anna"], "it", granted_on=date(2027, 1, 10), due_on=date(2027, 4, 15), now=NOW
        )
    page = show("anna", "/", day="2027-01-15")
    assert "Renew by 15 April" in page.html
    assert "Renew by 28 February" not in page.html


def test_all_done(show, story, cast, in_kil):
    with in_kil() as session:
        add_completion(session, cast.people["anna"], story.records, on=date(2026, 11, 20), now=NOW)
    page = show("anna", "/")
    assert page["own"].steps == []
    assert "All done" in page.html
    assert "30 December" in page.html


def test_nothing_required(show, cast, in_kil):
    with in_kil() as session:
        session.query(Account).filter_by(id=cast.accounts["anna"]).one().locale = "en"
    assert "No training is required of you" in show("anna", "/").html


def test_begun_course_is_resumed(show, story, cast, in_kil):
    with in_kil() as session:
        session.add(
            Enrolment(
                person_id=cast.people["anna"],
                course_version_id=story.records.id,
                number=1,
                started_at=NOW,
            )
        )
    page = show("anna", "/")
    assert page["own"].steps[0].progress.started
    assert "Continue" in page.html


def test_one_course_serves_two_requirements(show, story, cast, in_kil):
    from tests.factories import add_requirement

    with in_kil() as session:
        add_requirement(session, "omsorg-2", course_id=story.records.course_id, now=NOW, first_due_days=60)
    page = show("anna", "/")
    (step,) = page["own"].steps
    assert {one.code for one in step.obligations} == {"omsorg", "omsorg-2"}
    # That everyone must is no reason to give beside a better one.
    assert "Because you use Omsorgsjournalen." in page.html


def test_what_is_assigned_says_by_whom(show, story, cast, in_kil):
    with in_kil() as session:
        add_assignment(session, cast.people["anna"], "omsorg", starts_on=date(2026, 11, 23), now=NOW)
    assert "Because you use Omsorgsjournalen and because it has been assigned to you." in show("anna", "/").html
    with in_kil() as session:
        by = cast.accounts["bosse"]
        add_assignment(session, cast.people["anna"], "omsorg", starts_on=date(2026, 11, 23), now=NOW, by_id=by)
    assert "and because Bosse Berg has assigned it to you." in show("anna", "/").html


def test_manager_sees_how_many_need_them(show, story):
    page = show("bosse", "/")
    # Bosse and Hemlig are behind with the basics. The newcomer is not due yet; Anna is due on 1 December.
    assert page["team"] == (3, 4)
    assert "3 of 4 in your team need you." in page.html
    assert show("anna", "/")["team"] is None


def test_account_without_person_is_led_on(show, story, cast, in_kil):
    with in_kil() as session:
        account = session.query(Account).filter_by(id=cast.accounts["olle"]).one()
        account.person_id = None
    page = show("olle", "/")
    assert page.response.status_code == 200
    assert "This account has no training of its own" in page.html


def test_a_past_day_shows_how_it_stood(show, story):
    page = show("anna", "/", day="2026-02-01")
    assert [step.first.state for step in page["own"].steps] == ["overdue"]
    assert "Your next step" not in page.html, "nothing can be done on a past day"


def test_managers_page_asks_as_often_for_a_large_team(show, story, cast, in_kil, counting):
    with counting() as few:
        show("bosse", "/")
    with in_kil() as session:
        from tests.factories import add_person

        for number in range(30):
            add_person(
                session,
                f"Person{number}",
                "Persson",
                unit_id=cast.units["11"],
                position_id=cast.position_id,
                now=NOW,
                starts_on=date(2024, 1, 1),
            )
        add_duty(session, cast.people["bosse"], DutyKind.UNIT_MANAGER, unit_id=cast.units["10"], now=NOW)
    with counting() as many:
        page = show("bosse", "/")
    assert page["team"][0] >= 33
    assert len(many) == len(few)
