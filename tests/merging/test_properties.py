"""Rules 4.7 and 4.8 through the real operations: a merged person is the union of two; what was known before stays."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from itertools import count

import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.conftest import NOW
from tests.domain import histories
from tests.factories import add_requirement, add_unit
from tracker import tokens
from tracker.catalogue.models import Course, CourseKind, CourseVersion
from tracker.compliance.learners import load_learners
from tracker.compliance.models import Phase
from tracker.compliance.operations import COLUMNS, differences
from tracker.db import Known
from tracker.domain.facts import merged
from tracker.domain.obligations import phases
from tracker.edge import transaction
from tracker.learning.models import Completion
from tracker.merging.operations import merge, undo_merge
from tracker.organisation.models import Position
from tracker.people.models import Absence, Duty, Employment, Person, PersonMerge
from tracker.permissions import system
from tracker.requirements.models import Assignment, Exemption, Extension
from tracker.requirements.queries import load_requirements
from tracker.systems.models import Access, ItSystem, SystemScope

NUMBER = count(1)
HOUR = timedelta(hours=1)


@pytest.fixture
def world(database, cast):
    """Units, positions, courses, systems and requirements under the numbers that random facts use."""
    with transaction(database, cast.kil, now=NOW) as session:
        units = {n: add_unit(session, f"Enhet {n}", parent_id=None, code=f"x{n}", now=NOW).id for n in histories.UNITS}
        positions, systems, versions, courses = {}, {}, {}, {}
        for number in histories.POSITIONS:
            position = Position(code=f"p{number}", title=f"Befattning {number}")
            session.add(position)
            session.flush()
            positions[number] = position.id
        for number in histories.SYSTEMS:
            row = ItSystem(code=f"s{number}", name="x", scope=SystemScope.MUNICIPALITY_WIDE, created_at=NOW)
            session.add(row)
            session.flush()
            systems[number] = row.id
        for number in histories.COURSES:
            course = Course(code=f"c{number}", kind=CourseKind.COURSE, created_at=NOW)
            session.add(course)
            session.flush()
            courses[number] = course.id
            for major in (1, 2, 3):
                version = CourseVersion(
                    course_id=course.id,
                    number=major,
                    major=major,
                    titles={"sv": "x", "en": "x"},
                    summaries={"sv": "", "en": ""},
                    minutes=1,
                    published_on=histories.FIRST,
                    published_at=NOW,
                )
                session.add(version)
                session.flush()
                versions[number, major] = version.id
        session.flush()
        requirements = {}
        for number, lines in (
            (histories.THIS, ({},)),
            (histories.OTHER, ({"unit_id": units[1]}, {"system_id": systems[1]})),
        ):
            version = add_requirement(
                session,
                f"krav{number}",
                course_id=courses[number],
                now=NOW,
                effective_from=histories.FIRST,
                lines=lines,
                validity_months=12,
            )
            requirements[number] = version.requirement_id
    return {
        "units": units,
        "positions": positions,
        "systems": systems,
        "versions": versions,
        "courses": courses,
        "requirements": requirements,
    }


def add_learner(session, world, learner, at):
    """Add a person of whom these facts are known."""
    number = next(NUMBER)
    row = Person(
        employee_number=f"h{number}",
        given_name="Slump",
        family_name=f"Person{number}",
        sort_key=f"person{number:09}",
        created_at=at,
    )
    session.add(row)
    session.flush()
    mark = {"person_id": row.id, "recorded_at": at, "source": "test"}

    def span(fact):
        return {"starts_on": fact.days.starts_on, "ends_on": fact.days.ends_on}

    for fact in learner.employments:
        session.add(
            Employment(
                unit_id=world["units"][fact.unit_id],
                position_id=world["positions"][fact.position_id],
                kind=fact.kind,
                percent=100,
                **span(fact),
                **mark,
            )
        )
    for fact in learner.duties:
        session.add(
            Duty(
                kind=fact.kind,
                unit_id=world["units"].get(fact.unit_id),
                system_id=world["systems"].get(fact.system_id),
                **span(fact),
                **mark,
            )
        )
    session.add_all(Access(system_id=world["systems"][f.system_id], **span(f), **mark) for f in learner.accesses)
    session.add_all(Absence(**span(f), **mark) for f in learner.absences)
    for fact in learner.completions:
        session.add(
            Completion(
                course_id=world["courses"][fact.course_id],
                course_version_id=world["versions"][fact.course_id, fact.version],
                completed_on=fact.completed_on,
                evidence=fact.evidence,
                source_ref=f"test:{tokens.public_id()}",
                **mark,
            )
        )
    for kind, facts in ((Exemption, learner.exemptions), (Assignment, learner.assignments)):
        session.add_all(
            kind(requirement_id=world["requirements"][f.requirement_id], reason="", **span(f), **mark) for f in facts
        )
    session.add_all(
        Extension(
            requirement_id=world["requirements"][f.requirement_id],
            granted_on=f.granted_on,
            due_on=f.due_on,
            reason="",
            **mark,
        )
        for f in learner.extensions
    )
    return row.id


def stored(session, person_id):
    """The phases of a person as they are stored, by requirement."""
    columns = [getattr(Phase, name) for name in COLUMNS if name != "line_ids"]
    statement = select(*columns).where(Phase.person_id == person_id)
    found = {}
    for _person, requirement_id, *row in session.execute(statement.order_by(Phase.requirement_id, Phase.starts_on)):
        found.setdefault(requirement_id, []).append(tuple(row))
    return found


def computed(session, learner):
    """The phases that the rules give, by requirement."""
    found = {
        rule.id: [
            (
                one.starts_on,
                one.ends_on,
                one.state,
                one.due_on,
                one.valid_until,
                one.because.reason,
                one.because.version_id,
            )
            for one in phases(learner, rule)
        ]
        for rule in load_requirements(session)
    }
    return {requirement_id: rows for requirement_id, rows in found.items() if rows}


def known(session, ids, at):
    """What was known of people at an instant, whatever rows say it."""
    session.known = Known(at.date(), at)
    found = load_learners(session, ids)
    session.known = None
    return {
        id_: {one.name: sorted(map(_plain, getattr(learner, one.name))) for one in fields(learner) if one.init}
        for id_, learner in found.items()
    }


def _plain(fact):
    return repr([getattr(fact, name) for name in fact.__slots__ if name != "id"])


@settings(
    max_examples=12,
    # Shrinking would take minutes, since each try writes to a database.
    phases=(hypothesis.Phase.explicit, hypothesis.Phase.reuse, hypothesis.Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_a_merge_is_the_union_and_undoing_it_is_as_before(database, cast, world, data):
    learners = [data.draw(histories.learners(2), label=name) for name in "abc"]
    steps = iter(count(1))
    at = datetime(2026, 12, 1, tzinfo=UTC)

    def do(act):
        nonlocal at
        at += HOUR
        with transaction(database, cast.kil, now=at) as session:
            result = act(session)
        with transaction(database, cast.kil, now=at) as session:
            assert differences(session, persons=ids) == []
            seen[at] = known(session, ids, at)
            for instant, said in seen.items():
                assert known(session, ids, instant) == said, next(steps)
        return result

    ids: list[int] = []
    seen: dict[datetime, dict] = {}
    ids += do(lambda session: [add_learner(session, world, learner, at) for learner in learners])
    seen.clear()
    by = system(cast.kil, "test")

    def merging(one, two):
        def act(session):
            return merge(
                session,
                survivor=session.get_one(Person, ids[one]),
                absorbed=session.get_one(Person, ids[two]),
                reason="x",
                by=by,
                now=at,
                today=at.date(),
            ).id

        return act

    def undoing(merge_id):
        return lambda session: undo_merge(session, merge=session.get_one(PersonMerge, merge_id), why="x", by=by, now=at)

    def now_stored():
        with database.bound(cast.kil, reading=True) as session:
            return [stored(session, id_) for id_ in ids], load_learners(session, ids)

    # One into another, perhaps both into a third, and everything undone from the end.
    chain = data.draw(st.sampled_from([[(0, 1)], [(0, 1), (2, 0)], [(0, 1), (0, 2)]]), label="merges")
    stack = []
    for one, two in chain:
        before, learner = now_stored()
        stack.append((do(merging(one, two)), before))
        with database.bound(cast.kil, reading=True) as session:
            assert stored(session, ids[one]) == computed(session, merged(learner[ids[one]], learner[ids[two]]))
            assert stored(session, ids[two]) == {}
    for merge_id, before in reversed(stack):
        do(undoing(merge_id))
        assert now_stored()[0] == before
