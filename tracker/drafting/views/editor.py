"""Drafts: begun, listed and written, with what they would change beside them."""

from flask import abort, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from tracker.accounts.forms import refuse
from tracker.drafting import operations, queries
from tracker.drafting.forms import MOST_LINES, DraftForm, NewForm, filled
from tracker.drafting.queries import Drafted
from tracker.drafting.views.blueprint import bp, names_of, revision_seen
from tracker.drafting.views.weighing import WORDS, units_of, weigh
from tracker.permissions import Permission
from tracker.requirements.operations import Draft
from tracker.requirements.queries import by_public_id
from tracker.web.access import requires
from tracker.web.forms import submitted
from tracker.web.pages import found, page

SAVE, ADD_LINE, REMOVE_LINE = "save", "add_line", "remove_line:"
"""What the buttons of the editor do."""

_NOT_KEPT = {"act", "revision", "csrf_token"}


@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.REQUIREMENT_EDIT)
def create() -> Response:
    """Begin a requirement: its title and course. The rest is decided in the editor."""
    form = NewForm()
    courses = queries.courses(g.session, g.today)
    form.offer(courses)
    if submitted(form):
        draft = Draft(
            titles={"sv": form.title_sv.data or "", "en": form.title_en.data or ""},
            reasons={"sv": "", "en": ""},
            course_id=next(one.id for one in courses if one.public_id == form.course.data),
            effective_from=g.today,
            lines=(),
            first_due_days=30,
        )
        try:
            version = operations.begin_draft(g.session, code=form.code.data or "", draft=draft, by=g.viewer, now=g.now)
        except operations.CodeTakenError:
            refuse(form.code, _("Another requirement has this code."))
        else:
            return redirect(url_for("drafting.edit", draft_id=version.public_id))
    return page("drafting/create.html", form=form, courses=courses)


@bp.post("/<public_id:requirement_id>/draft")
@requires(Permission.REQUIREMENT_EDIT)
def begin(requirement_id: str) -> Response:
    """Begin the next version of a requirement, or go to the one that is begun."""
    requirement = found(by_public_id(g.session, requirement_id))
    try:
        version = operations.begin_next_version(
            g.session, requirement=requirement, by=g.viewer, now=g.now, today=g.today
        )
    except operations.NothingPublishedError:
        abort(404)
    return redirect(url_for("drafting.edit", draft_id=version.public_id))


@bp.get("/drafts")
@requires(Permission.REQUIREMENT_EDIT)
def index() -> Response:
    """List the drafts, and who is asked to approve what."""
    listed = queries.drafts(g.session)
    names = names_of({id_ for version in listed for id_ in (version.saved_by_id, version.asked_by_id)})
    return page("drafting/index.html", drafts=listed, names=names)


@bp.route("/drafts/<public_id:draft_id>/edit", methods=["GET", "POST"])
@requires(Permission.REQUIREMENT_EDIT)
def edit(draft_id: str) -> Response:
    """Write a draft. Adding and removing lines saves nothing; saving over somebody's newer save shows both."""
    drafted = found(queries.draft_by_public_id(g.session, draft_id))
    form = _form(drafted)
    act = request.form.get("act", SAVE)
    if request.method == "POST" and act != SAVE:
        _change_lines(form, act)
        response = page("drafting/edit.html", form=form, drafted=drafted)
        response.status_code = 200  # Nothing was refused.
        return response
    if submitted(form):
        try:
            operations.save_draft(
                g.session, version=drafted.version, draft=form.says, revision=revision_seen(), by=g.viewer, now=g.now
            )
        except operations.DraftChangedError:
            return _conflict(form, draft_id)
        flash(_("The draft is saved. It asks nothing of anyone until it is published."), "success")
        return redirect(url_for("drafting.show", draft_id=draft_id))
    if not form.lines.entries:
        _change_lines(form, ADD_LINE)
    return page("drafting/edit.html", form=form, drafted=drafted)


def _form(drafted: Drafted, sent: MultiDict[str, str] | None = None) -> DraftForm:
    """Return the form of a draft: as it was sent, else as the draft says. `sent`: as an address sent it."""
    offered = queries.choices(g.session, g.today, drafted.says)
    data = filled(drafted.says, drafted.version.revision, offered)
    form = DraftForm(data=data) if sent is None else DraftForm(sent, data=data, meta={"csrf": False})
    form.offer(offered)
    return form


def _change_lines(form: DraftForm, act: str) -> None:
    if act == ADD_LINE and len(form.lines.entries) < MOST_LINES:
        form.lines.append_entry()
        form.lines.entries[-1].form.offer(form.offered)
    elif act.startswith(REMOVE_LINE):
        name = act.removeprefix(REMOVE_LINE)
        form.lines.entries[:] = [entry for entry in form.lines.entries if entry.name != name]


def _conflict(form: DraftForm, draft_id: str) -> Response:
    """Show what the sender wrote beside what somebody else has saved; saving again is then a choice."""
    theirs = found(queries.draft_by_public_id(g.session, draft_id))
    mine = queries.worded(g.session, theirs.requirement.id, form.says, form.offered)
    kept = [(name, value) for name, value in request.form.items(multi=True) if name not in _NOT_KEPT]
    response = page(
        "drafting/conflict.html",
        drafted=theirs,
        sent=[*kept, ("revision", theirs.version.revision)],
        mine=mine,
        theirs=queries.worded(g.session, theirs.requirement.id, theirs.says, form.offered),
        names=names_of({theirs.version.saved_by_id}),
    )
    response.status_code = 409
    return response


@bp.get("/drafts/<public_id:draft_id>/preview")
@requires(Permission.REQUIREMENT_EDIT, on_a_day=True)
def preview(draft_id: str) -> Response:
    """Show what a draft would change as it stands in the editor, unsaved. Only htmx asks; others get the draft's page."""
    drafted = found(queries.draft_by_public_id(g.session, draft_id))
    if "HX-Request" not in request.headers:
        return redirect(url_for("drafting.show", draft_id=draft_id))
    # Titles and reasons change nothing, so the address does not carry them.
    texts = {f"{name}_{language}": "–" for name in ("title", "reason") for language in ("sv", "en")}
    form = _form(drafted, MultiDict([*request.args.items(multi=True), *texts.items()]))
    if not form.validate():
        return page("drafting/_preview.html", weighed=None, form=form)
    weighed = weigh(drafted, form.says)
    return page(
        "drafting/_preview.html",
        weighed=weighed,
        units=units_of(weighed.whatif),
        worded=queries.worded(g.session, drafted.requirement.id, form.says, form.offered),
        **WORDS,
    )
