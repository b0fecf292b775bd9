"""A Kil in which somebody is behind, somebody is soon due, somebody is done; and what a page was given to show."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import pytest
import time_machine
from flask import template_rendered
from werkzeug.test import TestResponse

from tests.conftest import NOW
from tests.factories import (
    Cast,
    add_access,
    add_completion,
    add_course,
    add_person,
    add_requirement,
    sign_in,
)
from tests.statements import Asked, asking
from tracker.accounts.models import Account
from tracker.catalogue.models import CourseVersion

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    """It is Monday 23 November 2026."""
    with time_machine.travel(NOW, tick=False):
        yield


@dataclass
class Story:
    """What has been set up, by id."""

    basics: CourseVersion
    records: CourseVersion
    protected: str  # public id
    protected_number: str
    newcomer: str


@pytest.fixture
def story(cast: Cast, in_kil: Callable[[], Any]) -> Story:
    """Two requirements in Kil: IT basics for everyone, yearly; the record system for its users, once.

    Anna: basics valid until 28 February 2027; records due on 1 December. Bosse: basics lapsed on 31 May. A colleague
    with a protected identity and a newcomer work in Anna's unit. Everyone else has never done the basics.
    """
    with in_kil() as session:
        basics = add_course(session, "it", now=NOW, title="IT-grunder")
        records = add_course(session, "omsorg", now=NOW, title="Omsorgsjournalen i vardagen")
        add_requirement(session, "it", course_id=basics.course_id, now=NOW, validity_months=12)
        add_requirement(session, "omsorg", course_id=records.course_id, now=NOW, lines=({"system_id": cast.system_id},))
        add_completion(session, cast.people["anna"], basics, on=date(2026, 3, 1), now=NOW)
        add_access(session, cast.people["anna"], cast.system_id, starts_on=date(2026, 11, 1), now=NOW)
        add_completion(session, cast.people["bosse"], basics, on=date(2025, 6, 1), now=NOW)
        protected = add_person(
            session,
            "Hemlig",
            "Hemligsson",
            unit_id=cast.units["11"],
            position_id=cast.position_id,
            now=NOW,
            protected_identity=True,
            employee_number="700123",
        )
        newcomer = add_person(
            session,
            "Nya",
            "Nilsson",
            unit_id=cast.units["11"],
            position_id=cast.position_id,
            now=NOW,
            starts_on=date(2026, 11, 16),
        )
        for account in session.query(Account):
            account.locale = "en"
        return Story(basics, records, protected.public_id, "700123", newcomer.public_id)


@dataclass
class Shown:
    """An answer, and what its template was given."""

    response: TestResponse
    context: dict[str, Any]

    @property
    def html(self) -> str:
        return self.response.get_data(as_text=True)

    def __getitem__(self, name: str) -> Any:
        return self.context[name]


@pytest.fixture
def show(app, database, cast: Cast) -> Callable[..., Shown]:
    """Open a page as one of the cast: `show("bosse", "/team", state="behind")`."""

    def open_page(name: str, path: str, **query: str) -> Shown:
        client = sign_in(app.test_client(), database, cast, name)
        contexts: list[dict[str, Any]] = []

        def keep(_sender: object, template: Any, context: dict[str, Any], **_: Any) -> None:
            if template.name.startswith("dashboards/"):
                contexts.append(context)

        with template_rendered.connected_to(keep, app):
            response = client.get(path, query_string=query)
        return Shown(response, contexts[-1] if contexts else {})

    return open_page


@pytest.fixture
def counting(database) -> Callable[[], AbstractContextManager[Asked]]:
    """Keep the statements that run in a block, with their parameters: `with counting() as asked: …; len(asked)`."""
    return partial(asking, database)
