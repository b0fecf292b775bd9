"""The mails that a preview says a draft would add are those that its publication does call for."""

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.conftest import NOW
from tests.drafting.test_whatif import DAY, WORDS, a_draft, a_municipality
from tests.factories import acting, add_course, add_duty, add_requirement
from tracker.compliance.whatif import what_if
from tracker.domain.facts import DutyKind
from tracker.domain.reminders import weekly_digest
from tracker.people.queries import viewer_of
from tracker.permissions import Role
from tracker.reminders.forecast import mail_changes
from tracker.reminders.queries import digest_rows, managers_on
from tracker.requirements.models import Requirement
from tracker.requirements.operations import Draft, Line, publish

MONDAYS = [DAY + timedelta(days=7 * week) for week in range(5)]


def as_manager(session, account_id, day):
    """Return an account as a manager only: HR's own mails are about their own units."""
    return replace(viewer_of(session, account_id, day), roles=frozenset({Role.UNIT_MANAGER}))


def mailed(session, days):
    """Return which manager's mail is called for on which days, each as if told of everything a week before."""
    return {
        (account.id, day)
        for day in days
        for account in managers_on(session, day)
        if weekly_digest(
            digest_rows(session, as_manager(session, account.id, day), day), day, last_digest=day - timedelta(days=7)
        )
    }


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
        told = mail_changes(session, {requirement.id: whatif}).added
    # Due 18 December: within 14 days on the 7th, and overdue on the 21st.
    assert told == {cast.accounts["bosse"]: [date(2026, 12, 7), date(2026, 12, 14), date(2026, 12, 21)]}


def test_not_of_what_is_mailed_about_anyway(in_kil, cast):
    with in_kil() as session:
        course = add_course(session, "grund", now=NOW)
        add_requirement(session, "gammalt", course_id=course.course_id, now=NOW)
        requirement = Requirement(code="nytt", created_at=NOW)
        session.add(requirement)
    with in_kil() as session:
        draft = Draft(titles=WORDS, reasons=WORDS, course_id=course.course_id, effective_from=DAY, first_due_days=0)
        whatif = what_if(session, requirement_id=requirement.id, draft=draft, day=DAY)
        assert mail_changes(session, {requirement.id: whatif}).added == {}


@pytest.mark.parametrize("seed", [3])
def test_they_are_those_that_publication_calls_for(in_kil, cast, seed):
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
    seen = 0
    for _ in range(6):
        draft = a_draft(course_id, cast, chance)
        day = max(DAY, draft.effective_from)
        days = [one for one in MONDAYS if day <= one <= day + timedelta(days=30)]
        days += [
            one + timedelta(days=35) for one in MONDAYS if day <= one + timedelta(days=35) <= day + timedelta(days=30)
        ]
        with in_kil() as session:
            whatif = what_if(session, requirement_id=requirement.id, draft=draft, day=day)
            told = mail_changes(session, {requirement.id: whatif}).added
            before = mailed(session, days)
        with in_kil() as session:
            publish(session, code="prov", draft=draft, by=acting(cast), now=NOW)
        with in_kil() as session:
            after = mailed(session, days)
        claimed = {(account_id, one) for account_id, listed in told.items() for one in listed}
        assert claimed == after - before, draft
        seen += len(claimed)
    assert seen
