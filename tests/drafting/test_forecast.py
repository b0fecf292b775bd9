"""The mails that a preview says a draft would change are those that its publication does change."""

import random
import re
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.drafting.test_whatif import DAY, WORDS, a_draft, a_municipality
from tests.factories import acting, add_course, add_duty, add_requirement
from tracker.compliance.whatif import what_if
from tracker.domain.facts import DutyKind
from tracker.domain.reminders import digest_day
from tracker.jobs.models import JobRun, JobState
from tracker.mail.models import OutgoingMail
from tracker.municipalities.calendar import HOLIDAYS
from tracker.municipalities.models import Municipality
from tracker.reminders.forecast import MailChange, mail_changes
from tracker.reminders.operations import send_weekly_digests
from tracker.requirements.models import Requirement
from tracker.requirements.operations import Draft, Line, publish

DAYS = [DAY + timedelta(days=ahead) for ahead in range(31)]
NUMBER = re.compile(r"\d+(?= person)")


@pytest.fixture
def sent(app, database, cast):
    """Run the job of the weekly mails each day for 30 days, keep nothing of it, and return how many people each mail is
    about, by account and day."""

    def sent(days=DAYS):
        found = {}
        with app.app_context(), database.bound(cast.kil) as session:
            municipality = session.get_one(Municipality, cast.kil)
            before = set(session.scalars(select(OutgoingMail.id)))
            gone = set()
            for day in days:
                planned = digest_day(day, municipality.digest_weekday, HOLIDAYS)
                if planned is None or planned in gone:
                    continue
                gone.add(planned)
                send_weekly_digests(session, planned_on=planned, now=NOW + (day - DAY))
                session.flush()
                for mail in session.scalars(select(OutgoingMail)):
                    if mail.id not in before:
                        before.add(mail.id)
                        number = NUMBER.search(mail.subject)
                        found[mail.account_id, day] = int(number.group()) if number else 0
            session.rollback()
        return found

    return sent


def by_change(changes, change):
    return {(mail.account_id, mail.day): mail for mail in changes.of(change)}


def test_a_manager_is_told_of_what_is_new(in_kil, cast):
    with in_kil() as session:
        course = add_course(session, "grund", now=NOW)
        requirement = Requirement(code="nytt", created_at=NOW)
        session.add(requirement)
        session.flush()
        draft = Draft(
            titles=WORDS,
            reasons=WORDS,
            course_id=course.course_id,
            effective_from=DAY,
            first_due_days=0,
            minimum_notice_days=25,
            lines=[Line(unit_id=cast.units["11"])],
        )
        whatif = what_if(session, requirement_id=requirement.id, draft=draft, day=DAY)
        changes = mail_changes(session, {requirement.id: whatif}, today=DAY)
    # Due 18 December: within 14 days on the 7th, and overdue on the 21st.
    days = [date(2026, 12, 7), date(2026, 12, 14), date(2026, 12, 21)]
    assert by_change(changes, MailChange.NEW).keys() == {(cast.accounts["bosse"], day) for day in days}
    assert len(changes.mails) == 3
    assert {mail.people for mail in changes.mails} == {frozenset({cast.people["anna"]})}


def test_not_of_what_is_mailed_about_anyway(in_kil, cast):
    with in_kil() as session:
        course = add_course(session, "grund", now=NOW)
        add_requirement(session, "gammalt", course_id=course.course_id, now=NOW)
        requirement = Requirement(code="nytt", created_at=NOW)
        session.add(requirement)
    with in_kil() as session:
        draft = Draft(titles=WORDS, reasons=WORDS, course_id=course.course_id, effective_from=DAY, first_due_days=0)
        whatif = what_if(session, requirement_id=requirement.id, draft=draft, day=DAY)
        assert mail_changes(session, {requirement.id: whatif}, today=DAY).of(MailChange.NEW) == []


