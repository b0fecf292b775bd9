"""The page where HR takes lists out."""

from datetime import date
from urllib.parse import urlencode

from flask import Blueprint, g, redirect, request, send_file, url_for
from werkzeug.wrappers import Response

from tracker.administration.details import names_of, referred_to, said
from tracker.db import Known
from tracker.domain.facts import State
from tracker.exports.forms import ExportForm
from tracker.exports.operations import Content, Format, file_name, note_export, write_file
from tracker.exports.queries import Filter, requirement_by_public_id, requirement_choices, taken
from tracker.exports.wording import wording
from tracker.i18n import in_language
from tracker.organisation.forms import unit_choices
from tracker.organisation.queries import tree_on, unit_by_public_id
from tracker.permissions import Permission
from tracker.web.access import requires
from tracker.web.forms import submitted
from tracker.web.pages import found, page
from tracker.web.session import edge

bp = Blueprint("exports", __name__, url_prefix="/exports")

MEDIA_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@bp.route("/", methods=["GET", "POST"])
@requires(Permission.EXPORT, on_a_day=True)
def index() -> Response:
    """Choose a list and take it; see who took which before."""
    form = ExportForm(
        request.form if request.method == "POST" else request.args,
        day=g.day,
        known=g.known_on,
        today=g.today,
        units=unit_choices(tree_on(g.session, g.day)),
        requirements=[(public_id, in_language(titles)) for public_id, titles in requirement_choices(g.session, g.day)],
    )
    if submitted(form):
        on = _known_on(form)
        if on is not None and not edge().prepared(g.session, on):
            return redirect(url_for("exports.index") + "?" + _asked(form))  # There it is computed first.
        return _download(form, on)
    before = taken(g.session)
    names = names_of(g.session, {name for each in before for name in referred_to(each.narrowed)})
    return page("exports/index.html", form=form, taken=before, said=lambda each: said(each.narrowed, names))


def _known_on(form: ExportForm) -> date | None:
    """Return the past day whose knowledge is asked for; None for what is known now."""
    return form.known.data if form.known.data and form.known.data < g.today else None


def _asked(form: ExportForm) -> str:
    """Return what was filled in, as arguments of an address."""
    names = [field.name for field in form if field.name != "csrf_token"]
    return urlencode([(name, value) for name in names for value in request.form.getlist(name) if value])


def _download(form: ExportForm, known_on: date | None) -> Response:
    content, kind, chosen = Content(form.content.data), Format(form.kind.data), _filter(form)
    words = wording(content, g.viewer, timezone=g.municipality.timezone)
    # A long list is written from a reading session, so that on SQLite nobody waits for it to end.
    g.session.rollback()
    with edge().database.bound(g.viewer.municipality_id, reading=True) as reading:
        if known_on is not None:
            reading.known = Known.by_end_of(known_on, g.municipality.timezone)
        export = write_file(reading, content=content, kind=kind, chosen=chosen, wording=words, by=g.viewer)
    details = {name: str(form[name].data or "") for name in ("day", "known", "unit", "requirement")}
    details |= {"since": str(chosen.since or ""), "states": " ".join(chosen.states)}
    note_export(g.session, export, content=content, kind=kind, details=details, by=g.viewer)
    name = file_name(content, kind, municipality=g.municipality.slug, day=chosen.day, known_on=known_on)
    response = send_file(export.file, mimetype=MEDIA_TYPES[kind], as_attachment=True, download_name=name)
    response.content_length = export.size
    response.headers["Cache-Control"] = "no-store"
    return response


def _filter(form: ExportForm) -> Filter:
    """Return what the form asks for. What does not concern the list chosen is left out."""
    assert form.day.data is not None  # The form demands it.
    unit, requirement = form.unit.data, form.requirement.data
    standing = form.content.data == Content.STANDING
    return Filter(
        day=form.day.data,
        unit_id=found(unit_by_public_id(g.session, unit)).id if unit else None,
        requirement_id=found(requirement_by_public_id(g.session, requirement)).id if requirement else None,
        states=tuple(State(value) for value in form.states.data or ()) if standing else (),
        since=None if standing else form.since.data,
    )
