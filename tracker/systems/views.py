"""The register of IT systems and who uses them; the duties of the IT strategy and who holds them."""

from flask import Blueprint, abort, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from tracker.accounts.forms import refuse
from tracker.domain.facts import DutyKind
from tracker.organisation.forms import unit_choices
from tracker.organisation.queries import tree_on, unit_by_public_id
from tracker.people.models import Person
from tracker.people.operations import add_duty, end_duty
from tracker.people.queries import by_employee_number, duty_by_id
from tracker.people.words import DUTIES
from tracker.permissions import Permission
from tracker.systems import operations, queries
from tracker.systems.forms import AccessForm, DutyForm, EndForm, SystemForm
from tracker.systems.models import SystemScope
from tracker.systems.operations import CodeTakenError, Outcome
from tracker.systems.words import IMPORTANCE, OUTCOMES, REFUSALS, SCOPES
from tracker.web.access import requires
from tracker.web.forms import submitted
from tracker.web.pages import found, page

bp = Blueprint("systems", __name__, url_prefix="/systems")
duties_bp = Blueprint("duties", __name__, url_prefix="/duties")


@bp.get("")
@requires(Permission.SYSTEM_VIEW, on_a_day=True)
def index() -> Response:
    """List the register."""
    scope = request.args.get("scope", "")
    listed = queries.register(
        g.session,
        g.day,
        words=request.args.get("q", ""),
        scope=SystemScope(scope) if scope in set(SystemScope) else None,
    )
    return page("systems/index.html", listed=listed, scopes=SCOPES, importance=IMPORTANCE)


@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.SYSTEM_EDIT)
def create() -> Response:
    """Add a system to the register."""
    form = SystemForm()
    if submitted(form):
        try:
            system = operations.add_system(g.session, details=form.details, by=g.viewer, now=g.now)
        except CodeTakenError:
            refuse(form.code, _("Another system has this short name."))
        else:
            g.session.flush()  # The address needs the public id.
            flash(_("The system is in the register."), "success")
            return redirect(url_for("dashboards.system", system_id=system.public_id))
    return page("systems/edit.html", form=form, system=None)


@bp.route("/<public_id:system_id>/edit", methods=["GET", "POST"])
@requires(Permission.SYSTEM_EDIT)
def edit(system_id: str) -> Response:
    """Change what the register says about a system."""
    system = found(queries.system_by_public_id(g.session, system_id))
    form = SystemForm(obj=system)
    if submitted(form):
        try:
            operations.change_system(g.session, system=system, details=form.details, by=g.viewer)
        except CodeTakenError:
            refuse(form.code, _("Another system has this short name."))
        else:
            flash(_("The system is changed."), "success")
            return redirect(url_for("dashboards.system", system_id=system.public_id))
    return page("systems/edit.html", form=form, system=system)


@bp.route("/<public_id:system_id>/access", methods=["GET", "POST"])
@requires(Permission.SYSTEM_EDIT)
def access(system_id: str) -> Response:
    """Let people use a system: one, or a pasted list. The answer tells what became of each number."""
    system = found(queries.system_by_public_id(g.session, system_id))
    form = AccessForm(starts_on=g.today)
    if not submitted(form):
        return page("systems/access.html", form=form, system=system)
    outcomes = operations.grant_access(
        g.session, system=system, numbers=form.listed, starts_on=form.first_day, by=g.viewer, now=g.now
    )
    # Shown right away, not after a redirect: sending the same list again adds nobody twice.
    others = [(number, OUTCOMES[outcome]) for number, outcome in outcomes if outcome is not Outcome.ADDED]
    return page("systems/access_result.html", system=system, added=len(outcomes) - len(others), others=others)


@bp.route("/<public_id:system_id>/access/<int:access_id>/end", methods=["GET", "POST"])
@requires(Permission.SYSTEM_EDIT)
def end_access(system_id: str, access_id: int) -> Response:
    """Let somebody's use of a system end."""
    system = found(queries.system_by_public_id(g.session, system_id))
    if not queries.may_see_users(g.viewer, system):
        abort(403)
    access = found(queries.access_by_id(g.session, system, access_id))
    person = g.session.get_one(Person, access.person_id)
    form = EndForm(ends_on=g.today)
    if submitted(form):
        operations.end_access(g.session, access=access, ends_on=form.last_day, by=g.viewer, now=g.now)
        flash(_("The access ends on the day you chose."), "success")
        return redirect(url_for("dashboards.system", system_id=system.public_id))
    back = url_for("dashboards.system", system_id=system.public_id)
    return page("systems/end.html", form=form, person=person, what=system.name, since=access.starts_on, back=back)


@duties_bp.get("", endpoint="index")
@requires(Permission.DUTY_EDIT, on_a_day=True)
def index_of_duties() -> Response:
    """List who holds which duty on the day."""
    held = queries.duties_held(g.session, g.viewer, g.day)
    vacant = [kind for kind in DutyKind if kind not in {holder.duty.kind for holder, _unit, _system in held}]
    return page("systems/duties.html", held=held, vacant=vacant, duties=DUTIES)


@duties_bp.route("/new", methods=["GET", "POST"], endpoint="create")
@requires(Permission.DUTY_EDIT)
def create_duty() -> Response:
    """Give a person a duty. The address may fill the form in: `?kind=…&unit=…&system=…&person=<employee number>`."""
    form = DutyForm(
        starts_on=g.today,
        kind=request.args.get("kind"),
        unit=request.args.get("unit", ""),
        system=request.args.get("system", ""),
        employee_number=request.args.get("person", ""),
    )
    form.offer(unit_choices(tree_on(g.session, g.today)), queries.all_systems(g.session))
    if submitted(form) and _given(form):
        flash(_("The duty is given. It applies from the day you chose."), "success")
        return redirect(url_for("duties.index"))
    return page("systems/duty.html", form=form)


def _given(form: DutyForm) -> bool:
    """Give the duty that the form describes, or say on the form why not."""
    person = by_employee_number(g.session, form.employee_number.data or "")
    if person is None:
        refuse(form.employee_number, _("Nobody has this employee number."))
        return False
    unit = unit_by_public_id(g.session, form.unit.data) if form.unit.data else None
    system = queries.system_by_public_id(g.session, form.system.data) if form.system.data else None
    try:
        add_duty(
            g.session,
            person=person,
            kind=DutyKind(form.kind.data),
            unit_id=unit.id if unit else None,
            system_id=system.id if system else None,
            starts_on=form.first_day,
            ends_on=form.ends_on.data,
            by=g.viewer,
            now=g.now,
        )
    except tuple(REFUSALS) as error:
        field, words = REFUSALS[type(error)]
        refuse(form[field], words)
        return False
    return True


@duties_bp.route("/<int:duty_id>/end", methods=["GET", "POST"])
@requires(Permission.DUTY_EDIT)
def end(duty_id: int) -> Response:
    """Let a duty end."""
    duty = found(duty_by_id(g.session, duty_id))
    person = g.session.get_one(Person, duty.person_id)
    form = EndForm(ends_on=g.today)
    back = url_for("duties.index")
    if submitted(form):
        end_duty(g.session, duty=duty, ends_on=form.last_day, by=g.viewer, now=g.now)
        flash(_("The duty ends on the day you chose."), "success")
        return redirect(back)
    return page("systems/end.html", form=form, person=person, what=DUTIES[duty.kind], since=duty.starts_on, back=back)
