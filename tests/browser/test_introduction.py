"""A new hire's day one: IT and the manager prepare and tick off, the new hire sees how far it has got, HR adds an item."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, check_accessibility, sign_in
from tests.browser.taking import choose, press
from tests.conftest import NOW
from tests.factories import BEGINNING, PASSWORD, acting, add_duty
from tests.programmes.conftest import EARLY, hire
from tracker import clock
from tracker.accounts.models import Account
from tracker.accounts.passwords import hashed
from tracker.domain.facts import DutyKind
from tracker.edge import transaction
from tracker.programmes.starter import load_starter
from tracker.scheduler import run_due_jobs

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


@pytest.fixture
def newcomers(site: Site, starter: None) -> None:
    """The base programme; Nora begins today in Bosse's unit, Kalle in two weeks. Eva is IT manager."""
    with transaction(site.database, site.cast.kil, now=NOW) as session:
        load_starter(session, by=acting(site.cast), now=EARLY, effective_from=BEGINNING)
        for name in ("nora", "kalle"):
            account = hire(session, site.cast, name)
            session.get_one(Account, account).password_hash = hashed(PASSWORD)
        add_duty(session, site.cast.people["eva"], DutyKind.IT_MANAGER, now=NOW)


def task(page: Page, title: str):
    """Return a task's row."""
    return page.locator(".task", has_text=title)


def tick(page: Page, title: str, person: str = "") -> None:
    """Tick a task off."""
    with page.expect_navigation():
        page.locator(".task", has_text=title).filter(has_text=person).locator("form button").click()
    expect(page.locator(".flash-success").first).to_be_visible()


def test_day_one(site: Site, newcomers: None) -> None:
    eva = site.signed_in("eva")
    eva.get_by_role("link", name="Uppgifter för nya").first.click()
    expect(eva.locator("#late")).to_contain_text("Nora Norén")
    check_accessibility(eva)
    tick(eva, "Skapa konto och e-post", "Nora Norén")
    tick(eva, "Beställ och förbered utrustning", "Nora Norén")
    expect(eva.locator("#done")).to_contain_text("Klart de senaste två veckorna (2)")

    bosse = site.signed_in("bosse")
    bosse.goto("/introductions")
    expect(bosse.locator("#hires tbody tr")).to_have_count(2)
    expect(bosse.locator("#hires tbody tr", has_text="Kalle")).to_contain_text("Börjar om 14 dagar")
    check_accessibility(bosse)
    bosse.get_by_role("link", name="Nora Norén").click()
    expect(bosse.locator("h1")).to_have_text("Introduktion: Nora Norén")
    tick(bosse, "Möt upp och visa arbetsplatsen")
    tick(bosse, "Säg till IT vad den nya behöver")
    check_accessibility(bosse)

    nora = site.signed_in("nora", phone=True)
    expect(nora.locator("#introduction")).to_contain_text("4 av 15")
    nora.get_by_role("link", name="Visa min introduktion").click()
    expect(nora.locator("main")).to_contain_text("Välkommen! I dag är din första dag.")
    expect(nora.locator(".next-step-title")).to_have_text("Logga in första gången")
    expect(task(nora, "Skapa konto och e-post")).to_contain_text("enligt Eva Ek")
    check_accessibility(nora)
    with nora.expect_navigation():
        nora.locator(".next-step button").click()
    expect(nora.locator(".next-step-title")).to_have_text("Ta reda på vem du frågar")
    expect(nora.locator("main")).to_contain_text("5 av 15")
    nora.get_by_role("link", name="Mina").click()
    expect(nora.locator(".task")).to_have_count(6)

    bosse.reload()
    task(bosse, "Säg till IT").get_by_role("link").click()
    bosse.locator("textarea[name=why]").fill("Det var för en annan.")
    with bosse.expect_navigation():
        bosse.locator("main form .btn-primary").click()
    expect(task(bosse, "Säg till IT")).to_contain_text("Skulle ha varit klart")
    assert re.search(r"4 av 15", bosse.locator("main").inner_text())


def test_hr_adds_an_item_and_sees_whom_it_reaches(site: Site, newcomers: None) -> None:
    david = site.signed_in("david")
    david.goto("/programme")
    check_accessibility(david)
    david.locator(".page-actions .btn-primary").click()
    david.locator("input[name=title_sv]").fill("Hämta brickan")
    david.locator("input[name=title_en]").fill("Fetch the badge")
    choose(david.locator("input[name=owner][value=hr]"))
    choose(david.locator("input[name=when][value=after]"))
    with david.expect_navigation():
        david.locator("main form .btn-primary").click()
    expect(david.locator(".error-summary")).to_contain_text("Skriv hur många arbetsdagar.")
    check_accessibility(david)
    david.locator("input[name=days]").fill("2")
    with david.expect_navigation():
        david.locator("main form .btn-primary").click()
    expect(david.locator("#affected")).to_contain_text("Kalle Kommande")
    expect(david.locator("#affected")).not_to_contain_text("Nora")
    check_accessibility(david)
    with david.expect_navigation():
        david.locator("main form .btn-primary").click()
    expect(david.locator("#layer-municipality")).to_contain_text("Hämta brickan")
    david.goto("/introduction-tasks")
    expect(david.locator("#later .task", has_text="Hämta brickan")).to_contain_text("Kalle Kommande")


def test_a_reminder_leads_to_the_tasks(site: Site, newcomers: None) -> None:
    run_due_jobs(site.app, site.database, now=clock.now())
    (mail,) = site.mails_to("eva@kommun.example")
    link = re.search(rf'href="({site.url}/introduction-tasks)"', mail.html)
    assert link
    eva = site.visitor()
    eva.set_content(mail.html)
    check_accessibility(eva)
    eva.goto(link.group(1))
    sign_in(eva, "eva@kommun.example")
    assert eva.url == link.group(1)
    expect(eva.locator("#late")).to_contain_text("Nora Norén")
    press(eva, "/done")
    expect(eva.locator(".flash-success").first).to_be_visible()
