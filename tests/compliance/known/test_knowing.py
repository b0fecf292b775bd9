"""How it was known: exact for any past day, whatever was retracted, corrected or published since."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import select

from tests.compliance.happenings import act, beginning
from tests.compliance.known.conftest import JULY, MARCH, MAY, known, look_back, noon, table
from tests.conftest import NOW
from tests.factories import acting, add_course, add_exemption, add_requirement
from tracker.audit.models import JournalEntry
from tracker.compliance.known import KEPT, prepare, prepared
from tracker.compliance.models import KnownDay
from tracker.compliance.operations import differences
from tracker.compliance.queries import obligations_of
from tracker.db import FactChangedError, retract
from tracker.domain.facts import State
from tracker.edge import transaction
from tracker.learning.models import Completion
from tracker.people.models import Employment
from tracker.requirements.models import Requirement


def state(session, cast, name, day):
    states = [one.state for one in obligations_of(session, cast.people[name], day)]
    return states[0] if states else None


@pytest.mark.parametrize(
    ("on", "stood"),
    [
        (date(2026, 4, 30), State.OVERDUE),
        (MAY, State.VALID),
        (date(2026, 6, 30), State.VALID),
        (JULY, State.OVERDUE),
        (date(2026, 1, 1), None),
    ],
)
def test_a_completion_recorded_late_and_taken_back_since(in_kil, cast, story, on, stood):
    with in_kil() as session:
        look_back(session, cast, on)
        assert state(session, cast, "anna", date(2026, 4, 15)) is stood
        session.known = None
        assert state(session, cast, "anna", date(2026, 4, 15)) is State.OVERDUE


def test_who_was_deleted_from_the_roster_since_is_still_there(in_kil, at, cast, story):
    with at(JULY) as session:
        retract(
            session.scalars(select(Employment).where(Employment.person_id == cast.people["anna"])),
            now=noon(JULY),
            by_id=None,
            why="finns inte i filen",
        )
    with in_kil() as session:
        assert state(session, cast, "anna", MARCH) is None
        look_back(session, cast, MARCH)
        assert state(session, cast, "anna", MARCH) is State.OVERDUE


def test_rules_changed_since(in_kil, at, cast, story):
    with at(JULY) as session:
        requirement = session.get_one(Requirement, story)
        course = add_course(session, "senare", now=noon(JULY))
        later = add_requirement(session, "senare", course_id=course.course_id, now=noon(JULY), effective_from=MARCH)
        assert requirement.id != later.requirement_id
    with in_kil() as session:
        assert len(obligations_of(session, cast.people["anna"], MAY)) == 2
        look_back(session, cast, MAY)
        assert len(obligations_of(session, cast.people["anna"], MAY)) == 1


def test_the_end_of_the_local_day_is_what_counts(in_kil, database, cast, story):
    late = datetime(2026, 6, 1, 21, 59, 59, tzinfo=UTC)  # One second to midnight in Sweden.
    with transaction(database, cast.kil, now=late) as session:
        add_exemption(session, cast.people["anna"], "grund", starts_on=MARCH, ends_on=None, now=late)
    with in_kil() as session:
        look_back(session, cast, date(2026, 5, 31))
        assert state(session, cast, "anna", MARCH) is State.OVERDUE
        session.known = None
        look_back(session, cast, date(2026, 6, 1))
        assert state(session, cast, "anna", MARCH) is State.EXEMPT


@pytest.mark.parametrize("seed", range(3))
def test_what_was_known_is_what_the_table_said_then(database, cast, in_kil, seed):
    """Property 8 of the rules, over random histories: day by day, the table is photographed, and found again later."""
    chance, said = Random(seed), {}
    day = date(2026, 2, 1)
    with transaction(database, cast.kil, now=noon(day)) as session:
        people, courses = beginning(session, chance, cast, noon(day))
    for step in range(20):
        day += timedelta(days=chance.randrange(1, 9))
        with transaction(database, cast.kil, now=noon(day)) as session:
            act(session, chance, cast, people, courses, step, noon(day))
        with in_kil() as session:
            said[day] = table(session)
    asked = sorted(chance.sample(sorted(said), 5))
    with in_kil() as session:
        for on in asked:
            look_back(session, cast, on)
            assert table(session) == said[on], on
            session.known = None
    with in_kil() as session:
        assert differences(session) == []  # What is known now was not touched by looking back.
    assert any(said.values())


def test_a_day_is_computed_once_and_noted(in_kil, cast, story):
    for _ in range(2):
        with in_kil() as session:
            prepare(session, known(MARCH), by=acting(cast), now=NOW)
    with in_kil() as session:
        assert prepared(session, MARCH)
        assert not prepared(session, MAY)
        noted = session.scalars(select(JournalEntry).where(JournalEntry.action == "phases.computed_as_known")).all()
        assert [entry.details for entry in noted] == [{"known_on": "2026-03-01"}]


def test_the_day_computed_longest_ago_gives_way(in_kil, cast, story):
    days = [MARCH + timedelta(days=number) for number in range(KEPT + 2)]
    for number, day in enumerate(days):
        with in_kil() as session:
            prepare(session, known(day), by=acting(cast), now=NOW + timedelta(seconds=number))
    with in_kil() as session:
        assert sorted(session.scalars(select(KnownDay.known_on))) == days[2:]
        now_known = len(table(session))
        for day in days:
            session.known = known(day)
            assert bool(table(session)) == (day in days[2:])
        session.known = None
        assert len(table(session)) == now_known > 0


def test_later_facts_do_not_reach_what_was_known(in_kil, cast, story):
    with in_kil() as session:
        prepare(session, known(MARCH), by=acting(cast), now=NOW)
    with in_kil() as session:
        completion = session.scalars(select(Completion)).one()
        assert completion.retracted_at is not None
        course = add_course(session, "till", now=NOW)
        add_requirement(session, "till", course_id=course.course_id, now=NOW)
    with in_kil() as session:
        session.known = known(MARCH)
        assert {one.code for one in obligations_of(session, cast.people["anna"], MARCH)} == {"grund"}


def test_facts_are_facts_when_looking_back_too(in_kil, cast, story):
    with in_kil() as session:
        session.known = known(MARCH)
        session.scalars(select(Employment)).first().percent = 1
        with pytest.raises(FactChangedError):
            session.flush()
        session.rollback()
