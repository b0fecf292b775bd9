"""Addresses of the shell itself: is it alive, is it ready, in which language and theme."""

from flask import Blueprint, abort, g, redirect, request, url_for
from werkzeug.wrappers import Response

from tracker import i18n, schema
from tracker.jobs.queries import scheduler_is_active
from tracker.web.access import public
from tracker.web.pages import own_path
from tracker.web.session import edge

bp = Blueprint("web", __name__)

ONE_YEAR = 365 * 24 * 3600
THEMES = ("auto", "light", "dark")


@bp.get("/healthz")
@public
def healthz() -> dict[str, str]:
    """Say that the process is alive. Touches nothing else."""
    return {"status": "alive"}


@bp.get("/readyz")
@public
def readyz() -> tuple[dict[str, str], int]:
    """Say whether requests can be served: the database answers, and its tables are those this version expects.

    Says too whether a scheduler is active; pages are served without one.
    """
    if (problem := schema.problem(edge().database)) is not None:
        return {"status": "not ready", "reason": problem}, 503
    with edge().database.wide(reading=True) as session:
        return {"status": "ready", "scheduler": "active" if scheduler_is_active(session) else "none is active"}, 200


@bp.post("/preferences")
@public
def preferences() -> Response:
    """Remember the language and theme: in cookies, and with the account where one is signed in."""
    locale, theme = request.form.get("locale"), request.form.get("theme")
    if (locale is not None and locale not in i18n.LOCALES) or (theme is not None and theme not in THEMES):
        abort(422)
    response = redirect(own_path(request.form.get("next")) or url_for("dashboards.home"))
    for name, value in (("locale", locale), ("theme", theme)):
        if value:
            response.set_cookie(name, value, max_age=ONE_YEAR, samesite="Lax", secure=request.is_secure, httponly=True)
    if g.viewer is not None:
        edge().prefer(g.session, g.viewer, locale, theme)
    return response
