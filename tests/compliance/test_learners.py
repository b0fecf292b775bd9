"""Loading what is known of people: they are looked up, however many others there are."""

import re

import pytest

from tests.conftest import NOW
from tests.factories import add_course, add_requirement
from tests.statements import asking, planned
from tracker.compliance.learners import load_learners
from tracker.requirements.queries import load_requirements


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # PostgreSQL plans by statistics.
@pytest.mark.parametrize("narrowed", [False, True])
def test_facts_are_found_by_whose_they_are(database, cast, narrowed):
    """SQLite looked through everybody's completions of the courses that a requirement asks for, for every few people."""
    with database.bound(cast.kil) as session:
        course = add_course(session, "kurs", now=NOW)
        add_requirement(session, "krav", course_id=course.course_id, now=NOW)
        session.commit()
    with database.bound(cast.kil, reading=True) as session:
        requirements = load_requirements(session)
        assert requirements
        with asking(database) as asked:
            load_learners(session, [cast.people["anna"]], among=requirements if narrowed else None)
    plans = [step for step, _ in planned(database, asked) if re.match("(SEARCH|SCAN) (?!anon|course_version)", step)]
    assert len(plans) == 8
    assert [plan for plan in plans if "(municipality_id=? AND person_id=?)" not in plan] == []
