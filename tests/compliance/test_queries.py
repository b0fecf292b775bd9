"""What the phase table answers, each time about a day."""

from datetime import date, timedelta

import pytest

from tests.conftest import NOW
from tests.factories import add_absence, add_completion, add_course, add_person, add_requirement
from tests.statements import asking
from tracker.compliance.queries import (
    employed_on,
    figures,
    figures_by_requirement,
    figures_by_unit,
    figures_of_requirement,
    obligations_of,
    people_behind,
    standing_count,
    standing_rows,
    standing_stream,
    team_matrix,
    timeline_of,
    workplaces,
)
from tracker.domain.facts import DutyKind, State
from tracker.people.models import Employment, Person
from tracker.people.queries import in_team, viewer_of

DAY = date(2026, 11, 23)
ALL = employed_on(DAY)


@pytest.fixture
def history(in_kil, cast):
    """Everyone must have A (valid 12 months); those in care must have B. Anna is valid, Bosse lapsed, Eva on leave."""
    with in_kil() as session:
        a, b = add_course(session, "a", now=NOW), add_course(session, "b", now=NOW)
        first = add_requirement(session, "a", course_id=a.course_id, now=NOW, validity_months=12, legal_basis="2.4")
        second = add_requirement(
            session,
            "b",
            course_id=b.course_id,
            now=NOW,
            effective_from=date(2026, 11, 1),
            lines=({"unit_id": cast.units["10"]},),
        )
        add_completion(session, cast.people["anna"], a, on=date(2026, 2, 12), now=NOW)
        add_completion(session, cast.people["bosse"], a, on=date(2024, 2, 12), now=NOW)
        add_absence(session, cast.people["eva"], starts_on=date(2026, 11, 5), ends_on=None, now=NOW)
        return first.requirement_id, second.requirement_id


def who(rows):
    return [row.person.given_name for row in rows]


class TestOnePerson:
    def test_obligations_the_most_urgent_first(self, in_kil, cast, history):
        with in_kil() as session:
            found = obligations_of(session, cast.people["bosse"], DAY)
        assert [(one.code, one.state, one.due_on, one.valid_until) for one in found] == [
            ("a", State.LAPSED, date(2025, 2, 11), date(2025, 2, 11)),
            ("b", State.OVERDUE, date(2026, 11, 15), None),
        ]
        assert found[0].at_fault
        assert found[0].legal_basis == "2.4"
        assert found[0].minutes == 30

    def test_on_another_day(self, in_kil, cast, history):
        with in_kil() as session:
            found = obligations_of(session, cast.people["bosse"], date(2025, 2, 11))
        assert [(one.code, one.state) for one in found] == [("a", State.RENEW)]

    def test_the_years(self, in_kil, cast, history):
        with in_kil() as session:
            found = timeline_of(session, cast.people["anna"])
        assert [one.titles["sv"] for one in found] == ["Krav a", "Krav b"]
        assert [phase.state for phase in found[0].phases] == [
            State.TO_DO,
            State.OVERDUE,
            State.VALID,
            State.RENEW,
            State.LAPSED,
        ]


class TestFigures:
    def test_two_figures_that_leave_out_who_is_on_leave(self, in_kil, history):
        with in_kil() as session:
            found = figures_of_requirement(session, ALL, DAY, history[0])
        assert found.by_state == {State.VALID: 1, State.LAPSED: 1, State.ON_HOLD: 1, State.OVERDUE: 5}
        assert (found.counted, found.behind, found.people, found.people_behind) == (7, 6, 8, 6)
        assert found.completed == 1 / 7
        assert found.in_order == 1 / 7

    def test_nobody_is_no_figure(self, in_kil, history):
        with in_kil() as session:
            found = figures(session, Person.id == -1, DAY)
        assert (found.people, found.completed, found.in_order) == (0, None, None)

    def test_only_those_employed_on_the_day(self, in_kil, cast, history):
        with in_kil() as session:
            before = figures(session, ALL, DAY)
            add_person(
                session,
                "Slutat",
                "Nyss",
                unit_id=cast.units["11"],
                position_id=cast.position_id,
                now=NOW,
                ends_on=DAY - timedelta(days=1),
            )
        with in_kil() as session:
            assert figures(session, ALL, DAY) == before
            assert figures(session, employed_on(DAY - timedelta(days=1)), DAY - timedelta(days=1)).people == 9

    def test_by_requirement(self, in_kil, history):
        with in_kil() as session:
            found = figures_by_requirement(session, ALL, DAY)
        assert [(one.titles["sv"], one.figures.people) for one in found] == [("Krav a", 8), ("Krav b", 3)]

    def test_by_unit_with_everything_below_and_each_person_once(self, in_kil, cast, history):
        with in_kil() as session:
            session.add(
                Employment(
                    person_id=cast.people["anna"],
                    unit_id=cast.units["10"],
                    position_id=cast.position_id,
                    kind="Vikariat",
                    percent=20,
                    starts_on=date(2026, 1, 1),
                    recorded_at=NOW,
                    source="test",
                )
            )
        with in_kil() as session:
            roots = [cast.units[code] for code in ("1", "10", "11", "20")]
            found = figures_by_unit(session, ALL, DAY, roots)
            whole = figures(session, ALL, DAY)
        assert found[cast.units["1"]] == whole
        assert {code: found[cast.units[code]].people for code in ("10", "11", "20")} == {"10": 3, "11": 2, "20": 5}

    def test_a_unit_without_people(self, in_kil, cast, history):
        with in_kil() as session:
            assert figures_by_unit(session, Person.id == -1, DAY, [cast.units["20"]])[cast.units["20"]].people == 0
            assert figures_by_unit(session, ALL, DAY, []) == {}


