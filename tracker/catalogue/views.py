"""The catalogue: which courses there are, and what each consists of."""

from flask import Blueprint, g, get_template_attribute, make_response, request, url_for
from flask_babel import get_locale, gettext
from markupsafe import Markup
from werkzeug.wrappers import Response

from tracker import i18n
from tracker.catalogue import queries, rendering
from tracker.catalogue.models import CourseFile, Module
from tracker.domain.sorting import sort_key
from tracker.permissions import Permission
from tracker.web.access import requires
from tracker.web.pages import found, page

bp = Blueprint("catalogue", __name__)

ONE_YEAR = 365 * 24 * 3600


@bp.get("/courses")
@requires(Permission.COURSE_VIEW, on_a_day=True)
def index() -> Response:
    """List the courses that are published on the day, or those that have what was searched for."""
    wanted = request.args.get("q", "").strip().casefold()
    courses = [
        offer
        for offer in queries.offered(g.session, today=g.day)
        if wanted in " ".join([*offer.version.titles.values(), *offer.version.summaries.values()]).casefold()
    ]
    courses.sort(key=lambda offer: sort_key(i18n.in_language(offer.version.titles)))
    outlines = queries.outline(g.session, [offer.version.id for offer in courses])
    return page("catalogue/index.html", courses=courses, outlines=outlines, searched=bool(wanted))


@bp.get("/courses/<public_id:course_id>")
@requires(Permission.COURSE_VIEW, on_a_day=True)
def course(course_id: str) -> Response:
    """Show what a course consists of, as published on the day."""
    shown = found(queries.course_by_public_id(g.session, course_id))
    version = found(queries.current_version(g.session, shown.id, g.day))
    modules = queries.outline(g.session, [version.id])[version.id]
    accepted = queries.equivalences(g.session, shown.id)
    return page("catalogue/course.html", course=shown, version=version, modules=modules, accepted=accepted)


@bp.get("/courses/pictures/<public_id:picture_id>")
@requires(Permission.COURSE_VIEW)
def picture(picture_id: str) -> Response:
    """Answer with a picture. It can do nothing but be looked at, even when it is opened by itself."""
    file = found(queries.picture(g.session, picture_id))
    response = make_response(file.content)
    response.content_type = file.media_type
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    # Pictures hold no personal data, and one with this address never changes.
    response.headers["Cache-Control"] = f"private, max-age={ONE_YEAR}, immutable"
    return response


def module_html(module: Module) -> Markup:
    """Return a module's text in the present language, as HTML with its pictures and callouts."""
    locale = str(get_locale())[:2]
    text: dict[str, str] = module.content["text"]
    icon = get_template_attribute("_macros/icons.html", "icon")
    titles = {
        "tip": gettext("Tip"),
        "important": gettext("Important"),
        "warning": gettext("Warning"),
        "local": gettext("For the municipality to fill in"),
    }
    return Markup(  # noqa: S704  # Cleaned by the renderer.
        rendering.render(
            text.get(locale) or text["sv"],
            pictures=[_shown(file) for file in queries.pictures(g.session, module.course_version_id)],
            callout_titles=titles,
            callout_icons={kind: str(icon(kind)) for kind in rendering.CALLOUTS},
        )
    )


def _shown(file: CourseFile) -> rendering.ShownPicture:
    width, height = rendering.svg_size(file.content)
    return rendering.ShownPicture(file.name, url_for("catalogue.picture", picture_id=file.public_id), width, height)
