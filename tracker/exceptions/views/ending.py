"""Ending an exemption or assignment before its time, and taking back what has not begun, or an extension."""

from datetime import date

from flask import flash, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from tracker.accounts.forms import refuse
from tracker.clock import FIRST_DAY, LAST_DAY
from tracker.domain.exceptions import DecisionKind
from tracker.exceptions import operations, queries
from tracker.exceptions.forms import EndForm, WithdrawForm
from tracker.exceptions.queries import Case
from tracker.exceptions.views.blueprint import bp, titles
from tracker.exceptions.words import ENDED, REFUSED, TAKEN_BACK, refusal
from tracker.people.models import Person
from tracker.permissions import Permission
from tracker.requirements.models import Assignment, Exemption, Extension, Requirement
from tracker.web.access import requires
from tracker.web.forms import submitted
from tracker.web.pages import found, page


@bp.route("/exemptions/<public_id:exemption_id>/end", methods=["GET", "POST"])
@requires(Permission.EXCEPTION_GRANT)
def end_exemption(exemption_id: str) -> Response:
    """End an exemption before its time; one that has not begun is taken back."""
    exemption, person = found(queries.visible_granted(g.session, g.viewer, Exemption, exemption_id, g.today))
    return _ending(exemption, person, DecisionKind.EXEMPTION)


@bp.route("/assignments/<public_id:assignment_id>/end", methods=["GET", "POST"])
@requires(Permission.EXCEPTION_GRANT)
def end_assignment(assignment_id: str) -> Response:
    """End an assignment before its time; one that has not begun is taken back."""
    assignment, person = found(queries.visible_granted(g.session, g.viewer, Assignment, assignment_id, g.today))
    return _ending(assignment, person, DecisionKind.ASSIGNMENT)


def _ending(granted: Exemption | Assignment, person: Person, kind: DecisionKind) -> Response:
    """Show what it changes to end it on the day that is chosen; once that has been seen, end it."""
    case = queries.cases(g.session, [person], g.session.get_one(Requirement, granted.requirement_id))[0]
    if granted.starts_on > g.today:
        return _taking_back(granted, case, kind)
    form = _end_form()
    ends_on, another_day = form.ends_on.data or g.today, False
    if submitted(form):
        try:
            if form.seen.data == str(ends_on):
                return _end(granted, case, kind, ends_on, form.why.data or "")
            operations.check_end(granted, ends_on, g.today)
            another_day = True
        except REFUSED as error:
            refuse(form.ends_on, refusal(error))
    shown_for = _possible_end(granted, ends_on)
    form.seen.data = str(shown_for)
    return _shown(granted, case, kind, form, shown_for, another_day=another_day)


def _taking_back(granted: Exemption | Assignment, case: Case, kind: DecisionKind) -> Response:
    """Show what it changes to take back what has not begun, and take it back."""
    form = WithdrawForm()
    if submitted(form):
        try:
            return _end(granted, case, kind, None, form.why.data or "")
        except REFUSED as error:
            refuse(form.why, refusal(error))
    return _shown(granted, case, kind, form, None)


def _end(granted: Exemption | Assignment, case: Case, kind: DecisionKind, ends_on: date | None, why: str) -> Response:
    operations.end(
        g.session, fact=granted, person=case.person, ends_on=ends_on, why=why, by=g.viewer, now=g.now, today=g.today
    )
    flash(str((TAKEN_BACK if ends_on is None else ENDED)[kind]))
    return redirect(url_for("dashboards.person", person_id=case.person.public_id))


def _shown(
    granted: Exemption | Assignment,
    case: Case,
    kind: DecisionKind,
    form: EndForm | WithdrawForm,
    shown_for: date | None,
    *,
    another_day: bool = False,
) -> Response:
    """Show what it changes to end it on a day, or to take it back: no day."""
    shown = page(
        "exceptions/end.html",
        form=form,
        kind=kind,
        case=case,
        fact=granted,
        effect=queries.if_ended(case, granted, shown_for),
        shown_for=shown_for,
        another_day=another_day,
        begun=shown_for is not None,
        titles=titles(),
    )
    if another_day:
        shown.status_code = 200  # Nothing is wrong with the form: its consequences are shown.
    return shown


def _end_form() -> EndForm:
    """Return the form, filled in with today or, where scripts run, with `?ends_on=…`: the day that was just chosen."""
    if request.method == "GET" and "ends_on" in request.args:
        return EndForm(request.args)
    return EndForm(ends_on=g.today)


def _possible_end(granted: Exemption | Assignment, ends_on: date) -> date:
    """Return the day that was chosen, or today if it may not end on that one."""
    if not FIRST_DAY <= ends_on <= LAST_DAY:
        return g.today
    try:
        operations.check_end(granted, ends_on, g.today)
    except REFUSED:
        return g.today
    return ends_on


@bp.route("/extensions/<public_id:extension_id>/withdraw", methods=["GET", "POST"])
@requires(Permission.EXCEPTION_GRANT)
def withdraw_extension(extension_id: str) -> Response:
    """Take an extension back, after showing what that changes."""
    extension, person = found(queries.visible_granted(g.session, g.viewer, Extension, extension_id, g.today))
    case = queries.cases(g.session, [person], g.session.get_one(Requirement, extension.requirement_id))[0]
    form = WithdrawForm()
    if submitted(form):
        try:
            operations.withdraw_extension(
                g.session, extension=extension, person=person, why=form.why.data or "", by=g.viewer, now=g.now
            )
        except REFUSED as error:
            refuse(form.why, refusal(error))
        else:
            flash(_("The extension is taken back."))
            return redirect(url_for("dashboards.person", person_id=person.public_id))
    effect = queries.if_withdrawn(case, extension, g.today)
    return page("exceptions/withdraw.html", form=form, case=case, fact=extension, effect=effect, titles=titles())
