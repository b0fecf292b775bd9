"""Kil with two requirements, a protected identity, and names that a spreadsheet could take for formulas."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pytest
import time_machine
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from tests.conftest import NOW
from tests.factories import add_access, add_completion, add_course, add_person, add_requirement, sign_in
from tracker.requirements.models import Requirement

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def at_noon():
    """It is Monday 23 November 2026."""
    with time_machine.travel(NOW, tick=False):
        yield


@dataclass
class Story:
    people: dict[str, int]
    requirement_ids: dict[str, str]  # public ids


@pytest.fixture
def story(cast, in_kil):
    """IT basics for all, yearly; keeping records for users of a system. Anna has done both, Petra's identity is
    protected, and someone is called what a spreadsheet would run."""
    with in_kil() as session:
        basics = add_course(session, "it", now=NOW, title="Grundkurs i IT; med å, ä och ö")
        records = add_course(session, "journal", now=NOW, title="Journalföring")
        add_requirement(
            session,
            "it",
            course_id=basics.course_id,
            now=NOW,
            validity_months=12,
            titles={"sv": "Grundkurs i IT; med å, ä och ö", "en": "Basic IT course"},
            legal_basis="IT-strategin 2.4",
        )
        add_requirement(
            session,
            "journal",
            course_id=records.course_id,
            now=NOW,
            lines=({"system_id": cast.system_id},),
            titles={"sv": "Journalföring", "en": "Keeping records"},
        )
        people = {}
        for given, family, protected in (("Petra", "Skyddad", True), ("=HYPERLINK(1)", "@Formel", False)):
            people[given] = add_person(
                session,
                given,
                family,
                unit_id=cast.units["11"],
                position_id=cast.position_id,
                now=NOW,
                protected_identity=protected,
                employee_number=f"00{len(people)}",
            ).id
        add_completion(session, cast.people["anna"], basics, on=date(2026, 3, 1), now=NOW)
        add_access(session, cast.people["anna"], cast.system_id, starts_on=date(2026, 3, 1), now=NOW)
        add_completion(session, cast.people["anna"], records, on=date(2026, 4, 1), now=NOW)
        add_completion(session, people["Petra"], basics, on=date(2025, 3, 1), now=NOW)
        ids = {row.code: row.public_id for row in session.scalars(select(Requirement))}
    return Story(people, ids)


@pytest.fixture
def hr(client, database, cast):
    """David's browser."""
    return sign_in(client, database, cast, "david")


@pytest.fixture
def take(client):
    """Take a list as whoever is signed in, and return the answer."""

    def take(**chosen):
        asked = {"content": "standing", "kind": "csv", "day": TODAY.isoformat()} | chosen
        with client.post("/exports/", data=asked) as answer:
            answer.get_data()  # Kept when the file behind it is closed.
        return answer

    return take


def rows_of_csv(answer) -> list[list[str]]:
    """Open a file as a Swedish Excel does."""
    assert answer.status_code == 200, answer.text
    assert answer.data.startswith(b"\xef\xbb\xbf")
    text = answer.data.decode("utf-8-sig")
    assert text.count("\n") == text.count("\r\n")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def sheets_of_xlsx(answer) -> dict[str, list[Sequence[object]]]:
    """Open a workbook, with the types that its cells have."""
    assert answer.status_code == 200, answer.text
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
