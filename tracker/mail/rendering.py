"""Turning a template folder into a mail: subject, plain text, HTML, in the recipient's language."""

from dataclasses import dataclass
from typing import Any

import css_inline
from flask import current_app, g, render_template, url_for
from flask_babel import force_locale

_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's three parts."""

    subject: str
    text: str
    html: str


def render(template: str, *, locale: str, municipality_name: str, context: dict[str, Any]) -> Rendered:
    """Render `templates/email/<template>/` in a language.

    Templates get `link(endpoint, **values)`, which returns an absolute address that begins with the configured base
    address, never with whatever host a request named.
    """
    base_url = current_app.extensions["tracker"].config.base_url.rstrip("/")

    def link(endpoint: str, **values: Any) -> str:
        return base_url + url_for(endpoint, _external=False, **values)

    # Contexts of its own: addresses can be built in a job too, and a request's viewer, day and language do not leak in.
    with current_app.app_context(), current_app.test_request_context(base_url=base_url), force_locale(locale):
        g.today = context.get("today")  # Dates of this year are written without it.
        parts = {
            "base_url": base_url,
            "link": link,
            "locale": locale,
            "municipality_name": municipality_name,
            **context,
        }
        subject = " ".join(render_template(f"email/{template}/subject.txt", **parts).split())
        text = render_template(f"email/{template}/body.txt", **parts).strip() + "\n"
        html = _INLINER.inline(render_template(f"email/{template}/body.html", **parts))
    return Rendered(subject=subject, text=text, html=html)
