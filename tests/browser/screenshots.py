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
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from tracker import clock, schema
from tracker.app import create_app
from tracker.config import Config
from tracker.db import Database
from tracker.demo.accounts import PASSWORD, sign_ins
from tracker.demo.building import build
from tracker.mail.transport import Catcher
from tracker.scheduler import run_due_jobs, tick
from werkzeug.serving import make_server

from tests.browser.chromium import LAUNCH_ARGUMENTS, ensure
from tests.browser.conftest import DESKTOP, PHONE

FOLDER = Path(__file__).parents[2] / "screenshots"


@dataclass(frozen=True)
class Shot:
    """A page to photograph: as whom, and how to get there from the start page."""

    name: str
    role: str | None
    go: Callable[[Page], object]


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


SHOTS = (
    Shot("sign-in", None, at("/sign-in")),
    Shot("forgotten", None, at("/forgotten")),
    Shot("verify", None, at("/verify")),
    Shot("verify-unknown", None, at("/verify/2222-2222-2222")),
    Shot("home-learner", "learner", at("/")),
    Shot("course", "learner", follow("main a[href*='/learn/']")),
    Shot("me", "learner", at("/me")),
    Shot("history", "learner", at("/learn/history")),
    Shot("account", "learner", at("/account")),
    Shot("courses", "learner", at("/courses")),
    Shot("not-found", "learner", at("/nothing-here")),
    Shot("home-manager", "unit manager", at("/")),
    Shot("team", "unit manager", at("/team")),
    Shot("team-last-spring", "unit manager", at("/team?day=2026-03-01")),
    Shot("person", "unit manager", follow("main a[href*='/people/']", start="/team")),
    Shot("record", "unit manager", follow("main a[href*='/completions/new']", start="/team")),
    Shot("signing", "unit manager", at("/learn/signing")),
    Shot("refused", "unit manager", at("/exports/")),
    Shot("system-owner-home", "system owner", at("/")),
    Shot("systems", "HR", at("/systems")),
    Shot("system", "HR", follow("main a[href*='/systems/']", start="/systems")),
    Shot("municipality", "HR", at("/municipality")),
    Shot("team-hr", "HR", at("/team")),
    Shot("people", "HR", at("/people")),
    Shot("organisation", "HR", at("/organisation")),
    Shot("unit", "HR", follow("main a[href*='/organisation/']", start="/organisation")),
    Shot("imports", "HR", at("/imports")),
    Shot("exports", "HR", at("/exports/")),
    Shot("search", "HR", at("/search?q=karin")),
    Shot("requirements", "training administrator", at("/requirements")),
    Shot("requirement", "training administrator", follow("main a[href*='/requirements/']", start="/requirements")),
    Shot("accounts", "municipality administrator", at("/administration/accounts")),
    Shot(
        "account-admin",
        "municipality administrator",
        follow("main a[href*='/administration/accounts/']", start="/administration/accounts"),
    ),
    Shot("journal", "municipality administrator", at("/journal")),
    Shot("coordination", "coordinator", at("/coordination")),
    Shot("outbox", "operator", at("/outbox/")),
    Shot("mail", "operator", follow("main a[href*='/outbox/']", start="/outbox/?state=caught")),
)


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
        tick(app, database, Catcher(), holder="screenshots")
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}", {each.role: each.identifier for each in sign_ins(database)}
        server.shutdown()
        database.engine.dispose()


def photograph(browser: Browser, url: str, accounts: dict[str, str], shots: list[Shot]) -> None:
    """Take the pages, one browser for each role and look."""
    for role in dict.fromkeys(shot.role for shot in shots):
        for look, viewport, scheme in (
            ("desktop", DESKTOP, "light"),
            ("phone", PHONE, "light"),
            ("desktop-dark", DESKTOP, "dark"),
            ("phone-dark", PHONE, "dark"),
        ):
            context = browser.new_context(base_url=url, viewport=viewport, color_scheme=scheme, locale="sv-SE")
            context.set_default_timeout(10_000)
            page = context.new_page()
            if role is not None:
                sign_in(page, next(identifier for name, identifier in accounts.items() if name.startswith(role)))
            for shot in (each for each in shots if each.role == role):
                try:
                    shot.go(page)
                    page.screenshot(path=FOLDER / f"{shot.name}--{look}.png", full_page=True)
                except PlaywrightError as error:
                    print(f"{shot.name} ({look}): {type(error).__name__}: {str(error).splitlines()[0]}")
            context.close()


def sign_in(page: Page, identifier: str) -> None:
    """Sign in by the sign-in page."""
    page.goto("/sign-in")
    page.locator("input[name=identifier]").fill(identifier)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda address: "/sign-in" not in address)


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
