"""On which days something is required, and by which lines: after a gap, a return, a transfer.

The examples are told in docs/domain.md.
"""

from tests.domain.cases import EVERYONE, completed, days, employed, exempt, extended, learner, on, required, rule, story
from tracker.domain.facts import Duty, DutyKind
from tracker.domain.obligations import phases
from tracker.domain.requirement import AudienceLine, Requirement
from tracker.domain.validity import ForMonths

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
