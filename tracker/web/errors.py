"""Errors: a plain page in the reader's language for each, and headers on all answers."""

import secrets

import structlog
from flask import Flask, g, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.wrappers import Response

from tracker.db import is_busy

log = structlog.get_logger()


class DayError(BadRequest):
    """The address asks about a day that no page can be about: `description` is "day" or "known"."""


PAGES = {400, 403, 404, 409, 413, 422, 429, 500}

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def _number() -> None:
    g.request_id = secrets.token_hex(8)
    structlog.contextvars.clear_contextvars()
    # The address of a mailed link holds its secret, so only its pattern is logged.
    secret = request.url_rule is not None and "token" in (request.view_args or {})
    path = request.url_rule.rule if secret else request.path
    structlog.contextvars.bind_contextvars(request_id=g.request_id, method=request.method, path=path)


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    # Pages hold personal data: neither browsers nor proxies keep them. (Static files never come this way.)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Request-ID"] = g.get("request_id", "")
    log.info("request", status=response.status_code, endpoint=request.endpoint)
    return response


def _http_error(error: HTTPException) -> tuple[str, int] | HTTPException:
    code = error.code or 500
    if code < 400:
        return error
    shown = code if code in PAGES else 400 if code < 500 else 500
    about = error.description if isinstance(error, DayError) else None
    return render_template(f"errors/{shown}.html", code=code, about=about), code


def _csrf_error(_error: CSRFError) -> tuple[str, int]:
    return render_template("errors/400.html", code=400, expired=True), 400


def _meanwhile(error: IntegrityError) -> tuple[str, int]:
    """Two did the same at once, and the database let one through. Any other broken constraint is a fault of ours."""
    if "unique" not in str(error.orig).lower():
        return _unexpected(error)
    log.warning("request.overtaken", constraint=str(error.orig))
    return _undone(busy=False)


def _busy(error: OperationalError) -> tuple[str, int]:
    """Others held what this request needed for too long, or each waited for the other. It may do the next time."""
    if not is_busy(error):
        return _unexpected(error)
    log.warning("request.busy", reason=str(error.orig))
    return _undone(busy=True)


def _undone(*, busy: bool) -> tuple[str, int]:
    if "session" in g:
        g.session.rollback()
    return render_template("errors/409.html", code=409, busy=busy), 409


def _unexpected(error: Exception) -> tuple[str, int]:
    log.error("request.failed", exc_info=error)
    return render_template("errors/500.html", code=500), 500


def init(app: Flask) -> None:
    """Install the pages and the headers."""
    app.before_request(_number)
    app.after_request(_headers)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(IntegrityError, _meanwhile)
    app.register_error_handler(OperationalError, _busy)
    app.register_error_handler(Exception, _unexpected)
