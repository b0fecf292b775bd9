"""What is wrong in a roster, and what keeps one from being loaded."""

import pytest

from tests.domain.rosters import TODAY, known_from, rows
from tracker.domain.roster import Guard, Known, plan
from tracker.domain.roster_rows import ProblemKind


class TestProblems:
    @pytest.mark.parametrize(
        ("says", "column", "kind"),
        [
            ({"employee_number": ""}, "employee_number", ProblemKind.MISSING),
            ({"family_name": ""}, "family_name", ProblemKind.MISSING),
            ({"unit_code": ""}, "unit_code", ProblemKind.MISSING),
            ({"given_name": "A" * 201}, "given_name", ProblemKind.TOO_LONG),
            ({"starts_on": ""}, "starts_on", ProblemKind.MISSING),
            ({"starts_on": "2026-02-30"}, "starts_on", ProblemKind.NOT_A_DATE),
            ({"starts_on": "0026-01-01"}, "starts_on", ProblemKind.NOT_A_DATE),
            ({"ends_on": "i morgon"}, "ends_on", ProblemKind.NOT_A_DATE),
            ({"ends_on": "2019-12-31"}, "ends_on", ProblemKind.ENDS_BEFORE_START),
            ({"absent_until": "2026-01-01"}, "absent_from", ProblemKind.MISSING),
            ({"percent": "halvtid"}, "percent", ProblemKind.NOT_A_PERCENTAGE),
            ({"percent": "101"}, "percent", ProblemKind.NOT_A_PERCENTAGE),
            ({"parent_code": "99"}, "parent_code", ProblemKind.UNKNOWN_PARENT),
            ({"parent_code": "10"}, "parent_code", ProblemKind.UNIT_CYCLE),
        ],
    )
    def test_a_bad_row_is_left_out_and_the_rest_used(self, says, column, kind):
        other = {"employee_number": "9", "unit_code": "90", "family_name": "Nilsson"}
        made = plan(rows(says, other), Known(), today=TODAY)
        assert [(problem.row, problem.column, problem.kind) for problem in made.problems] == [(2, column, kind)]
        assert [details.employee_number for details in made.new_persons] == ["9"]
        assert (made.rows, made.rows_used) == (2, 1)

    @pytest.mark.parametrize(
        ("says", "column", "kind"),
        [
            ({"family_name": "Y?lmaz"}, "family_name", ProblemKind.LOST_CHARACTER),
            ({"email": "anna@"}, "email", ProblemKind.MALFORMED_EMAIL),
            ({"manager": "77"}, "manager", ProblemKind.UNKNOWN_MANAGER),
            ({"manager": "1"}, "manager", ProblemKind.OWN_MANAGER),
            ({"protected": "kanske"}, "protected", ProblemKind.NOT_YES_OR_NO),
        ],
    )
    def test_a_doubtful_row_is_used(self, says, column, kind):
        made = plan(rows(says), Known(), today=TODAY)
        assert [(problem.row, problem.column, problem.kind) for problem in made.problems] == [(2, column, kind)]
        assert made.rows_used == 1

    def test_in_doubt_an_identity_is_protected(self):
        assert plan(rows({"protected": "?"}), Known(), today=TODAY).new_persons[0].protected

    def test_the_same_row_twice_counts_once(self):
        made = plan(rows({}, {}), Known(), today=TODAY)
        assert [(problem.row, problem.kind) for problem in made.problems] == [(3, ProblemKind.DUPLICATE_ROW)]
        assert len(made.employments) == 1

    def test_a_number_with_two_names(self):
        made = plan(rows({}, {"given_name": "Hanna", "unit_code": "11"}), Known(), today=TODAY)
        assert [(problem.row, problem.kind) for problem in made.problems] == [(3, ProblemKind.CONFLICTING_NAME)]

    def test_two_people_cannot_share_an_address(self):
        shared = {"email": "a@kommun.example"}
        made = plan(rows(shared, shared | {"employee_number": "2"}), Known(), today=TODAY)
        assert [(problem.row, problem.kind) for problem in made.problems] == [(3, ProblemKind.SHARED_EMAIL)]
        assert [details.email for details in made.new_persons] == ["a@kommun.example", None]

    def test_units_in_a_circle_and_below_it(self):
        made = plan(
            rows(
                {"unit_code": "10", "parent_code": "11"},
                {"employee_number": "2", "unit_code": "11", "parent_code": "10"},
                {"employee_number": "3", "unit_code": "12", "parent_code": "11"},
                {"employee_number": "4", "unit_code": "13"},
            ),
            Known(),
            today=TODAY,
        )
        assert [(problem.row, problem.kind) for problem in made.problems] == [
            (2, ProblemKind.UNIT_CYCLE),
            (3, ProblemKind.UNIT_CYCLE),
            (4, ProblemKind.UNKNOWN_PARENT),
        ]
        assert [change.key for change in made.units] == ["13"]

    def test_a_circle_through_what_is_known(self):
        """Unit 11 is known below 10; its own row is bad, so 10 must not move below it."""
        known = known_from({}, {"employee_number": "2", "unit_code": "11", "parent_code": "10"})
        bad = {"employee_number": "2", "unit_code": "11", "parent_code": "", "starts_on": "x"}
        made = plan(rows({"parent_code": "11"}, bad, {"employee_number": "3", "unit_code": "14"}), known, today=TODAY)
        assert ProblemKind.UNIT_CYCLE in {problem.kind for problem in made.problems}
        assert [change.key for change in made.units] == ["14"]

    @pytest.mark.parametrize(
        "bad",
        [{"starts_on": "x"}, {"percent": "x"}, {"given_name": ""}, {"parent_code": "99"}, {"employee_number": ""}],
    )
    def test_nobody_is_ended_because_their_row_is_bad(self, bad):
        absent = {"employee_number": "1", "absent_from": "2026-11-01"}
        known = known_from(absent, {"employee_number": "2", "family_name": "Berg", "unit_code": "20"})
        made = plan(
            rows(absent | bad, {"employee_number": "2", "family_name": "Berg", "unit_code": "20"}), known, today=TODAY
        )
        assert not made.employments
        assert not made.absences
        assert not made.leaving

    def test_a_manager_stays_when_the_rows_of_the_staff_are_bad(self):
        staff = ({"employee_number": "1"}, {"employee_number": "2", "manager": "1"})
        known = known_from(*staff)
        assert not plan(rows(staff[0], staff[1] | {"starts_on": "x"}), known, today=TODAY).duties

    def test_a_file_without_a_usable_row_changes_nothing(self):
        made = plan(rows({"starts_on": "x"}), known_from({}), today=TODAY)
        assert made.empty
        assert made.rows_used == 0


class TestGuards:
    @staticmethod
    def staff(count, **says):
        return [{"employee_number": str(number), "family_name": f"Namn{number}", **says} for number in range(count)]

    def test_a_file_that_ends_many_asks_first(self):
        known = known_from(*self.staff(50))
        assert plan(rows(*self.staff(39)), known, today=TODAY).guards == (Guard.ENDS_MANY,)
        assert not plan(rows(*self.staff(40)), known, today=TODAY).needs_confirmation

    def test_few_are_never_many(self):
        assert not plan(rows({}), known_from(*self.staff(10), {}), today=TODAY).needs_confirmation

    def test_ends_that_were_corrected_into_the_past_count_too(self):
        known = known_from(*self.staff(50))
        made = plan(rows(*self.staff(50, ends_on="2021-12-31")), known, today=TODAY)
        assert made.guards == (Guard.ENDS_MANY,)

    def test_a_shifted_column_renames_everyone(self):
        known = known_from(*self.staff(50))
        assert plan(rows(*self.staff(50, given_name="x")), known, today=TODAY).guards == (Guard.RENAMES_MANY,)
