"""What a requirement may say, and which version is in charge when."""

import pytest

from tests.domain.cases import on, required, rule
from tracker.domain.periods import FOREVER
from tracker.domain.requirement import Contradiction, ContradictionError, EarlierCompletions, MajorVersions
from tracker.domain.validity import ForMonths, UntilDayOfYear


def terms(*versions):
    return [
        (term.version.id, str(term.first), None if term.last == FOREVER else str(term.last))
        for term in required(*versions).terms
    ]


def test_a_version_is_in_charge_until_the_next_takes_effect():
    assert terms(rule("2026-01-01"), rule("2026-06-01", id=2)) == [
        (1, "2026-01-01", "2026-05-31"),
        (2, "2026-06-01", None),
    ]


def test_a_version_asks_for_nothing_after_its_own_end_but_stays_in_charge():
    ended = rule("2026-01-01", effective_until=on("2026-02-28"))
    first, second = required(ended, rule("2026-06-01", id=2)).terms
    assert (first.asks_until, first.last) == (on("2026-02-28"), on("2026-05-31"))
    assert second.asks_until == FOREVER


def test_a_newer_version_takes_over_whatever_was_planned():
    planned = (rule("2026-01-01"), rule("2026-08-01", id=2), rule("2026-06-01", id=3))
    assert terms(*planned) == [(1, "2026-01-01", "2026-05-31"), (3, "2026-06-01", None)]
    assert terms(rule("2026-01-01"), rule("2026-01-01", id=2)) == [(2, "2026-01-01", None)]
    assert terms(rule("2026-01-01"), rule("2025-01-01", id=2)) == [(2, "2025-01-01", None)]


def test_a_version_may_be_in_charge_for_a_single_day():
    assert terms(rule("2026-01-01"), rule("2026-01-02", id=2)) == [
        (1, "2026-01-01", "2026-01-01"),
        (2, "2026-01-02", None),
    ]


def test_a_requirement_without_versions_is_never_in_effect():
    assert terms() == []


@pytest.mark.parametrize(
    ("contradiction", "fields"),
    [
        (Contradiction.FIRST_DUE, {"first_due_days": None}),
        (Contradiction.FIRST_DUE, {"first_due_days": 30, "first_due_on": on("2026-06-30")}),
        (Contradiction.NEGATIVE_DAYS, {"first_due_days": -1}),
        (Contradiction.NEGATIVE_DAYS, {"minimum_notice_days": -1}),
        (Contradiction.NEGATIVE_DAYS, {"renewal_window_days": -1}),
        (Contradiction.NEGATIVE_DAYS, {"grace_days": -1}),
        (Contradiction.NEGATIVE_DAYS, {"major_versions": MajorVersions.WITHIN_DAYS, "major_version_days": -1}),
        (Contradiction.EFFECTIVE_DAYS, {"effective_until": on("2019-12-31")}),
        (Contradiction.VALIDITY, {"validity": ForMonths(0)}),
        (Contradiction.VALIDITY, {"validity": UntilDayOfYear(2, 30)}),
        (Contradiction.VALIDITY, {"validity": UntilDayOfYear(13, 1)}),
        (Contradiction.VALIDITY, {"validity": UntilDayOfYear(0, 1)}),
        (Contradiction.VALIDITY, {"validity": UntilDayOfYear(12, 0)}),
        (Contradiction.VALIDITY, {"validity": UntilDayOfYear(12, 1, every_years=0)}),
        (Contradiction.VALIDITY, {"validity": UntilDayOfYear(12, 1, minimum_active_months=-1)}),
        (Contradiction.RENEWAL_WINDOW, {"validity": ForMonths(2), "renewal_window_days": 56}),
        (Contradiction.RENEWAL_WINDOW, {"validity": UntilDayOfYear(12, 1), "renewal_window_days": 365}),
        (Contradiction.ACCEPTED_FROM, {"earlier_completions": EarlierCompletions.FROM_DATE}),
        (Contradiction.ACCEPTED_FROM, {"accepted_from": on("2026-01-01")}),
        (Contradiction.MAJOR_VERSION_DAYS, {"major_versions": MajorVersions.WITHIN_DAYS}),
        (Contradiction.MAJOR_VERSION_DAYS, {"major_version_days": 30}),
    ],
)
def test_a_version_that_contradicts_itself_is_refused(contradiction, fields):
    with pytest.raises(ContradictionError) as caught:
        rule(**fields)
    assert caught.value.contradiction is contradiction


@pytest.mark.parametrize(
    "fields",
    [
        {"first_due_days": 0, "minimum_notice_days": 0, "renewal_window_days": 0, "grace_days": 0},
        {"effective_until": on("2020-01-01")},
        {"validity": UntilDayOfYear(2, 29, minimum_active_months=0)},
        {"validity": ForMonths(2), "renewal_window_days": 55},
        {"validity": None, "renewal_window_days": 9999},
        {"earlier_completions": EarlierCompletions.FROM_DATE, "accepted_from": on("2026-01-01")},
        {"major_versions": MajorVersions.WITHIN_DAYS, "major_version_days": 0},
    ],
)
def test_what_is_unusual_but_means_something_is_allowed(fields):
    version = rule(**fields)
    assert {name: getattr(version, name) for name in fields} == fields
