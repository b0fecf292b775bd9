"""Preparing a past day, as one sees it: how far it is, closing it halfway, and going on by itself, also without scripts."""

import threading
from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from tests.browser.conftest import Site, check_accessibility
from tracker.compliance import computing
from tracker.compliance.known import prepared
from tracker.compliance.models import Phase
from tracker.db import Known

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]

ON = date(2026, 11, 1)
PEOPLE = 8


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Semaphore]:
    """Work is done on one person at a time, and on each only when it is let."""
    let, real = threading.Semaphore(0), computing.differing

    def differing(batch: list[computing.Compared]) -> computing.Differing:
        let.acquire(timeout=30)
        return real(batch)

    monkeypatch.setattr(computing, "differing", differing)
    monkeypatch.setattr(computing, "PEOPLE_AT_A_TIME", 1)
    yield let
    let.release(100)


def start(page: Page) -> None:
    page.goto(f"/team?known={ON}")
    page.locator("main form .btn-primary").click()


def shows(page: Page, done: int) -> None:
    """Wait until a page says so, and nothing else."""
    # While a moment arrives, the one before it can still be seen for an instant.
    latest = page.locator(".moment:visible").last
    expect(latest.locator("progress")).to_have_attribute("value", str(done))
    expect(latest).to_contain_text(f"{done} av {PEOPLE}")
    expect(page.locator(".moment:visible")).to_have_count(1)


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_one_sees_how_far_it_is_and_it_goes_on_by_itself(site: Site, batches: threading.Semaphore, phone: bool) -> None:
    page = site.signed_in("cecilia", phone=phone)
    start(page)
    batches.release()
    shows(page, 1)
    check_accessibility(page)
    page.emulate_media(color_scheme="dark")
    # Colours change within two frames: in the first they are on their way.
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    check_accessibility(page, rules=["color-contrast"])
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    batches.release(3)
    shows(page, 4)
    batches.release(PEOPLE)
    page.wait_for_url(f"{site.url}/team?known={ON}")
    expect(page.locator(".day-banner")).to_contain_text("som det var känt")
    page.go_back()
    expect(page).not_to_have_url(f"{site.url}/team?known={ON}")


def test_it_works_without_scripts(site: Site, batches: threading.Semaphore) -> None:
    page = site.signed_in("cecilia", java_script_enabled=False)
    start(page)
    batches.release(2)
    shows(page, 2)
    batches.release(PEOPLE)
    page.wait_for_url(f"{site.url}/team?known={ON}")


def test_closing_the_page_stops_the_work(site: Site, batches: threading.Semaphore) -> None:
    page = site.signed_in("cecilia")
    start(page)
    batches.release(2)
    shows(page, 2)
    page.goto("/requirements")
    batches.release(PEOPLE)
    with site.database.bound(site.cast.kil) as session:  # It waits until nobody else writes.
        assert not prepared(session, ON)
    with site.database.bound(site.cast.kil, reading=True) as session:
        session.known = Known.by_end_of(ON, "Europe/Stockholm")
        assert session.scalar(select(func.count(Phase.person_id))) == 0
    batches.release(PEOPLE)
    start(page)
    page.wait_for_url(f"{site.url}/team?known={ON}")
