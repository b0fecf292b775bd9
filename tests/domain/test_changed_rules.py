"""What a new version of a requirement means for people in flight.

The examples are told in docs/domain.md.
"""

from tests.domain.cases import completed, employed, learner, required, rule, story
from tracker.domain.facts import DutyKind
from tracker.domain.obligations import phases
from tracker.domain.requirement import AudienceLine
from tracker.domain.validity import ForMonths


def test_a_shorter_first_due_gives_notice_to_who_was_still_in_time():
    # Hired on 20 May with 90 days; from 1 June 10 days are given, and those have passed.
    by = required(rule(first_due_days=90), rule("2026-06-01", id=2, first_due_days=10))
    assert story(employed("2026-05-20"), by=by) == [
        "2026-05-20..2026-05-31 to_do due 2026-08-18",
        "2026-06-01..2026-06-15 to_do due 2026-06-15",
        "2026-06-16.. overdue due 2026-06-15",
    ]


def test_a_longer_first_due_helps_also_who_was_overdue():
    by = required(rule(first_due_days=20), rule("2026-06-01", id=2, first_due_days=90))
    assert story(employed("2026-05-01"), by=by) == [
        "2026-05-01..2026-05-21 to_do due 2026-05-21",
        "2026-05-22..2026-05-31 overdue due 2026-05-21",
        "2026-06-01..2026-07-30 to_do due 2026-07-30",
        "2026-07-31.. overdue due 2026-07-30",
    ]


def test_a_shorter_validity_applies_to_what_is_already_completed_and_gives_notice():
    by = required(rule(validity=ForMonths(24)), rule("2026-06-01", id=2))
    facts = (employed("2024-03-02"), completed("2024-08-01"))
    assert story(*facts, by=by)[-3:] == [
        "2024-08-01..2026-05-31 valid due 2026-07-31 until 2026-07-31",
        "2026-06-01..2026-06-15 to_do due 2026-06-15 until 2025-07-31",
        "2026-06-16.. lapsed due 2026-06-15 until 2025-07-31",
    ]


def test_a_wider_audience_gives_notice_to_who_comes_in():
    owners = (AudienceLine(2, duty=DutyKind.SYSTEM_OWNER),)
    by = required(rule(lines=owners), rule("2026-06-01", id=2))
    assert story(employed("2019-08-01"), by=by) == [
        "2026-06-01..2026-06-15 to_do due 2026-06-15",
        "2026-06-16.. overdue due 2026-06-15",
    ]


def test_a_narrower_audience_ends_the_obligation_of_who_falls_out():
    by = required(rule(), rule("2026-06-01", id=2, lines=(AudienceLine(2, duty=DutyKind.SYSTEM_OWNER),)))
    assert story(employed("2026-03-02"), completed("2026-03-02"), by=by) == [
        "2026-03-02..2026-05-31 valid due 2027-03-01 until 2027-03-01"
    ]


def test_a_newer_version_replaces_what_older_ones_had_planned():
    planned = rule("2026-08-01", id=2, course_id=8)
    by = required(rule(), planned, rule("2026-06-01", id=3))
    facts = (employed("2026-03-02"), completed("2026-03-02"))
    assert {phase.because.version_id for phase in phases(learner(*facts), by)} == {1, 3}


def test_a_version_corrected_on_the_day_it_takes_effect_never_was():
    by = required(rule("2026-03-02", course_id=8), rule("2026-03-02", id=2))
    facts = (employed("2026-03-02"), completed("2026-03-02"))
    assert {phase.because.version_id for phase in phases(learner(*facts), by)} == {2}
