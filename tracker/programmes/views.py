"""Introductions: a person's own, the new hires of a team, the tasks of IT and HR; and the programme behind them."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from tracker.accounts.forms import refuse
from tracker.domain.periods import later
from tracker.domain.programme import Layer, Owner, Stage
from tracker.i18n import in_language
from tracker.organisation.forms import unit_choices
from tracker.organisation.queries import position_by_public_id, positions, tree_on, unit_by_public_id
from tracker.people.models import Person
from tracker.people.queries import visible_person
from tracker.permissions import Permission
from tracker.programmes import operations, queries
from tracker.programmes.forms import POSITION, UNIT, AddForm, EndForm, SaysForm, UndoForm, first_day
from tracker.programmes.models import ProgrammeItem
from tracker.programmes.operations import AlreadyDoneError, Audience, BegunError, NotDoneError, NotTheirsError
from tracker.programmes.queries import Affected, Filter, Introduction
from tracker.programmes.words import LAYERS, OWNERS, STAGES, from_first_day
from tracker.requirements import queries as requirements
from tracker.web.access import requires
from tracker.web.forms import submitted
from tracker.web.pages import found, own_path, page

bp = Blueprint("programmes", __name__)


@bp.get("/introductions")
@requires(Permission.TEAM_VIEW, on_a_day=True)
def hires() -> Response:
    """List the new hires of the viewer's team, those who are to come too, with how their introductions go."""
    which = request.args.get("show", "")
    return page(
        "programmes/hires.html",
        found=queries.hires_page(
            g.session,
            g.viewer,
            g.day,
            words=request.args.get("q", ""),
            which=Filter(which) if which in set(Filter) else Filter.ALL,
            number=request.args.get("page", 1, type=int),
        ),
        owners=OWNERS,
    )


@bp.get("/introduction-tasks")
@requires(Permission.NEWCOMER_TASKS, on_a_day=True)
def tasks() -> Response:
    """List what the viewer does for new hires as IT or HR: what is late first, then by day; and what was just done."""
    return page("programmes/tasks.html", found=queries.tasks_for(g.session, g.viewer, g.day), owners=OWNERS)


@bp.get("/introduction")
@requires(Permission.LEARN, on_a_day=True)
def own() -> Response:
    """Show the viewer's own introduction."""
    return _introduction(queries.introduction_of(g.session, Person.id == g.viewer.person_id, g.day))


@bp.get("/people/<public_id:person_id>/introduction")
@requires(Permission.PERSON_VIEW, on_a_day=True)
def person(person_id: str) -> Response:
    """Show a person's introduction: what is whose, by when, and what is done."""
    return _introduction(found(queries.of_person(g.session, g.viewer, person_id, g.day)))


def _introduction(one: Introduction | None) -> Response:
    if one is None:
        return page("programmes/none.html")
    wanted = request.args.get("who", "")
    owner = Owner(wanted) if wanted in set(Owner) else None
    return page(
        "programmes/introduction.html",
        one=one,
        own=one.person.id == g.viewer.person_id,
        chosen=owner,
        stages=[(stage, one.at(stage, owner)) for stage in Stage],
        may_tick=_may_tick(one),
        has_record=visible_person(g.session, g.viewer, one.person.public_id, on=g.day) is not None,
        owners=OWNERS,
        stage_names=STAGES,
    )


def _may_tick(one: Introduction) -> set[str]:
    """Return the public ids of the items that the viewer may tick off now; how it stood or was known on another day is not changed."""
    if g.day != g.today or g.known_on is not None:
        return set()
    return {task.item.public_id for task in one.tasks if queries.may_tick(g.viewer, one, task)}


@bp.post("/people/<public_id:person_id>/introduction/<public_id:item_id>/done")
@requires(Permission.PERSON_VIEW)
def tick(person_id: str, item_id: str) -> Response:
    """Note that a task is done, and go back to where it was ticked off."""
    one, task = found(queries.tickable(g.session, g.viewer, person_id, item_id, g.today))
    try:
        operations.tick(g.session, one=one, task=task, today=g.today, by=g.viewer, now=g.now)
    except NotTheirsError:
        flash(_("This task is somebody else’s to tick off."), "warning")
    except AlreadyDoneError:
        flash(_("It was done already."), "info")
    else:
        flash(_("Done: %(task)s", task=in_language(task.version.titles)))
    return redirect(own_path(request.form.get("next")) or _back(one))


@bp.route("/people/<public_id:person_id>/introduction/<public_id:item_id>/undo", methods=["GET", "POST"])
@requires(Permission.PERSON_VIEW)
def undo(person_id: str, item_id: str) -> Response:
    """Say that a task was not done after all, and why."""
    one, task = found(queries.tickable(g.session, g.viewer, person_id, item_id, g.today))
    if task.done is None or not queries.may_tick(g.viewer, one, task):
        found(None)
    form = UndoForm()
    if submitted(form):
        try:
            operations.undo(g.session, one=one, task=task, why=form.why.data or "", by=g.viewer, now=g.now)
        except (NotTheirsError, NotDoneError):
            flash(_("It was changed meanwhile."), "warning")
        else:
            flash(_("Taken back: %(task)s", task=in_language(task.version.titles)))
        return redirect(_back(one))
    return page("programmes/undo.html", form=form, one=one, task=task, back=_back(one))


