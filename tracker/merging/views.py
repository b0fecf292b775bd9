"""Finding two records of one person, merging them, and undoing it. For HR."""

from flask import Blueprint, flash, g, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from tracker.accounts.forms import refuse
from tracker.merging import operations, queries
from tracker.merging.forms import MergeForm, OtherForm, UndoForm
from tracker.merging.preview import preview
from tracker.merging.words import KINDS, LIKENESS, REFUSALS
from tracker.people import merges
from tracker.people.models import Person
from tracker.people.queries import by_employee_number, visible_person
from tracker.people.words import DUTIES
from tracker.permissions import Permission
from tracker.web.access import requires
from tracker.web.forms import submitted
from tracker.web.pages import found, page

bp = Blueprint("merging", __name__)

SHOWN = 100


@bp.get("/people/duplicates")
@requires(Permission.PERSON_EDIT)
def duplicates() -> Response:
    """List who may be the same person, and the latest merges."""
    twins = queries.possible_duplicates(g.session, g.viewer)
    return page(
        "merging/duplicates.html",
        twins=twins[:SHOWN],
        total=len(twins),
        merges=merges.merges(g.session, g.viewer),
        likeness=LIKENESS,
    )


@bp.route("/people/<public_id:person_id>/merge", methods=["GET", "POST"])
@requires(Permission.PERSON_EDIT)
def choose(person_id: str) -> Response:
    """Say who the other record of a person is: one of those who look alike, or anybody by number."""
    person = found(visible_person(g.session, g.viewer, person_id, on=g.today))
    form = OtherForm()
    if submitted(form):
        other = by_employee_number(g.session, form.number.data or "")
        if other is None:
            refuse(form.number, _("Nobody has, or had, this number."))
        elif other.id == person.id:
            refuse(form.number, str(REFUSALS[operations.SamePersonError]))
        else:
            return redirect(url_for("merging.merge", person_id=person.public_id, other_id=other.public_id))
    twins = queries.possible_duplicates(g.session, g.viewer, person_id=person.id)
    return page("merging/choose.html", form=form, person=person, twins=twins, likeness=LIKENESS)


@bp.route("/people/<public_id:person_id>/merge/<public_id:other_id>", methods=["GET", "POST"])
@requires(Permission.PERSON_EDIT)
def merge(person_id: str, other_id: str) -> Response:
    """Show what merging would lead to, and merge: the first of the two remains.

    Whoever presses twice, or comes back to a page from before, is led to who has remained.
    """
    if (remaining := _already_one(person_id, other_id)) is not None:
        flash(_("The two are one person now."), "success")
        return redirect(url_for("dashboards.person", person_id=remaining.public_id))
    person, other = (found(visible_person(g.session, g.viewer, one, on=g.today)) for one in (person_id, other_id))
    form = MergeForm()
    if submitted(form):
        try:
            operations.merge(
                g.session,
                survivor=person,
                absorbed=other,
                reason=form.reason.data or "",
                by=g.viewer,
                now=g.now,
                today=g.today,
            )
        except tuple(REFUSALS) as error:
            refuse(form.reason, str(REFUSALS[type(error)]))
        else:
            flash(_("The two are one person now."), "success")
            return redirect(url_for("dashboards.person", person_id=person.public_id))
    return page(
        "merging/merge.html",
        form=form,
        person=person,
        other=other,
        looked_at=preview(g.session, person, other, g.today),
        refusal=_refusal(person, other),
        kinds=KINDS,
        duties=DUTIES,
    )


def _already_one(*public_ids: str) -> Person | None:
    """Return which of some persons the others have been merged into."""
    survivors = (merges.merged_into(g.session, g.viewer, one, on=g.today) for one in public_ids)
    return next((one[1] for one in survivors if one is not None and one[1].public_id in public_ids), None)


def _refusal(person: Person, other: Person) -> str | None:
    try:
        operations.refuse_merge(g.session, person, other, g.viewer)
    except tuple(REFUSALS) as error:
        return str(REFUSALS[type(error)])
    return None


@bp.route("/merges/<public_id:merge_id>/undo", methods=["GET", "POST"])
@requires(Permission.PERSON_EDIT)
def undo(merge_id: str) -> Response:
    """Show what undoing a merge would lead to, and undo it."""
    merged = found(merges.merge_by_public_id(g.session, g.viewer, merge_id))
    form = UndoForm()
    if submitted(form):
        try:
            operations.undo_merge(g.session, merge=merged.merge, why=form.why.data or "", by=g.viewer, now=g.now)
        except tuple(REFUSALS) as error:
            refuse(form.why, str(REFUSALS[type(error)]))
        else:
            flash(_("The merge is undone. They are two persons again."), "success")
            return redirect(url_for("dashboards.person", person_id=merged.absorbed.public_id))
    refusal = None
    try:
        operations.refuse_undo(g.session, merged.merge, g.viewer)
    except tuple(REFUSALS) as error:
        refusal = str(REFUSALS[type(error)])
    return page(
        "merging/undo.html",
        form=form,
        merged=merged,
        split=queries.split(g.session, merged.merge),
        refusal=refusal,
        kinds=KINDS,
    )
