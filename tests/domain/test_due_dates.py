"""When something is due: at first, after fair notice, with more time, after leave.

The examples are told in docs/domain.md.
"""

import pytest

from tests.domain.cases import away, completed, days, employed, exempt, extended, learner, on, required, rule, story
from tracker.domain.due import Reason
from tracker.domain.facts import Access, Duty, DutyKind, State
from tracker.domain.obligations import phases
from tracker.domain.requirement import AudienceLine

# Required from, and the first due date


def test_required_from_the_first_day_of_employment():
    assert story(employed("2026-03-02"))[0] == "2026-03-02..2026-04-01 to_do due 2026-04-01"


def test_required_from_the_day_the_requirement_takes_effect_if_that_is_later():
    # Employed long ago: the due date after the anchor has passed, so minimum notice decides.
    assert story(employed("2019-08-01"), by=rule("2026-03-02")) == [
        "2026-03-02..2026-03-16 to_do due 2026-03-16",
        "2026-03-17.. overdue due 2026-03-16",
    ]


def test_the_anchor_is_the_day_the_match_began_even_before_the_requirement_took_effect():
    # Employed on 20 February: 30 days after that is later than 14 days after 2 March.
    assert story(employed("2026-02-20"), by=rule("2026-03-02"))[0] == "2026-03-02..2026-03-22 to_do due 2026-03-22"


def test_a_short_gap_before_the_requirement_took_effect_does_not_move_the_anchor():
    facts = (employed("2025-01-01", "2025-12-31"), employed("2026-01-15"))
    assert story(*facts, by=rule("2026-01-20"))[0] == "2026-01-20..2026-02-03 to_do due 2026-02-03"


def test_a_fixed_date_is_the_due_date():
    by = rule("2026-03-02", first_due_on=on("2026-06-30"))
    assert story(employed("2019-08-01"), by=by)[0] == "2026-03-02..2026-06-30 to_do due 2026-06-30"


@pytest.mark.parametrize("first_due_on", ["2026-02-01", "2026-03-02", "2026-03-10"])
def test_a_fixed_date_too_close_or_past_gives_minimum_notice(first_due_on):
    by = rule("2026-01-01", first_due_on=on(first_due_on))
    assert story(employed("2026-03-02"), by=by)[0] == "2026-03-02..2026-03-16 to_do due 2026-03-16"


def test_a_requirement_can_end():
    by = rule("2026-03-02", effective_until=on("2026-05-31"))
    assert story(employed("2019-08-01"), completed("2026-03-05"), by=by) == [
        "2026-03-02..2026-03-04 to_do due 2026-03-16",
        "2026-03-05..2026-05-31 valid due 2027-03-04 until 2027-03-04",
    ]


def test_the_anchor_of_a_duty_is_the_day_it_began():
    owners = rule(lines=(AudienceLine(1, duty=DutyKind.SYSTEM_OWNER),))
    facts = (employed("2019-08-01"), Duty(days("2026-03-02"), DutyKind.SYSTEM_OWNER, system_id=4))
    assert story(*facts, by=owners)[0] == "2026-03-02..2026-04-01 to_do due 2026-04-01"


def test_the_anchor_of_access_is_the_day_it_began():
    users = rule(lines=(AudienceLine(1, system_id=4),))
    assert story(employed("2019-08-01"), Access(days("2026-03-02"), 4), by=users)[0] == (
        "2026-03-02..2026-04-01 to_do due 2026-04-01"
    )


# Fair notice


def test_nobody_is_at_fault_within_the_notice_after_return_from_an_absence():
    assert story(employed("2026-03-02"), away("2026-08-01", "2026-08-31")) == [
        "2026-03-02..2026-04-01 to_do due 2026-04-01",
        "2026-04-02..2026-07-31 overdue due 2026-04-01",
        "2026-08-01..2026-08-31 on_hold",
        "2026-09-01..2026-09-15 to_do due 2026-09-15",
        "2026-09-16.. overdue due 2026-09-15",
    ]


def test_nobody_is_at_fault_within_the_notice_after_the_end_of_an_exemption():
    assert story(employed("2026-03-02"), exempt("2026-03-10", "2026-08-31")) == [
        "2026-03-02..2026-03-09 to_do due 2026-04-01",
        "2026-03-10..2026-08-31 exempt",
        "2026-09-01..2026-09-15 to_do due 2026-09-15",
        "2026-09-16.. overdue due 2026-09-15",
    ]


