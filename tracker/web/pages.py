"""What a page has around it: navigation, the day, languages, assets."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from flask import Flask, abort, g, make_response, render_template, request, url_for
from flask_babel import get_locale, gettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from tracker import i18n
from tracker.naming import shown_name
from tracker.permissions import Permission, Role
from tracker.web.forms import Form, ask_for_files_again
from tracker.web.session import takes_a_day

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the navigation."""

    label: Any
    url: str
    icon: str
    active: bool


NavEntry = tuple[str, Any, str, Permission]


def navigation(entries: Sequence[NavEntry]) -> list[NavItem]:
    """Return the navigation for the present viewer: what they can do, and nothing else."""
    viewer = g.get("viewer")
    if viewer is None:
        return []
    items = []
    for endpoint, label, icon, permission in entries:
        if not viewer.may(permission):
            continue
        url = url_for(endpoint)
        here = request.endpoint == endpoint or (url != "/" and request.path.startswith(url.rstrip("/") + "/"))
        items.append(NavItem(label, url, icon, here or request.path == url))
    return items


def page(template: str, **context: Any) -> Response:
    """Render a page. With a form in the context that was sent and is invalid, the answer's status is 422."""
    form = context.get("form")
    refused = isinstance(form, Form) and request.method == "POST"
    if refused:
        ask_for_files_again(form)
    return make_response(render_template(template, **context), 422 if refused else 200)


def found(thing: T | None) -> T:
    """Return the thing, or answer 404: what one may not see does not exist."""
    if thing is None:
        abort(404)
    return thing


def own_path(target: str | None) -> str | None:
    """Return a path of our own to go on to, or None for anything that could lead elsewhere."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target:
        return None
    if any(ord(letter) < 32 for letter in target):
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None


def with_query(**changes: Any) -> str:
    """Return the present address with some query arguments changed; None takes one away."""
    query = MultiDict(request.args)
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = str(value)
    text = urlencode(list(query.items(multi=True)))
    return request.path + ("?" + text if text else "")


def person_name(person: Any, survivor: Any = None) -> str:
    """Return a person's name as the present viewer may see it. `survivor`: whom they were merged into."""
    return shown_name(person, g.get("viewer"), protected=gettext("Protected identity"), survivor=survivor)


def owner_name(owner: Any) -> str:
    """Return what the owner of an account is called: the person as the viewer may see them, else the account's name."""
    return person_name(owner.person) if owner.person else owner.account.display_name


@cache
def _version(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else "0"


def init(app: Flask, static_folder: Path, entries: Sequence[NavEntry]) -> None:
    """Give templates what they may use."""

    def static_url(name: str) -> str:
        return f"/static/{name}?v={_version(static_folder / name)}"

    @app.url_defaults
    def stay_with_what_was_known(endpoint: str, values: dict[str, Any]) -> None:
        """Links from a page about what was known on a day lead to pages about the same."""
        if g.get("known_on") is not None and takes_a_day(endpoint):
            values.setdefault("known", g.known_on.isoformat())

    @app.context_processor
    def globals_of_page() -> dict[str, Any]:
        locale = str(get_locale())[:2]
        viewer = g.get("viewer")
        return {
            "viewer": viewer,
            "nav": navigation(entries),
            "locale": locale,
            "other_locale": "en" if locale == "sv" else "sv",
            "theme": viewer.theme if viewer else request.cookies.get("theme", "auto"),
            "day": g.get("day"),
            "today": g.get("today"),
            "known_on": g.get("known_on"),
            "takes_a_day": viewer is not None and takes_a_day(request.endpoint),
            "day_is_today": g.get("day") == g.get("today") and g.get("known_on") is None,
            "day_argument": None if g.get("day") == g.get("today") and g.get("known_on") is None else g.get("day"),
        }

    offered: dict[str, Any] = {
        "static_url": static_url,
        "with_query": with_query,
        "Permission": Permission,
        "Role": Role,
    }
    app.jinja_env.globals.update(offered)
    app.jinja_env.filters.update(i18n.FILTERS, person_name=person_name, owner_name=owner_name)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
