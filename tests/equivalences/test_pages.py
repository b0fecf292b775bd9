"""The pages where completions of one course are let count as another's, and no longer."""

import html
from datetime import date

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.factories import acting, add_completion, add_course, add_person, add_requirement, sign_in
from tracker.audit.models import JournalEntry
from tracker.catalogue.models import Course, CourseEquivalence, CourseVersion
from tracker.catalogue.operations import AlreadyAcceptedError, SameCourseError, accept_completions
from tracker.compliance.queries import obligations_of
from tracker.domain.facts import State
from tracker.people.models import Person

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


def look(client, courses, **dates):
    """Send the form for the first time: it answers with whom it would change."""
    form = {"course": courses["gamla"], "starts_on": "", "ends_on": ""} | dates
    return client.post(f"/courses/{courses['nya']}/equivalences/new", data=form)


def send(client, courses, **dates):
    """Send the form, and again as it was answered with."""
    seen = look(client, courses, **dates)
    if seen.status_code != 200:
        return seen
    return look(client, courses, **dates, seen=carried(seen))


def carried(answer):
    """Return what the form that is shown carries of what it showed."""
    return answer.text.split('name="seen"')[1].split('value="')[1].split('"')[0]


def test_added_and_taken_back(cecilia, courses, in_kil, cast):
    assert state(in_kil, cast) is State.OVERDUE
    seen = look(cecilia, courses).text
    assert "Det ändrar läge eller datum för 1 person." in seen
    assert "Anna" in seen.split('id="changed"')[1]
    assert state(in_kil, cast) is State.OVERDUE, "nothing is written before it is confirmed"
    assert send(cecilia, courses).status_code == 302
    assert state(in_kil, cast) is State.VALID
    page = cecilia.get(f"/courses/{courses['nya']}").get_data(as_text=True)
    assert "gamla" in page.split('id="equivalences"')[1]
    with in_kil() as session:
        number = session.scalars(select(CourseEquivalence.id)).one()
    path = f"/courses/{courses['nya']}/equivalences/{number}/stop"
    for answer in (cecilia.get(path), cecilia.post(path, data={"why": ""})):
        shown = answer.text.split('id="consequences"')[1]
        assert "Försenade eller utgångna direkt" in shown
        assert "Anna" in shown
        assert "Försenad</span>" in shown
    assert answer.status_code == 422
    assert state(in_kil, cast) is State.VALID
    stale = cecilia.post(path, data={"why": "Fel kurs", "seen": "as it was yesterday"})
    assert "Det som ändras är inte längre det du såg" in stale.text
    assert state(in_kil, cast) is State.VALID
    assert cecilia.post(path, data={"why": "Fel kurs", "seen": carried(stale)}).status_code == 302
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


def test_what_was_not_looked_at_is_looked_at_first(cecilia, courses, in_kil):
    assert look(cecilia, courses, seen="nonsense").status_code == 200
    first = carried(look(cecilia, courses, ends_on="2026-06-30"))
    assert look(cecilia, courses, ends_on="2026-07-01", seen=first).status_code == 200
    with in_kil() as session:
        assert session.scalars(select(CourseEquivalence)).all() == []


def test_protected_names_are_not_told(cecilia, courses, in_kil, cast):
    with in_kil() as session:
        old = session.scalars(select(CourseVersion).join(Course).where(Course.code == "gamla")).one()
        session.get_one(Person, cast.people["anna"]).protected_identity = True
        for name in ("bosse", "david"):
            add_completion(session, cast.people[name], old, on=date(2026, 3, 1), now=NOW)
    seen = look(cecilia, courses).text.split('id="consequences"')[1]
    assert "Skyddad identitet" in seen
    assert "Anna" not in seen


def test_all_of_them_are_a_page_away(cecilia, courses, in_kil, cast):
    with in_kil() as session:
        old = session.scalars(select(CourseVersion).join(Course).where(Course.code == "gamla")).one()
        for number in range(60):
            person = add_person(
                session, f"P{number:02}", "Prov", unit_id=cast.units["11"], position_id=cast.position_id, now=NOW
            )
            add_completion(session, person.id, old, on=date(2026, 3, 1), now=NOW)
    seen = look(cecilia, courses, ends_on="2026-06-30").text.split('id="consequences"')[1]
    assert "Det ändrar läge eller datum för 61 personer." in seen
    assert seen.count('scope="row"') == 50
    assert "Visa alla 61" in seen
    listed = html.unescape(seen.split("mb-0")[1].split('href="')[1].split('"')[0])
    first, second = (cecilia.get(f"{listed}&page={number}").text for number in (1, 2))
    assert (first.count('scope="row"'), second.count('scope="row"')) == (50, 11)
    assert "Sida 2 av 2" in second
    back = html.unescape(second.split("/equivalences/new?")[1].split('"')[0])
    assert 'value="2026-06-30"' in cecilia.get(f"/courses/{courses['nya']}/equivalences/new?{back}").text
    assert cecilia.get(listed.replace("2026-06-30", "i dag")).status_code == 302

    assert send(cecilia, courses).status_code == 302
    with in_kil() as session:
        number = session.scalars(select(CourseEquivalence.id)).one()
    path = f"/courses/{courses['nya']}/equivalences/{number}"
    assert f"{path}/people" in cecilia.get(f"{path}/stop").text
    assert cecilia.get(f"{path}/people?page=2").text.count('scope="row"') == 11


def test_as_many_queries_for_thirty_as_for_one(cecilia, courses, in_kil, cast, counted):
    def statements():
        def ask():
            assert look(cecilia, courses).status_code == 200

        return counted(ask)

    few = statements()
    with in_kil() as session:
        old = session.scalars(select(CourseVersion).join(Course).where(Course.code == "gamla")).one()
        for number in range(30):
            person = add_person(
                session, f"P{number}", "Prov", unit_id=cast.units["11"], position_id=cast.position_id, now=NOW
            )
            add_completion(session, person.id, old, on=date(2026, 3, 1), now=NOW)
    assert statements() == few


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


def test_what_changed_since_it_was_shown_is_shown_anew(cecilia, in_kil, cast, courses):
    """Anna takes the course itself in between: letting the other count no longer changes anything for her."""
    seen = carried(look(cecilia, courses))
    with in_kil() as session:
        version = session.scalars(
            select(CourseVersion).join(Course, Course.id == CourseVersion.course_id).where(Course.code == "nya")
        ).one()
        add_completion(session, cast.people["anna"], version, on=NOW.date(), now=NOW)
    answer = look(cecilia, courses, seen=seen)
    assert answer.status_code == 200
    assert "Det som ändras är inte längre det du såg" in answer.text
    with in_kil() as session:
        assert session.scalars(select(CourseEquivalence)).all() == []
    assert look(cecilia, courses, seen=carried(answer)).status_code == 302