def test_nobody_is_at_fault_within_the_notice_after_a_new_version_takes_effect():
    by = required(rule(), rule("2026-06-01", id=2, course_id=8))
    assert story(employed("2026-03-02"), completed("2026-03-20"), by=by) == [
        "2026-03-02..2026-03-19 to_do due 2026-04-01",
        "2026-03-20..2026-05-31 valid due 2027-03-19 until 2027-03-19",
        "2026-06-01..2026-06-15 to_do due 2026-06-15",
        "2026-06-16.. overdue due 2026-06-15",
    ]


def test_a_new_version_gives_no_respite_to_who_was_at_fault_the_day_before():
    by = required(rule(), rule("2026-06-01", id=2))
    assert story(employed("2026-03-02"), by=by) == [
        "2026-03-02..2026-04-01 to_do due 2026-04-01",
        "2026-04-02..2026-05-31 overdue due 2026-04-01",
        "2026-06-01.. overdue due 2026-04-01",
    ]


def test_a_new_version_gives_respite_to_who_was_in_grace_the_day_before():
    by = required(rule(grace_days=60), rule("2026-05-31", id=2))
    assert story(employed("2026-03-02"), by=by) == [
        "2026-03-02..2026-04-01 to_do due 2026-04-01",
        "2026-04-02..2026-05-30 grace due 2026-04-01",
        "2026-05-31..2026-06-14 to_do due 2026-06-14",
        "2026-06-15.. overdue due 2026-06-14",
    ]


def test_days_of_notice_count_from_the_latest_of_several_events():
    facts = (employed("2026-03-02"), away("2026-08-01", "2026-08-31"), exempt("2026-09-05", "2026-09-10"))
    assert story(*facts)[3:] == [
        "2026-09-01..2026-09-04 to_do due 2026-09-15",
        "2026-09-05..2026-09-10 exempt",
        "2026-09-11..2026-09-25 to_do due 2026-09-25",
        "2026-09-26.. overdue due 2026-09-25",
    ]


def test_absences_that_touch_are_one_with_one_return():
    facts = (employed("2026-03-02"), away("2026-08-01", "2026-08-15"), away("2026-08-16", "2026-08-31"))
    assert story(*facts)[2:4] == ["2026-08-01..2026-08-31 on_hold", "2026-09-01..2026-09-15 to_do due 2026-09-15"]


def test_days_of_notice_do_not_disturb_who_is_valid():
    facts = (employed("2026-03-02"), completed("2026-03-02"), away("2026-08-01", "2026-08-31"))
    assert story(*facts)[0] == "2026-03-02..2026-12-30 valid due 2027-03-01 until 2027-03-01"


# Extensions


def test_an_extension_moves_an_open_due_date_later_from_the_day_it_was_granted():
    assert story(employed("2026-03-02"), extended("2026-03-20", "2026-05-15")) == [
        "2026-03-02..2026-03-19 to_do due 2026-04-01",
        "2026-03-20..2026-05-15 to_do due 2026-05-15",
        "2026-05-16.. overdue due 2026-05-15",
    ]


def test_an_extension_granted_before_the_first_day_holds_from_it():
    first = story(employed("2026-03-02"), extended("2026-02-20", "2026-05-15"))[0]
    assert first == "2026-03-02..2026-05-15 to_do due 2026-05-15"


def test_an_extension_never_moves_a_due_date_earlier():
    assert story(employed("2026-03-02"), extended("2026-03-20", "2026-03-25")) == story(employed("2026-03-02"))


def test_an_extension_granted_late_does_not_rewrite_the_days_before():
    assert story(employed("2026-03-02"), extended("2026-04-10", "2026-05-15")) == [
        "2026-03-02..2026-04-01 to_do due 2026-04-01",
        "2026-04-02..2026-04-09 overdue due 2026-04-01",
        "2026-04-10..2026-05-15 to_do due 2026-05-15",
        "2026-05-16.. overdue due 2026-05-15",
    ]


def test_an_extension_moves_a_renewal_too():
    facts = (employed("2026-03-02"), completed("2026-03-02"), extended("2027-02-20", "2027-04-15"))
    assert story(*facts)[1:] == [
        "2026-12-31..2027-02-19 renew due 2027-03-01 until 2027-03-01",
        "2027-02-20..2027-03-01 renew due 2027-04-15 until 2027-03-01",
        "2027-03-02..2027-04-15 to_do due 2027-04-15 until 2027-03-01",
        "2027-04-16.. lapsed due 2027-04-15 until 2027-03-01",
    ]


# Absences