def _back(one: Introduction) -> str:
    if one.person.id == g.viewer.person_id:
        return url_for("programmes.own")
    if queries.may_see_all(g.viewer, one):
        return url_for("programmes.person", person_id=one.person.public_id)
    return url_for("programmes.tasks")


@bp.get("/programme")
@requires(Permission.PROGRAMME_EDIT)
def show() -> Response:
    """Show what the programme says, layer by layer."""
    return page(
        "programmes/show.html",
        layers=queries.listed(g.session, g.day),
        layer_names=LAYERS,
        owners=OWNERS,
        from_first_day=from_first_day,
    )


@bp.route("/programme/items/new", methods=["GET", "POST"])
@requires(Permission.PROGRAMME_EDIT)
def add() -> Response:
    """Add an item, after showing who now under introduction gets it too."""
    form = AddForm(effective_from=later(g.today, 1))
    form.offer(
        [
            SelectChoice(one.requirement.public_id, in_language(one.version.titles))
            for one in requirements.listed(g.session, g.today)
        ],
        unit_choices(tree_on(g.session, g.today)),
        [SelectChoice(one.public_id, f"{one.title} ({one.code})") for one in positions(g.session)],
    )
    affected = None
    if submitted(form):
        audience = _audience(form)
        affected = queries.affected(
            g.session,
            g.today,
            unit_id=audience.unit_id,
            position_id=audience.position_id,
            offset=form.offset,
            effective_from=first_day(form),
        )
        if form.seen.data == form.says:
            _add(form, audience)
            flash(_("The item is added."))
            return redirect(url_for("programmes.show"))
    return _weighed("programmes/add.html", form, affected)


def _audience(form: AddForm) -> Audience:
    unit = found(unit_by_public_id(g.session, form.unit.data or "")) if form.whom.data == UNIT else None
    position = found(position_by_public_id(g.session, form.position.data or "")) if form.whom.data == POSITION else None
    return Audience(form.layer, unit.id if unit else None, position.id if position else None)


def _add(form: AddForm, audience: Audience) -> None:
    requirement = requirements.by_public_id(g.session, form.requirement.data) if form.requirement.data else None
    operations.add_item(
        g.session,
        says=form.item_says,
        audience=audience,
        effective_from=first_day(form),
        by=g.viewer,
        now=g.now,
        requirement_id=requirement.id if requirement else None,
    )


@bp.route("/programme/items/<public_id:item_id>", methods=["GET", "POST"])
@requires(Permission.PROGRAMME_EDIT)
def change(item_id: str) -> Response:
    """Change what an item says to those who begin later, after showing who of those that are known."""
    item = found(queries.item_by_public_id(g.session, item_id))
    form = SaysForm(effective_from=later(g.today, 1))
    if request.method == "GET":
        form.fill(queries.versions_of(g.session, item.id)[-1])
    affected = None
    if submitted(form):
        affected = _affected(item, form.offset, first_day(form))
        if form.seen.data == form.says:
            try:
                operations.change_item(
                    g.session,
                    item=item,
                    says=form.item_says,
                    effective_from=first_day(form),
                    by=g.viewer,
                    now=g.now,
                    today=g.today,
                )
            except BegunError:
                affected = _refuse_begun(form)
            else:
                flash(_("The item is changed for those who begin on or after the day."))
                return redirect(url_for("programmes.show"))
        elif first_day(form) <= g.today:
            affected = _refuse_begun(form)
    return _weighed("programmes/change.html", form, affected, item=item)


@bp.route("/programme/items/<public_id:item_id>/end", methods=["GET", "POST"])
@requires(Permission.PROGRAMME_EDIT)
def end(item_id: str) -> Response:
    """Take an item out of the programme of those who begin later, after showing who of those that are known."""
    item = found(queries.item_by_public_id(g.session, item_id))
    version = queries.versions_of(g.session, item.id)[-1]
    form = EndForm(effective_from=later(g.today, 1))
    affected = None
    if submitted(form):
        affected = _affected(item, version.offset_days, first_day(form))
        if first_day(form) <= g.today:
            affected = _refuse_begun(form)
        elif form.seen.data == form.says:
            operations.end_item(
                g.session, item=item, effective_from=first_day(form), by=g.viewer, now=g.now, today=g.today
            )
            flash(_("The item is left out for those who begin on or after the day."))
            return redirect(url_for("programmes.show"))
    return _weighed("programmes/end.html", form, affected, item=item, version=version)


def _affected(item: ProgrammeItem, offset: int, effective_from: date) -> list[Affected]:
    return queries.affected(
        g.session,
        g.today,
        unit_id=item.unit_id,
        position_id=item.position_id,
        offset=offset,
        effective_from=effective_from,
    )


def _refuse_begun(form: EndForm) -> None:
    refuse(form.effective_from, _("Choose a later day: those who begin today or earlier keep what they were told."))


def _weighed(template: str, form: EndForm, affected: list[Affected] | None, **context: Any) -> Response:
    """Show the form, with whom it concerns once it is valid: sent again unchanged, it is carried out."""
    if affected is not None:
        form.seen.data = form.says
    shown = page(template, form=form, affected=affected, layer=Layer, **context)
    if affected is not None:
        shown.status_code = 200  # Nothing is wrong with the form: its consequences are shown.
    return shown
