"""How a request meets the database: one session, bound to one municipality, committed once or not at all."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import structlog
from flask import Flask, current_app, g, request
from flask_login import LoginManager, UserMixin, current_user
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from tracker import clock
from tracker.config import Config
from tracker.db import BoundSession, Database
from tracker.municipalities.models import Municipality
from tracker.permissions import SignedIn, Viewer

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
    # Before the locale is asked for: error pages need one too.
    if request.endpoint is None or not current_user.is_authenticated:
        return
    signed_in: SignedIn = current_user.signed_in
    g.session = edge().database.bound(signed_in.municipality_id, reading=request.method in SAFE_METHODS)
    g.login_session_id = signed_in.login_session_id
    g.municipality = g.session.get_one(Municipality, signed_in.municipality_id)
    g.today = clock.local_date(g.now, g.municipality.timezone)
    g.day = g.today
    g.viewer = edge().viewer_of(g.session, signed_in.account_id, g.today)
    g.day = _asked_day(g.today)
    structlog.contextvars.bind_contextvars(municipality=g.municipality.slug, actor=g.viewer.actor)


def _asked_day(today: date) -> date:
    """Return the day that the address asks about (`?day=2026-03-01`), else today.

    Raises BadRequest for what is not a day.
    """
    asked = request.args.get("day", "")
    if not asked:
        return today
    try:
        return date.fromisoformat(asked)
    except ValueError as error:
        raise BadRequest("day") from error


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
