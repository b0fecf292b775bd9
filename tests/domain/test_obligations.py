"""Section by section, what the rules say of one learner and one requirement. The examples are told in docs/domain.md."""

import pytest

from tests.domain.cases import (
    BASIC,
    EVERYONE,
    away,
    completed,
    days,
    employed,
    exempt,
    extended,
    learner,
    on,
    required,
    rule,
    story,
)
from tracker.domain.due import Reason
from tracker.domain.evidence import Evidence
from tracker.domain.facts import Access, Duty, DutyKind, State
from tracker.domain.obligations import phase_on, phases, stands_on, state_on, state_since, state_until
from tracker.domain.requirement import (
    AudienceLine,
    EarlierCompletions,
    Equivalence,
    MajorVersion,
    MajorVersions,
    Requirement,
)
from tracker.domain.validity import ForMonths

ONCE = rule(validity=None)

# States


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
    assert state_since(found, found[2]) == on("2026-04-02")
    assert state_since(found, found[0]) == on("2026-03-02")


def test_the_state_lasts_until_after_its_version_is_replaced():
    requirement = required(rule(), rule("2026-06-01", id=2))
    found = phases(learner(employed("2026-03-02"), exempt("2026-05-01", "2026-07-31")), requirement)
    assert [(phase.state, phase.ends_on) for phase in found][1:4] == [
        (State.OVERDUE, on("2026-04-30")),
        (State.EXEMPT, on("2026-05-31")),
        (State.EXEMPT, on("2026-07-31")),
    ]
    assert state_until(found, found[2]) == on("2026-07-31")
    assert state_until(found, found[1]) == on("2026-04-30")
    assert stands_on(found, on("2026-05-15")) == found[2]._replace(ends_on=on("2026-07-31"))
    assert stands_on(found, on("2026-03-01")) is None


def test_a_state_without_end_has_none_however_often_the_rules_change():
    requirement = required(rule(), rule("2026-06-01", id=2), rule("2026-08-01", id=3))
    found = phases(learner(employed("2026-03-02"), exempt("2026-05-01", None)), requirement)
    first = phase_on(found, on("2026-05-01"))
    assert first is not None
    assert first.ends_on == on("2026-05-31")
    assert state_until(found, first) is None


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


# Stretches


def test_less_than_thirty_days_between_two_stretches_make_them_one():
    # 29 days, 1 to 29 May, lie between the employments; the due date stands.
    facts = (employed("2026-03-02", "2026-04-30"), employed("2026-05-30"))
    assert story(*facts) == ["2026-03-02..2026-04-01 to_do due 2026-04-01", "2026-04-02.. overdue due 2026-04-01"]


def test_thirty_days_between_two_stretches_make_them_two():
    facts = (employed("2026-03-02", "2026-04-30"), employed("2026-05-31"))
    assert story(*facts) == [
        "2026-03-02..2026-04-01 to_do due 2026-04-01",
        "2026-04-02..2026-04-30 overdue due 2026-04-01",
        "2026-05-31..2026-06-30 to_do due 2026-06-30",
        "2026-07-01.. overdue due 2026-06-30",
    ]


def test_no_line_matches_between_two_stretches_that_are_one():
    facts = (employed("2026-03-02", "2026-03-10", position=1), employed("2026-03-20", position=1))
    by = rule(first_due_days=0, minimum_notice_days=9)
    found = phases(learner(*facts), required(by))
    assert [(str(phase.starts_on), phase.because.line_ids) for phase in found] == [
        ("2026-03-02", (1,)),
        ("2026-03-12", (1,)),
    ]
    between = phases(learner(*facts, exempt("2026-03-12", "2026-03-18")), required(by))
    assert [(str(phase.starts_on), phase.because.line_ids) for phase in between] == [
        ("2026-03-02", (1,)),
        ("2026-03-12", ()),
        ("2026-03-19", (1,)),
        ("2026-03-29", (1,)),
    ]


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


# To do, whatever lies further back


