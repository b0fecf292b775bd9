"""A served application and a real Chromium to visit it with."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy import select
from werkzeug.serving import make_server

from tests.browser.chromium import LAUNCH_ARGUMENTS, ensure
from tests.conftest import COMPILED, NOW
from tests.factories import BEGINNING, PASSWORD, Cast, acting, set_password
from tracker import clock
from tracker.app import create_app
from tracker.catalogue import starter as courses
from tracker.config import Config
from tracker.db import Database
from tracker.edge import transaction
from tracker.mail.models import OutgoingMail
from tracker.mail.operations import deliver
from tracker.mail.transport import Catcher
from tracker.reminders.operations import still_wanted
from tracker.requirements import starter as requirements

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
AXE = Axe().axe_script


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real Chromium, headless."""
    expect.set_options(timeout=20_000)  # A busy machine is slow, not wrong.
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
            reduced_motion="reduce",
            accept_downloads=True,
            **options,
        )
        context.set_default_timeout(30_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: _complain(message.type, message.text))
        page.on("pageerror", lambda error: _complain("error", str(error)))
        return page

    def signed_in(self, name: str, **options: Any) -> Page:
        """Return a page of someone of the cast who has signed in by the sign-in page."""
        page = self.visitor(**options)
        page.goto("/sign-in")
        sign_in(page, f"{name}@kommun.example")
        return page

    def mails_to(self, address: str) -> list[OutgoingMail]:
        """Deliver what waits in the outbox, and return the mails that have come to an address, oldest first."""
        with self.app.app_context():
            deliver(self.database, Catcher(), now=clock.now, still_wanted=still_wanted)
        with self.database.bound(self.cast.kil, reading=True) as session:
            mails = session.scalars(
                select(OutgoingMail).where(OutgoingMail.address == address).order_by(OutgoingMail.id)
            )
            return list(mails)


def sign_in(page: Page, identifier: str, password: str = PASSWORD) -> None:
    """Fill in the sign-in page that is open, and be somewhere else."""
    page.locator("input[name=identifier]").fill(identifier)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)


_complaints: list[str] = []


def _complain(kind: str, text: str) -> None:
    # A refused form or a missing page is the server's answer, not a fault of the page's.
    if kind == "error" and "Failed to load resource" not in text:
        _complaints.append(text)


@pytest.fixture
def site(
    database: Database, cast: Cast, chromium: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[Site]:
    """The application served on a free port of this machine, with everyone's password set. It is Monday, ten o'clock."""
    begun = time.monotonic()
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=time.monotonic() - begun))
    caplog.set_level(logging.WARNING, "werkzeug")
    set_password(database, cast, now=NOW)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://localhost:{listening.getsockname()[1]}"
        app = create_app(Config(environment="test", secret_key="for tests only" * 3, base_url=url), database)
        app.jinja_env.bytecode_cache = COMPILED
        server = make_server("127.0.0.1", 0, app, threaded=True, fd=listening.fileno())
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        served = Site(app, database, cast, url, chromium)
        _complaints.clear()
        yield served
        for context in served.contexts:
            context.close()
        server.shutdown()
        thread.join()
        server.server_close()
    assert _complaints == []


@pytest.fixture
def starter(site: Site) -> None:
    """The starter courses and the requirements that follow from the IT strategy, in Kil since 2020."""
    with site.app.test_request_context(), transaction(site.database, site.cast.kil, now=NOW) as session:
        by = acting(site.cast)
        courses.load_starter(session, by=by, now=NOW, today=BEGINNING)
        requirements.load_starter(session, by=by, now=NOW, effective_from=BEGINNING)


def check_accessibility(page: Page, *, rules: list[str] | None = None) -> None:
    """Raise AssertionError with what axe finds on a page, by rule and place. Without `rules`, all of axe's are asked."""
    page.locator("h1").first.wait_for()  # What was clicked on may have brought nothing yet.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    options = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
    found = page.evaluate("async (options) => (await axe.run(options)).violations", options)
    told = [f"{rule['id']}: {rule['help']} at {node['target']}" for rule in found for node in rule["nodes"]]
    assert told == [], f"{page.url}: {told}"
