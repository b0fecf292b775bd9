"""Many at once: HR pastes a list, looks, does it and undoes it; a manager does it on the phone."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.browser.conftest import Site
from tests.browser.taking import choose
from tests.browser.test_accessibility import check_page
from tests.conftest import NOW
from tests.factories import add_course, add_requirement
from tracker.bulk.models import Batch, BatchState
from tracker.catalogue.models import Course
from tracker.learning.models import Completion
from tracker.requirements.models import Assignment, Extension

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


@pytest.fixture
def journal(site: Site, in_kil) -> None:
    """A course that only users of a system must take."""
    with in_kil() as session:
        version = add_course(session, "journal", now=NOW, title="Journalen")
        system = ({"system_id": site.cast.system_id},)
        add_requirement(session, "journal", course_id=version.course_id, now=NOW, lines=system)


def send(page: Page) -> None:
    with page.expect_navigation():
        page.locator("main form[method=post] .btn-primary").first.click()


def facts(site: Site, kind: type[Assignment] | type[Extension] | type[Completion]) -> list[bool]:
    """Return of each fact of a kind whether it stands."""
    with site.database.bound(site.cast.kil, reading=True) as session:
        return [at is None for at in session.scalars(select(kind.retracted_at).order_by(kind.id))]


@pytest.mark.usefixtures("journal")
def test_assigned_to_a_list_and_undone(site: Site) -> None:
    david = site.signed_in("david")
    david.goto("/batches")
    check_page(david)
    david.locator("main a[href='/batches/assign']").click()
    check_page(david)
    david.locator("select[name=requirement]").select_option(label="Krav journal")
    david.locator("textarea[name=reason]").fill("Ny journal från årsskiftet")
    david.locator("textarea[name=pasted]").fill("anna-1\nBosse Berg <bosse@kommun.example>\n123456\ndavid-1\n")
    send(david)
    rows = david.locator("#row-by-row tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.nth(1)).to_contain_text("Bosse Berg")
    expect(rows.nth(1).locator(".state-to_do")).to_have_count(1)
    expect(rows.nth(2)).to_contain_text("123456")
    expect(david.locator("#changes tbody tr")).to_have_count(1)
    check_page(david)
    assert facts(site, Assignment) == [], "nothing is done before it has been seen"
    send(david)
    expect(david.locator(".error-summary")).to_be_visible()
    check_page(david)
    choose(david.locator("input[name=leave_out]"))
    send(david)
    expect(david.locator("#rows")).to_contain_text("Tilldelat")
    check_page(david)
    assert facts(site, Assignment) == [True, True]
    with david.expect_download() as download:
        david.locator("form[action$='/file'] button").click()
    assert "Bosse Berg" in download.value.path().read_text("utf-8-sig")
    david.locator("main a[href$='/undo']").click()
    check_page(david)
    david.locator("textarea[name=why]").fill("Fel lista")
    send(david)
    expect(david.locator("main")).to_contain_text("Fel lista")
    check_page(david)
    assert facts(site, Assignment) == [False, False]


@pytest.mark.usefixtures("journal")
def test_an_attendance_list_on_the_phone_without_scripts(site: Site) -> None:
    bosse = site.signed_in("bosse", phone=True, java_script_enabled=False)
    bosse.goto("/batches/complete")
    bosse.locator("select[name=course]").select_option(label="Journalen")
    bosse.locator("input[name=completed_on]").fill(NOW.date().isoformat())
    bosse.locator("input[name=signer]").fill("Lena Lärare")
    bosse.locator("input[name=file]").set_input_files(
        {
            "name": "närvaro.csv",
            "mimeType": "text/csv",
            "buffer": "Anstnr;Datum;Anteckning\r\nanna-1;;på länk\r\neva-1;31/02/26;\r\n".encode("cp1252"),
        }
    )
    send(bosse)
    rows = bosse.locator("#row-by-row tbody tr")
    expect(rows.first).to_contain_text("Anna Åkesson")
    expect(rows.last.locator("[data-label='Dag']")).to_have_text("31/02/26")
    choose(bosse.locator("input[name=leave_out]"))
    send(bosse)
    expect(rows.first).to_contain_text("Registrerad")
    expect(rows.last.locator("[data-label='Dag']")).to_have_text("31/02/26")
    assert facts(site, Completion) == [True]
    with site.database.bound(site.cast.kil, reading=True) as session:
        assert session.scalars(select(Batch.state)).one() is BatchState.APPLIED


@pytest.mark.usefixtures("journal")
def test_more_time_for_a_list(site: Site, in_kil) -> None:
    with in_kil() as session:
        add_requirement(session, "alla", course_id=session.scalars(select(Course.id)).first(), now=NOW)
    david = site.signed_in("david")
    david.goto("/batches/extend")
    check_page(david)
    david.locator("select[name=requirement]").select_option(label="Krav alla")
    david.locator("input[name=due_on]").fill("2027-03-01")
    david.locator("textarea[name=reason]").fill("Kursen är inställd")
    david.locator("textarea[name=pasted]").fill("anna-1\nbosse-1\n")
    send(david)
    expect(david.locator("#row-by-row tbody tr").first).to_contain_text("Får mer tid")
    expect(david.locator("main")).to_contain_text("chefer påminns inte längre om 1 person.")
    check_page(david)
    send(david)
    expect(david.locator("#row-by-row tbody tr").first.locator(".state-to_do")).to_have_count(1)
    assert facts(site, Extension) == [True, True]
