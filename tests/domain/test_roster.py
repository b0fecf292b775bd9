"""What a roster would change. `after` carries a plan out on what is known, as the database does."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracker.domain.facts import DutyKind
from tracker.domain.periods import Days
from tracker.domain.roster import Guard, Known, Plan, plan
from tracker.domain.roster_facts import ChangeKind, KnownFact
from tracker.domain.roster_numbers import Alike, EarlierNumber, PersonDetails
from tracker.domain.roster_rows import PositionName, ProblemKind, Row
from tracker.domain.roster_units import KnownUnit, UnitChangeKind

TODAY = date(2026, 11, 23)
YESTERDAY = TODAY - timedelta(1)


def row(number: int = 2, **says: str | None) -> Row:
    values: dict[str, str | None] = {
        "employee_number": "1",
        "given_name": "Anna",
        "family_name": "Åkesson",
        "unit_code": "10",
        "unit_name": "Hemtjänsten",
        "parent_code": "",
        "position_title": "Undersköterska",
        "position_code": "207",
        "starts_on": "2020-01-01",
        "ends_on": "",
        "email": "",
        "kind": "Tillsvidare",
        "percent": "100,00",
        "manager": "",
        "absent_from": "",
        "absent_until": "",
        "protected": "N",
    }
    return Row(number=number, **(values | says))


def rows(*says: dict[str, str | None]) -> list[Row]:
    return [row(number, **one) for number, one in enumerate(says, 2)]


def after(known: Known, made: Plan) -> Known:
    """Carry a plan out."""
    fresh = iter(range(1_000_000))
    taken = {fact.id for fact in (*known.employments, *known.absences, *known.duties)}
    ids = (number for number in fresh if number not in taken)
    titles = dict(made.renamed_positions)

    def changed(facts, changes):
        gone = {change.retract.id for change in changes if change.retract}
        kept = [fact for fact in facts if fact.id not in gone]
        added = [KnownFact(next(ids), terms, from_roster=True) for change in changes for terms in change.adds]
        return kept + added

    def titled(fact):
        position = titles.get(fact.terms.position, fact.terms.position)
        return replace(fact, terms=replace(fact.terms, position=position))

    units = dict(known.units)
    for change in made.units:
        units[change.key] = KnownUnit(change.key, change.name, change.parent, 1, change.days)
    persons = dict(known.persons)
    persons.update({details.employee_number: details for details in made.new_persons})
    persons.update({details.employee_number: details for _before, details in made.changed_persons})
    return Known(
        units=units,
        positions=(known.positions - set(titles)) | set(titles.values()) | set(made.new_positions),
        persons=persons,
        employments=changed([titled(fact) for fact in known.employments], made.employments),
        absences=changed(known.absences, made.absences),
        duties=changed(known.duties, made.duties),
    )


def known_from(*says: dict[str, str | None], today: date = TODAY) -> Known:
    return after(Known(), plan(rows(*says), Known(), today=today))


def spans(known: Known) -> list[tuple[str, date, date | None]]:
    return sorted((fact.terms.unit, fact.days.starts_on, fact.days.ends_on) for fact in known.employments)


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
            ({"absent_until": "2026-01-01"}, "absent_from", ProblemKind.NOT_A_DATE),
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
