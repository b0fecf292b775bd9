"""For whom a requirement is, and for which days."""

from dataclasses import replace

import pytest

from tests.domain.cases import assigned, away, days, employed, learner, on, required, rule
from tracker.domain.audience import matched_days, stretches
from tracker.domain.facts import Access, Duty, DutyKind, Employment
from tracker.domain.periods import FOREVER
from tracker.domain.requirement import AudienceLine

CARE = {10: (days("2000-01-01"),), 11: (days("2000-01-01", "2026-05-31"),), 12: (days("2026-06-01"),)}
START = on("2026-01-01")


def matched(line, *facts):
    """The days on which facts match a line, as text."""
    return [f"{first}..{'' if last == FOREVER else last}" for first, last in matched_days(line, learner(*facts), START)]


def required_days(*facts, by):
    return [
        f"{stretch.required_from}..{'' if stretch.last == FOREVER else stretch.last}"
        for stretch in stretches(learner(*facts), required(by))
    ]


def test_no_fields_match_everyone_employed():
    line = AudienceLine(1)
    assert matched(line, employed("2026-03-02", "2026-03-31"), employed("2026-05-01")) == [
        "2026-03-02..2026-03-31",
        "2026-05-01..",
    ]
    assert matched(line) == []
    assert matched(line, Duty(days("2026-03-02"), DutyKind.IT_MANAGER), Access(days("2026-03-02"), 4)) == []


def test_employments_that_overlap_or_touch_match_as_one():
    facts = (employed("2026-03-02", "2026-03-31"), employed("2026-03-20", "2026-04-30"), employed("2026-05-01"))
    assert matched(AudienceLine(1), *facts) == ["2026-03-02.."]


def test_absence_does_not_end_a_match():
    assert matched(AudienceLine(1), employed("2026-03-02"), away("2026-04-01", "2026-04-30")) == ["2026-03-02.."]


@pytest.mark.parametrize(
    ("unit", "expected"),
    [(10, ["2026-03-02.."]), (11, ["2026-03-02..2026-05-31"]), (12, ["2026-06-01.."]), (13, [])],
)
def test_a_unit_matches_while_it_lies_in_the_subtree(unit, expected):
    assert matched(AudienceLine(1, units=CARE), employed("2026-03-02", unit=unit)) == expected


def test_a_unit_may_leave_the_subtree_and_return():
    units = {10: (days("2026-01-01", "2026-03-31"), days("2026-06-01"))}
    assert matched(AudienceLine(1, units=units), employed("2026-03-02", unit=10)) == [
        "2026-03-02..2026-03-31",
        "2026-06-01..",
    ]


def test_position_and_kind_must_belong_to_the_same_employment():
    nurse = AudienceLine(1, position_id=5, employment_kind="Timlön")
    permanent_nurse = Employment(days("2026-03-02"), 1, 5, "Tillsvidare")
    hourly_cook = Employment(days("2026-03-02"), 1, 6, "Timlön")
    hourly_nurse = Employment(days("2026-04-01"), 1, 5, "Timlön")
    assert matched(nurse, permanent_nurse, hourly_cook) == []
    assert matched(nurse, permanent_nurse, hourly_cook, hourly_nurse) == ["2026-04-01.."]


def test_a_duty_alone_needs_no_employment():
    line = AudienceLine(1, duty=DutyKind.SYSTEM_OWNER)
    assert matched(line, Duty(days("2026-03-02"), DutyKind.SYSTEM_OWNER)) == ["2026-03-02.."]
    assert matched(line, Duty(days("2026-03-02"), DutyKind.SYSTEM_ADMINISTRATOR)) == []


@pytest.mark.parametrize(
    "field", [{"position_id": 1}, {"employment_kind": "Tillsvidare"}, {"new_hire_days": 0}], ids=str
)
@pytest.mark.parametrize("duty", [DutyKind.SYSTEM_OWNER, None])
def test_what_is_said_of_the_employment_asks_for_one_also_beside_a_duty_or_a_system(duty, field):
    line = AudienceLine(1, duty=duty, system_id=4, **field)
    facts = (Duty(days("2026-03-02"), DutyKind.SYSTEM_OWNER, system_id=4), Access(days("2026-03-02"), 4))
    assert matched(line, *facts) == []
    assert matched(line, *facts, employed("2026-03-20")) == ["2026-03-20.."]


def test_a_unit_narrows_a_duty_that_is_held_for_a_unit():
    line = AudienceLine(1, duty=DutyKind.UNIT_MANAGER, units=CARE)
    manager = Duty(days("2026-03-02"), DutyKind.UNIT_MANAGER, unit_id=11)
    assert matched(line, manager) == ["2026-03-02..2026-05-31"]
    assert matched(line, replace(manager, unit_id=13), employed("2026-03-02", unit=10)) == []