def test_rehired_with_a_completion_that_lapsed_is_to_do_until_the_due_date():
    facts = (employed("2024-01-01", "2024-12-31"), completed("2024-01-10"), employed("2026-03-02"))
    assert story(*facts)[-2:] == [
        "2026-03-02..2026-04-01 to_do due 2026-04-01 until 2025-01-09",
        "2026-04-02.. lapsed due 2026-04-01 until 2025-01-09",
    ]


def test_rehired_with_a_completion_that_is_still_valid_is_valid():
    facts = (employed("2024-01-01", "2024-12-31"), completed("2024-12-10"), employed("2025-06-01"))
    assert story(*facts)[-3:] == [
        "2025-06-01..2025-10-09 valid due 2025-12-09 until 2025-12-09",
        "2025-10-10..2025-12-09 renew due 2025-12-09 until 2025-12-09",
        "2025-12-10.. lapsed due 2025-12-09 until 2025-12-09",
    ]


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


# Several lines, several requirements


def test_the_earliest_due_wins_and_all_reasons_are_listed():
    everyone_and_owners = rule(lines=(EVERYONE, AudienceLine(2, duty=DutyKind.SYSTEM_OWNER)))
    facts = (employed("2026-03-02"), Duty(days("2026-03-20"), DutyKind.SYSTEM_OWNER))
    found = phases(learner(*facts), required(everyone_and_owners))
    assert [(phase.due_on, phase.because.line_ids) for phase in found] == [(on("2026-04-01"), (1, 2))] * 2


def test_a_reason_that_has_ended_is_not_listed_later():
    everyone_and_owners = rule(lines=(EVERYONE, AudienceLine(2, duty=DutyKind.SYSTEM_OWNER)))
    facts = (employed("2026-03-02"), Duty(days("2026-03-20", "2026-03-25"), DutyKind.SYSTEM_OWNER))
    found = phases(learner(*facts), required(everyone_and_owners))
    assert [phase.because.line_ids for phase in found] == [(1, 2), (1,)]


def test_one_completion_serves_every_requirement_that_asks_for_the_course():
    monthly, yearly = Requirement(1, (rule(validity=ForMonths(6)),)), Requirement(2, (rule(validity=ForMonths(12)),))
    person = learner(employed("2026-03-02"), completed("2026-03-02"))
    assert phases(person, monthly)[0].valid_until == on("2026-09-01")
    assert phases(person, yearly)[0].valid_until == on("2027-03-01")


def test_exemptions_and_extensions_are_for_one_requirement():
    person = learner(employed("2026-03-02"), exempt("2026-03-10", "2026-04-30"), extended("2026-03-05", "2026-06-01"))
    other = Requirement(2, (rule(),))
    assert phases(person, other) == phases(learner(employed("2026-03-02")), other)


# Transfers


def test_a_transfer_within_the_audience_changes_nothing():
    unit = {1: (days("2000-01-01"),), 2: (days("2000-01-01"),)}
    by = rule(lines=(AudienceLine(1, units=unit),))
    stayed = story(employed("2026-03-02", unit=1), completed("2026-03-20"), by=by)
    moved = (employed("2026-03-02", "2026-05-31", unit=1), employed("2026-06-01", unit=2))
    assert story(*moved, completed("2026-03-20"), by=by) == stayed


def test_a_transfer_into_an_audience_is_required_from_the_transfer_day():
    by = rule(lines=(AudienceLine(1, units={2: (days("2000-01-01"),)}),))
    facts = (employed("2019-08-01", "2026-03-01", unit=1), employed("2026-03-02", unit=2))
    assert story(*facts, by=by)[0] == "2026-03-02..2026-04-01 to_do due 2026-04-01"


def test_a_transfer_out_of_an_audience_ends_the_obligation_and_facts_stay():
    by = rule(lines=(AudienceLine(1, units={1: (days("2000-01-01"),)}),))
    facts = (employed("2026-03-02", "2026-05-31", unit=1), employed("2026-06-01", "2026-12-31", unit=2))
    assert story(*facts, completed("2026-03-10"), by=by)[-1] == (
        "2026-03-10..2026-05-31 valid due 2027-03-09 until 2027-03-09"
    )
    back = (*facts, employed("2027-01-01", unit=1), completed("2026-03-10"))
    assert story(*back, by=by)[2:4] == [
        "2027-01-01..2027-01-07 valid due 2027-03-09 until 2027-03-09",
        "2027-01-08..2027-03-09 renew due 2027-03-09 until 2027-03-09",
    ]


