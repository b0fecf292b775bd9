"""The phase table is what the rules say of the facts, whatever has happened: rule 4.9."""

from datetime import date, timedelta
from random import Random

import pytest
from sqlalchemy import delete, select, update

from tests.compliance.happenings import act, beginning
from tests.conftest import NOW
from tests.factories import (
    BEGINNING,
    add_completion,
    add_course,
    add_exemption,
    add_requirement,
)
from tracker import tokens
from tracker.catalogue.models import CourseEquivalence, CourseVersion
from tracker.compliance import operations
from tracker.compliance.models import Phase
from tracker.compliance.operations import differences, rebuild, refresh
from tracker.compliance.queries import phase_on
from tracker.db import retract
from tracker.domain.evidence import Evidence
from tracker.domain.facts import State
from tracker.domain.requirement import MajorVersions
from tracker.edge import transaction
from tracker.learning.models import Completion
from tracker.many_rows import insert_many
from tracker.organisation.models import UnitPlacement
from tracker.requirements.models import AudienceLine, Requirement, RequirementVersion

TODAY = date(2026, 11, 23)


def state_of(session, person_id, requirement_id, day=TODAY):
    return session.scalars(
        select(Phase.state).where(Phase.person_id == person_id, Phase.requirement_id == requirement_id, phase_on(day))
    ).one_or_none()


@pytest.fixture
def basic(in_kil):
    """A requirement for everyone, due 30 days after the employment began, valid for 12 months."""
    with in_kil() as session:
        course = add_course(session, "grund", now=NOW)
        requirement = add_requirement(
            session, "grund", course_id=course.course_id, now=NOW, effective_from=date(2025, 1, 1), validity_months=12
        )
    return course, requirement.requirement_id


