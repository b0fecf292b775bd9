"""Whom it would change that a course counts as another is whom it does change, and how, by the phase table."""

import random
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.drafting.test_whatif import a_municipality, stored
from tests.factories import acting, add_absence, add_completion, add_course, add_person, add_requirement
from tracker.catalogue.models import Course, CourseEquivalence
from tracker.catalogue.operations import accept_completions, stop_accepting
from tracker.domain.facts import State
from tracker.domain.obligations import AT_FAULT
from tracker.domain.periods import Days
from tracker.domain.requirement import Equivalence
from tracker.equivalences.queries import Effect, consequences, named
from tracker.people.models import Person
from tracker.people.queries import viewer_of

DAY = NOW.date()
SOON = DAY + timedelta(days=30)
TO_COMPLETE = {State.TO_DO, State.GRACE, *AT_FAULT}
UNDATED = {State.EXEMPT, State.ON_HOLD}


def expected(before, after):
    """Say from the phase table, on the day and soon, before and after, what the preview should have said."""
    found = {}
    for one, (was, due_before) in before[0].items():
        becomes, due_after = after[0][one]
        due, due_after = due_before or date.max, due_after or date.max
        soon_was, soon_becomes = (standing[1].get(one, (None,))[0] in AT_FAULT for standing in (before, after))
        dated = not {was, becomes} & UNDATED
        effects = {
            Effect.OVERDUE: becomes in AT_FAULT and was not in AT_FAULT,
            Effect.OVERDUE_SOON: becomes not in AT_FAULT and soon_becomes and not soon_was,
            Effect.RELIEVED: was in AT_FAULT and becomes not in AT_FAULT,
            Effect.EARLIER: dated and due_after < due,
            Effect.LATER: dated and due_after > due,
            Effect.TO_COMPLETE: becomes in TO_COMPLETE and was not in TO_COMPLETE,
            Effect.COMPLETED: was in TO_COMPLETE and becomes not in TO_COMPLETE,
        }
        if was is not becomes or any(effects.values()):
            found[one] = ((was, becomes), {effect for effect, so in effects.items() if so})
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_the_preview_is_what_it_does(in_kil, cast, seed):
    """Courses are let count, and no longer, one after another; each time the phase table is then what was foretold."""
    chance = random.Random(seed)
    with in_kil() as session:
        asked = a_municipality(session, cast, chance)
        other = add_course(session, "gamla", now=NOW)
        required = [
            add_requirement(session, "en-gang", course_id=asked, now=NOW, first_due_days=30),
            add_requirement(session, "varje-ar", course_id=asked, now=NOW, validity_months=12, grace_days=10),
        ]
        ids = [version.requirement_id for version in required]
        for person_id in session.scalars(select(Person.id)):
            if chance.random() < 0.7:
                done = DAY - timedelta(days=chance.randrange(1, 800))
                add_completion(session, person_id, other, on=done, now=NOW)
            if chance.random() < 0.2:
                first = DAY - timedelta(days=chance.randrange(40))
                add_absence(session, person_id, starts_on=first, ends_on=first + timedelta(days=60), now=NOW)

    def standing():
        with in_kil() as session:
            return {id_: [stored(session, id_, day) for day in (DAY, SOON)] for id_ in ids}

    seen = set()
    for _ in range(4):
        first = chance.choice([None, DAY - timedelta(days=chance.randrange(800))])
        last = chance.choice([None, DAY - timedelta(days=chance.randrange(20))])
        for counts in (True, False):
            before = standing()
            with in_kil() as session:
                rule = Equivalence(asked, other.course_id, Days(first or date.min, last))
                foretold = consequences(session, rule, counts=counts, day=DAY)
            assert standing() == before, "nothing was written"
            with in_kil() as session:
                course, of = session.get_one(Course, asked), session.get_one(Course, other.course_id)
                if counts:
                    by = acting(cast)
                    accept_completions(session, course=course, of=of, starts_on=first, ends_on=last, by=by, now=NOW)
                else:
                    fact = session.scalars(
                        select(CourseEquivalence).where(CourseEquivalence.retracted_at.is_(None))
                    ).one()
                    stop_accepting(session, course=course, equivalence=fact, why="x", by=acting(cast), now=NOW)
            after = standing()
            told = {
                (one.requirement_id, one.person_id): ((one.before.state, one.after.state), set(one.effects))
                for one in foretold.changed
            }
            assert told == {
                (id_, person): change for id_ in ids for person, change in expected(before[id_], after[id_]).items()
            }
            seen |= {effect for _states, effects in told.values() for effect in effects}
    assert seen >= {Effect.OVERDUE, Effect.RELIEVED, Effect.EARLIER, Effect.LATER}, seen