def test_a_unit_is_the_place_of_work_for_a_duty_that_is_not_held_for_a_unit():
    line = AudienceLine(1, duty=DutyKind.SYSTEM_ADMINISTRATOR, units=CARE)
    duty = Duty(days("2026-03-02"), DutyKind.SYSTEM_ADMINISTRATOR, system_id=4)
    assert matched(line, duty, employed("2026-03-20", unit=10)) == ["2026-03-20.."]
    assert matched(line, duty, employed("2026-03-20", unit=13)) == []


def test_a_system_narrows_a_duty_that_is_held_for_a_system():
    line = AudienceLine(1, duty=DutyKind.SYSTEM_OWNER, system_id=4)
    owner = Duty(days("2026-03-02"), DutyKind.SYSTEM_OWNER, system_id=4)
    assert matched(line, owner) == ["2026-03-02.."]
    assert matched(line, replace(owner, system_id=5), Access(days("2026-03-02"), 4)) == []


def test_a_system_is_one_that_is_used_for_a_duty_that_is_not_held_for_a_system():
    line = AudienceLine(1, duty=DutyKind.UNIT_MANAGER, system_id=4)
    manager = Duty(days("2026-03-02"), DutyKind.UNIT_MANAGER, unit_id=11)
    assert matched(line, manager, Access(days("2026-03-20", "2026-04-30"), 4)) == ["2026-03-20..2026-04-30"]
    assert matched(line, manager, Access(days("2026-03-20"), 5)) == []


def test_duties_do_not_lend_each_other_their_system():
    line = AudienceLine(1, duty=DutyKind.SYSTEM_OWNER, system_id=4, units=CARE)
    of_system = Duty(days("2026-03-02"), DutyKind.SYSTEM_OWNER, unit_id=13, system_id=4)
    of_unit = Duty(days("2026-03-02"), DutyKind.SYSTEM_OWNER, unit_id=10, system_id=5)
    assert matched(line, of_system, of_unit) == []


def test_the_match_is_the_overlap_of_the_facts_it_used():
    line = AudienceLine(1, units=CARE, system_id=4)
    facts = (employed("2026-03-02", "2026-08-31", unit=10), Access(days("2026-04-01"), 4))
    assert matched(line, *facts) == ["2026-04-01..2026-08-31"]


def test_a_system_alone_needs_no_employment():
    assert matched(AudienceLine(1, system_id=4), Access(days("2026-03-02"), 4)) == ["2026-03-02.."]


@pytest.mark.parametrize(
    ("hired", "expected"),
    [("2025-12-02", ["2025-12-02.."]), ("2025-12-01", []), ("2026-08-01", ["2026-08-01.."])],
)
def test_only_new_hires_are_those_employed_within_so_many_days_of_the_start_or_later(hired, expected):
    assert matched(AudienceLine(1, new_hire_days=30), employed(hired)) == expected


def test_changing_employment_is_not_being_hired_again():
    line = AudienceLine(1, new_hire_days=30)
    assert matched(line, employed("2019-08-01", "2026-03-01"), employed("2026-03-02", unit=2)) == []
    assert matched(line, employed("2019-08-01", "2026-03-01"), employed("2026-03-31", unit=2)) == []
    assert matched(line, employed("2019-08-01", "2026-03-01"), employed("2026-04-01", unit=2)) == ["2026-04-01.."]


def test_the_start_that_new_hires_are_told_from_is_that_of_the_first_version():
    new_hires = (AudienceLine(1, new_hire_days=0),)
    by = required(rule("2026-01-01", lines=new_hires), rule("2026-06-01", id=2, lines=new_hires))
    found = stretches(learner(employed("2026-03-02")), by)
    assert [len(stretch.parts) for stretch in found] == [2]


def test_a_person_is_in_if_any_line_matches():
    by = rule(lines=(AudienceLine(1, position_id=5), AudienceLine(2, duty=DutyKind.SYSTEM_OWNER)))
    facts = (employed("2026-03-02", "2026-03-31", position=5), Duty(days("2026-04-01"), DutyKind.SYSTEM_OWNER))
    assert required_days(*facts, by=by) == ["2026-03-02.."]
    assert required_days(employed("2026-03-02", position=6), by=by) == []


def test_a_line_may_exclude():
    by = rule(lines=(AudienceLine(1), AudienceLine(2, position_id=5, excludes=True)))
    facts = (employed("2026-03-02", "2026-05-31", position=6), employed("2026-06-01", position=5))
    assert required_days(*facts, by=by) == ["2026-03-02..2026-05-31"]


