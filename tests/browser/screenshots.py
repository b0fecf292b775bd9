"""Photograph every page of the demo, for a person to look at: `make screenshots` fills `screenshots/`.

Each page is taken on a phone and on a desktop, in light and in dark, in Swedish; the main ones in English too.
Name pages on the command line to take only those: `python -m tests.browser.screenshots team home`.
"""

import logging
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from werkzeug.serving import make_server

from tests.browser.chromium import LAUNCH_ARGUMENTS, ensure
from tests.browser.conftest import DESKTOP, PHONE, sign_in
from tracker import clock, schema
from tracker.app import create_app
from tracker.config import Config
from tracker.db import Database
from tracker.demo.accounts import PASSWORD, SHOWN, sign_ins
from tracker.demo.building import build
from tracker.mail.transport import Catcher
from tracker.scheduler import run_due_jobs, tick

FOLDER = Path(__file__).parents[2] / "screenshots"


@dataclass(frozen=True)
class Shot:
    """A page to photograph: as whom, and how to get there. The main ones are taken in English, too."""

    name: str
    role: str | None
    go: Callable[[Page], object]
    english: bool = False


def at(path: str) -> Callable[[Page], object]:
    """Go to an address."""
    return lambda page: page.goto(path)


def follow(*selectors: str, start: str = "/") -> Callable[[Page], object]:
    """Start at an address, then click the first of each selector in turn."""

    def go(page: Page) -> None:
        page.goto(start)
        for selector in selectors:
            page.locator(selector).first.click()
            page.wait_for_load_state()

    return go


def taking(course: str, *selectors: str) -> Callable[[Page], object]:
    """Begin a course of the start page, or go on with it, then click the first of each selector in turn."""

    def go(page: Page) -> None:
        page.goto("/")
        page.locator(f"main a:has-text('{course}'), .next-step:has-text('{course}') a").first.click()
        page.wait_for_load_state()
        for selector in ("form[action$='/start'] button", *selectors):
            if page.locator(selector).count():
                page.locator(selector).first.click()
                page.wait_for_load_state()

    return go


questions = taking("teori", "form[action$='/questions'] button")


def answered(page: Page) -> None:
    """Hand in a test, having chosen what comes first everywhere."""
    questions(page)
    for question in page.locator("fieldset.question").all():
        if question.locator(":checked:not(option)").count() == 0 and question.locator(".answers label").count():
            question.locator(".answers label").first.click()
        for place, menu in enumerate(question.locator("select").all(), start=1):
            menu.select_option(str(place))
        for number in question.locator("input[inputmode]").all():
            number.fill("1")
    page.locator("form[data-autosave] .btn-primary").click()
    page.wait_for_load_state()


def rostered(page: Page) -> None:
    """Load a roster in which a few things have changed, and look at what it would change."""
    lines = (files("tracker.demo") / "data" / f"{SHOWN}-2026-11-23.csv").read_text("cp1252").splitlines(keepends=True)
    changed = [
        *lines[:20],
        lines[20].replace(";2", ";i går 2", 1),
        lines[25].replace(lines[25].split(";")[0], "1799998", 1),
        *(line.replace("Undersköterska", "Undersköterska, natt") for line in lines[30:]),
        lines[40].replace(lines[40].split(";")[0], "1715999", 1),
    ]
    page.goto("/imports")
    page.locator("input[type=file]").set_input_files(
        {"name": "personal-2026-11-24.csv", "mimeType": "text/csv", "buffer": "".join(changed).encode("cp1252")}
    )
    page.locator("form[enctype] .btn-primary").click()
    page.wait_for_load_state()


def merging(page: Page) -> None:
    """Look at what merging the first two of the list of people would lead to, as if they were one."""
    page.goto("/people")
    numbers = page.locator("#people td[data-label]:nth-child(2)")
    other = numbers.nth(1).inner_text()
    page.locator("#people a").first.click()
    page.locator("main a[href$='/merge']").click()
    page.locator("input[name=number]").fill(other)
    page.locator("main form .btn-primary").click()
    page.wait_for_load_state()


def merged(page: Page) -> None:
    """Merge them, and look at undoing it."""
    merging(page)
    if page.locator("textarea[name=reason]").count():
        page.locator("textarea[name=reason]").fill("Samma person, anställd två gånger")
        page.locator("main form .btn-primary").click()
        page.wait_for_load_state()
    page.goto("/people/duplicates")
    page.locator("#merges a[href$='/undo']").first.click()
    page.wait_for_load_state()


def listed(page: Page, *, requirement: int = 3) -> None:
    """Assign a requirement to a list on which not every row can be used, and look at what would happen."""
    page.goto("/people")
    numbers = [row.inner_text().split()[0] for row in page.locator("main tbody td:nth-child(2)").all()[:12]]
    page.goto("/batches/assign")
    page.locator("select[name=requirement]").select_option(index=requirement)
    page.locator("textarea[name=reason]").fill("Ska arbeta i den nya journalen från årsskiftet")
    page.locator("textarea[name=pasted]").fill("\n".join([*numbers, numbers[0], "finns.inte@kommun.example"]))
    page.locator("main form .btn-primary").click()
    page.wait_for_load_state()


