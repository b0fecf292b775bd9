"""What a draft would change is what its publication does change, for exactly those people."""

import random
from datetime import date, timedelta

import pytest
from sqlalchemy import event, select

from tests.conftest import NOW
from tests.factories import (
    acting,
    add_absence,
    add_access,
    add_completion,
    add_course,
    add_duty,
    add_person,
    add_requirement,
)
from tracker.compliance.models import Phase
from tracker.compliance.whatif import Change, what_if
from tracker.domain.facts import DutyKind, State
from tracker.domain.requirement import EarlierCompletions
from tracker.domain.validity import ForMonths, UntilDayOfYear
from tracker.drafting.doubts import Doubt, doubts
from tracker.requirements.models import Requirement
from tracker.requirements.operations import Draft, Line, publish

DAY = date(2026, 11, 23)
WORDS = {"sv": "Krav", "en": "Requirement"}
AT_FAULT = {State.OVERDUE, State.LAPSED}
TO_COMPLETE = {State.TO_DO, State.GRACE, *AT_FAULT}


def says(course_id, **more):
    values = {"titles": WORDS, "reasons": WORDS, "course_id": course_id, "effective_from": DAY, "first_due_days": 30}
    return Draft(**(values | more))


def stored(session, requirement_id, day):
    """Return state and due date of everyone whom the requirement applies to on a day, by the phase table."""
    rows = session.execute(
        select(Phase.person_id, Phase.state, Phase.due_on).where(
            Phase.requirement_id == requirement_id,
            Phase.starts_on <= day,
            Phase.ends_on.is_(None) | (Phase.ends_on >= day),
        )
    )
    return {person_id: (state, due_on) for person_id, state, due_on in rows}


def behind(standing):
    return {person_id for person_id, (state, _) in standing.items() if state in AT_FAULT}


def dated(standing):
    return {
        person_id: due_on or date.max
        for person_id, (state, due_on) in standing.items()
        if state not in {State.EXEMPT, State.ON_HOLD}
    }


def expected(before, after, soon_before, soon_after):
    """Say from the phase table, before and after, what the preview should have said."""
    dates = [dated(before), dated(after)]
    both = dates[0].keys() & dates[1].keys()
    return {
        Change.MATCHED: set(after),
        Change.ADDED: set(after) - set(before),
        Change.DROPPED: set(before) - set(after),
        Change.OVERDUE: behind(after) - behind(before),
        Change.OVERDUE_SOON: (behind(soon_after) - behind(soon_before) - behind(after)) & _people(soon_after),
        Change.LATER: {one for one in both if dates[1][one] > dates[0][one]},
        Change.EARLIER: {one for one in both if dates[1][one] < dates[0][one]},
        Change.TO_COMPLETE: {one for one, (state, _) in after.items() if state in TO_COMPLETE}
        - {one for one, (state, _) in before.items() if state in TO_COMPLETE},
    }


def _people(standing):
    return set(standing)


def a_municipality(session, cast, chance):
    """Thirty people with all kinds of histories."""
    course = add_course(session, "grund", now=NOW)
    units = [cast.units[code] for code in ("1", "10", "11", "20")]
    for number in range(30):
        starts_on = DAY - timedelta(days=chance.randrange(-20, 900))
        person = add_person(
            session,
            f"Person{number}",
            "Prov",
            unit_id=chance.choice(units),
            position_id=cast.position_id,
            now=NOW,
            starts_on=starts_on,
            ends_on=DAY + timedelta(days=chance.randrange(1, 90)) if chance.random() < 0.2 else None,
        )
        if chance.random() < 0.5:
            days = chance.randrange(1, 800)
            add_completion(session, person.id, course, on=DAY - timedelta(days=days), now=NOW)
        if chance.random() < 0.2:
            first = DAY - timedelta(days=chance.randrange(60))
            add_absence(session, person.id, starts_on=first, ends_on=first + timedelta(days=40), now=NOW)
        if chance.random() < 0.3:
            add_access(session, person.id, cast.system_id, starts_on=starts_on, now=NOW)
        if chance.random() < 0.2:
            add_duty(session, person.id, DutyKind.LOCAL_IT_RESOURCE_PERSON, unit_id=chance.choice(units), now=NOW)
    return course.course_id


