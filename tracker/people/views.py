"""The people of the municipality, and the organisation they work in."""

from datetime import date

from flask import Blueprint, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from tracker.accounts.forms import refuse
from tracker.organisation import operations
from tracker.organisation import queries as organisation
from tracker.organisation.forms import NewUnitForm, UnitForm
from tracker.organisation.models import OrgUnit, UnitKind
from tracker.organisation.words import KINDS
from tracker.people import queries
from tracker.people.details import (
    AddressTakenError,
    EarlierNumberError,
    NumberTakenError,
    change_details,
    details_of,
    pass_number_on,
)
from tracker.people.forms import DetailsForm
from tracker.people.words import DUTIES, taken_address, taken_number
from tracker.permissions import Permission
from tracker.web.access import requires
from tracker.web.forms import Form, submitted
from tracker.web.pages import found, page

bp = Blueprint("people", __name__, url_prefix="/people")
organisation_bp = Blueprint("organisation", __name__, url_prefix="/organisation")


@bp.get("")
@requires(Permission.TEAM_VIEW, on_a_day=True)
def index() -> Response:
    """List the people whom the viewer may see, by name, unit and position."""
    unit_id, position_id = request.args.get("unit", ""), request.args.get("position", "")
    unit = found(organisation.unit_by_public_id(g.session, unit_id)) if unit_id else None
    position = found(organisation.position_by_public_id(g.session, position_id)) if position_id else None
    listed = queries.people_page(
        g.session,
        g.viewer,
        day=g.day,
        words=request.args.get("q", ""),
        unit=unit,
        position=position,
        everyone="everyone" in request.args,
        number=request.args.get("page", 1, type=int),
    )
    tree = organisation.tree_on(g.session, g.day)
    chosen = tree.nodes.get(unit.id) if unit else None
    return page(
        "people/index.html",
        listed=listed,
        unit=chosen,
        path=tree.path(unit.id) if unit else [],
        position=position,
        positions=organisation.positions(g.session),
    )


@bp.route("/<public_id:person_id>/details", methods=["GET", "POST"])
@requires(Permission.PERSON_EDIT)
def details(person_id: str) -> Response:
    """Change what a person is called, their number or address, or whether their identity is protected."""
    person = found(queries.visible_person(g.session, g.viewer, person_id, on=g.today))
    form = DetailsForm(details_of(person), hides=person.protected_identity and person.id != g.viewer.person_id)
    holder, earlier = None, False
    if submitted(form):
        try:
            changed = change_details(
                g.session,
                person=person,
                details=form.details,
                passes_number_on=form.passes_number_on.data,
                by=g.viewer,
                now=g.now,
                today=g.today,
            )
        except (NumberTakenError, EarlierNumberError) as error:
            holder, earlier = error.person, isinstance(error, EarlierNumberError)
            refuse(form.employee_number, taken_number(error))
        except AddressTakenError as error:
            holder = error.person
            refuse(form.email, taken_address(error))
        else:
            flash(_("The details are changed.") if changed else _("Nothing was changed."), "success")
            return redirect(url_for("dashboards.person", person_id=person.public_id))
    return page(
        "people/details.html",
        form=form,
        person=person,
        holder=holder,
        earlier=earlier,
        roles=queries.given_roles_of(g.session, person.id),
    )


@bp.post("/<public_id:person_id>/former/<int:former_id>/pass-on")
@requires(Permission.PERSON_EDIT)
def pass_on(person_id: str, former_id: int) -> Response:
    """Note that an earlier number of a person's has been given to somebody else."""
    person = found(queries.visible_person(g.session, g.viewer, person_id, on=g.today))
    former = found(next((one for one in queries.former_details(g.session, person.id) if one.id == former_id), None))
    if submitted(Form()):
        try:
            pass_number_on(g.session, former=former, by=g.viewer)
        except NumberTakenError:
            flash(_("The number came with a merge. Undo the merge first."), "error")
        else:
            flash(_("The number no longer leads to this person."), "success")
    return redirect(url_for("dashboards.person", person_id=person.public_id))


@organisation_bp.get("", endpoint="index")
@requires(Permission.ORGANISATION_VIEW, on_a_day=True)
def tree() -> Response:
    """Show the organisation on the day as a tree, or the units that fit the words looked for, each with its path."""
    on_day = organisation.tree_on(g.session, g.day)
    words = request.args.get("q", "").strip()
    return page(
        "organisation/index.html",
        tree=on_day,
        words=words,
        hits=[(node, on_day.path(node.id)[:-1]) for node in on_day.search(words)] if words else None,
        counts=queries.head_counts(g.session, g.day),
        kinds=KINDS,
    )