@pytest.mark.parametrize("seed", [3, 8])
def test_they_are_those_that_are_sent_once_it_is_published(app, in_kil, cast, sent, seed):
    chance = random.Random(seed)
    with in_kil() as session:
        course_id = a_municipality(session, cast, chance)
        for code, name in (("10", "eva"), ("20", "david"), ("1", "mona")):
            add_duty(session, cast.people[name], DutyKind.UNIT_MANAGER, unit_id=cast.units[code], now=NOW)
        requirement = Requirement(code="prov", created_at=NOW)
        session.add(requirement)
        session.flush()
        other = add_course(session, "annan", now=NOW)
        add_requirement(
            session,
            "annat",
            course_id=other.course_id,
            now=NOW,
            effective_from=DAY - timedelta(days=200),
            first_due_days=chance.randrange(100),
            validity_months=3,
            lines=({"system_id": cast.system_id},),
        )
    with app.app_context(), in_kil() as session:  # Some have been told of something.
        send_weekly_digests(session, planned_on=DAY - timedelta(days=14), now=NOW - timedelta(days=14))
    seen = Counter()
    for _ in range(6):
        draft = replace(a_draft(course_id, cast, chance), effective_from=DAY)
        with in_kil() as session:
            whatif = what_if(session, requirement_id=requirement.id, draft=draft, day=DAY)
            changes = mail_changes(session, {requirement.id: whatif}, today=DAY)
        before = sent()
        with in_kil() as session:
            publish(session, code="prov", draft=draft, by=acting(cast), now=NOW)
        after = sent()
        new, longer, dropped = (by_change(changes, change) for change in MailChange)
        assert new.keys() == after.keys() - before.keys(), draft
        assert dropped.keys() == before.keys() - after.keys(), draft
        both = before.keys() & after.keys()
        assert longer.keys() <= both
        assert {key for key in both if after[key] > before[key]} <= longer.keys()
        assert {key: len(mail.after) for key, mail in (new | longer).items()} == {
            key: after[key] for key in new.keys() | longer.keys()
        }
        assert {key: len(mail.before) for key, mail in (dropped | longer).items()} == {
            key: before[key] for key in dropped.keys() | longer.keys()
        }
        seen.update(mail.change for mail in changes.mails)
    assert seen[MailChange.NEW]
    assert seen[MailChange.LONGER]


def test_a_mailing_that_has_gone_out_is_not_told_of(in_kil, cast):
    with in_kil() as session:
        course = add_course(session, "grund", now=NOW)
        requirement = Requirement(code="nytt", created_at=NOW)
        session.add(requirement)
        session.flush()
        says = {"titles": WORDS, "reasons": WORDS, "course_id": course.course_id, "minimum_notice_days": 0}
        draft = Draft(**says, effective_from=DAY, first_due_days=0)
        outlooks = {requirement.id: what_if(session, requirement_id=requirement.id, draft=draft, day=DAY)}
        first = min(mail.day for mail in mail_changes(session, outlooks, today=DAY).mails)
        session.add(JobRun(job="weekly_digest", local_date=DAY, state=JobState.DONE, started_at=NOW))
        session.flush()
        then = min(mail.day for mail in mail_changes(session, outlooks, today=DAY).mails)
    assert (first, then) == (DAY, DAY + timedelta(days=7))


def test_one_that_falls_on_a_holiday_goes_out_on_the_next_working_day(in_kil, cast):
    """29 March 2027 is Easter Monday."""
    day = date(2027, 3, 29)
    with in_kil() as session:
        course = add_course(session, "grund", now=NOW)
        requirement = Requirement(code="nytt", created_at=NOW)
        session.add(requirement)
        session.flush()
        draft = Draft(titles=WORDS, reasons=WORDS, course_id=course.course_id, effective_from=day, first_due_days=0)
        outlooks = {requirement.id: what_if(session, requirement_id=requirement.id, draft=draft, day=day)}
        days = {mail.day for mail in mail_changes(session, outlooks, today=DAY).mails}
    assert min(days) == date(2027, 3, 30)