class TestLists:
    def test_the_list_behind_a_figure(self, in_kil, history):
        with in_kil() as session:
            chosen = {"requirement_id": history[0], "states": {State.OVERDUE, State.LAPSED}}
            rows = standing_rows(session, ALL, DAY, **chosen)
            assert who(rows) == ["Bosse", "Cecilia", "David", "Kim", "Mona", "Olle"]
            assert standing_count(session, ALL, DAY, **chosen) == 6
            assert list(standing_stream(session, ALL, DAY, **chosen)) == rows
            assert standing_rows(session, ALL, DAY, **chosen, limit=2, offset=1) == rows[1:3]

    def test_people_behind_those_with_the_most_first(self, in_kil, cast, history):
        with in_kil() as session:
            found = people_behind(session, ALL, DAY + timedelta(days=30))
        assert found[0].person.given_name == "Bosse"
        assert [one.code for one in found[0].obligations] == ["a", "b"]

    def test_where_they_work(self, in_kil, cast, history):
        with in_kil() as session:
            found = workplaces(session, [cast.people["anna"]], DAY)
        assert [(one.unit_name, one.position_title) for one in found[cast.people["anna"]]] == [
            ("Hemtjänsten", "Undersköterska")
        ]


class TestMatrix:
    def test_of_a_manager(self, in_kil, cast, history):
        with in_kil() as session:
            viewer = viewer_of(session, cast.accounts["bosse"], DAY)
            matrix = team_matrix(session, in_team(viewer, DAY), DAY)
        assert matrix.total == 2
        assert who(matrix.rows) == ["Bosse", "Anna"]
        assert [one.code for one in matrix.requirements] == ["a", "b"]
        assert matrix.rows[1].cells[history[0]].state is State.VALID

    def test_a_page_of_it(self, in_kil, history):
        with in_kil() as session:
            matrix = team_matrix(session, ALL, DAY, limit=3, offset=3)
        assert matrix.total == 8
        assert who(matrix.rows) == ["Eva", "Kim", "Mona"]
        assert set(matrix.rows[1].cells) == {history[0]}

    def test_the_other_municipality_is_not_in_it(self, in_kil, history):
        with in_kil() as session:
            assert "Omar" not in who(team_matrix(session, ALL, DAY).rows)


@pytest.mark.parametrize(
    "ask",
    [
        lambda session, cast: obligations_of(session, cast.people["anna"], DAY),
        lambda session, cast: figures(session, ALL, DAY),
        lambda session, cast: figures_by_requirement(session, ALL, DAY),
        lambda session, cast: figures_by_unit(session, ALL, DAY, [cast.units["1"], cast.units["10"]]),
        lambda session, cast: people_behind(session, ALL, DAY),
        lambda session, cast: team_matrix(session, ALL, DAY),
    ],
)
def test_as_many_questions_however_many_people(database, in_kil, cast, history, ask):
    def count():
        with asking(database) as asked, database.bound(cast.kil) as session:
            ask(session, cast)
        return len(asked)

    few = count()
    with in_kil() as session:
        for one in range(30):
            add_person(session, f"F{one}", "Fler", unit_id=cast.units["11"], position_id=cast.position_id, now=NOW)
    assert count() == few


def test_refreshing_takes_as_many_questions_however_many_people(database, in_kil, cast, history):
    def count(people):
        with asking(database) as asked, in_kil() as session:
            for person in people:
                add_absence(session, person, starts_on=DAY, ends_on=DAY, now=NOW)
        return sum("phase" in statement or "FROM employment" in statement for statement, _ in asked)

    with in_kil() as session:
        more = [
            add_person(session, f"F{one}", "Fler", unit_id=cast.units["11"], position_id=cast.position_id, now=NOW).id
            for one in range(30)
        ]
    assert count(more[:1]) == count(more)


def test_a_duty_without_an_employment_is_required_but_not_counted(in_kil, cast):
    with in_kil() as session:
        course = add_course(session, "roll", now=NOW)
        requirement = add_requirement(
            session, "roll", course_id=course.course_id, now=NOW, lines=({"duty": DutyKind.SYSTEM_OWNER},)
        )
        employment = session.query(Employment).filter_by(person_id=cast.people["eva"]).one()
        employment.retracted_at, employment.retracted_why = NOW, "Slutat."
    with in_kil() as session:
        assert [one.code for one in obligations_of(session, cast.people["eva"], DAY)] == ["roll"]
        assert figures_of_requirement(session, ALL, DAY, requirement.requirement_id).people == 0