@organisation_bp.get("/positions")
@requires(Permission.ORGANISATION_VIEW, on_a_day=True)
def positions() -> Response:
    """List the positions, and how many people work as each."""
    return page(
        "organisation/positions.html",
        positions=organisation.positions(g.session),
        counts=queries.head_counts_by_position(g.session, g.day),
    )


@organisation_bp.get("/<public_id:unit_id>")
@requires(Permission.ORGANISATION_VIEW, on_a_day=True)
def show(unit_id: str) -> Response:
    """Show a unit: its place, who manages it, who works in and below it, and what it has been called."""
    unit = found(organisation.unit_by_public_id(g.session, unit_id))
    on_day = organisation.tree_on(g.session, g.day)
    number = request.args.get("page", 1, type=int)
    return page(
        "organisation/show.html",
        unit=unit,
        node=on_day.nodes.get(unit.id),
        path=on_day.path(unit.id)[:-1],
        history=organisation.history(g.session, unit),
        holders=queries.unit_holders(g.session, g.viewer, unit, g.day),
        counts=queries.head_counts(g.session, g.day),
        people=queries.people_page(g.session, g.viewer, day=g.day, unit=unit, number=number),
        kinds=KINDS,
        duties=DUTIES,
    )


@organisation_bp.route("/new", methods=["GET", "POST"])
@requires(Permission.ORGANISATION_EDIT)
def create() -> Response:
    """Add a unit. The address may say below which: `?parent=…`."""
    form = NewUnitForm(from_day=g.today, kind="unit", parent=request.args.get("parent", ""))
    form.offer_parents(organisation.tree_on(g.session, _day_of(form)), _("Nothing: it is at the top"))
    if submitted(form):
        try:
            unit = operations.add_unit(
                g.session,
                name=form.name.data or "",
                kind=UnitKind(form.kind.data),
                parent=_parent(form),
                code=form.code.data or None,
                from_day=_day_of(form),
                by=g.viewer,
                now=g.now,
            )
        except operations.CodeTakenError:
            refuse(form.code, _("Another unit has this code."))
        except operations.ParentNotThereError:
            refuse(form.parent, _("That unit is not there on the day you chose."))
        else:
            flash(_("The unit is added."), "success")
            return redirect(url_for("organisation.show", unit_id=unit.public_id))
    return page("organisation/edit.html", form=form, unit=None)


@organisation_bp.route("/<public_id:unit_id>/edit", methods=["GET", "POST"])
@requires(Permission.ORGANISATION_EDIT)
def edit(unit_id: str) -> Response:
    """Give a unit another name, kind or place, from a day."""
    unit = found(organisation.unit_by_public_id(g.session, unit_id))
    on_day = organisation.tree_on(g.session, g.today)
    node = on_day.nodes.get(unit.id)
    above = on_day.path(unit.id)[-2:-1]
    form = UnitForm(
        name=node.name if node else "", kind=unit.kind, parent=above[0].public_id if above else "", from_day=g.today
    )
    form.offer_parents(organisation.tree_on(g.session, _day_of(form)), _("Nothing: it is at the top"))
    if submitted(form):
        try:
            operations.change_unit(
                g.session,
                unit=unit,
                name=form.name.data or "",
                kind=UnitKind(form.kind.data),
                parent=_parent(form),
                from_day=_day_of(form),
                by=g.viewer,
                now=g.now,
            )
        except operations.UnitCycleError:
            refuse(form.parent, _("A unit cannot lie below itself."))
        except operations.ParentNotThereError:
            refuse(form.parent, _("That unit is not there on the day you chose."))
        except operations.UnitNotThereError:
            refuse(form.from_day, _("The unit is not there on the day you chose."))
        else:
            flash(_("The unit is changed."), "success")
            return redirect(url_for("organisation.show", unit_id=unit.public_id))
    return page("organisation/edit.html", form=form, unit=unit, name=node.name if node else unit.code)


def _day_of(form: UnitForm) -> date:
    return form.from_day.data or g.today


def _parent(form: UnitForm) -> OrgUnit | None:
    return organisation.unit_by_public_id(g.session, form.parent.data) if form.parent.data else None
