"""How long completions count: the worked vectors, month arithmetic, and that no end is forgotten."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.cases import completed, employed, on, rule, story
from tests.domain.histories import validities
from tracker.domain.periods import FOREVER, add_months
from tracker.domain.validity import ForMonths, UntilDayOfYear, validated

NO_BONUS = ForMonths(12, keeps_early_days=False)
BONUS = ForMonths(12)
FIRST_OF_DECEMBER = UntilDayOfYear(12, 1)
TWO_MONTHS = 61


def until(validity, *completions, window=TWO_MONTHS):
    """The last day of validity after completions made on these days."""
    steps = validated(tuple((on(day), FOREVER) for day in completions), validity, window)
    return str(steps[-1].until)


# For each case the completions that give the validity it begins with, and the one it is about.
VECTORS = {
    "new, due 2025-12-01": [[], "2025-08-15", ("2026-08-14", "2026-08-14", "2026-12-01")],
    "valid until 2026-12-01, in the window": [["2025-12-02"], "2026-11-10", ("2027-11-09", "2027-12-01", "2027-12-01")],
    "valid until 2026-12-01, before it": [["2025-12-02"], "2026-06-01", ("2027-05-31", "2027-05-31", "2026-12-01")],
    "lapsed 2026-12-01": [["2025-12-02"], "2027-04-15", ("2028-04-14", "2028-04-14", "2027-12-01")],
}


@pytest.mark.parametrize(("before", "done", "expected"), VECTORS.values(), ids=VECTORS)
def test_worked_vectors(before, done, expected):
    assert tuple(until(validity, *before, done) for validity in (NO_BONUS, BONUS, FIRST_OF_DECEMBER)) == expected


def test_exactly_the_minimum_active_period_is_enough_and_a_day_less_is_not():
    assert until(FIRST_OF_DECEMBER, "2026-06-01") == "2026-12-01"
    assert until(FIRST_OF_DECEMBER, "2026-06-02") == "2027-12-01"


def test_a_new_hire_trained_in_november_does_not_repeat_it_in_january():
    assert until(UntilDayOfYear(12, 31), "2026-11-10") == "2027-12-31"


def test_a_fixed_day_every_other_year():
    even, odd = UntilDayOfYear(12, 31, every_years=2, in_year=2026), UntilDayOfYear(12, 31, every_years=2, in_year=2025)
    assert until(even, "2026-02-01") == "2026-12-31"
    assert until(even, "2026-11-10") == "2028-12-31"
    assert until(odd, "2026-02-01") == "2027-12-31"


def test_a_fixed_day_on_a_leap_day():
    leap_day = UntilDayOfYear(2, 29, minimum_active_months=0)
    assert [until(leap_day, f"{year}-01-10") for year in (2026, 2027, 2028)] == [
        "2026-02-28",
        "2027-02-28",
        "2028-02-29",
    ]


def test_renewing_in_the_window_before_a_fixed_day_lasts_until_the_next():
    # With no minimum active period the completion alone would only last until the day that is near.
    assert until(UntilDayOfYear(12, 1, minimum_active_months=0), "2026-01-10", "2026-11-10") == "2027-12-01"


def test_the_last_day_is_included():
    assert until(BONUS, "2026-02-12") == "2027-02-11"


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-01-31", 2, "2026-03-31"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-03-30", 0, "2026-03-30"),
    ],
)
def test_months_step_back_into_a_shorter_month(day, months, expected):
    assert str(add_months(on(day), months)) == expected


def test_months_are_never_chained():
    # Monthly from 31 January: each renewal is counted from 31 January, so that the day of the month is not worn down.
    monthly = ForMonths(1)
    assert until(monthly, "2026-01-31", window=5) == "2026-02-27"
    assert until(monthly, "2026-01-31", "2026-02-25", window=5) == "2026-03-30"
    assert until(monthly, "2026-01-31", "2026-02-25", "2026-03-28", window=5) == "2026-04-29"


def test_the_first_and_last_day_of_the_window_renew_and_the_days_around_it_do_not():
    # Valid until 1 March 2027; sixty days before is 31 December 2026.
    assert until(BONUS, "2026-03-02", "2026-12-31", window=60) == "2028-03-01"
    assert until(BONUS, "2026-03-02", "2027-03-01", window=60) == "2028-03-01"
    assert until(BONUS, "2026-03-02", "2026-12-30", window=60) == "2027-12-29"
    assert until(BONUS, "2026-03-02", "2027-03-02", window=60) == "2028-03-01"


def test_all_ends_are_kept_not_only_the_best():
    # June comes too early to renew March's end, but February still does.
    assert until(BONUS, "2026-03-02", "2027-02-01", window=60) == "2028-03-01"
    assert until(BONUS, "2026-03-02", "2026-06-10", "2027-02-01", window=60) == "2028-03-01"


def test_all_ends_of_one_completion_are_kept():
    # November renews January's end and gives one of its own. Only the second lies in the window of the last completion.
    assert until(BONUS, "2026-01-10", "2026-11-20", "2027-10-15", window=60) == "2028-11-19"


def test_what_soon_stops_counting_takes_nothing_from_what_counts_longer():
    older = (on("2026-04-01"), on("2026-07-01"))
    steps = validated(((on("2026-03-02"), FOREVER), older), BONUS, 60)
    assert [str(step.until) for step in steps] == ["2027-03-01"]


def test_completions_on_the_same_day_do_not_renew_each_other():
    fixed_day_soon = UntilDayOfYear(12, 1, minimum_active_months=0)
    assert until(fixed_day_soon, "2026-11-10", "2026-11-10") == "2026-12-01"
    assert until(fixed_day_soon, "2026-11-10", "2026-11-11") == "2027-12-01"


def test_what_was_learnt_may_stop_counting_before_it_would_end():
    steps = validated(((on("2026-03-02"), on("2026-07-01")),), BONUS, 60)
    assert [str(step.until) for step in steps] == ["2026-07-01"]
    steps = validated(((on("2026-03-02"), on("2026-07-01")), (on("2026-06-10"), FOREVER)), BONUS, 60)
    assert [str(step.until) for step in steps] == ["2026-07-01", "2027-07-01"]


def test_a_validity_that_outlasts_the_calendar_has_no_end():
    assert until(ForMonths(12 * 9000), "2026-03-02") == str(FOREVER)
    assert story(employed("2026-03-02"), completed("2026-03-02"), by=rule(validity=ForMonths(12 * 9000))) == [
        "2026-03-02.. valid"
    ]


def test_a_fixed_day_after_the_calendar_ends_never_comes():
    assert UntilDayOfYear(12, 1).end(date(9999, 9, 1)).last_day == FOREVER


completion_days = st.lists(st.dates(date(2023, 1, 1), date(2029, 12, 31)), min_size=1, max_size=12, unique=True)


@given(completion_days, validities, st.integers(0, 27))
def test_an_extra_completion_never_shortens_validity(completions, validity, window):
    with_all = validated(tuple((day, FOREVER) for day in completions), validity, window)
    without_last = validated(tuple((day, FOREVER) for day in completions[:-1]), validity, window)
    for step in without_last:
        assert max(other.until for other in with_all if other.from_day <= step.from_day) >= step.until


@given(completion_days, validities, st.integers(0, 27))
def test_validity_never_ends_before_the_completion(completions, validity, window):
    for step in validated(tuple((day, FOREVER) for day in completions), validity, window):
        assert step.until >= step.from_day


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(1, 60))
def test_renewing_early_loses_no_days(day, months):
    validity = ForMonths(months)
    end = validity.end(day)
    for early in range(0, 27, 5):
        steps = validated(((day, FOREVER), (end.last_day - timedelta(early), FOREVER)), validity, 27)
        assert steps[-1].until == add_months(day, 2 * months) - timedelta(1)


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(0, 60))
def test_months_land_in_the_month_meant(day, months):
    landed = add_months(day, months)
    assert (landed.year * 12 + landed.month) - (day.year * 12 + day.month) == months
    assert landed.day == day.day or (landed.day < day.day and (landed + timedelta(1)).day == 1)
