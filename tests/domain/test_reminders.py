"""When a manager gets a mail, and what is in it."""

from datetime import date, timedelta

import pytest

from tests.domain.cases import on
from tracker.domain.facts import State
from tracker.domain.reminders import DigestRow, digest_day, is_working_day, weekly_digest

TODAY = on("2026-11-23")  # a Monday
EPIPHANY = date(2027, 1, 6)  # a Wednesday


def row(person, state, due_on=None, *, since="2026-01-01", requirement=1):
    return DigestRow(person, requirement, state, on(since), due_on and on(due_on))


def people(group):
    return [person.person_id for person in group]


@pytest.mark.parametrize(
    "quiet",
    [
        row(1, State.VALID, "2026-11-24"),
        row(1, State.EXEMPT),
        row(1, State.ON_HOLD),
        row(1, State.TO_DO, "2026-12-08"),
        row(1, State.TO_DO),
        row(1, State.RENEW, "2026-12-08"),
        row(1, State.LAPSED, "2026-11-15", since="2026-11-16"),
    ],
)
def test_no_mail_when_nothing_is_needed(quiet):
    assert weekly_digest([], TODAY) is None
    assert weekly_digest([quiet], TODAY) is None


@pytest.mark.parametrize(
    ("needed", "group"),
    [
        (row(1, State.OVERDUE, "2026-01-01"), "overdue"),
        (row(1, State.TO_DO, "2026-12-07"), "due_soon"),
        (row(1, State.TO_DO, "2026-11-23"), "due_soon"),
        (row(1, State.RENEW, "2026-12-07"), "due_soon"),
        (row(1, State.GRACE, "2026-11-20"), "due_soon"),
        (row(1, State.LAPSED, "2026-11-16", since="2026-11-17"), "newly_lapsed"),
    ],
)
def test_a_mail_when_someone_needs_something(needed, group):
    digest = weekly_digest([needed], TODAY)
    assert digest is not None
    assert people(getattr(digest, group)) == [1]
    assert len(digest.people) == 1


def test_lapsed_since_the_last_digest_is_new():
    lapsed = row(1, State.LAPSED, "2026-11-10", since="2026-11-11")
    assert weekly_digest([lapsed], TODAY) is None
    digest = weekly_digest([lapsed], TODAY, last_digest=on("2026-11-10"))
    assert digest is not None
    assert people(digest.newly_lapsed) == [1]


def test_who_lapsed_long_ago_is_shown_but_no_reason_to_write():
    long_ago = row(1, State.LAPSED, "2026-01-01")
    digest = weekly_digest([long_ago, row(2, State.OVERDUE, "2026-11-01")], TODAY)
    assert digest is not None
    assert (people(digest.overdue), people(digest.still_lapsed)) == ([2], [1])


def test_a_person_is_in_the_most_urgent_group_with_all_that_is_needed():
    rows = [
        row(1, State.TO_DO, "2026-11-30", requirement=3),
        row(1, State.OVERDUE, "2026-11-01", requirement=2),
        row(1, State.VALID, "2027-11-01", requirement=1),
        row(1, State.OVERDUE, "2026-10-01", requirement=4),
    ]
    digest = weekly_digest(rows, TODAY)
    assert digest is not None
    assert len(digest.people) == 1
    assert [one.requirement_id for one in digest.overdue[0].rows] == [4, 2, 3]


def test_the_most_urgent_people_come_first():
    rows = [
        row(1, State.OVERDUE, "2026-11-10"),
        row(2, State.OVERDUE, "2026-10-01"),
        row(3, State.OVERDUE, "2026-11-10"),
    ]
    digest = weekly_digest(rows, TODAY)
    assert digest is not None
    assert people(digest.overdue) == [2, 1, 3]


def test_the_order_of_rows_is_irrelevant():
    rows = [
        row(person, state, "2026-11-25", since="2026-11-20", requirement=requirement)
        for person in range(3)
        for requirement, state in enumerate(State)
    ]
    assert weekly_digest(rows, TODAY) == weekly_digest(rows[::-1], TODAY)


def test_working_days_are_neither_weekend_nor_holiday():
    assert [is_working_day(TODAY + timedelta(number), set()) for number in range(7)] == [True] * 5 + [False] * 2
    assert not is_working_day(EPIPHANY, {EPIPHANY})


def test_the_digest_goes_out_on_its_day_of_the_week():
    assert digest_day(TODAY, 0, set()) == TODAY


def test_a_digest_that_was_missed_goes_out_on_the_next_day_under_the_same_name():
    assert digest_day(TODAY + timedelta(3), 0, set()) == TODAY


def test_a_digest_that_falls_on_a_holiday_goes_out_on_the_next_working_day():
    assert digest_day(EPIPHANY, 2, {EPIPHANY}) is None
    assert digest_day(EPIPHANY + timedelta(1), 2, {EPIPHANY}) == EPIPHANY


def test_nothing_is_sent_in_a_weekend():
    saturday = TODAY + timedelta(5)
    assert digest_day(saturday, 5, set()) is None
    assert digest_day(saturday + timedelta(2), 5, set()) == saturday