def assigned(page: Page) -> None:
    """Look at a list that was done; the first time, do it."""
    page.goto("/batches")
    done = page.locator("main tbody tr:has(svg use[href$='#success']) a")
    if done.count():
        done.first.click()
    else:
        listed(page, requirement=4)
        page.locator("input[name=leave_out] + label").click()
        page.locator("main form[action$='/apply'] .btn-primary").click()
    page.wait_for_load_state()


def undoing(page: Page) -> None:
    """Be about to undo a list that was done."""
    assigned(page)
    page.locator("main a[href$='/undo']").click()
    page.wait_for_load_state()


PERSON = "main .rows a[href*='/people/']"

SHOTS = (
    Shot("sign-in", None, at("/sign-in"), english=True),
    Shot("forgotten", None, at("/forgotten")),
    Shot("forgotten-sent", None, at("/forgotten/sent")),
    Shot("link-unusable", None, at("/link/no-such-link")),
    Shot("verify", None, at("/verify")),
    Shot("verify-unknown", None, at("/verify/2222-2222-2222")),
    Shot("home-learner", "learner", at("/"), english=True),
    Shot("introduction", "learner", at("/introduction"), english=True),
    Shot("course", "learner", follow(".next-step a")),
    Shot("module", "learner", taking("teori")),
    Shot("questions", "learner", questions),
    Shot("result", "learner", answered),
    Shot("checklist", "learner", taking("praktik")),
    Shot("signatures", "learner", taking("praktik", ".course-nav .btn-primary")),
    Shot("document", "learner", taking("strategi")),
    Shot("me", "learner", at("/me")),
    Shot("ask", "learner", follow("main a[href*='/ask']", start="/me")),
    Shot("explanation", "learner", lambda page: page.goto(_href(page, "/me", "main a[href$='/explanation']"))),
    Shot("history", "learner", at("/learn/history")),
    Shot("certificates-sent", "learner", at("/certificates/from-elsewhere")),
    Shot("certificate-send", "learner", at("/certificates/from-elsewhere/new")),
    Shot("account", "learner", at("/account")),
    Shot("courses", "learner", at("/courses")),
    Shot("catalogue-course", "learner", follow("main a[href*='/courses/']", start="/courses")),
    Shot("not-found", "learner", at("/nothing-here")),
    Shot("home-manager", "unit manager", at("/")),
    Shot("team", "unit manager", at("/team"), english=True),
    Shot("team-last-spring", "unit manager", at("/team?day=2026-03-01")),
    Shot("person", "unit manager", follow(PERSON, start="/team"), english=True),
    Shot("why", "unit manager", follow(PERSON, "a[hx-get]", start="/team")),
    Shot("record", "unit manager", follow(PERSON, "main a[href*='/completions/new']", start="/team")),
    Shot("signing", "unit manager", at("/learn/signing")),
    Shot("sign-steps", "unit manager", lambda page: page.goto(_href(page, "/team", "main a[href$='/steps']"))),
    Shot("new-hires", "unit manager", at("/introductions"), english=True),
    Shot("introduction-of", "unit manager", follow("#hires tbody tr:last-child a", start="/introductions")),
    Shot("introduction-tasks", "IT manager", at("/introduction-tasks")),
    Shot("programme", "HR", at("/programme")),
    Shot("programme-add", "HR", at("/programme/items/new")),
    Shot("programme-change", "HR", follow("main .rows a[href*='/programme/items/']", start="/programme")),
    Shot("exceptions", "unit manager", at("/exceptions")),
    Shot("exception-requests", "unit manager", at("/exceptions/requests")),
    Shot("certificates-to-check", "HR", at("/certificates/to-check")),
    Shot("certificate-check", "HR", follow("main .rows a.btn", start="/certificates/to-check")),
    Shot("refused", "unit manager", at("/exports/")),
    Shot("system-owner-home", "system owner", at("/")),
    Shot("systems", "HR", at("/systems")),
    Shot("system", "HR", follow("main a[href*='/systems/']", start="/systems")),
    Shot(
        "system-edit",
        "municipality administrator",
        follow("main a[href*='/systems/']:not([href$='/new'])", "main a[href$='/edit']", start="/systems"),
    ),
    Shot("duties", "HR", at("/duties")),
    Shot("duty-new", "HR", at("/duties/new")),
    Shot("municipality", "HR", at("/municipality"), english=True),
    Shot("team-hr", "HR", at("/team")),
    Shot("people", "HR", at("/people")),
    Shot("details", "HR", follow("#people a", "main a[href$='/details']", start="/people")),
    Shot("duplicates", "HR", at("/people/duplicates")),
    Shot("merge", "HR", merging),
    Shot("merge-undo", "HR", merged),
    Shot("merges", "HR", at("/people/duplicates")),
    Shot("organisation", "HR", at("/organisation")),
    Shot(
        "unit",
        "HR",
        lambda page: page.goto(_href(page, "/organisation", "main .tree li li a")),
    ),
    Shot("positions", "HR", at("/organisation/positions")),
    Shot("imports", "HR", at("/imports")),
    Shot("import-preview", "HR", rostered),
    Shot("import-result", "HR", follow("main tbody tr:last-child a", start="/imports")),
    Shot("exports", "HR", at("/exports/")),
    Shot("search", "HR", at("/search?q=karin")),
    Shot("exempt", "HR", at("/exemptions/new")),
    Shot("batches", "HR", at("/batches")),
    Shot("batch-new", "HR", at("/batches/complete")),
    Shot("batch-preview", "HR", listed),
    Shot("batch-done", "HR", assigned),
    Shot("batch-undo", "HR", undoing),
    Shot("requirements", "training administrator", at("/requirements")),
    Shot(
        "requirement",
        "training administrator",
        follow("main table a[href*='/requirements/'], main .rows a[href*='/requirements/']", start="/requirements"),
    ),
    Shot("drafts", "training administrator", at("/requirements/drafts")),
    Shot("packs", "training administrator", at("/packs")),
    Shot("pack", "training administrator", at("/packs/shipped/informationssakerhet")),
    Shot("pack-strategy", "training administrator", at("/packs/shipped/strategi")),
    Shot("requirement-new", "training administrator", at("/requirements/new")),
    Shot("accounts", "municipality administrator", at("/administration/accounts")),
    Shot(
        "account-admin",
        "municipality administrator",
        follow("main a[href*='/administration/accounts/']", start="/administration/accounts"),
    ),
    Shot("journal", "municipality administrator", at("/journal")),
    Shot("coordination", "coordinator", at("/coordination"), english=True),
    Shot("outbox", "operator", at("/outbox/")),
    Shot("mail", "operator", follow("main tbody a", start="/outbox/")),
    Shot(
        "mail-html",
        "operator",
        lambda page: page.goto(_href(page, "/outbox/", "main tbody a") + "/html"),
    ),
)


