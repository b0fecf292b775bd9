"""The blueprint that the pages of exceptions are added to, and what they share."""

from flask import Blueprint, g

from tracker.requirements.queries import listed

bp = Blueprint("exceptions", __name__)


def titles() -> dict[int, dict[str, str]]:
    """Return what each requirement is called, by id."""
    return {one.requirement.id: one.version.titles for one in listed(g.session, g.day)}
