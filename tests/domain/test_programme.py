"""Introductions: when what is due, for whom, how long, and when somebody is reminded."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.facts import Absence, Employment, Learner
from tracker.domain.periods import FOREVER, Days
from tracker.domain.programme import (
    LASTS_DAYS,
    LEAVE_DAYS,
    NOTICE_DAYS,
    Hire,
    Item,
    Stage,
    calls_for_reminder,
    due_on,
    followed_until,
    hire_of,
    hires,
    in_turn,
    is_for,
    stage_of,
    under_way,
    working_day,
)
from tracker.domain.reminders import is_working_day
from tracker.municipalities.calendar import HOLIDAYS

DAY = timedelta(days=1)
LONG_AGO = date(2020, 1, 1)

days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
offsets = st.integers(-60, 120)
spans = st.lists(
    st.tuples(st.integers(-40, 200), st.integers(0, 60)).map(lambda one: (one[0], one[0] + one[1])), max_size=3
)


def works(day):
    return is_working_day(day, HOLIDAYS)


def absent(first, numbers):
    return tuple(sorted((first + one * DAY, first + other * DAY) for one, other in numbers))


def walked(day, offset, away):
    """The slow and obvious way: walk day by day, counting."""
    counted, step = 0, DAY if offset >= 0 else -DAY
    if offset < 0:
        while counted < -offset:
            day += step
            counted += works(day)
        return day
    counts = lambda one: works(one) and not any(first <= one <= last for first, last in away)  # noqa: E731
    while not counts(day):
        day += DAY
    while counted < offset:
        day += DAY
        counted += counts(day)
    return day


@pytest.mark.parametrize(
    ("first", "offset", "expected"),
    [
        (date(2026, 11, 23), 0, date(2026, 11, 23)),  # a Monday
        (date(2026, 11, 23), -1, date(2026, 11, 20)),
        (date(2026, 11, 23), 4, date(2026, 11, 27)),
        (date(2026, 8, 1), 0, date(2026, 8, 3)),  # begins on a Saturday
        (date(2026, 8, 1), -1, date(2026, 7, 31)),
        (date(2026, 12, 23), 1, date(2026, 12, 28)),  # Christmas, a weekend between
        (date(2027, 1, 7), -1, date(2027, 1, 5)),  # Epiphany
        (date(2026, 6, 18), 1, date(2026, 6, 22)),  # Midsummer's Eve is no working day
    ],
)
def test_weekends_and_holidays_are_not_counted(first, offset, expected):
    assert working_day(first, offset, HOLIDAYS) == expected


@given(days, offsets, spans)
def test_counting_agrees_with_walking_day_by_day(first, offset, numbers):
    away = absent(first, numbers)
    assert working_day(first, offset, HOLIDAYS, away=away) == walked(first, offset, away)


@given(days, offsets)
def test_what_is_due_is_due_on_a_working_day_on_the_right_side(first, offset):
    due = working_day(first, offset, HOLIDAYS)
    assert works(due)
    assert due < first if offset < 0 else due >= first


@given(days, st.integers(-60, 119))
def test_a_later_offset_is_a_later_day(first, offset):
    assert working_day(first, offset, HOLIDAYS) < working_day(first, offset + 1, HOLIDAYS)


@given(days, offsets, spans)
def test_leave_never_makes_anything_due_sooner(first, offset, numbers):
    away = absent(first, numbers)
    assert working_day(first, offset, HOLIDAYS, away=away) >= working_day(first, offset, HOLIDAYS)


def test_leave_without_an_end_leaves_what_comes_after_without_a_due_day():
    first = date(2026, 11, 23)
    hire = Hire(Days(first), (), away=((date(2026, 11, 25), FOREVER),), known_on=LONG_AGO)
    item = Item(1, 0, Days(LONG_AGO), LONG_AGO)
    assert due_on(replace(item, offset=1), hire, HOLIDAYS) == date(2026, 11, 24)
    assert due_on(replace(item, offset=2), hire, HOLIDAYS) is None
    assert due_on(replace(item, offset=-3), hire, HOLIDAYS) == date(2026, 11, 18)


@given(days, offsets, days, days)
def test_nothing_is_late_the_day_it_is_known(first, offset, known_on, told_on):
    hire = Hire(Days(first), (), known_on=known_on)
    due = due_on(Item(1, offset, Days(LONG_AGO), told_on), hire, HOLIDAYS)
    told = max(known_on, told_on)
    assert due >= working_day(told, NOTICE_DAYS, HOLIDAYS) > told
    assert due >= working_day(first, offset, HOLIDAYS)


def employed(first, last=None, unit=1, position=1):
    return Employment(Days(first, last), unit, position)


def test_a_transfer_is_no_hire_and_a_return_after_a_gap_is_one():
    first, moved, back = date(2025, 1, 1), date(2025, 6, 1), date(2026, 3, 1)
    learner = Learner(
        employments=(
            employed(moved, date(2025, 12, 31), unit=2),
            employed(first, moved - DAY),
            employed(back, unit=3),
        ),
        absences=(Absence(Days(back, back)),),
    )
    found = hires(learner)
    assert [hire.days for hire in found] == [Days(first, date(2025, 12, 31)), Days(back)]
    assert [[one.unit_id for one in hire.employments] for hire in found] == [[1], [3]]
    assert found[1].away == ((back, back),)


def test_an_item_is_for_those_who_begin_while_it_is_in_effect_where_it_says():
    first = date(2026, 11, 23)
    hire = Hire(Days(first), (employed(first, unit=11, position=7), employed(first, unit=30, position=8)))
    item = Item(1, 0, Days(first, first), first)
    units = {11: (Days(date(2020, 1, 1)),), 12: (Days(first + DAY),)}
    assert is_for(item, hire)
    assert not is_for(replace(item, days=Days(first + DAY)), hire)
    assert not is_for(replace(item, days=Days(LONG_AGO, first - DAY)), hire)
    assert is_for(replace(item, units=units), hire)
    assert not is_for(replace(item, units={11: (Days(first + DAY),)}), hire), "the unit lay elsewhere on the first day"
    assert is_for(replace(item, position_id=8), hire)
    assert not is_for(replace(item, position_id=9), hire)
    assert not is_for(replace(item, units=units, position_id=8), hire), "both of one employment"


@pytest.mark.parametrize(
    ("offset", "stage"),
    [
        (-1, Stage.BEFORE),
        (0, Stage.FIRST_DAY),
        (1, Stage.FIRST_WEEK),
        (4, Stage.FIRST_WEEK),
        (5, Stage.FIRST_MONTH),
        (22, Stage.FIRST_MONTH),
        (23, Stage.LATER),
    ],
)
def test_stages(offset, stage):
    assert stage_of(offset) is stage


def test_an_introduction_lasts_until_all_is_done_and_due_but_no_longer_than_half_a_year():
    first = date(2026, 1, 12)
    hire = Hire(Days(first), ())
    due = date(2026, 2, 12)
    assert under_way(hire, [due], first - 30 * DAY, remaining=True)
    assert under_way(hire, [due], due, remaining=False)
    assert not under_way(hire, [due], due + DAY, remaining=False)
    assert under_way(hire, [due], first + LASTS_DAYS * DAY, remaining=True)
    assert not under_way(hire, [due], first + (LASTS_DAYS + 1) * DAY, remaining=True)
    left = replace(hire, days=Days(first, due))
    assert not under_way(left, [due], due + DAY, remaining=True)


def test_leave_makes_an_introduction_last_as_many_days_longer():
    first = date(2026, 1, 12)
    ends = first + LASTS_DAYS * DAY

    def lasts(*away):
        return (followed_until(Hire(Days(first), (), away=away)) - ends).days

    assert lasts() == 0
    assert lasts((first - 90 * DAY, first - DAY)) == 0
    assert lasts((first - 90 * DAY, first + 9 * DAY)) == 10
    assert lasts((first + 5 * DAY, first + 304 * DAY)) == 300
    assert lasts((first + 5 * DAY, first + 304 * DAY), (ends + 300 * DAY, ends + 309 * DAY)) == 310
    assert lasts((first + 5 * DAY, first + 304 * DAY), (ends + 301 * DAY, ends + 309 * DAY)) == 300
    assert lasts((first + 5 * DAY, FOREVER)) == LEAVE_DAYS
    hire = Hire(Days(first), (), away=((first + 5 * DAY, first + 304 * DAY),))
    assert under_way(hire, [None], ends + 300 * DAY, remaining=True)
    assert not under_way(hire, [None], ends + 301 * DAY, remaining=True)


def test_what_was_done_follows_a_corrected_first_day_and_not_another_hire():
    first, again = date(2025, 1, 1), date(2026, 3, 1)
    assert hire_of(date(2026, 2, 15), [first, again]) == again
    assert hire_of(date(2025, 1, 20), [first, again]) == first
    assert hire_of(date(2026, 2, 15), []) is None


def test_who_was_told_is_told_again_of_something_new_or_after_a_week():
    today = date(2026, 11, 25)
    late = date(2026, 11, 20)
    assert not calls_for_reminder([], today, told_on=None)
    assert not calls_for_reminder([today], today, told_on=None), "the day is not over"
    assert calls_for_reminder([late], today, told_on=None)
    assert not calls_for_reminder([late], today, told_on=date(2026, 11, 23))
    assert calls_for_reminder([late, date(2026, 11, 23)], today, told_on=date(2026, 11, 23)), "late since"
    assert calls_for_reminder([late], today, told_on=date(2026, 11, 18))


@given(st.lists(days, max_size=5), days)
def test_being_told_today_is_enough_for_today(dues, today):
    assert not calls_for_reminder(dues, today, told_on=today)


@given(st.lists(st.integers(0, 12).map(lambda number: LONG_AGO + number * DAY), max_size=6))
def test_of_an_items_versions_the_last_decided_that_has_begun_is_for_whoever_begins(begin):
    turns = in_turn(begin)
    assert len(turns) == len(begin)
    for day in (LONG_AGO + number * DAY for number in range(-1, 15)):
        begun = [number for number, first in enumerate(begin) if first <= day]
        assert [number for number, days_ in enumerate(turns) if days_ and day in days_] == begun[-1:]
