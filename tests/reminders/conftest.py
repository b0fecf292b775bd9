"""Hemtjänsten in Kil, Bosse's unit, on Monday 23 November 2026: each of his people stands differently."""

from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.factories import add_access, add_completion, add_course, add_person, add_requirement
from tracker.catalogue.models import CourseVersion
from tracker.mail.models import OutgoingMail
from tracker.reminders.operations import send_weekly_digests

MONDAY = date(2026, 11, 23)


@dataclass
class Unit:
    """Those who were added, by given name; and the course that everyone there must have."""

    people: dict[str, int]
    basics: CourseVersion


@pytest.fixture
def unit(cast, in_kil):
    """Anna is overdue; Carl's knowledge ran out last Friday, Erik's in June; Dina, who is new and whose identity is
    protected, is due in twelve days; Fia has done everything."""
    with in_kil() as session:
        basics = add_course(session, "it", now=NOW)
        records = add_course(session, "journal", now=NOW)
        add_requirement(
            session,
            "it",
            course_id=basics.course_id,
            now=NOW,
            effective_from=date(2026, 10, 1),
            lines=({"unit_id": cast.units["11"]},),
            titles={"sv": "Grundkurs i IT", "en": "Basic IT course"},
        )
        add_requirement(
            session,
            "journal",
            course_id=records.course_id,
            now=NOW,
            lines=({"system_id": cast.system_id},),
            validity_months=12,
            titles={"sv": "Journalföring", "en": "Keeping records"},
        )
        people = {}
        for given, family, protected, starts_on in (
            ("Carl", "Carlsson", False, date(2022, 1, 1)),
            ("Dina", "Dold", True, date(2026, 11, 5)),
            ("Erik", "Eriksson", False, date(2022, 1, 1)),
            ("Fia", "Frisk", False, date(2022, 1, 1)),
        ):
            people[given] = add_person(
                session,
                given,
                family,
                unit_id=cast.units["11"],
                position_id=cast.position_id,
                now=NOW,
                starts_on=starts_on,
                protected_identity=protected,
                employee_number=f"70{len(people)}",
            ).id
        for person in (cast.people["bosse"], people["Carl"], people["Erik"], people["Fia"]):
            add_completion(session, person, basics, on=date(2026, 10, 5), now=NOW)
        for given, on in (("Carl", date(2025, 11, 20)), ("Erik", date(2025, 6, 1)), ("Fia", date(2026, 9, 1))):
            add_access(session, people[given], cast.system_id, starts_on=date(2022, 1, 1), now=NOW)
            add_completion(session, people[given], records, on=on, now=NOW)
    return Unit(people, basics)


@pytest.fixture
def mailed(app, database, cast, in_kil):
    """Decide on a mailing, and return the addresses that it goes to."""

    def mailed(planned_on=MONDAY, now=NOW):
        with app.app_context(), in_kil() as session:
            before = set(session.scalars(select(OutgoingMail.id)))
            number = send_weekly_digests(session, planned_on=planned_on, now=now)
            session.flush()
            new = [mail for mail in session.scalars(select(OutgoingMail)) if mail.id not in before]
            assert len(new) == number
            return {mail.address: mail for mail in new}

    return mailed