def test_an_absence_moves_an_open_due_date_by_the_days_that_overlap():
    # Ten days of leave in a month; the notice after return ends earlier than the moved due date.
    assert story(employed("2026-03-02"), away("2026-03-05", "2026-03-14")) == [
        "2026-03-02..2026-03-04 to_do due 2026-04-11",
        "2026-03-05..2026-03-14 on_hold",
        "2026-03-15..2026-04-11 to_do due 2026-04-11",
        "2026-04-12.. overdue due 2026-04-11",
    ]


def test_only_days_from_required_from_on_move_the_due_date():
    assert story(employed("2026-03-02"), away("2026-02-01", "2026-03-11"))[1] == (
        "2026-03-12..2026-04-11 to_do due 2026-04-11"
    )


def test_an_absence_whose_last_day_is_the_first_required_day_moves_the_due_date_by_it():
    assert story(employed("2026-03-02"), away("2026-02-01", "2026-03-02"))[1] == (
        "2026-03-03..2026-04-02 to_do due 2026-04-02"
    )


def test_days_that_two_absences_share_move_the_due_date_once():
    facts = (employed("2026-03-02"), away("2026-03-05", "2026-03-14"))
    assert story(*facts, away("2026-03-10", "2026-03-14")) == story(*facts)


def test_an_absence_after_the_due_date_does_not_move_it():
    first = story(employed("2026-03-02"), away("2026-04-02", "2026-04-20"))[0]
    assert first == "2026-03-02..2026-04-01 to_do due 2026-04-01"


def test_an_absence_that_begins_on_the_due_date_moves_it():
    first = story(employed("2026-03-02"), away("2026-04-01", "2026-04-20"))[0]
    assert first == "2026-03-02..2026-03-31 to_do due 2026-04-21"


def test_an_absence_that_begins_before_the_moved_due_date_moves_it_again():
    # 1 to 10 March moves 1 April to 11 April, so that leave from 5 April counts too: with M = 0 nothing else does.
    facts = (employed("2026-03-02"), away("2026-03-03", "2026-03-12"), away("2026-04-05", "2026-04-09"))
    assert story(*facts, by=rule(minimum_notice_days=0))[0] == "2026-03-02..2026-03-02 to_do due 2026-04-16"


def test_on_leave_with_no_known_end_there_is_no_due_date():
    assert story(employed("2026-03-02"), away("2026-03-20")) == [
        "2026-03-02..2026-03-19 to_do",
        "2026-03-20.. on_hold",
    ]


def test_validity_does_not_stretch_and_what_lapses_during_leave_is_on_hold_then_to_do():
    facts = (employed("2026-03-02"), completed("2026-03-02"), away("2027-01-15", "2027-08-15"))
    assert story(*facts)[1:] == [
        "2026-12-31..2027-03-01 renew due 2027-03-01 until 2027-03-01",
        "2027-03-02..2027-08-15 on_hold until 2027-03-01",
        "2027-08-16..2027-08-30 to_do due 2027-08-30 until 2027-03-01",
        "2027-08-31.. lapsed due 2027-08-30 until 2027-03-01",
    ]


# Where dates come from


def test_a_due_date_on_the_last_day_of_validity_comes_from_the_validity():
    by = rule(first_due_on=on("2027-03-01"))
    found = phases(learner(employed("2026-03-02"), completed("2026-03-02")), required(by))
    assert {phase.because.reason for phase in found} == {Reason.VALIDITY}


def test_every_reason():
    by = required(rule(), rule("2029-01-01", id=2, course_id=8))
    facts = (
        employed("2026-03-02"),
        extended("2026-03-10", "2026-04-10"),
        exempt("2026-05-01", "2026-05-31"),
        away("2026-08-01", "2026-08-31"),
        completed("2026-09-05"),
        completed("2027-09-01"),
        completed("2028-09-01"),
    )
    found = phases(learner(*facts), by)
    assert [(str(phase.starts_on), phase.because.reason) for phase in found if phase.state is not State.VALID] == [
        ("2026-03-02", Reason.FIRST_DUE),
        ("2026-03-10", Reason.EXTENDED),
        ("2026-04-11", Reason.EXTENDED),
        ("2026-05-01", Reason.EXEMPTED),
        ("2026-06-01", Reason.EXEMPTION_ENDED),
        ("2026-06-16", Reason.EXEMPTION_ENDED),
        ("2026-08-01", Reason.AWAY),
        ("2026-09-01", Reason.RETURNED),
        ("2027-07-06", Reason.VALIDITY),
        ("2028-07-06", Reason.VALIDITY),
        ("2029-01-01", Reason.RULES_CHANGED),
        ("2029-01-16", Reason.RULES_CHANGED),
    ]
