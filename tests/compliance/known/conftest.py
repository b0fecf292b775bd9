"""A year in which something was recorded late and taken back, and how to look back at it."""

import html
import re
from datetime import UTC, date, datetime

import pytest
import time_machine
from sqlalchemy import select

from tests.conftest import NOW
from tests.factories import acting, add_completion, add_course, add_requirement, build_cast
from tracker.compliance.computing import COLUMNS
from tracker.compliance.known import prepare
from tracker.compliance.models import Phase
from tracker.db import Known, retract
from tracker.edge import transaction
from tracker.learning.models import Completion

BEGAN = datetime(2026, 1, 1, 8, tzinfo=UTC)
MARCH, MAY, JULY = date(2026, 3, 1), date(2026, 5, 1), date(2026, 7, 1)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def cast(database):
    """The usual people, known since the beginning of the year."""
    return build_cast(database, now=BEGAN)


@pytest.fixture
def at(database, cast):
    """Open a transaction in Kil at noon of a day."""
    return lambda day: transaction(database, cast.kil, now=noon(day))


def noon(day):
    return datetime(day.year, day.month, day.day, 11, tzinfo=UTC)


def known(on):
    return Known.by_end_of(on, "Europe/Stockholm")


def onward(response):
    """Where a page goes on to by itself once it is done."""
    return html.unescape(re.search(r'content="0;url=([^"]+)"', response.get_data(as_text=True)).group(1))


def look_back(session, cast, on):
    prepare(session, known(on), by=acting(cast), now=NOW)
    session.known = known(on)


@pytest.fixture
def story(at, cast):
    """A requirement of January, completed in April by Anna as recorded in May, which was taken back in July."""
    with at(date(2026, 1, 2)) as session:
        course = add_course(session, "grund", now=noon(date(2026, 1, 2)), title="Grundkursen")
        requirement = add_requirement(
            session, "grund", course_id=course.course_id, now=noon(date(2026, 1, 2)), first_due_days=30
        )
    with at(MAY) as session:
        add_completion(session, cast.people["anna"], course, on=date(2026, 4, 1), now=noon(MAY))
    with at(JULY) as session:
        retract(session.scalars(select(Completion)), now=noon(JULY), by_id=None, why="fel person")
    return requirement.requirement_id


def table(session):
    columns = [getattr(Phase, name) for name in COLUMNS]
    ordered = select(*columns).order_by(Phase.person_id, Phase.requirement_id, Phase.starts_on)
    return [tuple(row) for row in session.execute(ordered)]
