"""Stretches of days."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.cases import days, on
from tracker.domain.periods import FOREVER, Days, difference, intersection, known, later, overlaps, union

START = date(2024, 2, 1)
spans = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 20)).map(
        lambda pair: (START + timedelta(pair[0]), START + timedelta(pair[0] + pair[1]))
    ),
    max_size=6,
)


def as_set(some):
    return {first + timedelta(number) for first, last in some for number in range((last - first).days + 1)}


def test_both_ends_are_included():
    march = days("2026-03-01", "2026-03-31")
    assert on("2026-03-01") in march
    assert on("2026-03-31") in march
    assert on("2026-02-28") not in march
    assert on("2026-04-01") not in march


def test_open_days_have_no_end():
    assert on("2126-01-01") in days("2026-03-01")
    assert days("2026-03-01").span == (on("2026-03-01"), FOREVER)


def test_days_cannot_end_before_they_start():
    assert on("2026-03-01") in Days(on("2026-03-01"), on("2026-03-01"))
    with pytest.raises(ValueError, match="2026-03-01 to 2026-02-28 ends before it starts"):
        days("2026-03-01", "2026-02-28")


def test_arithmetic_stops_where_the_calendar_ends():
    assert later(on("2026-02-27"), 3) == on("2026-03-02")
    assert later(on("2026-03-02"), -3) == on("2026-02-27")
    assert later(FOREVER, 1) == FOREVER
    assert later(date(9999, 12, 20), 14) == FOREVER
    assert known(FOREVER) is None
    assert known(on("2026-03-02")) == on("2026-03-02")


@given(spans)
def test_union_is_the_days_in_any_span(some):
    joined = union(some)
    assert as_set(joined) == as_set(some)
    assert all((after[0] - before[1]).days > 1 for before, after in pairwise(joined))


@given(spans, st.integers(0, 30))
def test_bridging_joins_spans_with_so_many_days_between_them(some, bridging):
    joined = union(some, bridging=bridging)
    assert as_set(joined) >= as_set(some)
    assert all((after[0] - before[1]).days - 1 > bridging for before, after in pairwise(joined))
    added = as_set(joined) - as_set(some)
    assert all(len(as_set([gap])) <= bridging for gap in union((day, day) for day in added))


@given(spans, spans)
def test_intersection_is_the_days_in_both(some, others):
    assert as_set(intersection(union(some), union(others))) == as_set(some) & as_set(others)


@given(spans, spans)
def test_difference_is_the_days_in_the_first_only(some, others):
    assert as_set(difference(union(some), union(others))) == as_set(some) - as_set(others)


@given(spans, spans)
def test_spans_overlap_if_they_have_a_day_in_common(some, others):
    assert any(overlaps(some, other) for other in others) == bool(as_set(some) & as_set(others))


def test_open_spans():
    first_half, from_march = (on("2026-01-01"), on("2026-06-30")), (on("2026-03-01"), FOREVER)
    assert union([from_march, first_half]) == [(on("2026-01-01"), FOREVER)]
    assert intersection([first_half], [from_march]) == [(on("2026-03-01"), on("2026-06-30"))]
    assert difference([from_march], [first_half]) == [(on("2026-07-01"), FOREVER)]
    assert difference([first_half], [from_march]) == [(on("2026-01-01"), on("2026-02-28"))]
    assert difference([from_march], [from_march]) == []
