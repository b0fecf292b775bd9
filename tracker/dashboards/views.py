"""Home, team, person, municipality, coordination."""

from flask import Blueprint

from tracker.permissions import Permission
from tracker.web.access import requires

bp = Blueprint("dashboards", __name__)


@bp.get("/")
@requires(Permission.SIGNED_IN)
def home() -> str:
    """Lead to what this viewer comes for."""
    return "home"
