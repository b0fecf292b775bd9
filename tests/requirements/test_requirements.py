"""What requirements say, and how they are published."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.factories import acting, add_completion, add_course, add_duty, add_person, add_requirement, add_unit
from tests.statements import asking
from tracker.catalogue.models import Course, CourseEquivalence, CourseVersion
from tracker.catalogue.starter import load_starter as load_courses
from tracker.compliance.models import Phase
from tracker.compliance.queries import obligations_of, phase_on
from tracker.db import retract
from tracker.domain.evidence import Evidence
from tracker.domain.facts import DutyKind, State
from tracker.domain.periods import Days
from tracker.domain.requirement import Contradiction, ContradictionError
from tracker.domain.validity import ForMonths, UntilDayOfYear
from tracker.edge import transaction
from tracker.organisation.models import UnitPlacement
from tracker.requirements.models import AudienceLine, Requirement, RequirementVersion
from tracker.requirements.operations import (
    Draft,
    Line,
    MissingTextError,
    NoAudienceError,
    SystemWithoutCourseError,
    publish,
    require_system_course,
)
from tracker.requirements.queries import in_charge, load_requirements, named_lines, published_versions, subtrees
from tracker.requirements.starter import StarterCourseMissingError, load_starter
from tracker.systems.models import ItSystem

DAY = date(2026, 11, 23)
WORDS = {"sv": "Krav", "en": "Requirement"}


def draft(course_id, **says):
    values = {
        "titles": WORDS,
        "reasons": WORDS,
        "course_id": course_id,
        "effective_from": date(2026, 1, 1),
        "first_due_days": 30,
    }
    return Draft(**(values | says))


def place(session, unit_id, parent_id, first, last=None):
    session.add(
        UnitPlacement(
            unit_id=unit_id,
            parent_id=parent_id,
            name="Enhet",
            sort_key="enhet",
            starts_on=first,
            ends_on=last,
            recorded_at=NOW,
            source="test",
        )
    )


class TestSubtrees:
    def test_units_at_and_below(self, in_kil, cast):
        with in_kil() as session:
            found = subtrees(session, {cast.units["10"]})[cast.units["10"]]
        assert set(found) == {cast.units["10"], cast.units["11"]}
        assert DAY in found[cast.units["11"]][0]

    def test_a_chain_holds_while_all_its_links_do(self, in_kil, cast):
        with in_kil() as session:
            # A group below Hemtjänsten, which itself lay under Vård och omsorg during the first half of 2025 only.
            old = session.scalars(select(UnitPlacement).where(UnitPlacement.unit_id == cast.units["11"])).one()
            retract([old], now=NOW, by_id=None, why="Flyttad.")
            place(session, cast.units["11"], cast.units["10"], date(2025, 1, 1), date(2025, 6, 30))
            place(session, cast.units["11"], cast.units["20"], date(2025, 7, 1))
            group = add_unit(session, "Gruppen", parent_id=None, code="110", now=NOW)
            place(session, group.id, cast.units["11"], date(2025, 3, 1))
            session.flush()
            found = subtrees(session, {cast.units["10"], cast.units["20"]})
        assert found[cast.units["10"]][group.id] == (Days(date(2025, 3, 1), date(2025, 6, 30)),)
        assert found[cast.units["20"]][group.id] == (Days(date(2025, 7, 1)),)

    def test_two_units_that_changed_places(self, in_kil, cast):
        one, other = cast.units["10"], cast.units["20"]
        with in_kil() as session:
            for placement in session.scalars(select(UnitPlacement).where(UnitPlacement.unit_id.in_([one, other]))):
                retract([placement], now=NOW, by_id=None, why="Prov.")
            place(session, one, other, date(2024, 1, 1), date(2024, 12, 31))
            place(session, other, one, date(2025, 1, 1), date(2025, 12, 31))
            session.flush()
            found = subtrees(session, {one})[one]
        assert found[other] == (Days(date(2025, 1, 1), date(2025, 12, 31)),)
        assert found[one] == (Days(date.min),)

    def test_for_a_few_people_only_the_units_they_belong_to_on_the_same_days(self, in_kil, cast):
        roots = {cast.units["10"], cast.units["20"]}
        with in_kil() as session:
            old = session.scalars(select(UnitPlacement).where(UnitPlacement.unit_id == cast.units["11"])).one()
            retract([old], now=NOW, by_id=None, why="Flyttad.")
            place(session, cast.units["11"], cast.units["10"], date(2024, 1, 1), date(2025, 6, 30))
            place(session, cast.units["11"], cast.units["20"], date(2025, 7, 1))
            for beside in ("110", "111"):
                add_unit(session, "Grannen", parent_id=cast.units["10"], code=beside, now=NOW)
            session.flush()
            everything = subtrees(session, roots)
            hers = subtrees(session, roots, persons=[cast.people["anna"]])
        for root in roots:
            assert hers[root] == {unit: everything[root][unit] for unit in (root, cast.units["11"])}
        assert len(everything[cast.units["10"]]) == 4

    def test_a_duty_for_a_unit_counts_as_belonging_to_it(self, in_kil, cast):
        with in_kil() as session:
            kind = DutyKind.LOCAL_IT_RESOURCE_PERSON
            add_duty(session, cast.people["anna"], kind, unit_id=cast.units["20"], now=NOW)
            session.flush()
            found = subtrees(session, {cast.units["1"]}, persons=[cast.people["anna"]])[cast.units["1"]]
        assert set(found) == {cast.units[code] for code in ("1", "10", "11", "20")}


class TestLoading:
    def test_everything_that_was_published(self, in_kil, cast):
        with in_kil() as session:
            course, other = add_course(session, "a", now=NOW), add_course(session, "b", now=NOW)
            add_requirement(
                session,
                "a",
                course_id=course.course_id,
                now=NOW,
                fixed_month=12,
                fixed_day=1,
                fixed_every_years=2,
                fixed_in_year=2025,
                lines=({"unit_id": cast.units["10"]}, {"excludes": True, "duty": DutyKind.UNIT_MANAGER}),
            )
            session.add(
                CourseEquivalence(
                    course_id=course.course_id,
                    accepted_course_id=other.course_id,
                    ends_on=date(2025, 12, 31),
                    recorded_at=NOW,
                    source="test",
                )
            )
            session.add(
                CourseVersion(
                    course_id=course.course_id,
                    number=2,
                    major=2,
                    titles={},
                    summaries={},
                    minutes=1,
                    published_on=date(2026, 3, 1),
                    published_at=NOW,
                )
            )
        with in_kil() as session:
            (found,) = load_requirements(session)
            assert load_requirements(session, [found.id]) == [found]
            assert load_requirements(session, [found.id + 1]) == []
        (version,) = found.versions
        assert version.validity == UntilDayOfYear(12, 1, 2, 2025, 6)
        assert [(line.excludes, line.duty) for line in version.lines] == [(False, None), (True, DutyKind.UNIT_MANAGER)]
        assert set(version.lines[0].units) == {cast.units["10"], cast.units["11"]}
        assert [(one.accepted_course_id, one.days) for one in found.equivalences] == [
            (other.course_id, Days(date.min, date(2025, 12, 31)))
        ]
        assert [(one.number, one.published_on) for one in found.majors] == [
            (1, date(2020, 1, 1)),
            (2, date(2026, 3, 1)),
        ]

    def test_as_many_questions_however_many_requirements(self, database, in_kil, cast):
        def count():
            with asking(database) as asked, database.bound(cast.kil) as session:
                load_requirements(session)
            return len(asked)

        def require(code):
            with in_kil() as session:
                course = add_course(session, code, now=NOW)
                line = {"unit_id": cast.units["10"]}
                add_requirement(session, code, course_id=course.course_id, now=NOW, lines=(line, {}))

        require("1")
        few = count()
        for one in range(2, 12):
            require(str(one))
        assert count() == few

    def test_not_those_of_another_municipality(self, database, in_kil, cast):
        with in_kil() as session:
            add_requirement(session, "a", course_id=add_course(session, "a", now=NOW).course_id, now=NOW)
        with database.bound(cast.grums) as session:
            assert load_requirements(session) == []


class TestPublishing:
    def test_a_requirement_and_its_next_version(self, in_kil, cast):
        with in_kil() as session:
            course = add_course(session, "a", now=NOW)
            by = acting(cast)
            says = draft(course.course_id, validity=ForMonths(24), lines=(Line(unit_id=cast.units["11"]),))
            first = publish(session, code="a", draft=says, by=by, now=NOW)
            later = draft(course.course_id, effective_from=date(2027, 1, 1))
            second = publish(session, code="a", draft=later, by=by, now=NOW + timedelta(seconds=1))
            assert (first.number, second.number) == (1, 2)
            assert first.requirement_id == second.requirement_id
            assert first.validity_months == 24
            versions = published_versions(session, first.requirement_id)
            assert in_charge(versions, date(2026, 12, 31)).number == 1
            assert in_charge(versions, date(2027, 1, 1)).number == 2
            assert in_charge(versions, date(2020, 1, 1)).number == 1
        with in_kil() as session:
            on = select(Phase.person_id).where(Phase.requirement_id == first.requirement_id)
            before = set(session.scalars(on.where(phase_on(date(2026, 12, 31)))))
            after = set(session.scalars(on.where(phase_on(date(2027, 1, 1)))))
        assert before == {cast.people["anna"], cast.people["bosse"]}
        assert len(after) == 8

    def test_is_in_the_journal(self, in_kil, cast):
        from tracker.audit.models import JournalEntry

        with in_kil() as session:
            course = add_course(session, "a", now=NOW)
            publish(session, code="a", draft=draft(course.course_id), by=acting(cast), now=NOW)
        with in_kil() as session:
            entry = session.scalars(select(JournalEntry).where(JournalEntry.action == "requirement.published")).one()
        assert entry.details == {"code": "a", "version": 1, "effective_from": "2026-01-01"}

    @pytest.mark.parametrize(
        ("says", "error"),
        [
            ({"lines": ()}, NoAudienceError),
            ({"lines": (Line(excludes=True),)}, NoAudienceError),
            ({"titles": {"sv": "Krav"}}, MissingTextError),
            ({"reasons": {"sv": "Därför.", "en": " "}}, MissingTextError),
            ({"first_due_on": date(2026, 5, 1)}, ContradictionError),
            ({"validity": ForMonths(1), "renewal_window_days": 60}, ContradictionError),
        ],
    )
    def test_what_cannot_be_published(self, in_kil, cast, says, error):
        with in_kil() as session:
            course = add_course(session, "a", now=NOW)
            with pytest.raises(error):
                publish(session, code="a", draft=draft(course.course_id, **says), by=acting(cast), now=NOW)
            assert session.scalars(select(RequirementVersion)).all() == []

    def test_says_what_is_contradictory(self, in_kil, cast):
        with in_kil() as session:
            course = add_course(session, "a", now=NOW)
            says = draft(course.course_id, effective_until=date(2025, 1, 1))
            with pytest.raises(ContradictionError) as caught:
                publish(session, code="a", draft=says, by=acting(cast), now=NOW)
        assert caught.value.contradiction is Contradiction.EFFECTIVE_DAYS


class TestSystemCourses:
    def test_the_users_of_a_system_take_its_course(self, in_kil, cast):
        from tests.factories import add_access

        with in_kil() as session:
            system = session.get_one(ItSystem, cast.system_id)
            system.course_id = add_course(session, "omsorg", now=NOW).course_id
            add_access(session, cast.people["anna"], cast.system_id, starts_on=date(2026, 11, 1), now=NOW)
            version = require_system_course(
                session, system=system, by=acting(cast), now=NOW, effective_from=date(2026, 1, 1)
            )
            assert version.titles["sv"] == "Systemutbildning: Omsorgsjournalen"
        with in_kil() as session:
            (found,) = obligations_of(session, cast.people["anna"], DAY)
            assert (found.state, found.due_on) == (State.TO_DO, date(2026, 12, 1))
            assert obligations_of(session, cast.people["bosse"], DAY) == []

    def test_again_changes_nothing_and_another_course_makes_a_new_version(self, in_kil, cast):
        with in_kil() as session:
            system = session.get_one(ItSystem, cast.system_id)
            system.course_id = add_course(session, "omsorg", now=NOW).course_id
            by, start = acting(cast), date(2026, 1, 1)
            first = require_system_course(session, system=system, by=by, now=NOW, effective_from=start)
            again = require_system_course(session, system=system, by=by, now=NOW, effective_from=DAY)
            assert again is first
            system.course_id = add_course(session, "omsorg-2", now=NOW).course_id
            other = require_system_course(session, system=system, by=by, now=NOW, effective_from=DAY)
            assert (other.number, other.course_id) == (2, system.course_id)

    def test_a_system_without_a_course(self, in_kil, cast):
        with in_kil() as session:
            system = session.get_one(ItSystem, cast.system_id)
            with pytest.raises(SystemWithoutCourseError):
                require_system_course(session, system=system, by=acting(cast), now=NOW, effective_from=DAY)


class TestStarter:
    @pytest.fixture
    def started(self, in_kil, cast):
        with in_kil() as session:
            load_courses(session, by=acting(cast), now=NOW, today=date(2024, 1, 1))
            load_starter(session, by=acting(cast), now=NOW, effective_from=date(2024, 12, 1))

    def test_is_published_once(self, in_kil, cast, started):
        with in_kil() as session:
            assert load_starter(session, by=acting(cast), now=NOW, effective_from=DAY) == []
            assert set(session.scalars(select(Requirement.code))) == {
                "grund-it-teori",
                "grund-it-praktik",
                "introduktion",
                "it-strategi",
                "roll-systemforvaltning",
                "roll-lokal-it-resursperson",
            }
            assert session.scalars(select(func.count(RequirementVersion.id))).one() == 6

    def test_says_it_in_both_languages(self, in_kil, started):
        with in_kil() as session:
            for version in session.scalars(select(RequirementVersion)):
                assert set(version.titles) == set(version.reasons) == {"sv", "en"}
                assert version.legal_basis.startswith("IT-strategi ")

    def test_each_asks_for_evidence_that_its_course_can_give(self, in_kil, started):
        with in_kil() as session:
            rows = dict(
                session.execute(
                    select(Course.code, RequirementVersion.minimum_evidence).join(
                        RequirementVersion, RequirementVersion.course_id == Course.id
                    )
                ).all()
            )
        assert rows == {
            "grund-it-teori": Evidence.GRADED,
            "grund-it-praktik": Evidence.ATTESTED,
            "it-strategi": Evidence.READ_AND_ACKNOWLEDGED,
            "systemforvaltning": Evidence.GRADED,
            "lokal-it-resursperson": Evidence.GRADED,
        }

    def test_who_has_what(self, in_kil, cast, started):
        basic = {"grund-it-teori", "grund-it-praktik", "it-strategi"}
        with in_kil() as session:
            new = add_person(
                session,
                "Nora",
                "Ny",
                unit_id=cast.units["11"],
                position_id=cast.position_id,
                now=NOW,
                starts_on=date(2026, 11, 9),
            ).id
            add_duty(session, cast.people["anna"], DutyKind.LOCAL_IT_RESOURCE_PERSON, now=NOW, starts_on=DAY)
        with in_kil() as session:
            assert {one.code for one in obligations_of(session, cast.people["david"], DAY)} == basic
            assert {one.code for one in obligations_of(session, cast.people["eva"], DAY)} == basic | {
                "roll-systemforvaltning"
            }
            assert {one.code for one in obligations_of(session, cast.people["anna"], DAY)} == basic | {
                "roll-lokal-it-resursperson"
            }
            due = {one.code: one.due_on for one in obligations_of(session, new, DAY)}
        assert due == {
            "introduktion": date(2026, 12, 9),
            "it-strategi": date(2026, 12, 9),
            "grund-it-teori": date(2027, 2, 7),
            "grund-it-praktik": date(2027, 2, 7),
        }

    def test_one_completion_serves_both_that_ask_for_the_course(self, in_kil, cast, started):
        with in_kil() as session:
            new = add_person(
                session,
                "Nora",
                "Ny",
                unit_id=cast.units["11"],
                position_id=cast.position_id,
                now=NOW,
                starts_on=date(2026, 11, 9),
            ).id
            theory = session.scalars(
                select(CourseVersion)
                .join(Course, Course.id == CourseVersion.course_id)
                .where(Course.code == "grund-it-teori")
            ).one()
            add_completion(session, new, theory, on=date(2026, 11, 12), now=NOW)
        with in_kil() as session:
            found = {one.code: (one.state, one.valid_until) for one in obligations_of(session, new, DAY)}
        assert found["introduktion"] == (State.VALID, None)
        assert found["grund-it-teori"] == (State.VALID, date(2029, 11, 11))

    def test_courses_come_first(self, in_kil, cast):
        with in_kil() as session, pytest.raises(StarterCourseMissingError):
            load_starter(session, by=acting(cast), now=NOW, effective_from=DAY)

    def test_the_other_municipality_has_its_own(self, database, cast, started):
        with transaction(database, cast.grums, now=NOW) as session:
            assert session.scalars(select(Requirement)).all() == []


def test_lines_are_named_as_on_the_day(in_kil, cast):
    with in_kil() as session:
        course = add_course(session, "a", now=NOW)
        says = draft(
            course.course_id,
            effective_from=date(2026, 3, 1),
            lines=(
                Line(unit_id=cast.units["11"], position_id=cast.position_id),
                Line(system_id=cast.system_id),
                Line(new_hire_days=10),
            ),
        )
        version = publish(session, code="a", draft=says, by=acting(cast), now=NOW)
        found = named_lines(session, [version.id], DAY)[version.id]
        lines = session.scalars(select(AudienceLine).order_by(AudienceLine.id)).all()
    assert [named.line for named in found] == lines
    assert [(one.unit, one.position, one.system, one.hired_from) for one in found] == [
        ("Hemtjänsten", "Undersköterska", None, None),
        (None, None, "Omsorgsjournalen", None),
        (None, None, None, date(2026, 2, 19)),
    ]