def _href(page: Page, start: str, selector: str) -> str:
    page.goto(start)
    return page.locator(selector).first.get_attribute("href") or ""


@contextmanager
def served_demo() -> Iterator[tuple[str, dict[str, str]]]:
    """Serve the demo on a free port. Yields its address, and what to sign in as, by role."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/demo.db")
        schema.upgrade(database)
        app = create_app(Config(database_url=database.url, log_level="ERROR"), database)
        with app.app_context():
            build(database, now=clock.now(), progress=lambda step, done, total: print(f"{done}/{total} {step}"))
        run_due_jobs(app, database, now=clock.now())
        tick(app, database, Catcher(), holder="screenshots", stopping=threading.Event())
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}", {each.role: each.identifier for each in sign_ins(database)}
        server.shutdown()
        database.engine.dispose()


LOOKS = (
    ("desktop", DESKTOP, "light", "sv"),
    ("phone", PHONE, "light", "sv"),
    ("desktop-dark", DESKTOP, "dark", "sv"),
    ("phone-dark", PHONE, "dark", "sv"),
    ("desktop-en", DESKTOP, "light", "en"),
)


def photograph(browser: Browser, url: str, accounts: dict[str, str], shots: list[Shot]) -> None:
    """Take the pages, one browser for each role and look."""
    for role in dict.fromkeys(shot.role for shot in shots):
        for look, viewport, scheme, locale in LOOKS:
            wanted = [shot for shot in shots if shot.role == role and (locale == "sv" or shot.english)]
            if not wanted:
                continue
            context = browser.new_context(base_url=url, viewport=viewport, color_scheme=scheme, locale="sv-SE")
            context.set_default_timeout(10_000)
            page = context.new_page()
            page.goto("/sign-in")
            if role is not None:
                sign_in(page, next(name for each, name in accounts.items() if each.startswith(role)), PASSWORD)
            _speak(page, locale)
            for shot in wanted:
                try:
                    shot.go(page)
                    # As high as the page, so that what is fixed to the bottom of the window is at the bottom.
                    page.set_viewport_size({**viewport, "height": page.evaluate("document.body.scrollHeight")})
                    page.screenshot(path=FOLDER / f"{shot.name}--{look}.png", full_page=True)
                    page.set_viewport_size(viewport)
                except PlaywrightError as error:
                    print(f"{shot.name} ({look}): {type(error).__name__}: {str(error).splitlines()[0]}")
            _speak(page, "sv")
            context.close()


def _speak(page: Page, locale: str) -> None:
    """Choose the language, unless it is the one already spoken."""
    page.goto("/account" if "/sign-in" not in page.url else "/sign-in")
    switch = page.locator(f"button[name=locale][value={locale}]:visible")
    if switch.count():
        switch.first.click()
        page.wait_for_load_state()


def main() -> None:
    """Photograph the pages named on the command line, or all."""
    wanted = [shot for shot in SHOTS if not sys.argv[1:] or shot.name in sys.argv[1:]]
    FOLDER.mkdir(exist_ok=True)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with served_demo() as (url, accounts), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=ensure(), args=LAUNCH_ARGUMENTS)
        photograph(browser, url, accounts, wanted)
        browser.close()
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER.name}/")


if __name__ == "__main__":
    main()
