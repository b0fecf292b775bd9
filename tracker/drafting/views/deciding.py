"""What is done with a draft: shown whole, published, asked about, thrown away; and the end of a requirement."""

from flask import flash, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from tracker.accounts.forms import refuse
from tracker.accounts.queries import holders_of
from tracker.compliance.queries import employed_on, figures_of_requirement
from tracker.drafting import operations, queries
from tracker.drafting.forms import RetireForm
from tracker.drafting.views.blueprint import bp, names_of, revision_seen
from tracker.drafting.views.weighing import WORDS, units_of, weigh
from tracker.permissions import Permission
from tracker.programmes.queries import items_of
from tracker.requirements.operations import Draft, MissingTextError, NoAudienceError, check_publishable
from tracker.requirements.queries import by_public_id, in_charge, published_versions
from tracker.web.access import requires
from tracker.web.forms import submitted
from tracker.web.pages import found, page


@bp.get("/drafts/<public_id:draft_id>")
@requires(Permission.REQUIREMENT_EDIT, on_a_day=True)
def show(draft_id: str) -> Response:
    """Show what a draft says and would change, and what can be done with it."""
    drafted = found(queries.draft_by_public_id(g.session, draft_id))
    weighed = weigh(drafted, drafted.says)
    version = drafted.version
    holders = holders_of(g.session, Permission.REQUIREMENT_EDIT)
    approvers = holders - {version.saved_by_id, version.asked_by_id}
    if version.asked_by_id is None:
        approvers.discard(g.viewer.account_id)  # Who is about to ask.
    return page(
        "drafting/show.html",
        drafted=drafted,
        weighed=weighed,
        worded=queries.worded(
            g.session, drafted.requirement.id, drafted.says, queries.choices(g.session, g.today, drafted.says)
        ),
        units=units_of(weighed.whatif),
        complete=_is_complete(drafted.says),
        may_publish=operations.may_publish(version, weighed.whatif, g.viewer),
        names=names_of({version.saved_by_id, version.asked_by_id, *approvers}),
        approvers=approvers,
        may_approve=version.saved_by_id in holders and version.saved_by_id != g.viewer.account_id,
        published=bool(published_versions(g.session, drafted.requirement.id)),
        **WORDS,
    )


def _is_complete(says: Draft) -> bool:
    try:
        check_publishable(says)
    except (NoAudienceError, MissingTextError):
        return False
    return True


@bp.post("/drafts/<public_id:draft_id>/publish")
@requires(Permission.REQUIREMENT_EDIT)
def publish(draft_id: str) -> Response:
    """Publish a draft, or approve the one that somebody else has asked about."""
    drafted = found(queries.draft_by_public_id(g.session, draft_id))
    try:
        operations.publish_draft(
            g.session, version=drafted.version, revision=revision_seen(), by=g.viewer, now=g.now, today=g.today
        )
    except operations.SecondPersonError:
        flash(_("A requirement for all staff is published by another than who drafted it and asked."), "error")
    except operations.DraftChangedError:
        flash(_("The draft was changed meanwhile. Look at it again."), "error")
    except (NoAudienceError, MissingTextError):
        flash(_("The draft is not complete: say for whom it is, and why, in both languages."), "error")
    else:
        flash(_("The requirement is published. Everybody’s dates are computed."), "success")
        return redirect(url_for("requirements.show", requirement_id=drafted.requirement.public_id))
    return redirect(url_for("drafting.show", draft_id=draft_id))


@bp.post("/drafts/<public_id:draft_id>/ask")
@requires(Permission.REQUIREMENT_EDIT)
def ask(draft_id: str) -> Response:
    """Ask a second person to publish a draft."""
    drafted = found(queries.draft_by_public_id(g.session, draft_id))
    try:
        operations.ask_approval(g.session, version=drafted.version, revision=revision_seen(), by=g.viewer)
    except operations.DraftChangedError:
        flash(_("The draft was changed meanwhile. Look at it again."), "error")
    except (NoAudienceError, MissingTextError):
        flash(_("The draft is not complete: say for whom it is, and why, in both languages."), "error")
    else:
        flash(_("Now a colleague who decides requirements can publish it."), "success")
    return redirect(url_for("drafting.show", draft_id=draft_id))


@bp.route("/drafts/<public_id:draft_id>/discard", methods=["GET", "POST"])
@requires(Permission.REQUIREMENT_EDIT)
def discard(draft_id: str) -> Response:
    """Throw a draft away, once one has said so."""
    drafted = found(queries.draft_by_public_id(g.session, draft_id))
    if request.method == "GET":
        new = not published_versions(g.session, drafted.requirement.id)
        items = items_of(g.session, drafted.requirement.id) if new else []
        return page("drafting/discard.html", drafted=drafted, items=items)
    try:
        operations.discard_draft(g.session, version=drafted.version, revision=revision_seen(), by=g.viewer)
    except operations.DraftChangedError:
        flash(_("The draft was changed meanwhile. Look at it again."), "error")
        return redirect(url_for("drafting.show", draft_id=draft_id))
    flash(_("The draft is gone."), "success")
    return redirect(url_for("drafting.index"))


@bp.route("/<public_id:requirement_id>/retire", methods=["GET", "POST"])
@requires(Permission.REQUIREMENT_EDIT)
def retire(requirement_id: str) -> Response:
    """End a requirement, once it was shown how everyone it is for stands on the last day chosen."""
    requirement = found(by_public_id(g.session, requirement_id))
    version = found(in_charge(published_versions(g.session, requirement.id), g.today))
    form = RetireForm(last_day=g.today)
    form.first_day = g.today
    last_day, chosen = g.today, submitted(form)
    if chosen:
        last_day = form.chosen
        try:
            operations.ending_on(g.session, requirement, last_day)
        except operations.NotInEffectError as error:
            chosen = False
            refuse(
                form.last_day,
                _("It takes effect on %(day)s. Choose that day or a later one.", day=error.effective_from),
            )
        except operations.RetiredAlreadyError:
            chosen = False
            refuse(form.last_day, _("It ends on that day or earlier already."))
    if chosen and form.seen.data == last_day.isoformat():
        operations.retire(g.session, requirement=requirement, last_day=last_day, by=g.viewer, now=g.now)
        flash(_("The requirement ends on the day you chose."), "success")
        return redirect(url_for("requirements.show", requirement_id=requirement_id))
    form.seen.data = last_day.isoformat() if chosen else ""
    shown = page(
        "drafting/retire.html",
        form=form,
        requirement=requirement,
        version=version,
        last_day=last_day,
        chosen=chosen,
        stands=figures_of_requirement(g.session, employed_on(last_day), last_day, requirement.id),
    )
    if chosen:
        shown.status_code = 200  # Nothing is wrong with the form: its consequences are shown.
    return shown
