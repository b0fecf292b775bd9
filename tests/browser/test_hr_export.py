"""Out to HR: the lists that a browser downloads say what the database says, row by row."""

import csv
from collections.abc import Sequence
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from tests.browser.conftest import Site, check_accessibility
from tests.conftest import NOW
from tests.factories import add_completion
from tracker.catalogue.models import Course, CourseVersion
from tracker.compliance.queries import employed_on, standing_rows
from tracker.db import BoundSession
from tracker.domain.facts import State
from tracker.edge import transaction
from tracker.people.models import Person

pytestmark = pytest.mark.browser

TODAY = date(2026, 11, 23)
WORDS = {State.TO_DO: "Att göra", State.OVERDUE: "Försenad", State.VALID: "Giltig", State.LAPSED: "Utgången"}
Row = tuple[str, str, str, str, date | None, date | None]


@pytest.fixture
def history(site: Site, starter: None) -> None:
    """Anna has taken the theory in time, Bosse so long ago that it has lapsed."""
    with transaction(site.database, site.cast.kil, now=NOW) as session:
        version = session.scalars(
            select(CourseVersion)
            .join(Course, Course.id == CourseVersion.course_id)
            .where(Course.code == "grund-it-teori")
        ).one()
        for name, day in (("anna", date(2026, 3, 2)), ("bosse", date(2022, 3, 2))):
            add_completion(session, site.cast.people[name], version, on=day, now=NOW)


def known(session: BoundSession) -> list[Row]:
    """Return how everyone stands today, as the export should tell it."""
    return [
        (
            one.person.employee_number,
            f"{one.person.given_name} {one.person.family_name}",
            one.obligation.titles["sv"],
            WORDS[one.obligation.state],
            one.obligation.due_on,
            one.obligation.valid_until,
        )
        for one in standing_rows(session, employed_on(TODAY) & Person.id.is_not(None), TODAY)
    ]


def told(rows: Sequence[Sequence[object]]) -> list[Row]:
    """Return the same of a file's rows: number, name, requirement, state, due day, and until when it is valid."""
    return [(*(str(row[at]) for at in (0, 1, 5, 6)), _day(row[8]), _day(row[9])) for row in rows]


def _day(value: object) -> date | None:
    if isinstance(value, date):
        return value
    return date.fromisoformat(str(value)) if value else None


def download(page: Page, kind: str) -> Path:
    """Take how everyone stands today, as a kind of file."""
    page.goto("/exports/")
    page.locator(f"label[for={page.locator(f'input[name=kind][value={kind}]').get_attribute('id')}]").click()
    with page.expect_download() as found:
        page.locator("main form .btn-primary").click()
    assert found.value.suggested_filename.endswith(f".{kind}")
    return found.value.path()


def test_the_files_say_what_the_database_says(site: Site, history: None) -> None:
    david = site.signed_in("david")
    with site.database.bound(site.cast.kil, reading=True) as session:
        expected = known(session)
    assert {row[3] for row in expected} == {"Försenad", "Giltig", "Utgången"}
    assert len(expected) == 8 * 4 + 1  # Everyone has four; Eva one more, as the owner of a system.

    lines = list(csv.reader(StringIO(download(david, "csv").read_bytes().decode("utf-8-sig")), delimiter=";"))
    assert told(lines[1:]) == expected

    (sheet,) = CalamineWorkbook.from_path(str(download(david, "xlsx"))).sheet_names
    cells = CalamineWorkbook.from_path(str(download(david, "xlsx"))).get_sheet_by_name(sheet).to_python()
    assert told(cells[1:]) == expected

    david.goto("/exports/")
    check_accessibility(david)
    mona = site.signed_in("mona")
    mona.goto("/journal?action=export.standing")
    entries = mona.locator("#journal tbody tr")
    expect(entries).to_have_count(3)
    expect(entries.first).to_contain_text("David Dahl")
