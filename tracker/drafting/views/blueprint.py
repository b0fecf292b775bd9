"""The blueprint that the pages of drafts are added to, and what they share."""

from collections.abc import Collection

from flask import Blueprint, g, request

from tracker.people.roles import owners
from tracker.web.pages import owner_name

bp = Blueprint("drafting", __name__, url_prefix="/requirements")


def names_of(account_ids: Collection[int | None]) -> dict[int, str]:
    """Return what the owners of some accounts are called, as the viewer may see it."""
    ids = {id_ for id_ in account_ids if id_ is not None}
    return {owner.account.id: owner_name(owner) for owner in owners(g.session, ids)}


def revision_seen() -> int:
    """Return which revision of a draft was looked at; 0, which none is, if the form does not say."""
    return request.form.get("revision", 0, type=int)
