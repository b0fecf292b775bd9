"""Loading what is known of people: they are looked up, however many others there are."""

import re

import pytest
from sqlalchemy import event

from tests.conftest import NOW
from tests.factories import add_course, add_requirement
from tracker.compliance.learners import load_learners
from tracker.requirements.queries import load_requirements


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # PostgreSQL plans by statistics.
@pytest.mark.parametrize("narrowed", [False, True])
def test_facts_are_found_by_whose_they_are(database, cast, narrowed):
    """SQLite looked through everybody's completions of the courses that a requirement asks for, for every few people."""
    statements = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        statements.append((statement, parameters))

    with database.bound(cast.kil) as session:
        course = add_course(session, "kurs", now=NOW)
        add_requirement(session, "krav", course_id=course.course_id, now=NOW)
        session.commit()
    with database.bound(cast.kil, reading=True) as session:
        requirements = load_requirements(session)
        assert requirements
        event.listen(database.engine, "before_cursor_execute", note)
        load_learners(session, [cast.people["anna"]], among=requirements if narrowed else None)
        event.remove(database.engine, "before_cursor_execute", note)
    plans = []
    with database.engine.connect() as connection:
        for statement, parameters in statements:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans += [step[-1] for step in plan if re.match("(SEARCH|SCAN) (?!anon|course_version)", step[-1])]
    assert len(plans) == 8
    assert [plan for plan in plans if "(municipality_id=? AND person_id=?)" not in plan] == []
