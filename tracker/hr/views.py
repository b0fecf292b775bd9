"""Loading rosters: upload, look, go through with it."""

from pathlib import PurePath
from typing import Any

from flask import Blueprint, flash, g, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from tracker.accounts.forms import refuse
from tracker.domain.roster_rows import Problem, ProblemKind
from tracker.hr import operations, queries, wording
from tracker.hr.forms import ApplyForm, UploadForm
from tracker.hr.grouping import groups, lookalikes, no_longer_protected, problem_groups
from tracker.hr.models import ImportState, RosterImport
from tracker.hr.reading import UnreadableFileError
from tracker.permissions import Permission
from tracker.web.access import requires
from tracker.web.forms import Form, submitted
from tracker.web.pages import found, page

bp = Blueprint("hr", __name__, url_prefix="/imports")


@bp.route("", methods=["GET", "POST"])
@requires(Permission.ROSTER_IMPORT)
def imports() -> Response:
    """Choose a roster, and see those loaded before. Sending one only keeps it for a look at what it would change."""
    form = UploadForm()
    if submitted(form):
        try:
            staged = operations.stage_roster(
                g.session,
                filename=PurePath(form.file.data.filename).name,
                content=form.file.data.read(),
                by=g.viewer,
                now=g.now,
                today=g.today,
            )
        except UnreadableFileError as error:
            refuse(form.file, wording.why_unreadable(error))
        else:
            return redirect(url_for("hr.show", import_id=staged.row.public_id))
    return page("hr/imports.html", form=form, imports=queries.latest_imports(g.session))


@bp.get("/<public_id:import_id>")
@requires(Permission.ROSTER_IMPORT)
def show(import_id: str) -> Response:
    """Show what a roster would change, or what it changed."""
    row = found(queries.import_by_public_id(g.session, import_id))
    if row.state is ImportState.APPLIED:
        return page("hr/result.html", row=row, **_about(row), problems=problem_groups(_kept_problems(row)))
    return _preview(row)


@bp.post("/<public_id:import_id>/apply")
@requires(Permission.ROSTER_IMPORT)
def apply(import_id: str) -> Response:
    """Make the changes that were looked at, if they still are what the file would change."""
    row = found(queries.import_by_public_id(g.session, import_id))
    form = ApplyForm()
    if not submitted(form):
        return _preview(row)
    try:
        operations.apply_roster(
            g.session,
            row=row,
            expecting=form.expecting.data or "",
            allow_large_change=form.allow_large_change.data,
            same=form.same.data or (),
            by=g.viewer,
            now=g.now,
            today=g.today,
        )
    except operations.AlreadyAppliedError:
        flash(_("The file has already been loaded."), "info")
    except operations.PlanChangedError:
        return _preview(row, _("Something changed after you looked. This is what the file would change now."))
    except operations.NothingUsableError:
        return _preview(row, _("Not one row can be used."))
    except operations.LargeChangeError:
        return _preview(row, _("So much would change that you need to tick the box first."))
    else:
        flash(_("The file is loaded."), "success")
    return redirect(url_for("hr.show", import_id=row.public_id))


@bp.post("/<public_id:import_id>/discard")
@requires(Permission.ROSTER_IMPORT)
def discard(import_id: str) -> Response:
    """Throw away a file that was looked at but not loaded."""
    row = found(queries.import_by_public_id(g.session, import_id))
    form = Form()
    if submitted(form):
        try:
            operations.discard_roster(g.session, row=row, by=g.viewer)
        except operations.AlreadyAppliedError:
            flash(_("The file has already been loaded."), "info")
            return redirect(url_for("hr.show", import_id=row.public_id))
        flash(_("The file is thrown away. Nothing was changed."), "success")
    return redirect(url_for("hr.imports"))


def _preview(row: RosterImport, refused: str | None = None) -> Response:
    """Show what a staged file would change now; the form carries the digest of exactly that."""
    looked_at = operations.preview(g.session, row, today=g.today)
    form = ApplyForm(formdata=None, expecting=looked_at.plan.digest)
    if refused:
        form.form_errors = [refused]
    return page(
        "hr/preview.html",
        row=row,
        form=form,
        plan=looked_at.plan,
        roster=looked_at.roster,
        sample=looked_at.sample,
        groups=groups(looked_at),
        lookalikes=lookalikes(looked_at),
        unprotected=no_longer_protected(looked_at),
        leaving=len(looked_at.plan.leaving),
        before=queries.applied_before(g.session, row.sha256),
        guards=[wording.GUARDS[guard] for guard in looked_at.plan.guards],
        problems=problem_groups(looked_at.plan.problems),
        left_out=looked_at.plan.rows - looked_at.plan.rows_used,
    )


def _about(row: RosterImport) -> dict[str, Any]:
    counts = row.summary["counts"]
    return {"counts": [words(counts[name]) for name, words in wording.COUNTS.items() if name in counts]}


def _kept_problems(row: RosterImport) -> list[Problem]:
    return [
        Problem(number, column, ProblemKind(kind), tuple(values))
        for number, column, kind, values in row.summary["problems"]
    ]