def test_an_exclusion_wins_over_every_line():
    by = rule(lines=(AudienceLine(1), AudienceLine(2, position_id=5), AudienceLine(3, position_id=5, excludes=True)))
    assert required_days(employed("2026-03-02", position=5), by=by) == []


def test_only_excluding_lines_match_nobody():
    assert required_days(employed("2026-03-02"), by=rule(lines=(AudienceLine(1, position_id=5, excludes=True),))) == []


def test_an_exclusion_of_less_than_thirty_days_does_not_divide_a_stretch():
    by = rule(lines=(AudienceLine(1), AudienceLine(2, duty=DutyKind.IT_MANAGER, excludes=True)))
    short = Duty(days("2026-06-01", "2026-06-29"), DutyKind.IT_MANAGER)
    long = Duty(days("2026-06-01", "2026-06-30"), DutyKind.IT_MANAGER)
    assert required_days(employed("2026-03-02"), short, by=by) == ["2026-03-02.."]
    assert required_days(employed("2026-03-02"), long, by=by) == ["2026-03-02..2026-05-31", "2026-07-01.."]


def test_the_anchor_is_that_of_the_version_in_charge():
    owners = (AudienceLine(2, duty=DutyKind.SYSTEM_OWNER),)
    facts = learner(employed("2019-08-01"), Duty(days("2026-03-02"), DutyKind.SYSTEM_OWNER))
    [stretch] = stretches(facts, required(rule(), rule("2026-06-01", id=2, lines=owners)))
    assert [(str(part.first), str(part.anchor)) for part in stretch.parts] == [
        ("2020-01-01", "2019-08-01"),
        ("2026-06-01", "2026-03-02"),
    ]


def test_between_two_stretches_that_are_one_the_version_in_charge_rules():
    # Nobody matches from 1 May to 20 May; the second version, in charge from 10 May, looks ahead to its own match.
    cooks, nurses = (AudienceLine(1, position_id=5),), (AudienceLine(2, position_id=6),)
    by = required(rule(lines=cooks), rule("2026-05-10", id=2, lines=nurses))
    person = learner(employed("2026-03-02", "2026-04-30", position=5), employed("2026-05-21", position=6))
    [stretch] = stretches(person, by)
    assert [(str(part.first), str(part.last), str(part.anchor)) for part in stretch.parts] == [
        ("2026-03-02", "2026-05-09", "2026-03-02"),
        ("2026-05-10", "9999-12-31", "2026-05-21"),
    ]


NOBODY = AudienceLine(1, position_id=99)


def test_an_assignment_is_required_on_its_days_of_employment():
    facts = (employed("2026-03-02", "2026-06-30"), assigned("2026-02-01", "2026-08-31"))
    assert required_days(*facts, by=rule(lines=(NOBODY,))) == ["2026-03-02..2026-06-30"]
    assert required_days(assigned("2026-02-01"), by=rule(lines=(NOBODY,))) == []


def test_an_assignment_is_asked_for_only_while_the_requirement_is_in_effect():
    facts = (employed("2026-03-02"), assigned("2026-03-02"))
    by = rule("2026-05-01", lines=(NOBODY,), effective_until=on("2026-12-31"))
    assert required_days(*facts, by=by) == ["2026-05-01..2026-12-31"]


def test_an_assignment_wins_over_a_line_that_excludes():
    by = rule(lines=(AudienceLine(1), AudienceLine(2, excludes=True, position_id=1)))
    facts = (employed("2026-03-02"),)
    assert required_days(*facts, by=by) == []
    assert required_days(*facts, assigned("2026-05-04", "2026-12-31"), by=by) == ["2026-05-04..2026-12-31"]


def test_the_anchor_of_an_assignment_is_its_first_day_of_employment():
    by = required(rule(lines=(NOBODY,)))
    (stretch,) = stretches(learner(employed("2026-03-02"), assigned("2026-05-04")), by)
    assert (stretch.required_from, stretch.parts[0].anchor) == (on("2026-05-04"), on("2026-05-04"))
    (stretch,) = stretches(learner(employed("2026-05-04"), assigned("2026-03-02")), by)
    assert (stretch.required_from, stretch.parts[0].anchor) == (on("2026-05-04"), on("2026-05-04"))


def test_an_assignment_of_what_applies_already_changes_no_day():
    assert required_days(employed("2026-03-02"), assigned("2026-05-04"), by=rule()) == ["2026-03-02.."]
    (stretch,) = stretches(learner(employed("2026-03-02"), assigned("2026-05-04")), required(rule()))
    assert stretch.parts[0].anchor == on("2026-03-02")


def test_an_assignment_of_another_requirement_means_nothing():
    other = replace(assigned("2026-05-04"), requirement_id=2)
    assert required_days(employed("2026-03-02"), other, by=rule(lines=(NOBODY,))) == []
