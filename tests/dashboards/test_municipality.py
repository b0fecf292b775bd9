"""The municipality's figures equal a naive recount; gaps are found; names are for those who may see them."""

import re
from collections import Counter
from datetime import date

import pytest

from tests.conftest import NOW
from tests.factories import add_completion, add_course, add_duty, add_person, add_requirement, add_unit
from tests.statements import planned
from tracker.compliance.models import Phase
from tracker.domain.facts import DutyKind, State
from tracker.organisation.models import UnitKind
from tracker.people.models import Employment
from tracker.systems.models import Importance, ItSystem


def recount(session, day, units=None):
    """Count states and people behind by looking at every row in Python."""

    def covers(row):
        return row.starts_on <= day and (row.ends_on is None or row.ends_on >= day)

    employed = {
        row.person_id
        for row in session.query(Employment)
        if row.retracted_at is None and covers(row) and (units is None or row.unit_id in units)
    }
    phases = [phase for phase in session.query(Phase) if covers(phase) and phase.person_id in employed]
    at_fault = {phase.person_id for phase in phases if phase.state in (State.OVERDUE, State.LAPSED)}
    return Counter(phase.state for phase in phases), len(at_fault), len({phase.person_id for phase in phases})


@pytest.mark.parametrize("day", [date(2026, 11, 23), date(2026, 5, 31), date(2025, 7, 1), date(2027, 3, 15)])
def test_figures_equal_a_naive_recount(show, story, in_kil, day):
    page = show("david", "/municipality", day=day.isoformat())
    with in_kil() as session:
        states, behind, people = recount(session, day)
    figures = page["figures"]
    assert {state: number for state, number in figures.by_state.items() if number} == dict(states)
    assert (figures.people_behind, figures.people) == (behind, people)
    counted = sum(states.values()) - states[State.EXEMPT] - states[State.ON_HOLD]
    assert figures.completed == (states[State.VALID] + states[State.RENEW]) / counted
    assert figures.in_order == (counted - states[State.OVERDUE] - states[State.LAPSED]) / counted


def test_units_equal_a_naive_recount_and_are_ranked_by_people(show, story, cast, in_kil):
    page = show("david", "/municipality")
    with in_kil() as session:
        care = recount(session, date(2026, 11, 23), {cast.units["10"], cast.units["11"]})
        office = recount(session, date(2026, 11, 23), {cast.units["20"]})
    ranked = [(part.unit.name, part.figures.people_behind, part.figures.people) for part in page["parts"]]
    assert ranked == [("Kommunledningskontoret", *office[1:]), ("Vård och omsorg", *care[1:])]
    assert office[1] > care[1]


def test_drill_down(show, story, cast):
    page = show("david", "/municipality", unit=cast.unit_ids["10"])
    assert [(part.unit.name, part.direct, part.figures.people) for part in page["parts"]] == [
        ("Hemtjänsten", False, 4),
        ("Vård och omsorg", True, 1),
    ]
    assert page["figures"].people == 5
    assert page["gaps"] is None
    assert show("david", "/municipality", unit=cast.unit_ids["grums"]).response.status_code == 404


def test_trend_equals_a_naive_recount_at_each_month_end(show, story, in_kil):
    trend = show("david", "/municipality")["trend"]
    assert [moment.day for moment in trend][-3:] == [date(2026, 9, 30), date(2026, 10, 31), date(2026, 11, 23)]
    assert len(trend) == 25
    with in_kil() as session:
        for moment in trend:
            states = recount(session, moment.day)[0]
            counted = sum(states.values())
            assert moment.figures.counted == counted
            assert moment.figures.completed == (states[State.VALID] + states[State.RENEW]) / counted
            assert moment.figures.in_order == (counted - states[State.OVERDUE] - states[State.LAPSED]) / counted
    assert len({moment.figures.completed for moment in trend}) > 2, "something must have changed for this to be a test"


def test_someone_with_two_employments_counts_once(show, story, cast, in_kil):
    before = show("david", "/municipality")["figures"]
    with in_kil() as session:
        session.add(
            Employment(
                person_id=cast.people["anna"],
                unit_id=cast.units["20"],
                position_id=cast.position_id,
                kind="Tillsvidare",
                percent=50,
                starts_on=date(2026, 1, 1),
                recorded_at=NOW,
                source="test",
            )
        )
    page = show("david", "/municipality")
    assert page["figures"] == before
    assert sum(part.figures.people for part in page["parts"]) == before.people + 1


