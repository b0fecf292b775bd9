"""What a roster would change."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.rosters import TODAY, YESTERDAY, after, known_from, row, rows, spans
from tracker.domain.facts import DutyKind
from tracker.domain.periods import Days
from tracker.domain.roster import Known, plan
from tracker.domain.roster_facts import ChangeKind
from tracker.domain.roster_numbers import PersonDetails
from tracker.domain.roster_rows import PositionName
from tracker.domain.roster_units import UnitChangeKind


class TestFirstFile:
    def test_everything_is_new(self):
        made = plan(rows({}), Known(), today=TODAY)
        assert made.counts == {"new_positions": 1, "new_persons": 1, "units_new": 1, "employments_added": 1}
        assert made.new_persons == (PersonDetails("1", "Anna", "Åkesson", None, protected=False),)
        assert not made.problems

    def test_units_begin_with_the_first_who_works_in_or_below_them(self):
        made = plan(
            rows(
                {"starts_on": "2020-01-01"},
                {"employee_number": "2", "unit_code": "11", "parent_code": "10", "starts_on": "2001-05-01"},
                {"employee_number": "3", "unit_code": "12", "parent_code": "10", "starts_on": "2027-01-01"},
            ),
            Known(),
            today=TODAY,
        )
        assert {change.key: change.days.starts_on for change in made.units} == {
            "10": date(2001, 5, 1),
            "11": date(2001, 5, 1),
            "12": TODAY,
        }

    def test_one_code_may_stand_for_two_titles(self):
        made = plan(
            rows({"position_title": "Rektor"}, {"employee_number": "2", "position_title": "Enhetschef"}),
            Known(),
            today=TODAY,
        )
        assert made.new_positions == (PositionName("207", "Enhetschef"), PositionName("207", "Rektor"))

    def test_protected_in_one_row_is_protected(self):
        made = plan(rows({"protected": "N"}, {"protected": "J", "unit_code": "11"}), Known(), today=TODAY)
        assert [details.protected for details in made.new_persons] == [True]

    def test_the_address_may_stand_in_any_row(self):
        made = plan(rows({}, {"email": "anna@kommun.example", "unit_code": "11"}), Known(), today=TODAY)
        assert [details.email for details in made.new_persons] == ["anna@kommun.example"]

    def test_leave_from_one_employment_is_being_away_once(self):
        made = plan(
            rows(
                {"absent_from": "2026-10-01", "absent_until": "2026-11-30"},
                {"unit_code": "11", "absent_from": "2026-11-01", "absent_until": "2026-12-31"},
                {"unit_code": "12"},
            ),
            Known(),
            today=TODAY,
        )
        assert [change.terms.days for change in made.absences] == [Days(date(2026, 10, 1), date(2026, 12, 31))]

    def test_a_day_far_away_is_no_end(self):
        made = plan(rows({"ends_on": "9999-12-31"}), Known(), today=TODAY)
        assert made.employments[0].terms.days.ends_on is None

    def test_columns_that_are_missing_say_nothing(self):
        known = known_from({"absent_from": "2026-11-01", "protected": "J", "email": "a@kommun.example", "manager": ""})
        silent = [replace(row(), absent_from=None, absent_until=None, protected=None, email=None, manager=None)]
        assert plan(silent, known, today=TODAY).empty


class TestNextFile:
    def test_the_same_file_changes_nothing(self):
        known = known_from({}, {"unit_code": "11", "parent_code": "10", "percent": "25"})
        assert plan(rows({}, {"unit_code": "11", "parent_code": "10", "percent": "25"}), known, today=TODAY).empty

    def test_two_employments_that_differ_in_extent_only_are_two(self):
        known = known_from({}, {"percent": "25"})
        assert len(known.employments) == 2
        made = plan(rows({}, {"percent": "25", "ends_on": "2026-12-31"}), known, today=TODAY)
        assert [(change.kind, change.terms.percent) for change in made.employments] == [(ChangeKind.CORRECTED, 25.0)]

    def test_another_end_is_a_correction(self):
        made = plan(rows({"ends_on": "2026-12-31"}), known_from({}), today=TODAY)
        (change,) = made.employments
        assert change.kind is ChangeKind.CORRECTED
        assert change.terms.days == Days(date(2020, 1, 1), date(2026, 12, 31))

    def test_who_is_no_longer_in_the_file_ended_yesterday(self):
        known = known_from({}, {"employee_number": "2", "family_name": "Berg"})
        made = plan(rows({}), known, today=TODAY)
        (change,) = made.employments
        assert (change.kind, change.terms.employee_number, change.terms.days.ends_on) == (
            ChangeKind.ENDED,
            "2",
            YESTERDAY,
        )
        assert made.leaving == ("2",)

    def test_what_had_not_begun_never_was(self):
        known = known_from({}, {"employee_number": "2", "starts_on": "2026-12-01"})
        (change,) = plan(rows({}), known, today=TODAY).employments
        assert (change.kind, change.adds) == (ChangeKind.REMOVED, ())

    def test_what_had_ended_stays_when_the_file_forgets_it(self):
        known = known_from({}, {"unit_code": "11", "starts_on": "2010-01-01", "ends_on": "2015-12-31"})
        assert not plan(rows({}), known, today=TODAY).employments

    def test_what_no_roster_brought_is_not_ended_by_one(self):
        known = known_from({}, {"employee_number": "2"})
        known.employments = [replace(fact, from_roster=fact.terms.employee_number == "1") for fact in known.employments]
        assert not plan(rows({}), known, today=TODAY).employments

    def test_another_unit_holds_from_today_and_the_past_stays(self):
        known = known_from({})
        moved = rows({"unit_code": "11", "unit_name": "Nattpatrullen"})
        made = plan(moved, known, today=TODAY)
        assert made.counts["employments_changed"] == 1
        then = after(known, made)
        assert spans(then) == [("10", date(2020, 1, 1), YESTERDAY), ("11", TODAY, None)]
        assert plan(moved, then, today=TODAY).empty
        assert plan(moved, then, today=TODAY + timedelta(40)).empty

    def test_moved_twice_and_then_ended(self):
        known = known_from({})
        for days, unit in ((0, "11"), (30, "12")):
            known = after(known, plan(rows({"unit_code": unit}), known, today=TODAY + timedelta(days)))
        last = rows({"unit_code": "12", "ends_on": "2027-06-30"})
        then = after(known, plan(last, known, today=TODAY + timedelta(60)))
        assert spans(then) == [
            ("10", date(2020, 1, 1), YESTERDAY),
            ("11", TODAY, TODAY + timedelta(29)),
            ("12", TODAY + timedelta(30), date(2027, 6, 30)),
        ]
        assert plan(last, then, today=TODAY + timedelta(60)).empty

    def test_a_new_row_for_the_same_work_ends_the_old_the_day_before(self):
        known = known_from({})
        then = after(known, plan(rows({"starts_on": "2026-09-01", "percent": "80"}), known, today=TODAY))
        assert spans(then) == [("10", date(2020, 1, 1), date(2026, 8, 31)), ("10", date(2026, 9, 1), None)]

    def test_an_earlier_start_is_a_correction(self):
        known = known_from({})
        then = after(known, plan(rows({"starts_on": "2019-03-01"}), known, today=TODAY))
        assert spans(then) == [("10", date(2019, 3, 1), None)]

    def test_back_from_leave_early(self):
        known = known_from({"absent_from": "2026-06-01"})
        (change,) = plan(rows({}), known, today=TODAY).absences
        assert (change.kind, change.terms.days) == (ChangeKind.ENDED, Days(date(2026, 6, 1), YESTERDAY))

    def test_leave_that_is_over_stays_when_the_file_forgets_it(self):
        known = known_from({"absent_from": "2026-06-01", "absent_until": "2026-08-31"})
        assert not plan(rows({}), known, today=TODAY).absences

    def test_a_new_title_for_a_code_is_a_renaming(self):
        made = plan(rows({"position_title": "Undersköterska, skyddad titel"}), known_from({}), today=TODAY)
        assert made.counts == {"renamed_positions": 1}

    def test_a_renamed_and_a_moved_unit(self):
        below = {"employee_number": "2", "unit_code": "11", "unit_name": "Natten", "parent_code": "10"}
        known = known_from({}, below)
        made = plan(rows({"unit_name": "Hemvården"}, below | {"parent_code": ""}), known, today=TODAY)
        assert [(change.kind, change.key, change.days) for change in made.units] == [
            (UnitChangeKind.RENAMED, "10", Days(TODAY)),
            (UnitChangeKind.MOVED, "11", Days(TODAY)),
        ]

    def test_an_address_that_passed_to_somebody_else_is_taken_from_who_left(self):
        known = known_from({"email": "a@kommun.example"}, {"employee_number": "2"})
        made = plan(rows({"employee_number": "2", "email": "A@kommun.example"}), known, today=TODAY)
        assert {after.employee_number: after.email for _before, after in made.changed_persons} == {
            "1": None,
            "2": "A@kommun.example",
        }


class TestDuties:
    STAFF = (
        {"employee_number": "1", "position_title": "Förvaltningschef", "starts_on": "2015-01-01"},
        {"employee_number": "2", "manager": "1"},
    )

    def test_a_manager_has_been_one_since_they_were_employed(self):
        made = plan(rows(*self.STAFF), Known(), today=TODAY)
        assert [(change.terms.kind, change.terms.days) for change in made.duties] == [
            (DutyKind.UNIT_MANAGER, Days(date(2015, 1, 1))),
            (DutyKind.HEAD_OF_ADMINISTRATION, Days(date(2015, 1, 1))),
        ]

    def test_a_title_alone_makes_no_head(self):
        made = plan(rows({"position_title": "Förvaltningschef"}), Known(), today=TODAY)
        assert not made.duties

    def test_a_successor_begins_today(self):
        known = known_from(*self.STAFF)
        made = plan(
            rows(self.STAFF[0], self.STAFF[1] | {"manager": "3"}, {"employee_number": "3", "starts_on": "2012-01-01"}),
            known,
            today=TODAY,
        )
        managing = {
            (change.kind, change.terms.employee_number): change.terms.days
            for change in made.duties
            if change.terms.kind is DutyKind.UNIT_MANAGER
        }
        assert managing == {
            (ChangeKind.ADDED, "3"): Days(TODAY),
            (ChangeKind.ENDED, "1"): Days(date(2015, 1, 1), YESTERDAY),
        }

    def test_a_duty_ends_with_the_employment(self):
        known = known_from(*self.STAFF)
        made = plan(rows(self.STAFF[0] | {"ends_on": "2026-12-31"}, self.STAFF[1]), known, today=TODAY)
        assert {(change.kind, change.terms.days.ends_on) for change in made.duties} == {
            (ChangeKind.CORRECTED, date(2026, 12, 31))
        }

    def test_a_manager_appointed_by_hand_stays(self):
        known = known_from(*self.STAFF)
        known.duties = [replace(fact, from_roster=False) for fact in known.duties]
        assert not plan(rows(self.STAFF[0], self.STAFF[1] | {"manager": ""}), known, today=TODAY).duties


NUMBERS = st.sampled_from(["1", "2", "3", "4"])
UNITS = st.sampled_from(["10", "11", "12"])
DATES = st.sampled_from(["2020-01-01", "2021-06-01", "2026-11-01", "2026-11-22", "2026-11-23", "2026-12-01", "x"])
ENDS = st.sampled_from(["", "", "2021-12-31", "2026-11-22", "2026-11-23", "2027-01-31"])
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "employee_number": NUMBERS,
            "family_name": st.sampled_from(["Åkesson", "Åkesson", "Åkesson", "Berg"]),
            "unit_code": UNITS,
            "unit_name": st.sampled_from(["A", "B"]),
            "parent_code": st.sampled_from(["", "", "10", "11", "99"]),
            "position_title": st.sampled_from(["Förvaltningschef", "Handläggare"]),
            "position_code": st.sampled_from(["1", "2"]),
            "starts_on": DATES,
            "ends_on": ENDS,
            "percent": st.sampled_from(["100", "50"]),
            "manager": st.sampled_from(["", "1", "2", "9"]),
            "absent_from": st.sampled_from(["", "2026-10-01", "2026-11-10"]),
            "absent_until": st.sampled_from(["", "2026-11-15", "2026-12-31"]),
            "protected": st.sampled_from(["J", "N"]),
            "email": st.sampled_from(["", "a@x.example", "b@x.example", "bad"]),
        }
    ),
    max_size=6,
)


FILES = st.lists(st.tuples(st.integers(0, 40), ROWS), min_size=1, max_size=4)


@given(FILES)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_file_loaded_again_changes_nothing_whatever_came_before(files):
    known, day = Known(), TODAY
    for days, says in files:
        day += timedelta(days)
        file = rows(*says)
        known = after(known, plan(file, known, today=day))
        again = plan(file, known, today=day)
        assert again.empty, again.counts


@given(FILES)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_past_stays_unless_a_date_that_the_file_states_says_otherwise(files):
    """Whoever was employed on a day before the file, in whatever unit, still was: unless their rows state other dates."""
    known, day = Known(), TODAY
    for days, says in files:
        day += timedelta(days)
        file = rows(*says)
        made = plan(file, known, today=day)
        for change in made.employments:
            if change.kind in (ChangeKind.CHANGED, ChangeKind.ENDED) and change.retract:
                before = change.retract.days
                assert change.adds[0].days.starts_on == before.starts_on
                assert change.adds[0].unit == change.retract.terms.unit
        known = after(known, made)


def test_a_plan_has_one_digest():
    file = rows({}, {"employee_number": "2", "unit_code": "11"})
    assert plan(file, Known(), today=TODAY).digest == plan(file, Known(), today=TODAY).digest
    assert plan(file, Known(), today=TODAY).digest != plan(file[:1], Known(), today=TODAY).digest