@pytest.fixture
def many(in_kil, cast):
    """Forty people have completed the old course, which counts: one of them with protected identity."""
    with in_kil() as session:
        new, old = (add_course(session, code, now=NOW) for code in ("nya", "gamla"))
        add_requirement(session, "krav", course_id=new.course_id, now=NOW)
        for number in range(40):
            person = add_person(
                session,
                f"Person{number:02}",
                "Prov",
                unit_id=cast.units["11" if number < 4 else "20"],
                position_id=cast.position_id,
                now=NOW,
                protected_identity=number == 0,
            )
            # The odd ones are valid by the new course anyway.
            for version in (old, new) if number % 2 else (old,):
                add_completion(session, person.id, version, on=date(2026, 3, 1), now=NOW)
        course, of = session.get_one(Course, new.course_id), session.get_one(Course, old.course_id)
        accept_completions(session, course=course, of=of, starts_on=None, ends_on=None, by=acting(cast), now=NOW)
    return Equivalence(new.course_id, old.course_id, Days(date.min))


def test_who_is_listed(in_kil, cast, many):
    with in_kil() as session:
        found = consequences(session, many, counts=False, day=DAY)
        assert (len(found.people), found.count(Effect.OVERDUE), found.count(Effect.TO_COMPLETE)) == (20, 20, 20)
        listed = named(session, found, viewer_of(session, cast.accounts["cecilia"], DAY)).rows
        assert [one.person.given_name for one in listed] == [f"Person{number:02}" for number in range(2, 40, 2)] + [
            "Person00"
        ]
        assert {(one.changed.before.state, one.changed.after.state) for one in listed} == {(State.VALID, State.OVERDUE)}
        assert all(one.workplaces and one.titles for one in listed)
        seen = named(session, found, viewer_of(session, cast.accounts["bosse"], DAY)).rows
        # A manager sees only their own; one with protected identity comes last, since the place would give the name away.
        assert [one.person.given_name for one in seen] == ["Person02", "Person00"]
        assert named(session, found, viewer_of(session, cast.accounts["mona"], DAY)).rows == []


def test_the_list_comes_a_page_at_a_time(in_kil, cast, many):
    with in_kil() as session:
        found = consequences(session, many, counts=False, day=DAY)
        cecilia = viewer_of(session, cast.accounts["cecilia"], DAY)
        everybody = [one.person.id for one in named(session, found, cecilia).rows]
        pages = [named(session, found, cecilia, number=number, size=7) for number in (1, 2, 3)]
        assert [one.person.id for page in pages for one in page.rows] == everybody
        assert [(page.number, page.pages, page.total, len(page.rows)) for page in pages] == [
            (1, 3, 20, 7),
            (2, 3, 20, 7),
            (3, 3, 20, 6),
        ]
        assert named(session, found, cecilia, number=99, size=7) == pages[-1]
        assert named(session, found, cecilia, number=-1, size=7) == pages[0]


def test_who_is_reached_at_once_comes_first(in_kil, cast, many):
    with in_kil() as session:
        late = session.scalars(select(Person).where(Person.given_name == "Person38")).one()
        for person in session.scalars(select(Person).where(Person.given_name.like("Person%"), Person.id != late.id)):
            add_absence(session, person.id, starts_on=DAY - timedelta(days=1), ends_on=None, now=NOW)
    with in_kil() as session:
        found = consequences(session, many, counts=False, day=DAY)
        listed = named(session, found, viewer_of(session, cast.accounts["cecilia"], DAY)).rows
        assert listed[0].person.given_name == "Person38"
        assert {one.changed.after.state for one in listed[1:]} == {State.ON_HOLD}
        assert found.count(Effect.OVERDUE) == 1


def test_one_that_changes_nothing(in_kil, cast, many):
    with in_kil() as session:
        found = consequences(session, many, counts=True, day=DAY)
        assert found.changed == ()
        unused = Equivalence(many.accepted_course_id, many.course_id, Days(date.min))
        assert consequences(session, unused, counts=True, day=DAY).changed == ()
        assert named(session, found, viewer_of(session, cast.accounts["cecilia"], DAY)).rows == []
