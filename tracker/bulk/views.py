"""The pages of batches: make a list, look at its rows, do it, see what became of each row, undo it."""

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

from flask import Blueprint, flash, g, redirect, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from tracker import clock
from tracker.accounts.forms import refuse
from tracker.bulk import operations, queries
from tracker.bulk.forms import (
    ApplyForm,
    CompletionListForm,
    DatedListForm,
    ExtensionListForm,
    ListForm,
    UndoForm,
)
from tracker.bulk.models import Act, Batch, BatchState, Outcome, Undone
from tracker.bulk.operations import Terms
from tracker.bulk.reading import MAX_ROWS, read_list
from tracker.bulk.words import ACTS, STATES, say
from tracker.catalogue import queries as catalogue
from tracker.domain.sorting import sort_key
from tracker.exceptions.forms import requirement_choices
from tracker.exceptions.operations import AskedUntilPastError, EndsBeforeStartError, StartsInPastError
from tracker.exceptions.words import refusal
from tracker.exports.files import Value, write_csv
from tracker.hr.reading import UnreadableFileError
from tracker.hr.wording import why_unreadable
from tracker.i18n import in_language
from tracker.permissions import Permission
from tracker.requirements import queries as requirements
from tracker.web.access import requires
from tracker.web.forms import Form, submitted
from tracker.web.pages import found, page, person_name

bp = Blueprint("bulk", __name__, url_prefix="/batches")


@bp.get("")
@requires(Permission.TEAM_VIEW)
def index() -> Response:
    """List the batches that the viewer may see, and lead to the making of others."""
    listed = queries.batches_page(g.session, g.viewer, number=request.args.get("page", 1, type=int))
    acts = [act for act in Act if g.viewer.may(queries.PERMISSIONS[act])]
    return page("bulk/index.html", listed=listed, acts=acts, words=ACTS, states=STATES, title_of=_titles())


@bp.route("/assign", methods=["GET", "POST"])
@requires(Permission.EXCEPTION_GRANT)
def assign() -> Response:
    """Make a list of people to assign a requirement to."""
    return _decided(Act.ASSIGN, DatedListForm(starts_on=g.today, requirement=request.args.get("requirement")))


@bp.route("/exempt", methods=["GET", "POST"])
@requires(Permission.EXCEPTION_GRANT)
def exempt() -> Response:
    """Make a list of people to exempt from a requirement."""
    return _decided(Act.EXEMPT, DatedListForm(starts_on=g.today, requirement=request.args.get("requirement")))


@bp.route("/extend", methods=["GET", "POST"])
@requires(Permission.EXCEPTION_GRANT)
def extend() -> Response:
    """Make a list of people to give more time for a requirement."""
    return _decided(Act.EXTEND, ExtensionListForm(requirement=request.args.get("requirement")))


def _decided(act: Act, form: DatedListForm | ExtensionListForm) -> Response:
    listed = requirements.listed(g.session, g.today)
    form.requirement.choices = requirement_choices(listed)
    if submitted(form):
        chosen = {one.requirement.public_id: one.requirement.id for one in listed}[form.requirement.data or ""]
        days = {name: form[name].data for name in ("starts_on", "ends_on", "due_on") if name in form}
        return _staged(form, Terms(act, requirement_id=chosen, reason=form.reason.data or "", **days))
    return _new(form, act)


def _new(form: ListForm, act: Act) -> Response:
    return page("bulk/new.html", form=form, act=act, words=ACTS, max_rows=MAX_ROWS)


@bp.route("/complete", methods=["GET", "POST"])
@requires(Permission.COMPLETION_RECORD)
def complete() -> Response:
    """Make a list of people who completed a course."""
    offered = {offer.course.public_id: offer for offer in catalogue.offered(g.session, today=g.today)}
    titles = {public_id: in_language(offer.version.titles) for public_id, offer in offered.items()}
    form = CompletionListForm(course=request.args.get("course"))
    form.course.choices = [
        SelectChoice("", _("Choose a course")),
        *(SelectChoice(*one) for one in sorted(titles.items(), key=lambda one: sort_key(one[1]))),
    ]
    if submitted(form):
        terms = Terms(
            Act.COMPLETE,
            course_id=offered[form.course.data or ""].course.id,
            completed_on=form.completed_on.data,
            signer=form.signer.data or "",
        )
        return _staged(form, terms)
    return _new(form, Act.COMPLETE)


# Which field is wrong when what was asked for cannot be.
_REFUSED: dict[type[Exception], str] = {
    EndsBeforeStartError: "ends_on",
    StartsInPastError: "starts_on",
    AskedUntilPastError: "due_on",
}


def _staged(form: ListForm, terms: Terms) -> Response:
    """Keep the list and show its rows, or say in the form why not."""
    file = form.file.data
    content = file.read() if file else (form.pasted.data or "").encode()
    name = PurePath(file.filename or "").name if file else ""
    try:
        rows = read_list(content)
        batch = operations.stage(
            g.session, terms=terms, rows=rows, filename=name, by=g.viewer, now=g.now, today=g.today
        )
    except UnreadableFileError as error:
        refuse(form.file if file else form.pasted, why_unreadable(error))
    except tuple(_REFUSED) as error:
        refuse(form[_REFUSED[type(error)]], refusal(error))
    else:
        return redirect(url_for("bulk.show", batch_id=batch.public_id))
    return _new(form, terms.act)


@bp.get("/<public_id:batch_id>")
@requires(Permission.TEAM_VIEW)
def show(batch_id: str) -> Response:
    """Show what a batch would do for each row, did, or undid."""
    return _shown(_visible(batch_id), ApplyForm())


