"""A served application and a real Chromium to visit it with."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

from tests.browser.chromium import LAUNCH_ARGUMENTS, ensure
from tests.conftest import NOW
from tests.factories import PASSWORD, Cast, set_password
from tracker.app import create_app
from tracker.config import Config
from tracker.db import Database

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real Chromium, headless."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=ensure(), args=LAUNCH_ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Site:
    """The application as it is served to browsers, on the test's database."""

    app: Any
    database: Database
    cast: Cast
    url: str
    chromium: Browser
    contexts: list[BrowserContext] = field(default_factory=list)

    def visitor(self, *, phone: bool = False, dark: bool = False, **options: Any) -> Page:
        """Return a page of a new visitor's browser, which fails the test on any error in its console."""
        context = self.chromium.new_context(
            base_url=self.url,
            viewport=PHONE if phone else DESKTOP,
            color_scheme="dark" if dark else "light",
            locale="sv-SE",
            accept_downloads=True,
            **options,
        )
        context.set_default_timeout(10_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: _complain(message.type, message.text))
        page.on("pageerror", lambda error: _complain("error", str(error)))
        return page

    def signed_in(self, name: str, **options: Any) -> Page:
        """Return a page of someone of the cast who has signed in by the sign-in page."""
        page = self.visitor(**options)
        page.goto("/sign-in")
        page.locator("input[name=identifier]").fill(f"{name}@kommun.example")
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url(lambda url: "/sign-in" not in url)
        return page


_complaints: list[str] = []


def _complain(kind: str, text: str) -> None:
    # A refused form or a missing page is the server's answer, not a fault of the page's.
    if kind == "error" and "Failed to load resource" not in text:
        _complaints.append(text)


@pytest.fixture
def site(database: Database, cast: Cast, chromium: Browser) -> Iterator[Site]:
    """The application served on a free port of this machine, with everyone's password set."""
    app = create_app(Config(environment="test", secret_key="for tests only" * 3), database)
    set_password(database, cast, now=NOW)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    served = Site(app, database, cast, f"http://localhost:{server.server_port}", chromium)
    _complaints.clear()
    yield served
    for context in served.contexts:
        context.close()
    server.shutdown()
    thread.join()
    server.server_close()
    assert _complaints == []


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Check a page with axe: it must find nothing."""
    return check_accessibility


def check_accessibility(page: Page) -> None:
    """Raise AssertionError with what axe finds on a page, by rule and place."""
    found = Axe().run(page).response["violations"]
    told = [f"{rule['id']}: {rule['help']} at {node['target']}" for rule in found for node in rule["nodes"]]
    assert told == [], f"{page.url}: {told}"


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    """A folder for what the browser downloads."""
    return tmp_path
