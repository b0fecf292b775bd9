"""The lists: what is decided about people, and what they have asked for."""

from flask import g, request
from werkzeug.wrappers import Response

from tracker.domain.exceptions import DecisionKind
from tracker.exceptions import queries
from tracker.exceptions.queries import When
from tracker.exceptions.views.blueprint import bp, titles
from tracker.exceptions.words import KINDS, WHEN
from tracker.permissions import Permission
from tracker.requirements import queries as requirements
from tracker.web.access import requires
from tracker.web.pages import page


@bp.get("/exceptions")
@requires(Permission.EXCEPTION_GRANT, on_a_day=True)
def index() -> Response:
    """List what is decided about the viewer's people: in force on the day, coming or ended."""
    listed = requirements.listed(g.session, g.day)
    wanted = request.args.get("requirement", "")
    kind, when = request.args.get("kind", ""), request.args.get("when", "")
    granted = queries.granted_page(
        g.session,
        g.viewer,
        day=g.day,
        when=When(when) if when in set(When) else When.IN_FORCE,
        kind=DecisionKind(kind) if kind in set(DecisionKind) else None,
        requirement_id=next((one.requirement.id for one in listed if one.requirement.public_id == wanted), None),
        words=request.args.get("q", ""),
        number=request.args.get("page", 1, type=int),
    )
    return page("exceptions/index.html", granted=granted, listed=listed, titles=titles(), kinds=KINDS, when=WHEN)


@bp.get("/exceptions/requests")
@requires(Permission.EXCEPTION_GRANT)
def asked() -> Response:
    """List what the viewer's people have asked for and wait for an answer to."""
    waiting = queries.open_requests_page(g.session, g.viewer, g.today, number=request.args.get("page", 1, type=int))
    return page("exceptions/requests.html", asked=waiting, titles=titles())