def _visible(batch_id: str) -> Batch:
    return found(queries.visible_batch(g.session, g.viewer, batch_id))


def _shown(batch: Batch, form: Form) -> Response:
    counts = queries.counts(g.session, batch)
    asked = request.args.get("told", "")
    told = next((one for one in counts if one.value == asked), None)
    ahead = batch.state is BatchState.PREVIEWED
    return page(
        "bulk/show.html",
        batch=batch,
        form=form,
        ahead=ahead,
        decided_on=clock.local_date(batch.applied_at or batch.created_at, g.municipality.timezone),
        done=counts.get(Undone.TAKEN_BACK if batch.state is BatchState.UNDONE else Outcome.DONE, 0),
        left_out=batch.summary["rows"] - batch.summary["done"],
        counts=[(what, say(what, batch.act, ahead=ahead), number) for what, number in counts.items()],
        lines=queries.lines_page(
            g.session, g.viewer, batch, day=g.today, told=told, number=request.args.get("page", 1, type=int)
        ),
        say=lambda item: say(queries.told(item), batch.act, ahead=ahead),
        differing=queries.differing(g.session, batch),
        words=ACTS,
        title_of=_titles(),
    )


@bp.post("/<public_id:batch_id>/apply")
@requires(Permission.TEAM_VIEW)
def apply(batch_id: str) -> Response:
    """Do what was previewed. Sent twice, it is done once."""
    batch, form = _visible(batch_id), ApplyForm()
    if not submitted(form):
        return _shown(batch, form)
    if batch.summary["done"] < batch.summary["rows"] and not form.leave_out.data:
        refuse(form.leave_out, _("Tick the box, or correct the list and start again."))
        return _shown(batch, form)
    try:
        operations.apply(g.session, batch=batch, by=g.viewer, now=g.now, today=g.today)
    except operations.AlreadyAppliedError:
        flash(_("It has been done already."), "info")
    else:
        number = batch.summary["done"]
        flash(ngettext("Done for %(num)s row.", "Done for %(num)s rows.", number))
    return redirect(url_for("bulk.show", batch_id=batch.public_id))


@bp.post("/<public_id:batch_id>/discard")
@requires(Permission.TEAM_VIEW)
def discard(batch_id: str) -> Response:
    """Throw away a list that was looked at and not used."""
    batch, form = _visible(batch_id), Form()
    if submitted(form):
        try:
            operations.discard(g.session, batch=batch, by=g.viewer)
        except operations.AlreadyAppliedError:
            flash(_("It has been done already."), "info")
            return redirect(url_for("bulk.show", batch_id=batch.public_id))
        flash(_("The list is thrown away. Nothing was changed."))
    return redirect(url_for("bulk.index"))


@bp.route("/<public_id:batch_id>/undo", methods=["GET", "POST"])
@requires(Permission.TEAM_VIEW)
def undo(batch_id: str) -> Response:
    """Undo a batch, with a reason."""
    batch, form = _visible(batch_id), UndoForm()
    if batch.state is not BatchState.APPLIED:
        return redirect(url_for("bulk.show", batch_id=batch.public_id))
    if submitted(form):
        try:
            operations.undo(g.session, batch=batch, why=form.why.data or "", by=g.viewer, now=g.now, today=g.today)
        except operations.NotAppliedError:
            flash(_("It has been undone already."), "info")
        else:
            left = queries.standing_number(g.session, batch)
            flash(_("It is undone."))
            if left:
                flash(
                    ngettext("%(num)s row stands; why is said below.", "%(num)s rows stand; why is said below.", left),
                    "info",
                )
        return redirect(url_for("bulk.show", batch_id=batch.public_id))
    standing = queries.standing_number(g.session, batch)
    return page("bulk/undo.html", batch=batch, form=form, standing=standing, words=ACTS, title_of=_titles())


@bp.post("/<public_id:batch_id>/file")
@requires(Permission.TEAM_VIEW)
def download(batch_id: str) -> Response:
    """Give what became of each row as a CSV file."""
    batch, form = _visible(batch_id), Form()
    if not submitted(form):
        return _shown(batch, form)
    header = [_("Row"), _("Name"), _("In the list"), _("Day"), _("Outcome"), _("Due"), _("Valid until"), _("Note")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "batch.csv"
        rows = write_csv(path, header, _cells(batch))
        file = io.BytesIO(path.read_bytes())  # Some thousand short rows.
    operations.note_taken(g.session, batch=batch, rows=rows, by=g.viewer)
    response = send_file(
        file, mimetype="text/csv; charset=utf-8", as_attachment=True, download_name=f"{batch.public_id}.csv"
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _cells(batch: Batch) -> Iterator[list[Value]]:
    ahead = batch.state is BatchState.PREVIEWED
    for line in queries.lines(g.session, g.viewer, batch, g.today):
        item = line.item
        yield [
            item.number,
            person_name(line.person) if line.person else "",
            "" if item.person_id else item.written,
            item.day or item.day_written,
            say(queries.told(item), batch.act, ahead=ahead),
            item.due_on,
            item.valid_until,
            item.note,
        ]


def _titles() -> Any:
    """Return what tells what a batch is about: the title of its requirement or course."""
    by_requirement = {one.requirement.id: one.version.titles for one in requirements.listed(g.session, g.today)}
    courses = {offer.course.id: offer.version.titles for offer in catalogue.offered(g.session, today=g.today)}

    def title_of(batch: Batch) -> str:
        titles = by_requirement.get(batch.requirement_id) if batch.requirement_id else courses.get(batch.course_id)
        return in_language(titles) if titles else "–"

    return title_of
