"""Deny by default: every endpoint says which permission it takes, or that it is public."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

import structlog
from flask import Flask, abort, g, redirect, request, url_for
from werkzeug.wrappers import Response

from tracker.permissions import Permission

log = structlog.get_logger()

View = TypeVar("View", bound=Callable[..., Any])


class UndeclaredEndpointError(Exception):
    """An endpoint says neither which permission it takes nor that it is public; the application does not start."""


def requires(permission: Permission, *, on_a_day: bool = False, only_reads: bool = False) -> Callable[[View], View]:
    """Declare the permission that an endpoint takes.

    `on_a_day`: it shows how things stand on the day that the address asks for (`?day=`, see `g.day`), also as they were
    known on an earlier one (`?known=`, see `g.known_on`). Other endpoints are about today. `only_reads`: `g.session` takes
    no write lock, even for a POST: what is written is written in sessions of its own.
    """

    def declare(view: View) -> View:
        view.permission = permission  # ty: ignore[missing-attribute]
        view.on_a_day = on_a_day  # ty: ignore[missing-attribute]
        view.only_reads = only_reads  # ty: ignore[missing-attribute]
        return view

    return declare


def public(view: View) -> View:
    """Declare that an endpoint is open to anyone, signed in or not."""
    view.permission = None  # ty: ignore[missing-attribute]
    return view


def check_declarations(app: Flask) -> None:
    """Raise UndeclaredEndpointError if any endpoint fails to declare who may use it."""
    undeclared = sorted(name for name, view in app.view_functions.items() if not hasattr(view, "permission"))
    if undeclared:
        raise UndeclaredEndpointError(", ".join(undeclared))


def enforce() -> Response | None:
    """Before each request: let it through, ask for a sign-in, or refuse."""
    if request.endpoint is None:
        return None
    from flask import current_app

    permission: Permission | None = current_app.view_functions[request.endpoint].permission  # ty: ignore[missing-attribute]
    if permission is None:
        return None
    viewer = g.get("viewer")
    if viewer is None:
        if request.method in {"GET", "HEAD"}:
            target = request.full_path.rstrip("?")
            return redirect(url_for("accounts.sign_in") + "?" + urlencode({"next": target}))
        abort(401)
    if not viewer.may(permission):
        log.warning("access.refused", endpoint=request.endpoint, permission=permission.value, actor=viewer.actor)
        abort(403)
    return None
