"""Reading a course without taking it: nothing is begun, answered, signed or recorded."""

from typing import Any

from flask import g, url_for
from werkzeug.wrappers import Response

from tracker.catalogue.models import Module
from tracker.catalogue.views import module_html
from tracker.i18n import in_language
from tracker.learning import queries
from tracker.learning.queries import Progress
from tracker.learning.views.blueprint import bp
from tracker.permissions import Permission
from tracker.web.access import requires
from tracker.web.pages import found, page


@bp.get("/learn/<public_id:course_id>/reading/<public_id:module_id>")
@requires(Permission.LEARN)
def reading(course_id: str, module_id: str) -> Response:
    """Show a module of a published course to whoever could take it. Questions are left out: those belong to taking it."""
    progress = found(queries.not_begun(g.session, course_id, today=g.today))
    module = found(queries.module_of(g.session, progress.version.id, module_id))
    steps = queries.checklist_steps(g.session, progress.version.id, None)
    position = [one.id for one in progress.modules].index(module.id) + 1
    addresses = [item["url"] for item in reading_outline(progress)]
    return page(
        "learning/reading.html",
        progress=progress,
        module=module,
        html=module_html(module),
        steps=steps.get(module.id, []),
        outline=reading_outline(progress, module),
        position=position,
        onwards=addresses[position] if position < len(addresses) else None,
    )


def reading_outline(progress: Progress, current: Module | None = None) -> list[dict[str, Any]]:
    """Return the modules as the outline shows them to whoever only reads: none is done, and none left to do."""
    return [
        {
            "label": in_language(module.titles),
            "url": url_for("learning.reading", course_id=progress.course.public_id, module_id=module.public_id),
            "state": "current" if current is not None and module.id == current.id else "plain",
            "minutes": module.minutes,
        }
        for module in progress.modules
    ]
