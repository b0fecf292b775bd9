"""Every page, at a desk and on a phone, in light and in dark: axe finds nothing, and nothing runs off the side."""

from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import func, select
from werkzeug.routing import Rule

from tests.addresses import Addresses, one_of_everything
from tests.browser.conftest import DESKTOP, PHONE, Site, check_accessibility, sign_in
from tests.browser.taking import answer, choose, hand_in, press, questions_of
from tests.conftest import NOW
from tests.hr.rosters import content, line
from tracker.db import BoundSession
from tracker.hr.models import ImportState, RosterImport
from tracker.learning.models import Completion
from tracker.people.queries import viewer_of
from tracker.permissions import Permission

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]

# In the order in which they are asked to visit: Bosse's pages have the acts of a manager.
CAST = ("bosse", "david", "cecilia", "mona", "olle", "kim")
# Not pages: pictures, documents, files, mails (the manager's journey checks one), and what machines ask.
NOT_PAGES = {
    "catalogue.picture",
    "learning.certificate",
    "mail.html",
    "mail.source",
    "uploads.file",
    "web.healthz",
    "web.readyz",
    "web.metrics",
}
# What a page that is right at a desk may have wrong when it is folded for a phone.
FOLDED = [
    "aria-hidden-focus",
    "button-name",
    "duplicate-id-aria",
    "landmark-unique",
    "link-name",
    "scrollable-region-focusable",
]
InKil = Callable[[], AbstractContextManager[BoundSession]]


@pytest.fixture
def addresses(site: Site, in_kil: InKil) -> Addresses:
    """Kil, with one of everything that an address can name."""
    return one_of_everything(site.app, site.cast, in_kil)


def pages(app: Flask) -> list[Rule]:
    """Return the routes that answer with a page."""
    return [
        rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and rule.endpoint not in NOT_PAGES
    ]


def visits(site: Site) -> dict[str, list[Rule]]:
    """Return who of the cast visits which pages."""
    with site.database.bound(site.cast.kil, reading=True) as session:
        viewers = {name: viewer_of(session, site.cast.accounts[name], NOW.date()) for name in CAST}
    visits: dict[str, list[Rule]] = defaultdict(list)
    for rule in pages(site.app):
        permission: Permission | None = site.app.view_functions[rule.endpoint].permission
        if permission is None:
            visits["nobody"].append(rule)
        elif permission in {Permission.LEARN, Permission.SIGNED_IN}:
            visits["anna"].append(rule)
        else:
            able = [name for name in CAST if viewers[name].may(permission)]
            assert able, f"nobody of the cast may open {rule}"
            visits[able[0]].append(rule)
    return visits


def check_page(page: Page) -> None:
    """Raise AssertionError if a page is not as every page must be: at a desk, in the dark, and folded for a phone."""
    page.wait_for_load_state()  # What was clicked on may have brought only the head of what comes.
    where, size = page.url, page.viewport_size or DESKTOP
    page.set_viewport_size(DESKTOP)
    assert page.evaluate("document.documentElement.lang") == "sv", where
    expect(page.locator("h1"), where).to_have_count(1)
    check_accessibility(page)

    page.emulate_media(color_scheme="dark")
    # The colours of the frame in which they change may be the old ones.
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    check_accessibility(page, rules=["color-contrast"])
    page.emulate_media(color_scheme="light")

    page.set_viewport_size(PHONE)
    wide = page.evaluate(
        """() => {
          if (document.documentElement.scrollWidth <= window.innerWidth) return [];
          return [...document.querySelectorAll("body *")]
            .filter((element) => element.getBoundingClientRect().right > window.innerWidth + 1)
            .map((element) => element.outerHTML.slice(0, 120));
        }"""
    )
    assert wide == [], f"{where} runs off the side of a phone: {wide[-3:]}"
    cut_off = page.evaluate(
        """() => [...document.querySelectorAll("main *:not(.visually-hidden)")]
          .filter((element) => element.checkVisibility() && element.getBoundingClientRect().left < -1)
          .map((element) => element.outerHTML.slice(0, 120))"""
    )
    assert cut_off == [], f"{where} is cut off on a phone: {cut_off[-3:]}"
    check_accessibility(page, rules=FOLDED)
    page.set_viewport_size(size)


