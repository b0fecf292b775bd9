"""Cecilia lets an earlier course count and stops it again, without scripts; whom it changes is shown before it is done."""

from datetime import date

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from tests.browser.conftest import Site, check_accessibility
from tests.conftest import NOW
from tests.factories import add_completion, add_course, add_requirement
from tracker.catalogue.models import Course, CourseEquivalence
from tracker.edge import transaction

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


def test_whom_it_changes_is_shown_before_it_is_done(site: Site) -> None:
    with transaction(site.database, site.cast.kil, now=NOW) as session:
        new, old = (
            add_course(session, code, now=NOW, title=title)
            for code, title in (("nya", "Säker hantering av information"), ("gamla", "Informationssäkerhet 2020"))
        )
        add_requirement(session, "krav", course_id=new.course_id, now=NOW)
        for name in ("anna", "bosse", "david"):
            add_completion(session, site.cast.people[name], old, on=date(2026, 3, 1), now=NOW)
        address = f"/courses/{session.get_one(Course, new.course_id).public_id}"

    def known() -> int | None:
        with site.database.bound(site.cast.kil, reading=True) as session:
            standing = CourseEquivalence.retracted_at.is_(None)
            return session.scalar(select(func.count(CourseEquivalence.id)).where(standing))

    visitors = [site.signed_in("cecilia"), site.signed_in("cecilia", phone=True, dark=True)]
    for page in visitors:
        page.goto(f"{address}/equivalences/new")
        page.locator("select[name=course]").select_option(label="Informationssäkerhet 2020")
        page.locator("main form .btn-primary").click()
        expect(page.locator("#changed tbody tr")).to_have_count(3)
        check_accessibility(page)

    cecilia = site.signed_in("cecilia", java_script_enabled=False)
    cecilia.goto(address)
    cecilia.locator("#equivalences a[href$='/equivalences/new']").click()
    cecilia.locator("select[name=course]").select_option(label="Informationssäkerhet 2020")
    cecilia.locator("main form .btn-primary").click()
    expect(cecilia.locator("#consequences")).to_contain_text("Det ändrar läge eller datum för 3 personer")
    expect(cecilia.locator("#changed tbody tr")).to_have_count(3)
    assert known() == 0
    cecilia.locator("main form .btn-primary").click()
    expect(cecilia.locator(".flash-success")).to_be_visible()
    assert known() == 1

    for page in visitors:
        page.goto(address)
        page.locator("#equivalences a[href$='/stop']").click()
        expect(page.locator("#consequences .stat").first).to_contain_text("3")
        check_accessibility(page)

    cecilia.locator("#equivalences a[href$='/stop']").click()
    cecilia.locator("input[name=why]").fill("Täcker inte det nya")
    cecilia.locator("main form .btn-primary").click()
    expect(cecilia.locator(".flash-success")).to_be_visible()
    assert known() == 0
