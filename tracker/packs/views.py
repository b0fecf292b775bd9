"""The pages of packs: those that come with Tracker and those that are sent, what each would change, taking one out."""

import hashlib
from pathlib import PurePath

from flask import Blueprint, flash, g, make_response, redirect, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from tracker.equivalences.queries import named
from tracker.packs import operations, queries
from tracker.packs.archives import from_zip, to_zip
from tracker.packs.files import Pack, PackError, read_pack, write_pack
from tracker.packs.forms import LoadForm, SendForm
from tracker.packs.queries import Change
from tracker.packs.words import COURSE_CHANGES, EQUIVALENCE_CHANGES, ITEM_CHANGES, REQUIREMENT_CHANGES, STATEMENTS, told
from tracker.permissions import Permission
from tracker.programmes.words import OWNERS
from tracker.web.access import requires
from tracker.web.forms import Form, submitted
from tracker.web.pages import found, page

bp = Blueprint("packs", __name__, url_prefix="/packs")

NAMED = 200
"""So many whom an equivalence changes are named in a preview. Its own page, once the pack is loaded, names all."""


@bp.route("", methods=["GET", "POST"])
@requires(Permission.REQUIREMENT_EDIT)
def index() -> Response:
    """List the packs that come with Tracker and those that were sent; sending one only keeps it for a look."""
    form, problems = SendForm(), []
    if submitted(form):
        content = form.file.data.read()
        try:
            read_pack(from_zip(content))
        except PackError as error:
            problems = told(error.problems)
        else:
            sent = operations.keep_pack(
                g.session,
                filename=PurePath(form.file.data.filename).name,
                content=content,
                by=g.viewer,
                now=g.now,
            )
            return redirect(url_for("packs.show", pack_id=sent.public_id))
    shipped = [queries.shipped(name) for name in queries.shipped_names()]
    return page("packs/index.html", form=form, problems=problems, shipped=shipped, sent=queries.sent_packs(g.session))


@bp.post("/export")
@requires(Permission.REQUIREMENT_EDIT)
def export() -> Response:
    """Answer with all that is published here, as a pack."""
    if not submitted(Form()):
        return redirect(url_for("packs.index"))
    about = queries.about_municipality(g.municipality)
    files = write_pack(queries.pack_of(g.session, about, today=g.today))
    content = to_zip(files)
    operations.note_export(
        g.session,
        municipality=g.municipality,
        sha256=hashlib.sha256(content).hexdigest(),
        files=len(files),
        by=g.viewer,
    )
    response = make_response(content)
    response.content_type = "application/zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{g.municipality.slug}-{g.today}.zip"'
    return response


@bp.route("/shipped/<pack_name>", methods=["GET", "POST"])
@requires(Permission.REQUIREMENT_EDIT)
def show_shipped(pack_name: str) -> Response:
    """Show what a pack that comes with Tracker holds and would change; load it."""
    return _show(found(queries.shipped(pack_name)))


@bp.route("/<public_id:pack_id>", methods=["GET", "POST"])
@requires(Permission.REQUIREMENT_EDIT)
def show(pack_id: str) -> Response:
    """Show what a pack that was sent holds and would change; load it."""
    sent = found(queries.sent_pack(g.session, pack_id))
    try:
        pack = read_pack(from_zip(sent.content))
    except PackError as error:  # It was read when it came, by an earlier version of Tracker.
        where, what = told(error.problems)[0]
        flash(_("The pack cannot be used: %(where)s %(what)s", where=where, what=what), "error")
        return redirect(url_for("packs.index"))
    answer = _show(pack)
    if answer.status_code == 302:  # It was loaded.
        sent.loaded_at = g.now
    return answer


def _show(pack: Pack) -> Response:
    form, changed = LoadForm(), False
    try:
        planned = queries.plan(g.session, pack, today=g.today)
        if submitted(form):
            operations.load_pack(
                g.session, pack=pack, by=g.viewer, now=g.now, today=g.today, expecting=form.expecting.data or ""
            )
            return _loaded(planned)
    except PackError as error:
        return page("packs/show.html", pack=pack, planned=None, problems=told(error.problems), **_words())
    except operations.PlanChangedError:
        changed = True
    form.expecting.data = operations.fingerprint(planned)
    return page(
        "packs/show.html",
        pack=pack,
        planned=planned,
        shown=[(one, queries.worded(pack, one.written, g.today)) for one in planned.requirements],
        named={
            one.draft: named(g.session, one.consequences, g.viewer, size=NAMED)
            for one in planned.equivalences
            if one.consequences
        },
        titles={course.code: course.titles for course in pack.courses},
        form=form,
        changed=changed,
        problems=(),
        **_words(),
    )


def _loaded(planned: queries.Plan) -> Response:
    drafts = sum(one.change in {Change.NEW, Change.CHANGED} for one in planned.requirements)
    left_out = sum(one.change is Change.MISSING for one in planned.programme)
    if left_out:
        told = ngettext(
            "%(num)s item of the introduction programme was left out: it names what is not here. "
            "Load the pack again once it is.",
            "%(num)s items of the introduction programme were left out: they name what is not here. "
            "Load the pack again once it is.",
            left_out,
        )
        flash(told, "warning")
    if not planned.changes:
        flash(_("Everything in the pack is here already."), "info")
    elif drafts:
        told = ngettext(
            "The pack is loaded. %(num)s requirement waits as a draft, to be weighed and published.",
            "The pack is loaded. %(num)s requirements wait as drafts, to be weighed and published.",
            drafts,
        )
        flash(told, "success")
        return redirect(url_for("drafting.index"))
    else:
        flash(_("The pack is loaded."), "success")
    return redirect(url_for("packs.index"))


def _words() -> dict[str, object]:
    return {
        "statements": STATEMENTS,
        "course_changes": COURSE_CHANGES,
        "requirement_changes": REQUIREMENT_CHANGES,
        "item_changes": ITEM_CHANGES,
        "equivalence_changes": EQUIVALENCE_CHANGES,
        "owners": OWNERS,
    }