def test_a_reorganisation_that_moves_a_unit_out_ends_the_obligation():
    by = rule(lines=(AudienceLine(1, units={1: (days("2000-01-01", "2026-05-31"),)}),))
    assert story(employed("2026-03-02", unit=1), completed("2026-03-02"), by=by) == [
        "2026-03-02..2026-05-31 valid due 2027-03-01 until 2027-03-01"
    ]


# Which completions count


def test_an_earlier_completion_counts_by_default():
    assert story(completed("2026-01-15"), employed("2026-03-02"))[0] == (
        "2026-03-02..2026-11-14 valid due 2027-01-14 until 2027-01-14"
    )


def test_only_completions_from_the_anchor_on_may_count():
    by = rule(earlier_completions=EarlierCompletions.FROM_ANCHOR)
    assert story(completed("2026-03-01"), employed("2026-03-02"), by=by) == story(employed("2026-03-02"))
    assert story(completed("2026-03-02"), employed("2026-03-02"), by=by)[0].startswith("2026-03-02..2026-12-30 valid")


def test_completions_between_the_anchor_and_the_day_the_requirement_took_effect_count():
    by = rule("2026-06-01", earlier_completions=EarlierCompletions.FROM_ANCHOR)
    assert story(employed("2026-03-02"), completed("2026-04-01"), by=by)[0].startswith("2026-06-01..2027-01-29 valid")


def test_only_completions_from_a_date_on_may_count():
    by = rule(earlier_completions=EarlierCompletions.FROM_DATE, accepted_from=on("2026-02-01"))
    assert story(completed("2026-01-31"), employed("2026-03-02"), by=by) == story(employed("2026-03-02"))
    assert story(completed("2026-02-01"), employed("2026-03-02"), by=by)[0].startswith("2026-03-02..2026-12-01 valid")


def test_weak_evidence_does_not_count():
    by = rule(minimum_evidence=Evidence.GRADED)
    weak = completed("2026-03-10", evidence=Evidence.READ_AND_ACKNOWLEDGED)
    assert story(employed("2026-03-02"), weak, by=by) == story(employed("2026-03-02"))
    for strong in (Evidence.GRADED, Evidence.ATTESTED, Evidence.VERIFIED):
        facts = (employed("2026-03-02"), completed("2026-03-10", evidence=strong))
        assert story(*facts, by=by)[1].startswith("2026-03-10..2027-01-07 valid")


def test_another_course_counts_only_if_it_is_equivalent_on_the_day_it_was_completed():
    accepted = Equivalence(BASIC, 9, days("2026-01-01", "2026-03-15"))
    by = required(rule(), equivalences=(accepted,))
    assert story(employed("2026-03-02"), completed("2026-03-15", 9), by=by)[1].startswith(
        "2026-03-15..2027-01-12 valid"
    )
    assert story(employed("2026-03-02"), completed("2026-03-16", 9), by=by) == story(employed("2026-03-02"))
    assert story(employed("2026-03-02"), completed("2026-03-15", 8), by=by) == story(employed("2026-03-02"))


def test_equivalence_has_a_direction():
    reverse = Equivalence(9, BASIC, days("2026-01-01"))
    by = required(rule(course_id=9), equivalences=(reverse,))
    assert story(employed("2026-03-02"), completed("2026-03-15"), by=by)[1].startswith("2026-03-15..2027-01-12 valid")
    by = required(rule(), equivalences=(reverse,))
    assert story(employed("2026-03-02"), completed("2026-03-15", 9), by=by) == story(employed("2026-03-02"))


# Major versions of the course

SECOND = MajorVersion(BASIC, 2, on("2026-06-01"))