def test_gaps(show, story, cast, in_kil):
    with in_kil() as session:
        office = add_unit(session, "Barn och utbildning", parent_id=cast.units["1"], code="30", now=NOW)
        office.kind = UnitKind.ADMINISTRATION
        school = add_unit(session, "Skolan", parent_id=office.id, code="31", now=NOW)
        add_person(session, "Sara", "Sand", unit_id=school.id, position_id=cast.position_id, now=NOW)
        session.add(
            ItSystem(
                code="ekonomi",
                name="Ekonomin",
                scope="municipality_wide",
                importance=Importance.IMPORTANT,
                security_plan_on=date(2024, 11, 22),
                created_at=NOW,
            )
        )
        nobody = add_course(session, "ingen", now=NOW)
        add_requirement(
            session,
            "ingen",
            course_id=nobody.course_id,
            now=NOW,
            lines=({"position_id": cast.position_id, "unit_id": cast.units["1"], "employment_kind": "Ingen"},),
        )
        add_duty(session, cast.people["olle"], DutyKind.IT_MANAGER, now=NOW)
    gaps = show("david", "/municipality")["gaps"]
    assert [unit.name for unit in gaps.units_without_manager] == ["Skolan", "Kommunledningskontoret", "Vård och omsorg"]
    assert [unit.name for unit in gaps.administrations_without_head] == ["Barn och utbildning"]
    assert [unit.name for unit in gaps.administrations_without_resource_person] == ["Barn och utbildning"]
    assert gaps.duties_without_holder == [DutyKind.IT_SECURITY_COORDINATOR, DutyKind.LOCAL_IT_COORDINATOR]
    assert [system.name for system in gaps.systems_without_owner] == ["Ekonomin"]
    assert [system.name for system in gaps.systems_without_administrator] == ["Ekonomin", "Omsorgsjournalen"]
    assert [system.name for system in gaps.systems_without_plan] == ["Ekonomin"]
    assert [one.code for one in gaps.requirements_for_nobody] == ["ingen"]
    with in_kil() as session:
        add_duty(session, cast.people["david"], DutyKind.LOCAL_IT_RESOURCE_PERSON, unit_id=school.id, now=NOW)
        add_duty(session, cast.people["david"], DutyKind.UNIT_MANAGER, unit_id=office.id, now=NOW)
        add_duty(session, cast.people["david"], DutyKind.SYSTEM_ADMINISTRATOR, system_id=cast.system_id, now=NOW)
    gaps = show("david", "/municipality")["gaps"]
    assert gaps.administrations_without_resource_person == []
    assert [unit.name for unit in gaps.units_without_manager] == ["Kommunledningskontoret", "Vård och omsorg"]
    assert [system.name for system in gaps.systems_without_administrator] == ["Ekonomin"]


def test_no_gaps_before_there_was_a_system_or_requirement_is_told_by_the_day(show, story):
    assert show("david", "/municipality", day="2020-01-01")["gaps"].requirements_for_nobody[0].code == "omsorg"


def test_municipality_administrator_sees_figures_and_no_names(show, story):
    page = show("mona", "/municipality")
    assert page.response.status_code == 200
    assert page["figures"].people_behind > 0
    assert "/team" not in page.html
    for name in ("Åkesson", "Berg", "Hemlig", "Nilsson"):
        assert name not in page.html
    assert "/team?" in show("david", "/municipality").html


def test_who_may_open_it(show, story):
    for name, status in {"anna": 403, "bosse": 403, "eva": 403, "olle": 403, "kim": 403, "cecilia": 200}.items():
        assert show(name, "/municipality").response.status_code == status, name


def test_empty_day_shows_dashes(show, story):
    page = show("david", "/municipality", day="2019-01-01")
    assert page.response.status_code == 200
    assert page["figures"].in_order is None
    assert "100 %" not in page.html


def test_queries_are_as_many_for_thirty_units(show, story, cast, in_kil, counting):
    with counting() as few:
        show("david", "/municipality")
    with in_kil() as session:
        for number in range(30):
            unit = add_unit(session, f"Enhet {number}", parent_id=cast.units["1"], code=f"9{number}", now=NOW)
            person = add_person(
                session, f"P{number}", "Persson", unit_id=unit.id, position_id=cast.position_id, now=NOW
            )
            add_completion(session, person.id, story.basics, on=date(2026, 10, 1), now=NOW)
    with counting() as many:
        page = show("david", "/municipality")
    assert len(page["parts"]) == 32
    assert len(many) == len(few)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # PostgreSQL plans by statistics.
def test_employments_are_found_by_whose_they_are(show, story, database, cast, counting):
    """For each phase, those of the whole unit were gone through."""
    with counting() as asked:
        assert show("david", "/municipality", unit=cast.unit_ids["10"]).response.status_code == 200
    for_each = [step for step in planned(database, asked) if "EXISTS (SELECT employment" in step[1]]
    assert any(re.search(r"employment USING .*person_id=\?", step[0]) for step in for_each)
    assert [step for step in for_each if re.search(r"employment USING .*unit_id=\?", step[0])] == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_lies_above_a_unit_is_looked_up(show, story, database, counting):
    """For each unit, all that lie in another one were gone through."""
    with counting() as asked:
        assert show("david", "/organisation").response.status_code == 200
    assert [step for step in planned(database, asked) if "parent_id>" in step[0]] == []
