"""Which state each day has, and since and until when it does.

The examples are told in docs/domain.md.
"""

import pytest

from tests.domain.cases import away, completed, employed, exempt, extended, learner, on, required, rule, story
from tracker.domain.facts import State
from tracker.domain.obligations import phase_on, phases, run_of, stands_on, state_on
from tracker.domain.requirement import Requirement

ONCE = rule(validity=None)


def test_each_state_in_turn():
    facts = (
        employed("2026-03-02"),
        completed("2026-04-20"),
        away("2027-04-25", "2027-05-04"),
        exempt("2027-09-01", "2027-09-30"),
    )
    assert story(*facts, by=rule(grace_days=10)) == [
        "2026-03-02..2026-04-01 to_do due 2026-04-01",
        "2026-04-02..2026-04-11 grace due 2026-04-01",
        "2026-04-12..2026-04-19 overdue due 2026-04-01",
        "2026-04-20..2027-02-17 valid due 2027-04-19 until 2027-04-19",
        "2027-02-18..2027-04-19 renew due 2027-04-19 until 2027-04-19",
        "2027-04-20..2027-04-24 grace due 2027-04-19 until 2027-04-19",
        "2027-04-25..2027-05-04 on_hold until 2027-04-19",
        "2027-05-05..2027-05-19 to_do due 2027-05-19 until 2027-04-19",
        "2027-05-20..2027-05-29 grace due 2027-05-19 until 2027-04-19",
        "2027-05-30..2027-08-31 lapsed due 2027-05-19 until 2027-04-19",
        "2027-09-01..2027-09-30 exempt",
        "2027-10-01..2027-10-15 to_do due 2027-10-15 until 2027-04-19",
        "2027-10-16..2027-10-25 grace due 2027-10-15 until 2027-04-19",
        "2027-10-26.. lapsed due 2027-10-15 until 2027-04-19",
    ]


def test_once_is_enough_when_there_is_no_validity():
    assert story(employed("2026-03-02"), completed("2026-03-20"), by=ONCE) == [
        "2026-03-02..2026-03-19 to_do due 2026-04-01",
        "2026-03-20.. valid",
    ]


def test_exempt_takes_precedence_over_valid_and_on_hold():
    facts = (employed("2026-03-02"), completed("2026-03-02"), exempt("2026-05-01", "2026-05-31"))
    assert story(*facts, away("2026-05-10", "2026-05-20"), by=ONCE) == [
        "2026-03-02..2026-04-30 valid",
        "2026-05-01..2026-05-31 exempt",
        "2026-06-01.. valid",
    ]


def test_valid_takes_precedence_over_on_hold():
    facts = (employed("2026-03-02"), completed("2026-03-02"), away("2026-05-01", "2026-05-31"))
    assert story(*facts, by=ONCE) == ["2026-03-02.. valid"]


def test_on_hold_takes_precedence_over_grace():
    assert story(employed("2026-03-02"), away("2026-04-05", "2026-04-06"), by=rule(grace_days=10)) == [
        "2026-03-02..2026-04-01 to_do due 2026-04-01",
        "2026-04-02..2026-04-04 grace due 2026-04-01",
        "2026-04-05..2026-04-06 on_hold",
        "2026-04-07..2026-04-21 to_do due 2026-04-21",
        "2026-04-22..2026-05-01 grace due 2026-04-21",
        "2026-05-02.. overdue due 2026-04-21",
    ]


def test_the_last_day_of_a_date_and_of_grace_belongs_to_it_also_if_it_is_the_only_one():
    by = rule(first_due_days=0, minimum_notice_days=0, grace_days=1)
    assert story(employed("2026-03-02"), by=by) == [
        "2026-03-02..2026-03-02 to_do due 2026-03-02",
        "2026-03-03..2026-03-03 grace due 2026-03-02",
        "2026-03-04.. overdue due 2026-03-02",
    ]


