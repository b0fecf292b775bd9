"""Writing a requirement in a browser: what it would change is seen while it is written, with or without scripts."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.browser.conftest import Site, sign_in
from tests.browser.test_accessibility import check_page
from tests.conftest import NOW
from tests.factories import add_course
from tracker import clock
from tracker.catalogue.models import CourseVersion
from tracker.requirements.models import RequirementVersion

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]

TODAY = clock.local_date(clock.now(), "Europe/Stockholm")


@pytest.fixture
def courses(site: Site, in_kil) -> None:
    with in_kil() as session:
        if session.scalars(select(CourseVersion)).first() is None:
            add_course(session, "grund", now=NOW, title="Grundkursen")


def begin(page: Page) -> None:
    page.goto("/requirements/new")
    page.locator("[name=title_sv]").fill("Hemtjänstens krav")
    page.locator("[name=title_en]").fill("Home care's requirement")
    page.locator("[name=code]").fill("hemtjanst")
    press(page, "main form .btn-primary")


def press(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.locator(button).last.click()


def choose_unit(page: Page, line: int, unit: str) -> None:
    page.locator(f"[name=lines-{line}-unit]").select_option(unit)


def is_in_sight(page: Page, *, phone: bool) -> None:
    """See that the figures, or on a phone the line that sums them up, stay in sight, and cover nothing that has focus."""
    line = page.locator(".preview-line > div")
    for name in ("lines-0-unit", "notice", "reason_en", "owner"):
        field = page.locator(f"[name={name}]")
        field.focus()
        if phone:
            expect(line).to_be_in_viewport(ratio=1)
            edges = field.bounding_box(), line.bounding_box()
            assert edges[0] is not None
            assert edges[1] is not None
            assert edges[0]["y"] + edges[0]["height"] <= edges[1]["y"], name
        else:
            expect(page.locator("#preview .stat-value").first).to_be_in_viewport()
    if phone:
        line.locator("a").click()
        expect(page.locator("#preview .stat-value").first).to_be_in_viewport()


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_written_with_scripts(site: Site, courses: None, phone: bool) -> None:
    page = site.signed_in("cecilia", phone=phone)
    begin(page)
    choose_unit(page, 0, site.cast.unit_ids["11"])
    expect(page.locator("#preview .stat-value").first).to_have_text("2")
    check_page(page)
    press(page, "[value=add_line]")
    choose_unit(page, 1, site.cast.unit_ids["10"])
    expect(page.locator("#preview .stat-value").first).to_have_text("3")
    expect(page.locator("#preview-line")).to_contain_text("Gäller 3")
    expect(page.locator("#preview-line")).to_have_attribute("role", "status")
    is_in_sight(page, phone=phone)
    # What is wrong is named, and leads to its field.
    page.locator("[name=due_days]").fill("")
    page.locator("[name=due_days]").blur()
    page.locator("#preview a[href='#due_days']").click()
    page.locator("[name=due_days]").fill("30")
    page.locator("[name=due_days]").blur()
    expect(page.locator("#preview .stat-value").first).to_have_text("3")
    # Nothing is said of renewal when nothing runs out.
    page.locator("[name=validity]").select_option("once")
    expect(page.locator("[name=window]")).not_to_be_visible()
    page.locator("[name=validity]").select_option("months")
    expect(page.locator("[name=window]")).to_be_visible()
    page.locator("[name=months]").fill("24")
    # A blank that belongs to another choice is not shown.
    expect(page.locator("[name=due_on]")).not_to_be_visible()
    page.locator("[name=due]").select_option("date")
    expect(page.locator("[name=due_on]")).to_be_visible()
    expect(page.locator("[name=due_days]")).not_to_be_visible()
    page.locator("[name=due_on]").fill((TODAY + timedelta(days=20)).isoformat())
    press(page, "[value=save]:not(.visually-hidden)")
    expect(page.locator(".error-summary")).to_be_visible()  # It does not say why.
    check_page(page)
    page.locator("[name=reason_sv]").fill("Därför.")
    page.locator("[name=reason_en]").fill("Because.")
    press(page, "[value=save]:not(.visually-hidden)")
    check_page(page)
    page.locator("#mails a").first.click()
    check_page(page)
    page.locator("#mails tbody a").first.click()
    check_page(page)
    page.go_back()
    page.go_back()
    press(page, "#publish button")
    with site.database.bound(site.cast.kil, reading=True) as session:
        version = session.scalars(select(RequirementVersion)).one()
    assert version.published_by_id == site.cast.accounts["cecilia"]
    press(page, "form[action$='/draft'] button")
    expect(page.locator("[name=lines-1-unit]")).to_have_value(site.cast.unit_ids["10"])


def test_written_without_scripts(site: Site, courses: None) -> None:
    page = site.visitor(java_script_enabled=False)
    page.goto("/sign-in")
    sign_in(page, "cecilia@kommun.example")
    begin(page)
    choose_unit(page, 0, site.cast.unit_ids["11"])
    press(page, "[value=add_line]")
    press(page, "[value='remove_line:lines-1']")
    page.locator("[name=reason_sv]").fill("Därför.")
    page.locator("[name=reason_en]").fill("Because.")
    press(page, "[value=save]:not(.visually-hidden)")
    expect(page.locator("#whatif .stat-value").first).to_have_text("2")
    page.locator("#whatif a").first.click()
    expect(page.locator("#people tbody tr")).to_have_count(2)


def test_two_who_write_at_once(site: Site, courses: None) -> None:
    first, second = site.signed_in("cecilia"), site.signed_in("cecilia", phone=True)
    begin(first)
    choose_unit(first, 0, site.cast.unit_ids["11"])
    second.goto(first.url)
    choose_unit(second, 0, site.cast.unit_ids["20"])
    for page, reason in ((first, "Först."), (second, "Sedan.")):
        page.locator("[name=reason_sv]").fill(reason)
        page.locator("[name=reason_en]").fill("Because.")
        press(page, "[value=save]:not(.visually-hidden)")
    for said in ("Först.", "Sedan.", "Hemtjänsten", "Kommunledningskontoret"):
        expect(second.get_by_text(said).first).to_be_visible()
    check_page(second)
    press(second, "[value=stay]")
    expect(second.locator("[name=reason_sv]")).to_have_value("Sedan.")
    press(second, "[value=save]:not(.visually-hidden)")
    expect(second.get_by_text("Utkastet är sparat").first).to_be_visible()
    with site.database.bound(site.cast.kil, reading=True) as session:
        assert session.scalars(select(RequirementVersion)).one().reasons["sv"] == "Sedan."
