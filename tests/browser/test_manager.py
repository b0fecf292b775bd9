"""From mail to signed off: a manager reads the weekly mail, sees who needs something, and attests and signs it."""

import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, check_accessibility, sign_in
from tests.browser.taking import choose, press
from tests.factories import PASSWORD
from tracker import clock
from tracker.compliance.queries import obligations_of
from tracker.domain.facts import State
from tracker.scheduler import run_due_jobs

pytestmark = pytest.mark.browser

TODAY = date(2026, 11, 23)


def state_of(site: Site, name: str, requirement: str) -> State:
    """Return how someone of the cast stands today."""
    with site.database.bound(site.cast.kil, reading=True) as session:
        standing = {one.code: one.state for one in obligations_of(session, site.cast.people[name], TODAY)}
    return standing[requirement]


def requirement_row(page: Page, title: str):
    """Return what the person's page says about a requirement."""
    return page.locator("#requirements .row-item", has_text=title)


def sign_page(page: Page, *, modules: int | None = None) -> None:
    """Choose every step of the first modules, or of all."""
    for fieldset in page.locator("fieldset.group").all()[:modules]:
        for box in fieldset.locator("input[name=steps]").all():
            choose(box)


def test_from_mail_to_signed_off(site: Site, starter: None) -> None:
    run_due_jobs(site.app, site.database, now=clock.now())
    (mail,) = site.mails_to("bosse@kommun.example")
    assert "Anna Åkesson" in mail.text
    link = re.search(rf'href="({site.url}/team[^"]*)"', mail.html)
    assert link

    bosse = site.visitor()
    bosse.set_content(mail.html)
    check_accessibility(bosse)
    bosse.goto(link.group(1).replace("&amp;", "&"))
    sign_in(bosse, "bosse@kommun.example")
    assert bosse.url == link.group(1).replace("&amp;", "&")
    expect(bosse.locator("main .rows").first).to_contain_text("Anna Åkesson")
    bosse.locator("main .rows a", has_text="Anna Åkesson").first.click()
    expect(bosse.locator("h1")).to_have_text("Anna Åkesson")

    bosse.locator(".page-actions .btn-primary").click()
    bosse.locator("select[name=course]").select_option(label="IT-strategi")
    bosse.locator("input[name=completed_on]").fill("2026-11-20")
    choose(bosse.locator("input[name=evidence][value=attested]"))
    bosse.locator("textarea[name=note]").fill("Gick igenom den på arbetsplatsträffen.")
    with bosse.expect_navigation():
        bosse.locator("main form .btn-primary").click()
    expect(bosse.locator(".flash-success")).to_be_visible()
    assert state_of(site, "anna", "it-strategi") is State.VALID

    practice = requirement_row(bosse, "Grundläggande IT: praktik")
    assert state_of(site, "anna", "grund-it-praktik") is State.OVERDUE
    practice.locator("a.btn").click()
    sign_page(bosse, modules=2)
    with bosse.expect_navigation():
        bosse.locator("main form .btn-primary").click()
    assert state_of(site, "anna", "grund-it-praktik") is State.OVERDUE
    check_accessibility(bosse)
    sign_page(bosse)
    with bosse.expect_navigation():
        bosse.locator("main form .btn-primary").click()
    assert state_of(site, "anna", "grund-it-praktik") is State.VALID

    bosse.goto(f"/people/{site.cast.person_ids['anna']}")
    expect(requirement_row(bosse, "Grundläggande IT: praktik").locator(".state")).to_have_class(re.compile("valid"))


def test_nobody_signs_for_themselves(site: Site, starter: None) -> None:
    bosse = site.signed_in("bosse")
    bosse.goto(f"/people/{site.cast.person_ids['bosse']}")
    expect(bosse.locator("#requirements")).to_contain_text("Grundläggande IT: praktik")
    expect(bosse.locator("main a[href$='/steps']")).to_have_count(0)
    bosse.goto(f"/people/{site.cast.person_ids['bosse']}/completions/new")
    bosse.locator("select[name=course]").select_option(label="Grundutbildning IT, praktik")
    bosse.locator("input[name=completed_on]").fill("2026-11-20")
    choose(bosse.locator("input[name=evidence][value=attested]"))
    with bosse.expect_navigation():
        bosse.locator("main form .btn-primary").click()
    expect(bosse.locator(".error-summary")).to_be_visible()
    assert state_of(site, "bosse", "grund-it-praktik") is State.OVERDUE


def test_a_colleague_signs_on_the_learners_phone(site: Site, starter: None) -> None:
    anna = site.signed_in("anna", phone=True)
    anna.goto("/courses")
    anna.locator("main a", has_text="Grundutbildning IT, praktik").click()
    anna.locator("main a[href*='/learn/']").first.click()
    press(anna, "/start")
    anna.locator(".course-nav .btn-primary").click()

    def sign_as(identifier: str) -> None:
        sign_page(anna)
        anna.locator("input[name=identifier]").fill(identifier)
        anna.locator("input[name=password]").fill(PASSWORD)
        with anna.expect_navigation():
            anna.locator("main form .btn-primary").click()

    sign_as("anna-1")
    expect(anna.locator(".error-summary")).to_be_visible()
    assert state_of(site, "anna", "grund-it-praktik") is State.OVERDUE
    check_accessibility(anna)
    sign_as("eva-1")
    expect(anna.locator(".confirmation")).to_contain_text("Grundutbildning IT, praktik")
    assert state_of(site, "anna", "grund-it-praktik") is State.VALID
    # Eva only signed; it is Anna who is signed in.
    anna.goto("/account")
    expect(anna.locator("main")).to_contain_text("Anna Åkesson")