class TestWhatTouches:
    def test_publishing_a_requirement(self, in_kil, cast, basic):
        _, requirement = basic
        with in_kil() as session:
            assert state_of(session, cast.people["anna"], requirement) is State.OVERDUE
            assert state_of(session, cast.people["anna"], requirement, date(2025, 1, 10)) is State.TO_DO
            assert state_of(session, cast.people["anna"], requirement, date(2024, 12, 31)) is None

    def test_a_fact_added_through_the_session(self, in_kil, cast, basic):
        course, requirement = basic
        with in_kil() as session:
            add_completion(session, cast.people["anna"], course, on=date(2026, 5, 1), now=NOW)
        with in_kil() as session:
            assert state_of(session, cast.people["anna"], requirement) is State.VALID
            assert state_of(session, cast.people["bosse"], requirement) is State.OVERDUE

    def test_a_fact_added_in_bulk(self, in_kil, cast, basic):
        course, requirement = basic
        with in_kil() as session:
            insert_many(
                session,
                Completion,
                [
                    {
                        "public_id": tokens.public_id(),
                        "person_id": cast.people[name],
                        "course_id": course.course_id,
                        "course_version_id": course.id,
                        "completed_on": date(2026, 5, 1),
                        "evidence": Evidence.GRADED,
                        "source_ref": f"test:{name}",
                        "recorded_at": NOW,
                        "source": "test",
                    }
                    for name in ("anna", "bosse")
                ],
            )
        with in_kil() as session:
            assert state_of(session, cast.people["anna"], requirement) is State.VALID
            assert state_of(session, cast.people["bosse"], requirement) is State.VALID
            assert state_of(session, cast.people["eva"], requirement) is State.OVERDUE

    def test_a_fact_about_a_requirement_or_course_only_what_it_means_for_that(self, in_kil, cast, basic):
        course, requirement = basic
        with in_kil() as session:
            other = add_course(session, "annan", now=NOW)
            served = add_requirement(session, "annan", course_id=other.course_id, now=NOW).requirement_id
            equal = CourseEquivalence(
                course_id=other.course_id, accepted_course_id=course.course_id, recorded_at=NOW, source="test"
            )
            session.add(equal)
        with in_kil() as session:
            add_exemption(session, cast.people["eva"], "annan", starts_on=TODAY, ends_on=None, now=NOW)
            touched = session.touched
            assert (touched.persons_in_part, touched.concerned_requirements) == ({cast.people["eva"]}, {served})
            assert not touched.persons
            add_completion(session, cast.people["anna"], course, on=date(2026, 5, 1), now=NOW)
            assert touched.persons_in_part == {cast.people["anna"], cast.people["eva"]}
            assert touched.concerned_courses == {course.course_id}
            assert not touched.persons
        with in_kil() as session:
            assert differences(session) == []
            assert state_of(session, cast.people["eva"], served) is State.EXEMPT
            for required in (requirement, served):
                assert state_of(session, cast.people["anna"], required) is State.VALID

    def test_a_fact_retracted(self, in_kil, cast, basic):
        course, requirement = basic
        with in_kil() as session:
            add_completion(session, cast.people["anna"], course, on=date(2026, 5, 1), now=NOW)
        with in_kil() as session:
            completion = session.scalars(select(Completion)).one()
            retract([completion], now=NOW, by_id=None, why="Fel person.")
        with in_kil() as session:
            assert state_of(session, cast.people["anna"], requirement) is State.OVERDUE

    def test_a_new_version_of_the_requirement(self, in_kil, cast, basic):
        course, requirement = basic
        other = date(2026, 1, 1)
        with in_kil() as session:
            version = RequirementVersion(
                requirement_id=requirement,
                number=2,
                titles={"sv": "x", "en": "x"},
                reasons={"sv": "x", "en": "x"},
                course_id=course.course_id,
                effective_from=other,
                first_due_days=30,
                published_at=NOW,
            )
            session.add(version)
            session.flush()
            session.add(AudienceLine(requirement_version_id=version.id, unit_id=cast.units["20"]))
        with in_kil() as session:
            assert state_of(session, cast.people["anna"], requirement, other) is None
            assert state_of(session, cast.people["anna"], requirement, other - timedelta(days=1)) is State.OVERDUE
            assert state_of(session, cast.people["david"], requirement, other) is State.OVERDUE

    def test_a_draft_touches_nothing(self, in_kil, cast, basic):
        course, requirement = basic
        with in_kil() as session:
            session.add(
                RequirementVersion(
                    requirement_id=requirement,
                    number=2,
                    titles={},
                    reasons={},
                    course_id=course.course_id,
                    effective_from=TODAY,
                    first_due_days=30,
                )
            )
            session.add(
                CourseVersion(course_id=course.course_id, number=2, major=2, titles={}, summaries={}, minutes=1)
            )
            session.flush()
            assert not session.touched

    def test_an_equivalence_added_and_taken_away(self, in_kil, cast, basic):
        _, requirement = basic
        with in_kil() as session:
            other = add_course(session, "annan", now=NOW)
            add_completion(session, cast.people["anna"], other, on=date(2026, 5, 1), now=NOW)
        with in_kil() as session:
            assert state_of(session, cast.people["anna"], requirement) is State.OVERDUE
            equivalence = CourseEquivalence(
                course_id=basic[0].course_id, accepted_course_id=other.course_id, recorded_at=NOW, source="test"
            )
            session.add(equivalence)
        with in_kil() as session:
            assert state_of(session, cast.people["anna"], requirement) is State.VALID
            retract([session.get_one(CourseEquivalence, equivalence.id)], now=NOW, by_id=None, why="fel")
        with in_kil() as session:
            assert state_of(session, cast.people["anna"], requirement) is State.OVERDUE

    def test_a_change_of_many_rows_at_once(self, in_kil, cast, basic):
        _, requirement = basic
        with in_kil() as session:
            session.execute(update(RequirementVersion).values(first_due_days=3650))
        with in_kil() as session:
            assert state_of(session, cast.people["anna"], requirement) is State.TO_DO

    def test_a_major_course_version(self, in_kil, cast):
        with in_kil() as session:
            course = add_course(session, "policy", now=NOW)
            requirement = add_requirement(
                session,
                "policy",
                course_id=course.course_id,
                now=NOW,
                major_versions=MajorVersions.WITHIN_DAYS,
                major_version_days=30,
            ).requirement_id
            add_completion(session, cast.people["anna"], course, on=date(2026, 1, 1), now=NOW)
        with in_kil() as session:
            assert state_of(session, cast.people["anna"], requirement) is State.VALID
            session.add(
                CourseVersion(
                    course_id=course.course_id,
                    number=2,
                    major=2,
                    titles={},
                    summaries={},
                    minutes=1,
                    published_on=date(2026, 9, 1),
                    published_at=NOW,
                )
            )
        with in_kil() as session:
            assert state_of(session, cast.people["anna"], requirement, date(2026, 9, 2)) is not None
            assert state_of(session, cast.people["anna"], requirement) is State.LAPSED

    def test_a_unit_that_moves_is_in_the_audience_from_that_day(self, in_kil, cast):
        moved_on = date(2026, 6, 1)
        with in_kil() as session:
            course = add_course(session, "kommunledning", now=NOW)
            requirement = add_requirement(
                session, "kommunledning", course_id=course.course_id, now=NOW, lines=({"unit_id": cast.units["20"]},)
            ).requirement_id
        with in_kil() as session:
            assert state_of(session, cast.people["anna"], requirement, moved_on) is None
            placement = session.scalars(select(UnitPlacement).where(UnitPlacement.unit_id == cast.units["11"])).one()
            retract([placement], now=NOW, by_id=None, why="Flyttad.")
            for parent, first, last in (
                (cast.units["10"], BEGINNING, moved_on - timedelta(days=1)),
                (cast.units["20"], moved_on, None),
            ):
                session.add(
                    UnitPlacement(
                        unit_id=cast.units["11"],
                        parent_id=parent,
                        name="Hemtjänsten",
                        sort_key="hemtjansten",
                        starts_on=first,
                        ends_on=last,
                        recorded_at=NOW,
                        source="test",
                    )
                )
        with in_kil() as session:
            assert state_of(session, cast.people["anna"], requirement, moved_on - timedelta(days=1)) is None
            assert state_of(session, cast.people["anna"], requirement, moved_on) is State.TO_DO


