"""What counts as what, in a pack."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.factories import acting, add_completion, add_course, add_requirement
from tests.packs.cases import ABOUT, course
from tests.packs.conftest import TODAY, load, pack_from
from tracker.audit.models import JournalEntry
from tracker.catalogue.content import EquivalenceDraft
from tracker.catalogue.models import Course, CourseEquivalence
from tracker.catalogue.operations import stop_accepting
from tracker.catalogue.queries import course_by_code, current_version, equivalences
from tracker.compliance.queries import obligations_of
from tracker.domain.facts import State
from tracker.packs.files import Pack, PackError, read_pack, write_pack
from tracker.packs.operations import PlanChangedError, fingerprint, load_pack
from tracker.packs.queries import Change, plan
from tracker.writing import Fault, Problem

BOTH_COURSES = (course("gamla"), course("nya"))
DATED = EquivalenceDraft("nya", "gamla", date(2025, 1, 1), date(2026, 6, 30))


def accepting(*equivalences, courses=BOTH_COURSES):
    return Pack(ABOUT, courses, (), (), equivalences)


def test_what_counts_as_what_comes_along(in_kil, in_grums, cast):
    with in_kil() as session:
        load(session, cast, accepting(DATED, EquivalenceDraft("gamla", "nya")))
    with in_kil() as session:
        first = write_pack(pack_from(session))
        assert pack_from(session, courses=["nya"]).equivalences == (), "the other course is not in it"
        assert len(pack_from(session, courses=["gamla", "nya"]).equivalences) == 2
    with in_grums() as session:
        load(session, cast, read_pack(first))
    with in_grums() as session:
        assert write_pack(pack_from(session)) == first
        planned = load(session, cast, read_pack(first))
        assert [one.change for one in planned.equivalences] == [Change.SAME] * 2
        assert not planned.changes
    with in_grums() as session:
        assert session.scalar(select(func.count(CourseEquivalence.id))) == 2
        actions = session.scalars(select(JournalEntry.action)).all()
        assert actions.count("course.equivalence_added") == 2
        (entry,) = session.scalars(select(JournalEntry).where(JournalEntry.action == "pack.loaded"))
        assert entry.details["equivalences"] == ["gamla < nya", "nya < gamla"]


@pytest.mark.parametrize(
    ("completed", "state"), [("2026-06-30", State.VALID), ("2026-07-01", State.OVERDUE), ("2024-12-31", State.OVERDUE)]
)
def test_what_counts_as_what_counts_at_once(in_kil, cast, completed, state):
    anna = cast.people["anna"]
    with in_kil() as session:
        load(session, cast, accepting())
    with in_kil() as session:
        new, old = (course_by_code(session, code) for code in ("nya", "gamla"))
        add_requirement(session, "krav", course_id=new.id, now=NOW)
        add_completion(
            session, anna, current_version(session, old.id, TODAY), on=date.fromisoformat(completed), now=NOW
        )
    with in_kil() as session:
        assert [one.state for one in obligations_of(session, anna, TODAY)] == [State.OVERDUE]
        load(session, cast, accepting(DATED))
    with in_kil() as session:
        assert [one.state for one in obligations_of(session, anna, TODAY)] == [state]


def test_what_counts_on_other_days_here_is_left_alone(in_kil, cast):
    with in_kil() as session:
        load(session, cast, accepting(DATED))
    with in_kil() as session:
        others = (replace(DATED, ends_on=date(2025, 1, 1)), replace(DATED, starts_on=date(2026, 7, 1), ends_on=None))
        changes = [one.change for one in load(session, cast, accepting(*others)).equivalences]
        assert changes == [Change.CONFLICT, Change.NEW]
    with in_kil() as session:
        assert pack_from(session).equivalences == (DATED, others[1])


def test_what_was_taken_back_is_not_in_it(in_kil, cast):
    with in_kil() as session:
        load(session, cast, accepting(DATED))
    with in_kil() as session:
        course = course_by_code(session, "nya")
        (one,) = equivalences(session, course.id)
        stop_accepting(session, course=course, equivalence=one.equivalence, why="fel", by=acting(cast), now=NOW)
    with in_kil() as session:
        assert pack_from(session).equivalences == ()


def test_an_equivalence_of_an_unknown_course_refuses_the_whole_pack(in_grums, cast):
    pack = accepting(DATED, EquivalenceDraft("nya", "okand"))
    with in_grums() as session:
        with pytest.raises(PackError) as refused:
            load(session, cast, pack)
        assert refused.value.problems == (Problem("equivalences.toml", Fault.UNKNOWN_COURSE, {"code": "okand"}),)
    with in_grums() as session:
        assert session.scalars(select(Course)).all() == []
        add_course(session, "okand", now=NOW)
    with in_grums() as session:
        load(session, cast, pack)


def test_the_plan_says_whom_an_equivalence_would_change(in_kil, cast):
    """Anna has taken the old course: that it counts settles the new one's requirement for her, and nobody else."""
    with in_kil() as session:
        new, old = (add_course(session, code, now=NOW) for code in ("nya", "gamla"))
        add_requirement(session, "krav", course_id=new.course_id, now=NOW)
        add_completion(session, cast.people["anna"], old, on=NOW.date(), now=NOW)
    pack = accepting(EquivalenceDraft("nya", "gamla"), courses=())
    with in_kil() as session:
        planned = plan(session, pack, today=NOW.date())
        (one,) = planned.equivalences
        assert one.consequences is not None
        assert one.consequences.people == {cast.people["anna"]}
        looked_at = fingerprint(planned)
        add_completion(session, cast.people["bosse"], old, on=NOW.date(), now=NOW)
    with in_kil() as session, pytest.raises(PlanChangedError):
        load_pack(session, pack=pack, by=acting(cast), now=NOW, today=NOW.date(), expecting=looked_at)