@pytest.mark.parametrize("name", ["nobody", "anna", *CAST])
def test_every_page(site: Site, addresses: Addresses, name: str) -> None:
    wrong = []
    page = site.visitor() if name == "nobody" else site.signed_in(name)
    for rule in visits(site)[name]:
        answered = page.goto(addresses.of(rule))
        assert answered is not None
        assert answered.status < 400, f"{rule}: {answered.status}"
        try:
            check_page(page)
        except AssertionError as error:
            wrong.append(str(error))
    assert wrong == []


def test_pages_that_refuse_or_answer(site: Site, addresses: Addresses) -> None:
    """What is shown when a form is wrong, a page is missing, a test is handed in."""
    anna = site.signed_in("anna")
    for path in ("/nothing-here", "/exports/"):
        anna.goto(path)
        check_page(anna)
    anna.goto(f"/learn/attempts/{addresses.values['attempt_id']}")
    hand_in(anna)
    expect(anna.locator(".error-summary")).to_be_visible()
    check_page(anna)
    with site.database.bound(site.cast.kil, reading=True) as session:
        questions = questions_of(session, "grund-it-teori")[0]
    answer(anna, questions, right=False)
    hand_in(anna)
    check_page(anna)

    bosse = site.signed_in("bosse")
    bosse.goto(f"/people/{addresses.values['person_id']}/completions/new")
    with bosse.expect_navigation():
        bosse.locator("main form .btn-primary").click()
    check_page(bosse)
    bosse.goto("/team?q=nobody-at-all")
    check_page(bosse)
    bosse.goto("/team?day=2026-03-01")
    check_page(bosse)

    david = site.signed_in("david")
    david.goto(f"/imports/{addresses.values['import_id']}")
    if david.locator("input[name=allow_large_change]").count():
        choose(david.locator("input[name=allow_large_change]"))
    press(david, "/apply")
    expect(david.locator(".confirmation")).to_be_visible()
    check_page(david)

    nobody = site.visitor()
    nobody.goto("/sign-in")
    with nobody.expect_navigation():
        nobody.locator("main .btn-primary").click()
    check_page(nobody)
    nobody.goto("/verify/2222-2222-2222")
    check_page(nobody)


def test_without_javascript(site: Site, addresses: Addresses, tmp_path: Any) -> None:
    """The acts of every day need no script: sign in, take a test, record a completion, look at a roster."""
    anna = site.visitor(java_script_enabled=False)
    anna.goto("/sign-in")
    sign_in(anna, "anna@kommun.example")
    anna.goto(f"/learn/attempts/{addresses.values['attempt_id']}")
    with site.database.bound(site.cast.kil, reading=True) as session:
        questions = questions_of(session, "grund-it-teori")[0]
    answer(anna, questions)
    hand_in(anna)
    expect(anna.locator(".verdict.is-passed")).to_be_visible()

    bosse = site.visitor(java_script_enabled=False)
    bosse.goto(f"/people/{addresses.values['person_id']}/completions/new")
    sign_in(bosse, "bosse@kommun.example")
    bosse.locator("select[name=course]").select_option(addresses.values["course_id"])
    bosse.locator("input[name=completed_on]").fill("2026-11-20")
    choose(bosse.locator("input[name=evidence][value=attested]"))
    before = _count(site, Completion)
    bosse.locator("main form .btn-primary").click()
    expect(bosse.locator(".flash-success")).to_be_visible()
    assert _count(site, Completion) == before + 1

    david = site.visitor(java_script_enabled=False)
    david.goto("/imports")
    sign_in(david, "david@kommun.example")
    file = tmp_path / "personal.csv"
    file.write_bytes(content(line("9", "Ärla", "Ödman")))
    david.locator("input[type=file]").set_input_files(file)
    david.locator("form[enctype] .btn-primary").click()
    david.locator("details.disclosure", has_text="Ärla").first.locator("summary").click()
    expect(david.get_by_text("Ärla").first).to_be_visible()
    press(david, "/discard")
    with site.database.bound(site.cast.kil, reading=True) as session:
        assert ImportState.APPLIED not in set(session.scalars(select(RosterImport.state)))


def _count(site: Site, model: type[Completion]) -> int:
    with site.database.bound(site.cast.kil, reading=True) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0
