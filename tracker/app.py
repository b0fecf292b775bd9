"""What the application consists of."""

import logging
from typing import Any

import structlog
from flask import Flask
from flask_babel import lazy_gettext as _l
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

import tracker.accounts.views
import tracker.administration.views
import tracker.bulk.views
import tracker.catalogue.views
import tracker.compliance.views
import tracker.dashboards.views
import tracker.drafting.views
import tracker.equivalences.views
import tracker.exceptions.views
import tracker.exports.views
import tracker.hr.views
import tracker.learning.views
import tracker.mail.views
import tracker.merging.views
import tracker.packs.views
import tracker.people.views
import tracker.programmes.views
import tracker.systems.views
import tracker.uploads.views
import tracker.web.views
from tracker import edge, i18n, models
from tracker.accounts.operations import prefer, signed_in_by
from tracker.assets import STATIC, TEMPLATES
from tracker.compliance.known import prepared
from tracker.compliance.queries import obligations_of
from tracker.config import Config, from_environment
from tracker.db import Database
from tracker.people.queries import viewer_of
from tracker.people.roles import roles_of_mine
from tracker.permissions import Permission
from tracker.web import access, errors, pages, session
from tracker.web.converters import PublicIdConverter

# What each module adds to the navigation is listed here, in the order shown: endpoint, label, icon, permission.
NAVIGATION: tuple[tuple[str, Any, str, Permission], ...] = (
    ("dashboards.home", _l("My training"), "home", Permission.LEARN),
    ("dashboards.team", _l("Team"), "team", Permission.TEAM_VIEW),
    ("programmes.hires", _l("New hires"), "programme", Permission.TEAM_VIEW),
    ("programmes.tasks", _l("Tasks for new hires"), "check", Permission.NEWCOMER_TASKS),
    ("dashboards.municipality", _l("Municipality"), "municipality", Permission.FIGURES_VIEW),
    ("dashboards.coordination", _l("Coordination"), "coordination", Permission.COORDINATION_VIEW),
    ("learning.history", _l("Certificates"), "certificate", Permission.LEARN),
    ("catalogue.index", _l("Courses"), "courses", Permission.COURSE_VIEW),
    ("requirements.index", _l("Requirements"), "requirements", Permission.REQUIREMENT_VIEW),
    ("exceptions.index", _l("Exceptions and assignments"), "exempt", Permission.EXCEPTION_GRANT),
    ("uploads.waiting", _l("Certificates to check"), "sign", Permission.COMPLETION_RECORD),
    ("bulk.index", _l("Many at once"), "list", Permission.TEAM_VIEW),
    ("people.index", _l("People"), "people", Permission.TEAM_VIEW),
    ("organisation.index", _l("Organisation"), "org", Permission.ORGANISATION_VIEW),
    ("systems.index", _l("IT systems"), "systems", Permission.SYSTEM_VIEW),
    ("duties.index", _l("Duties"), "user-check", Permission.DUTY_EDIT),
    ("hr.imports", _l("Import from the HR system"), "imports", Permission.ROSTER_IMPORT),
    ("exports.index", _l("Exports"), "exports", Permission.EXPORT),
    ("administration.accounts", _l("Accounts"), "account", Permission.ACCOUNT_ADMIN),
    ("audit.journal", _l("Journal"), "audit", Permission.JOURNAL_VIEW),
    ("mail.outbox", _l("Outbox"), "mail", Permission.OUTBOX_VIEW),
)

BLUEPRINTS = (
    tracker.web.views.bp,
    tracker.accounts.views.bp,
    tracker.administration.views.bp,
    tracker.administration.views.journal_bp,
    tracker.dashboards.views.bp,
    tracker.catalogue.views.bp,
    tracker.equivalences.views.bp,
    tracker.learning.views.bp,
    tracker.compliance.views.requirements_bp,
    tracker.drafting.views.bp,
    tracker.packs.views.bp,
    tracker.compliance.views.bp,
    tracker.exceptions.views.bp,
    tracker.uploads.views.bp,
    tracker.programmes.views.bp,
    tracker.merging.views.bp,
    tracker.people.views.bp,
    tracker.people.views.organisation_bp,
    tracker.systems.views.bp,
    tracker.systems.views.duties_bp,
    tracker.hr.views.bp,
    tracker.mail.views.bp,
    tracker.exports.views.bp,
    tracker.bulk.views.bp,
)


def create_app(config: Config | None = None, database: Database | None = None) -> Flask:
    """Put the application together. Raises if the configuration is unsafe or an endpoint declares no permission."""
    config = config or from_environment()
    assert models.metadata.tables
    app = Flask("tracker", template_folder=str(TEMPLATES), static_folder=None)
    app.config.update(_flask_settings(config))
    _log(config)

    app.extensions["tracker"] = session.Edge(
        config=config,
        database=database or Database(config.database_url),
        finish=edge.finish,
        signed_in_by=signed_in_by,
        viewer_of=viewer_of,
        obligations_of=obligations_of,
        prepared=prepared,
        roles_of_mine=roles_of_mine,
        prefer=prefer,
    )
    app.url_map.converters["public_id"] = PublicIdConverter

    errors.init(app)
    session.init(app)  # Before CSRF: the page that refuses is shown to someone, too.
    CSRFProtect(app)
    app.before_request(access.enforce)
    app.before_request(session.look_back)
    i18n.babel.init_app(app, locale_selector=i18n.choose_locale)
    pages.init(app, STATIC, NAVIGATION)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    access.check_declarations(app)

    app.wsgi_app = WhiteNoise(
        app.wsgi_app, root=str(STATIC), prefix="/static/", max_age=31_536_000, allow_all_origins=False
    )
    if config.proxy_hops:
        hops = config.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
    return app


def _flask_settings(config: Config) -> dict[str, Any]:
    return {
        "SECRET_KEY": config.secret_key,
        "TESTING": config.environment == "test",
        "MAX_FILE_BYTES": config.max_upload_bytes,
        "MAX_CERTIFICATE_BYTES": config.max_certificate_bytes,
        "MAX_CONTENT_LENGTH": config.max_upload_bytes + 1024 * 1024,  # A file, and what else its form says.
        "TRUSTED_HOSTS": list(config.trusted_hosts) or None,
        "SESSION_COOKIE_NAME": "__Host-tracker" if config.production else "tracker",
        "SESSION_COOKIE_SECURE": config.production,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_PROTECTION": None,  # The login_session table decides, not a hash of the browser's name.
        "WTF_CSRF_TIME_LIMIT": None,  # A form left open over lunch still works; it ends with the session.
        "BABEL_DEFAULT_LOCALE": "sv",
        "BABEL_DEFAULT_TIMEZONE": "Europe/Stockholm",
        "BABEL_TRANSLATION_DIRECTORIES": "translations",
    }


def _log(config: Config) -> None:
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if config.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[config.log_level]),
        cache_logger_on_first_use=False,
    )