@pytest.fixture
def replaced(monkeypatch):
    """Whose phases are deleted and whose are added, one for each."""
    people = []

    def noting(act):
        def note(session, model, columns, rows, **same):
            people.extend(row[0] for row in rows)
            act(session, model, columns, rows, **same)

        return note

    for name in ("delete_plain", "insert_plain"):
        monkeypatch.setattr(operations, name, noting(getattr(operations, name)))
    return people


class TestWhatIsKept:
    def test_rows_that_do_not_differ_stay(self, in_kil, cast, basic, replaced):
        course, _ = basic
        with in_kil() as session:
            replaced.clear()
            add_completion(session, cast.people["anna"], course, on=date(2026, 5, 1), now=NOW)
        assert set(replaced) == {cast.people["anna"]}

    def test_rebuilding_a_true_table_changes_nothing(self, in_kil, basic, replaced):
        with in_kil() as session:
            replaced.clear()
            rebuild(session)
        assert replaced == []

    def test_the_transaction_that_fails_leaves_the_table_as_it_was(self, in_kil, cast, basic):
        course, requirement = basic

        def act():
            with in_kil() as session:
                add_completion(session, cast.people["anna"], course, on=date(2026, 5, 1), now=NOW)
                refresh(session)
                assert state_of(session, cast.people["anna"], requirement) is State.VALID
                raise RuntimeError

        with pytest.raises(RuntimeError):
            act()
        with in_kil() as session:
            assert state_of(session, cast.people["anna"], requirement) is State.OVERDUE

    def test_the_other_municipality(self, database, cast, in_kil):
        with transaction(database, cast.grums, now=NOW) as session:
            course = add_course(session, "grund", now=NOW)
            add_requirement(session, "grund", course_id=course.course_id, now=NOW)
        with database.bound(cast.grums) as session:
            before = session.execute(select(Phase.person_id, Phase.requirement_id, Phase.starts_on)).all()
        with in_kil() as session:
            course = add_course(session, "grund", now=NOW)
            add_requirement(session, "grund", course_id=course.course_id, now=NOW)
            rebuild(session)
            assert cast.people["omar"] not in set(session.scalars(select(Phase.person_id)))
        with database.bound(cast.grums) as session:
            assert session.execute(select(Phase.person_id, Phase.requirement_id, Phase.starts_on)).all() == before
            assert {row.person_id for row in before} == {cast.people["omar"]}


class TestDifferences:
    def test_a_true_table_has_none(self, in_kil, basic):
        with in_kil() as session:
            assert session.scalars(select(Phase.person_id)).first() is not None
            assert differences(session) == []

    def test_a_phase_that_someone_changed(self, in_kil, cast, basic):
        with in_kil() as session:
            phase = session.scalars(select(Phase).where(Phase.person_id == cast.people["anna"])).first()
            phase.state = State.VALID
        with in_kil() as session:
            assert [(one.person, one.requirement) for one in differences(session)] == [
                (cast.person_ids["anna"], "grund")
            ]
            assert differences(session, persons=[cast.people["bosse"]]) == []
            rebuild(session)
            assert differences(session) == []

    def test_a_phase_too_many(self, in_kil, cast, basic):
        with in_kil() as session:
            course = add_course(session, "draft", now=NOW)
            requirement = Requirement(code="draft", created_at=NOW)
            session.add(requirement)
            session.flush()
            draft = RequirementVersion(
                requirement_id=requirement.id,
                number=1,
                titles={},
                reasons={},
                course_id=course.course_id,
                effective_from=TODAY,
                first_due_days=30,
            )
            session.add(draft)
            session.flush()
            stored = session.scalars(select(Phase)).first()
            insert_many(
                session,
                Phase,
                [
                    {
                        "person_id": cast.people["anna"],
                        "requirement_id": draft.requirement_id,
                        "version_id": draft.id,
                        "starts_on": TODAY,
                        "ends_on": None,
                        "state": State.VALID,
                        "due_on": None,
                        "valid_until": None,
                        "reason": stored.reason,
                        "line_ids": "",
                    }
                ],
            )
        with in_kil() as session:
            assert [one.requirement for one in differences(session)] == ["draft"]


@pytest.mark.parametrize("seed", range(4))
def test_the_table_is_true_after_any_sequence_of_operations(in_kil, cast, seed):
    """Facts and rules come and go at random; after every transaction the table is what a rebuild would give."""
    chance = Random(seed)
    with in_kil() as session:
        people, courses = beginning(session, chance, cast, NOW)
    for step in range(25):
        with in_kil() as session:
            act(session, chance, cast, people, courses, step, NOW)
        with in_kil() as session:
            assert differences(session) == []
    with in_kil() as session:
        assert session.scalars(select(Phase.person_id)).first() is not None


def test_other_processes_compute_the_same(in_kil, cast, basic):
    with in_kil() as session:
        session.execute(delete(Phase), execution_options={"synchronize_session": False})
    done = []
    with in_kil() as session:
        rebuild(session, processes=2, progress=lambda number, of: done.append((number, of)))
    with in_kil() as session:
        assert session.scalars(select(Phase.person_id)).first() is not None
        assert differences(session) == []
    assert done == [(8, 8)]
