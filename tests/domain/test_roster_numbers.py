"""Employee numbers in a roster: earlier ones, and new ones of people who are known."""

from datetime import date

import pytest

from tests.domain.rosters import TODAY, after, known_from, rows, spans
from tracker.domain.roster import Known, plan
from tracker.domain.roster_numbers import Alike, EarlierNumber
from tracker.domain.roster_rows import ProblemKind


def with_earlier(known: Known, **numbers: tuple[str, tuple[str, str]]) -> Known:
    """Say of numbers, as `n900=("1", ("anna", "åkesson"))`, whose they were before."""
    known.earlier = {
        name.removeprefix("n"): [EarlierNumber(number, frozenset({called, known.persons[number].name}))]
        for name, (number, called) in numbers.items()
    }
    return known


class TestEarlierNumbers:
    def test_a_number_from_before_leads_to_the_same_person_and_says_nothing_new_of_them(self):
        known = with_earlier(known_from({"email": "anna@x.example"}), n900=("1", ("anna", "gammal")))
        made = plan(
            rows({"employee_number": "900", "family_name": "Gammal", "email": "old@x.example"}), known, today=TODAY
        )
        assert made.empty
        assert not made.problems

    def test_both_numbers_in_one_file_are_one_person(self):
        known = with_earlier(known_from({}), n900=("1", ("anna", "gammal")))
        made = plan(
            rows({"employee_number": "900", "family_name": "Gammal", "unit_code": "11"}, {}), known, today=TODAY
        )
        assert made.new_persons == ()
        assert made.changed_persons == ()
        assert spans(after(known, made)) == [("10", date(2020, 1, 1), None), ("11", date(2020, 1, 1), None)]
        assert {fact.terms.employee_number for fact in after(known, made).employments} == {"1"}

    def test_by_another_name_it_may_be_somebody_else(self):
        known = with_earlier(known_from({}), n900=("1", ("anna", "gammal")))
        made = plan(rows({"employee_number": "900", "given_name": "Ny"}, {"employee_number": "2"}), known, today=TODAY)
        assert [(one.row, one.kind, one.values) for one in made.problems] == [(2, ProblemKind.EARLIER_NUMBER, ("900",))]
        assert [one.employee_number for one in made.new_persons] == ["2"]
        # Anna's own row is not in the file; nothing of hers ends, since the row left out may have been hers.
        assert made.leaving == ()
        assert (made.rows, made.rows_used) == (2, 1)

    def test_the_new_name_may_be_told_by_the_present_number(self):
        known = with_earlier(known_from({}), n900=("1", ("anna", "gammal")))
        told = {"family_name": "Nygift"}
        made = plan(rows(told, {"employee_number": "900", "unit_code": "11", **told}), known, today=TODAY)
        assert not made.problems
        assert [(old.family_name, new.family_name) for old, new in made.changed_persons] == [("Åkesson", "Nygift")]

    def test_a_manager_may_be_named_by_the_number_from_before(self):
        known = with_earlier(known_from({}), n900=("1", ("anna", "gammal")))
        made = plan(
            rows({}, {"employee_number": "2", "given_name": "Bo", "unit_code": "11", "manager": "900"}),
            known,
            today=TODAY,
        )
        assert {(change.terms.employee_number, change.terms.unit) for change in made.duties} >= {("1", "11")}
        assert not made.problems

    def test_a_number_that_was_several_people_s_needs_the_name(self):
        known = known_from({}, {"employee_number": "2", "given_name": "Bo"})
        known.earlier = {"900": [EarlierNumber(one, frozenset({known.persons[one].name})) for one in ("1", "2")]}
        made = plan(rows({"employee_number": "900", "given_name": "Bo", "unit_code": "11"}, {}), known, today=TODAY)
        assert {change.terms.employee_number for change in made.employments if change.adds} == {"2"}
        assert made.new_persons == ()


class TestNewNumbers:
    ADDRESS = "anna@x.example"

    @pytest.mark.parametrize(
        ("says", "alike"),
        [
            ({"email": ADDRESS, "unit_code": "11", "unit_name": "Kök"}, Alike.ADDRESS),
            ({"email": ""}, Alike.WORK),
        ],
    )
    def test_a_lookalike_is_pointed_out_and_is_somebody_new_until_a_person_decides(self, says, alike):
        known = known_from({"email": self.ADDRESS}, {"employee_number": "2", "given_name": "Bo"})
        file = rows({"employee_number": "77", **says}, {"employee_number": "2", "given_name": "Bo"})
        made = plan(file, known, today=TODAY)
        assert [(o.before.employee_number, o.after.employee_number, o.alike) for o in made.renumberings] == [
            ("1", "77", alike)
        ]
        assert [one.employee_number for one in made.new_persons] == ["77"]
        assert made.leaving == ("1",)

        decided = plan(file, known, today=TODAY, same={"77": "1"})
        assert decided.new_persons == decided.renumberings == decided.leaving == ()
        assert [(b.employee_number, a.employee_number) for b, a in decided.changed_persons] == [("1", "77")]

    @pytest.mark.parametrize(
        "file",
        [
            [{"employee_number": "77"}, {}],  # the number from before is still there
            [{"employee_number": "77", "given_name": "Eva"}],
            [{"employee_number": "77", "starts_on": "2021-01-01"}],
            [{"employee_number": "77"}, {"employee_number": "78"}],  # two of them
        ],
    )
    def test_who_is_not_pointed_out(self, file):
        known = known_from({})
        assert plan(rows(*file), known, today=TODAY).renumberings == ()

    def test_who_has_left_is_not_pointed_out(self):
        known = known_from({"ends_on": "2021-01-01"})
        assert plan(rows({"employee_number": "77"}), known, today=TODAY).renumberings == ()