def a_draft(course_id, cast, chance):
    lines = [
        Line(),
        Line(unit_id=cast.units["10"]),
        Line(system_id=cast.system_id),
        Line(duty=DutyKind.LOCAL_IT_RESOURCE_PERSON),
        Line(new_hire_days=chance.randrange(400)),
        Line(unit_id=cast.units["20"], employment_kind="Tillsvidare"),
    ]
    chosen = chance.sample(lines, chance.randrange(1, 3))
    if chance.random() < 0.4:
        chosen.append(Line(excludes=True, unit_id=cast.units["11"]))
    by_days = chance.random() < 0.7
    return says(
        course_id,
        effective_from=DAY + timedelta(days=chance.randrange(-60, 20)),
        first_due_days=chance.randrange(0, 120) if by_days else None,
        first_due_on=None if by_days else DAY + timedelta(days=chance.randrange(-30, 60)),
        minimum_notice_days=chance.randrange(0, 30),
        grace_days=chance.choice([0, 0, 10]),
        validity=chance.choice([None, ForMonths(12), ForMonths(24), UntilDayOfYear(12, 1)]),
        renewal_window_days=60,
        earlier_completions=chance.choice([EarlierCompletions.ALL, EarlierCompletions.FROM_ANCHOR]),
        lines=chosen,
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_the_preview_is_what_publication_does(in_kil, cast, seed):
    """One draft after another is weighed, then published: the phase table is then what the preview said."""
    chance = random.Random(seed)
    with in_kil() as session:
        course_id = a_municipality(session, cast, chance)
        requirement = Requirement(code="prov", created_at=NOW)
        session.add(requirement)
        session.flush()
    seen = dict.fromkeys(Change, 0)
    for _ in range(8):
        draft = a_draft(course_id, cast, chance)
        day = max(DAY, draft.effective_from)
        soon = day + timedelta(days=30)
        with in_kil() as session:
            preview = what_if(session, requirement_id=requirement.id, draft=draft, day=day)
            before = [stored(session, requirement.id, one) for one in (day, soon)]
        with in_kil() as session:
            assert [stored(session, requirement.id, one) for one in (day, soon)] == before  # It wrote nothing.
            publish(session, code="prov", draft=draft, by=acting(cast), now=NOW)
        with in_kil() as session:
            after = [stored(session, requirement.id, one) for one in (day, soon)]
        told = {change: set(people) for change, people in preview.people.items()}
        assert told == expected(before[0], after[0], before[1], after[1]), draft
        for change, people in told.items():
            seen[change] += len(people)
    assert all(seen[change] for change in (Change.ADDED, Change.DROPPED, Change.EARLIER, Change.LATER)), seen


def test_against_nothing_published(in_kil, cast):
    with in_kil() as session:
        course_id = add_course(session, "grund", now=NOW).course_id
        requirement = Requirement(code="nytt", created_at=NOW)
        session.add(requirement)
        session.flush()
        preview = what_if(
            session,
            requirement_id=requirement.id,
            draft=says(course_id, lines=[Line(unit_id=cast.units["11"])], effective_from=DAY),
            day=DAY,
        )
    two = {cast.people["anna"], cast.people["bosse"]}
    assert preview.people[Change.MATCHED] == preview.people[Change.ADDED] == preview.people[Change.TO_COMPLETE] == two
    assert not preview.people[Change.OVERDUE]
    assert preview.people[Change.OVERDUE_SOON] == two  # Employed since long: the notice of 14 days decides.
    assert len(preview.employed) == 8
    assert preview.units[cast.units["11"]] == two


def test_takes_as_many_questions_however_many_people_there_are(in_kil, cast, database):
    with in_kil() as session:
        course = add_course(session, "grund", now=NOW)
        requirement_id = add_requirement(session, "grund", course_id=course.course_id, now=NOW).requirement_id
    few = questions(in_kil, database, requirement_id, course.course_id)
    with in_kil() as session:
        for number in range(30):
            person = add_person(
                session, f"P{number}", "Prov", unit_id=cast.units["11"], position_id=cast.position_id, now=NOW
            )
            add_completion(session, person.id, course, on=DAY, now=NOW)
    assert questions(in_kil, database, requirement_id, course.course_id) == few


def questions(in_kil, database, requirement_id, course_id):
    asked = []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    with in_kil() as session:
        session.connection()
        event.listen(database.engine, "before_cursor_execute", note)
        try:
            what_if(session, requirement_id=requirement_id, draft=says(course_id), day=DAY)
        finally:
            event.remove(database.engine, "before_cursor_execute", note)
    return len(asked)


class TestDoubts:
    @pytest.fixture
    def found(self, in_kil, cast):
        def doubted(*, published=True, **more):
            with in_kil() as session:
                requirement = session.scalars(select(Requirement)).one_or_none()
                if requirement is None:
                    requirement = Requirement(code="nytt", created_at=NOW)
                    session.add(requirement)
                    session.flush()
                    add_course(session, "grund", now=NOW)
                draft = says(1, **more)
                preview = what_if(session, requirement_id=requirement.id, draft=draft, day=DAY)
            return doubts(draft, preview, published_courses={1} if published else set(), today=DAY)

        return doubted

    def test_each_has_its_cause(self, found, cast):
        yesterday = DAY - timedelta(days=1)
        assert found() == []
        assert found(lines=[Line(employment_kind="Ingen")]) == [Doubt.NOBODY]
        assert found(lines=[Line(unit_id=cast.units["1"])]) == [Doubt.EVERYBODY]
        assert found(published=False) == [Doubt.NO_COURSE]
        assert found(first_due_days=13) == [Doubt.DUE_BEFORE_NOTICE]
        assert found(first_due_days=14) == []
        on = {"first_due_days": None, "first_due_on": DAY + timedelta(days=13)}
        assert found(**on) == [Doubt.DUE_BEFORE_NOTICE]
        assert found(effective_from=yesterday) == [Doubt.IN_THE_PAST]
        assert found(reasons={"sv": "Därför.", "en": ""}) == [Doubt.NO_REASON]