def test_a_major_version_may_mean_nothing():
    facts = (employed("2026-03-02"), completed("2026-03-02"), completed("2027-02-20"))
    assert story(*facts, by=required(rule(), majors=(SECOND,))) == story(*facts)


def test_a_major_version_may_mean_something_from_the_next_renewal():
    by = required(rule(major_versions=MajorVersions.AT_RENEWAL), majors=(SECOND,))
    facts = (employed("2026-03-02"), completed("2026-03-02"))
    assert story(*facts, by=by) == story(*facts)
    assert story(*facts, completed("2027-02-20"), by=by) == story(*facts)
    assert story(*facts, completed("2027-02-20", version=2), by=by) == story(*facts, completed("2027-02-20"))


def test_who_is_in_the_middle_of_the_older_version_has_the_notice_to_finish_it():
    by = required(rule(major_versions=MajorVersions.AT_RENEWAL), majors=(SECOND,))
    assert story(employed("2026-05-25"), completed("2026-06-15"), by=by)[1].startswith("2026-06-15..2027-04-14 valid")
    assert story(employed("2026-05-25"), completed("2026-06-16"), by=by) == story(employed("2026-05-25"))


def test_a_major_version_may_be_asked_for_within_days():
    by = required(rule(major_versions=MajorVersions.WITHIN_DAYS, major_version_days=30), majors=(SECOND,))
    assert story(employed("2026-03-02"), completed("2026-03-02"), by=by) == [
        "2026-03-02..2026-05-01 valid due 2026-07-01 until 2026-07-01",
        "2026-05-02..2026-07-01 renew due 2026-07-01 until 2026-07-01",
        "2026-07-02.. lapsed due 2026-07-01 until 2026-07-01",
    ]
    renewed = story(employed("2026-03-02"), completed("2026-03-02"), completed("2026-06-10", version=2), by=by)
    assert renewed[2] == "2026-06-10..2027-05-01 valid due 2027-07-01 until 2027-07-01"


def test_major_versions_of_an_equivalent_course_mean_nothing():
    accepted = Equivalence(BASIC, 9, days("2026-01-01"))
    of_other = MajorVersion(9, 2, on("2026-06-01"))
    by = required(
        rule(major_versions=MajorVersions.WITHIN_DAYS, major_version_days=30),
        equivalences=(accepted,),
        majors=(SECOND, of_other),
    )
    facts = (employed("2026-03-02"), completed("2026-03-02", 9))
    assert story(*facts, by=by) == story(employed("2026-03-02"), completed("2026-03-02"))


def test_an_older_version_counts_if_completed_on_the_last_day_on_which_it_can():
    by = required(rule(major_versions=MajorVersions.WITHIN_DAYS, major_version_days=30), majors=(SECOND,))
    assert story(employed("2026-06-20"), completed("2026-07-01"), by=by)[1:3] == [
        "2026-07-01..2026-07-01 renew due 2026-07-20 until 2026-07-01",
        "2026-07-02..2026-07-20 to_do due 2026-07-20 until 2026-07-01",
    ]
    assert story(employed("2026-06-20"), completed("2026-07-02"), by=by) == story(employed("2026-06-20"))


def test_the_first_newer_major_version_decides_and_those_of_other_courses_do_not():
    by = rule(major_versions=MajorVersions.WITHIN_DAYS, major_version_days=30)
    third, of_other = MajorVersion(BASIC, 3, on("2026-08-01")), MajorVersion(9, 2, on("2026-04-01"))
    facts = (employed("2026-03-02"), completed("2026-03-02"))
    found = story(*facts, by=required(by, majors=(of_other, third, SECOND)))
    assert found == story(*facts, by=required(by, majors=(SECOND,)))


def test_a_major_version_within_days_gives_at_least_the_notice():
    by = required(rule(major_versions=MajorVersions.WITHIN_DAYS, major_version_days=0), majors=(SECOND,))
    assert story(employed("2026-03-02"), completed("2026-03-02"), by=by)[-1].startswith("2026-06-16.. lapsed")


# Versions of the requirement, and people in flight


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
