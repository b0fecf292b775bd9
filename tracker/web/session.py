"""How a request meets the database: one session, bound to one municipality, committed once or not at all."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import structlog
from flask import Flask, current_app, g, redirect, request, url_for
from flask_login import LoginManager, UserMixin, current_user
from werkzeug.wrappers import Response

from tracker import clock
from tracker.clock import FIRST_DAY, LAST_DAY
from tracker.config import Config
from tracker.db import BoundSession, Database, Known
from tracker.municipalities.models import Municipality
from tracker.permissions import SignedIn, Viewer
from tracker.web.errors import DayError

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Edge:
    """What the application is wired with: `app.create_app` is the only place that makes one."""

    config: Config
    database: Database
    # Refresh what was touched, seal the journal, commit: once, at the end.
    finish: Callable[[BoundSession, datetime], None]
    # Whom a session cookie's token stands for, if it still does. Being asked keeps the session from idling out.
    signed_in_by: Callable[[Database, str, datetime], SignedIn | None]
    # The viewer with the roles that hold on the day.
    viewer_of: Callable[[BoundSession, int, date], Viewer]
    # What is required of a person on a day, each with the course it asks for (compliance.queries.Obligation).
    obligations_of: Callable[[BoundSession, int, date], Sequence[Any]]
    # Whether the phases have been computed from what was known on a past day.
    prepared: Callable[[BoundSession, date], bool]
    # High roles that were asked for an account (people.roles.RolesOfMine).
    roles_of_mine: Callable[[BoundSession, Any, datetime], Any]
    # Keep the language and theme that the viewer chose with their account.
    prefer: Callable[[BoundSession, Viewer, str | None, str | None], None]


class Cookie(UserMixin):
    """Flask-Login's user: only the opaque token, which the database knows by its fingerprint."""

    def __init__(self, token: str, signed_in: SignedIn) -> None:
        """Remember the token and what it stands for."""
        self.id = token
        self.signed_in = signed_in


login_manager = LoginManager()


def edge() -> Edge:
    """Return what the present application is wired with."""
    return current_app.extensions["tracker"]


@login_manager.user_loader
def _load(token: str) -> Cookie | None:
    signed_in = edge().signed_in_by(edge().database, token, g.now)
    return Cookie(token, signed_in) if signed_in else None


def begin() -> None:
    """Before each request: read the clock, find who is asking, open their municipality's session."""
    g.now = clock.now()
    g.viewer = None
    g.today = clock.local_date(g.now, "Europe/Stockholm")
    g.day = g.today
    g.known_on = None
    # Before the locale is asked for: error pages need one too.
    if not current_user.is_authenticated:
        return
    signed_in: SignedIn = current_user.signed_in
    reading = request.method in SAFE_METHODS or _declares(request.endpoint, "only_reads")
    g.session = edge().database.bound(signed_in.municipality_id, reading=reading)
    g.login_session_id = signed_in.login_session_id
    g.municipality = g.session.get_one(Municipality, signed_in.municipality_id)
    g.today = clock.local_date(g.now, g.municipality.timezone)
    g.day = g.today
    g.viewer = edge().viewer_of(g.session, signed_in.account_id, g.today)
    if takes_a_day(request.endpoint):
        _look_at_a_day(g.session)
    structlog.contextvars.bind_contextvars(municipality=g.municipality.slug, actor=g.viewer.actor)


def takes_a_day(endpoint: str | None) -> bool:
    """Say whether an endpoint shows how things stand on the day that the address asks for. None: there is no such address."""
    return _declares(endpoint, "on_a_day")


def _declares(endpoint: str | None, what: str) -> bool:
    """Say whether an endpoint declares something: see `access.requires`."""
    return endpoint is not None and getattr(current_app.view_functions[endpoint], what, False)


def _look_at_a_day(session: BoundSession) -> None:
    """Note the day asked about, and set a session that only reads to what was known on another, if asked.

    Without a day, what was known on a day is about that day. Raises DayError for what is no day, and for knowledge of
    days to come.
    """
    known_on = _day_in_address("known")
    if known_on is not None and request.method in SAFE_METHODS:
        if known_on > g.today:
            raise DayError("known")
        if known_on < g.today:
            g.known_on = known_on
            session.known = Known.by_end_of(known_on, g.municipality.timezone)
    g.day = _day_in_address("day") or g.known_on or g.today


def _day_in_address(name: str) -> date | None:
    asked = request.args.get(name, "")
    try:
        day = date.fromisoformat(asked) if asked else None
    except ValueError as error:
        raise DayError(name) from error
    if day is not None and not FIRST_DAY <= day <= LAST_DAY:
        raise DayError(name)
    return day


def look_back() -> Response | None:
    """Before a page that shows what was known on a day: see to it that phases have been computed from that."""
    if g.known_on is None or edge().prepared(g.session, g.known_on):
        return None
    return redirect(url_for("compliance.prepare", on=g.known_on.isoformat(), next=request.full_path))


def end(response: Response) -> Response:
    """After each request: an act that was answered below 400 is finished and committed; all else leaves nothing."""
    session: BoundSession | None = g.get("session")
    if session is not None and request.method not in SAFE_METHODS and response.status_code < 400:
        edge().finish(session, g.now)
    return response


def close(_error: BaseException | None = None) -> None:
    """When the request is over: give the connection back. What was not committed is undone."""
    session = g.pop("session", None)
    if session is not None:
        session.close()


@contextmanager
def in_municipality(municipality_id: int) -> Generator[BoundSession]:
    """Act in a municipality where nobody is signed in (yet); finish when the block ends, keep nothing if it raises.

    The request's own session, if there is one, is closed first: two writers at once would wait for each other.
    """
    close()
    with edge().database.bound(municipality_id) as session:
        yield session
        edge().finish(session, g.now)


def init(app: Flask) -> None:
    """Install the steps above."""
    login_manager.init_app(app)
    app.before_request(begin)
    app.after_request(end)
    app.teardown_request(close)
