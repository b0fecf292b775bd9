"""A certificate from elsewhere: photographed on a phone, checked at a desk without scripts, in force on the phone."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from tests.browser.conftest import Site, check_accessibility
from tests.browser.taking import choose
from tests.conftest import NOW
from tests.factories import add_course, add_requirement
from tests.uploads.samples import PDF
from tracker.audit.models import JournalEntry
from tracker.compliance.queries import obligations_of
from tracker.domain.facts import State

pytestmark = pytest.mark.browser


@pytest.fixture
def overdue(site: Site, in_kil) -> None:
    """Everyone is late with a course."""
    with in_kil() as session:
        version = add_course(session, "it", now=NOW, title="IT-grunder")
        add_requirement(session, "it", course_id=version.course_id, now=NOW, validity_months=12)


@pytest.mark.usefixtures("overdue")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_sent_checked_and_in_force(site: Site, tmp_path: Path) -> None:
    anna = site.signed_in("anna", phone=True)
    anna.goto("/me")
    photo = anna.screenshot(path=tmp_path / "intyg.jpg", type="jpeg")
    anna.locator("#requirements a[href*='/from-elsewhere/new']").click()
    check_accessibility(anna)
    with anna.expect_navigation():
        anna.locator("main form .btn-primary").click()
    expect(anna.locator(".error-summary")).to_be_visible()
    check_accessibility(anna)
    expect(anna.locator("select[name=course] option:checked")).to_have_text("IT-grunder")
    anna.locator("input[type=file]").set_input_files(tmp_path / "intyg.jpg")
    anna.locator("input[name=completed_on]").fill("2026-10-01")
    anna.locator("input[name=issuer]").fill("Grums kommun")
    with anna.expect_navigation():
        anna.locator("main form .btn-primary").click()
    expect(anna.locator("main .rows")).to_contain_text("Väntar på granskning")
    check_accessibility(anna)
    with anna.expect_download() as fetched:
        anna.locator("main .rows a[href$='/file']").click()
    kept = Path(fetched.value.path()).read_bytes()
    assert kept.startswith(b"\xff\xd8\xff")
    assert len(kept) > len(photo) * 0.9, "the picture itself is all there"

    bosse = site.signed_in("bosse", java_script_enabled=False)
    bosse.goto("/team")
    bosse.locator("a[href='/certificates/to-check']", has_text="Visa").click()
    check_accessibility_of_waiting(site)
    bosse.locator("main .rows a.btn").click()
    picture = bosse.locator("img.certificate-picture")
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("complete", value=True)
    width = picture.evaluate("image => image.complete && image.naturalWidth")
    assert width == 390, "the browser draws what was kept"
    choose(bosse.locator("input[name=decision][value=accept]"))
    bosse.locator("main form .btn-primary").click()
    expect(bosse.locator(".empty-state")).to_be_visible()

    with site.database.bound(site.cast.kil, reading=True) as session:
        assert [one.state for one in obligations_of(session, site.cast.people["anna"], NOW.date())] == [State.VALID]
        acts = session.scalars(select(JournalEntry.action).where(JournalEntry.action.like("certificate.%"))).all()
    assert acts == ["certificate.uploaded", "certificate.opened", "certificate.accepted"]
    anna.goto("/me")
    expect(anna.locator("#requirements .state").first).to_have_class(re.compile("valid"))
    expect(anna.locator("#uploads")).to_contain_text("Godkänt")
    check_accessibility(anna)


def check_accessibility_of_waiting(site: Site) -> None:
    """Look at the pages of who checks with scripts too: axe needs them."""
    david = site.signed_in("david")
    david.goto("/certificates/to-check")
    check_accessibility(david)


@pytest.mark.usefixtures("overdue")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_pdf_never_opens_in_the_page(site: Site, tmp_path: Path) -> None:
    (tmp_path / "intyg.pdf").write_bytes(PDF)
    anna = site.signed_in("anna")
    anna.goto("/certificates/from-elsewhere/new")
    anna.locator("select[name=course]").select_option(label="IT-grunder")
    anna.locator("input[type=file]").set_input_files(tmp_path / "intyg.pdf")
    anna.locator("input[name=completed_on]").fill("2026-10-01")
    anna.locator("input[name=issuer]").fill("Grums kommun")
    anna.locator("main form .btn-primary").click()
    expect(anna.locator(".flash-success")).to_be_visible()
    bosse = site.signed_in("bosse")
    bosse.goto("/certificates/to-check")
    bosse.locator("main .rows a.btn").click()
    check_accessibility(bosse)
    with bosse.expect_download() as fetched:
        bosse.locator("a[href$='/file']").click()
    assert Path(fetched.value.path()).read_bytes() == PDF
    assert fetched.value.suggested_filename.endswith(".pdf")