def test_grace_is_counted_from_the_later_of_due_date_and_end_of_validity():
    # The completion lapses ten days before the first due date, and grace is counted from the due date.
    facts = (completed("2025-03-23"), employed("2026-03-02"))
    assert story(*facts, by=rule(grace_days=5)) == [
        "2026-03-02..2026-03-22 renew due 2026-04-01 until 2026-03-22",
        "2026-03-23..2026-04-01 to_do due 2026-04-01 until 2026-03-22",
        "2026-04-02..2026-04-06 grace due 2026-04-01 until 2026-03-22",
        "2026-04-07.. lapsed due 2026-04-01 until 2026-03-22",
    ]


def test_phases_cover_only_the_days_on_which_the_requirement_applies():
    assert story(employed("2026-03-02", "2026-03-31")) == ["2026-03-02..2026-03-31 to_do due 2026-04-01"]
    assert story(completed("2026-03-02")) == []
    assert story(employed("2026-03-02"), by=Requirement(1, ())) == []


@pytest.mark.parametrize(
    "later_fact",
    [
        extended("2027-05-01", "2027-08-01"),
        completed("2027-02-10"),
        away("2026-12-01", "2027-06-30"),
        away("2027-02-01", "2027-02-10"),
        exempt("2027-03-10", "2027-03-20"),
        exempt("2020-01-01", "2020-12-31"),
    ],
    ids=str,
)
def test_what_happens_outside_a_stretch_does_not_prolong_it(later_fact):
    assert story(employed("2026-03-02", "2026-12-31"), completed("2026-03-10"), later_fact) == [
        "2026-03-02..2026-03-09 to_do due 2026-04-01",
        "2026-03-10..2026-12-31 valid due 2027-03-09 until 2027-03-09",
    ]


def test_a_day_outside_the_phases_has_no_state():
    found = phases(learner(employed("2026-03-02", "2026-03-31")), required(rule()))
    assert state_on(found, on("2026-03-01")) is None
    assert state_on(found, on("2026-03-02")) is State.TO_DO
    assert state_on(found, on("2026-03-31")) is State.TO_DO
    assert state_on(found, on("2026-04-01")) is None
    assert phase_on(found, on("2026-03-15")) == found[0]


def test_the_state_is_the_same_since_before_its_dates_changed():
    requirement = required(rule(), rule("2026-06-01", id=2))
    found = phases(learner(employed("2026-03-02")), requirement)
    assert [(phase.state, phase.because.version_id) for phase in found] == [
        (State.TO_DO, 1),
        (State.OVERDUE, 1),
        (State.OVERDUE, 2),
    ]
    assert run_of(found, found[2]) == (on("2026-04-02"), None)
    assert run_of(found, found[0]) == (on("2026-03-02"), on("2026-04-01"))


def test_the_state_lasts_until_after_its_version_is_replaced():
    requirement = required(rule(), rule("2026-06-01", id=2))
    found = phases(learner(employed("2026-03-02"), exempt("2026-05-01", "2026-07-31")), requirement)
    assert [(phase.state, phase.ends_on) for phase in found][1:4] == [
        (State.OVERDUE, on("2026-04-30")),
        (State.EXEMPT, on("2026-05-31")),
        (State.EXEMPT, on("2026-07-31")),
    ]
    assert run_of(found, found[2]) == (on("2026-05-01"), on("2026-07-31"))
    assert run_of(found, found[1]) == (on("2026-04-02"), on("2026-04-30"))
    assert stands_on(found, on("2026-05-15")) == found[2]._replace(ends_on=on("2026-07-31"))
    assert stands_on(found, on("2026-03-01")) is None


def test_a_state_without_end_has_none_however_often_the_rules_change():
    requirement = required(rule(), rule("2026-06-01", id=2), rule("2026-08-01", id=3))
    found = phases(learner(employed("2026-03-02"), exempt("2026-05-01", None)), requirement)
    first = phase_on(found, on("2026-05-01"))
    assert first is not None
    assert first.ends_on == on("2026-05-31")
    assert run_of(found, first) == (on("2026-05-01"), None)
