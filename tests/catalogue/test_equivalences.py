"""Completions of one course that count as another's."""

from datetime import date

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.factories import acting, add_completion, add_course, add_requirement, sign_in
from tracker.audit.models import JournalEntry
from tracker.catalogue.models import Course, CourseEquivalence
from tracker.catalogue.operations import AlreadyAcceptedError, SameCourseError, accept_completions
from tracker.compliance.queries import obligations_of
from tracker.domain.facts import State

TODAY = date(2026, 11, 23)


@pytest.fixture
def courses(in_kil, cast):
    """A requirement asks for the new course; Anna has completed the old one."""
    with in_kil() as session:
        new, old = (add_course(session, code, now=NOW, title=code) for code in ("nya", "gamla"))
        add_requirement(session, "krav", course_id=new.course_id, now=NOW)
        add_completion(session, cast.people["anna"], old, on=date(2026, 3, 1), now=NOW)
        return {
            course.code: course.public_id for course in session.scalars(select(Course).order_by(Course.code.desc()))
        }


@pytest.fixture
def cecilia(client, database, cast, courses):
    return sign_in(client, database, cast, "cecilia")


def state(in_kil, cast):
    with in_kil() as session:
        return obligations_of(session, cast.people["anna"], TODAY)[0].state


def send(client, courses, **dates):
    form = {"course": courses["gamla"], "starts_on": "", "ends_on": ""} | dates
    return client.post(f"/courses/{courses['nya']}/equivalences/new", data=form)


def test_added_and_taken_back(cecilia, courses, in_kil, cast):
    assert state(in_kil, cast) is State.OVERDUE
    assert send(cecilia, courses).status_code == 302
    assert state(in_kil, cast) is State.VALID
    page = cecilia.get(f"/courses/{courses['nya']}").get_data(as_text=True)
    assert "gamla" in page.split('id="equivalences"')[1]
    with in_kil() as session:
        number = session.scalars(select(CourseEquivalence.id)).one()
    path = f"/courses/{courses['nya']}/equivalences/{number}/stop"
    assert cecilia.get(path).status_code == 200
    assert cecilia.post(path, data={"why": ""}).status_code == 422
    assert cecilia.post(path, data={"why": "Fel kurs"}).status_code == 302
    assert state(in_kil, cast) is State.OVERDUE
    assert cecilia.post(path, data={"why": "Igen"}).status_code == 404
    with in_kil() as session:
        noted = session.scalars(select(JournalEntry.action).where(JournalEntry.action.startswith("course.equiv"))).all()
    assert sorted(noted) == ["course.equivalence_added", "course.equivalence_taken_back"]


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({"starts_on": "2026-03-01"}, State.VALID),
        ({"starts_on": "2026-03-02"}, State.OVERDUE),
        ({"ends_on": "2026-03-01"}, State.VALID),
        ({"ends_on": "2026-02-28"}, State.OVERDUE),
    ],
)
def test_on_certain_days(cecilia, courses, in_kil, cast, dates, expected):
    assert send(cecilia, courses, **dates).status_code == 302
    assert state(in_kil, cast) is expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"course": ""},
        {"course": "nonsense"},
        {"starts_on": "2026-03-02", "ends_on": "2026-03-01"},
        {"starts_on": "i går"},
    ],
)
def test_what_cannot_be_meant(cecilia, courses, in_kil, wrong):
    assert send(cecilia, courses, **wrong).status_code == 422
    with in_kil() as session:
        assert session.scalars(select(CourseEquivalence)).all() == []


def test_twice_on_the_same_days(cecilia, courses):
    assert send(cecilia, courses, ends_on="2026-06-30").status_code == 302
    assert send(cecilia, courses, starts_on="2026-06-30").status_code == 422
    assert send(cecilia, courses, starts_on="2026-07-01").status_code == 302


def test_not_as_itself_nor_the_other_way_round(in_kil, cast, courses):
    with in_kil() as session:
        new, old = session.scalars(select(Course).order_by(Course.code.desc())).all()
        says = {"starts_on": None, "ends_on": None, "by": acting(cast), "now": NOW}
        with pytest.raises(SameCourseError):
            accept_completions(session, course=new, of=new, **says)
        accept_completions(session, course=old, of=new, **says)
        with pytest.raises(AlreadyAcceptedError):
            accept_completions(session, course=old, of=new, **says)
    assert state(in_kil, cast) is State.OVERDUE


@pytest.mark.parametrize("name", ["anna", "bosse", "eva"])
def test_others_may_not(client, database, cast, courses, name):
    assert send(sign_in(client, database, cast, name), courses).status_code == 403
