"""Home, team, person, municipality, coordination, system, search."""

from flask import Blueprint, g, redirect, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, true
from werkzeug.wrappers import Response

from tracker.compliance.known import prepared_everywhere
from tracker.compliance.queries import (
    Obligation,
    Timeline,
    employed_on,
    figures,
    figures_by_requirement,
    obligations_of,
    timeline_of,
    workplaces,
)
from tracker.dashboards import drawing
from tracker.dashboards.queries import coordination as coordinated
from tracker.dashboards.queries import home as at_home
from tracker.dashboards.queries import municipality as overall
from tracker.dashboards.queries import person as recorded
from tracker.dashboards.queries import search as searching
from tracker.dashboards.queries import team as teams
from tracker.dashboards.queries import units as organised
from tracker.dashboards.queries.gaps import gaps
from tracker.dashboards.queries.system import training
from tracker.dashboards.queries.units import Unit
from tracker.domain.facts import State
from tracker.domain.obligations import AT_FAULT
from tracker.exceptions.queries import answerers, granted_to, open_requests, requests_of
from tracker.i18n import in_language, short_date
from tracker.learning.queries import history, may_revoke
from tracker.paging import Page
from tracker.people.merges import merged_into, merges_of
from tracker.people.models import Person
from tracker.people.queries import another, former_details, in_team, visible_person
from tracker.people.roles import roles_to_approve
from tracker.people.words import DUTIES
from tracker.permissions import Permission
from tracker.programmes.queries import Introduction, introductions
from tracker.requirements.queries import drafts_to_approve, listed
from tracker.systems import queries as systems
from tracker.systems.words import IMPORTANCE, SCOPES
from tracker.uploads.queries import number_waiting, uploads_of
from tracker.uploads.words import OUTCOMES
from tracker.web.access import requires
from tracker.web.pages import found, page
from tracker.web.session import edge

bp = Blueprint("dashboards", __name__)

ROWS = 50
FIRST = 8
FIRST_OF_EVERYONE = 4
ANSWERS_AT_HOME = 3

# Asked for when the address names a requirement that applies to nobody here.
NO_REQUIREMENT = 0

# What the filter of the matrix may ask for: its value in the address, and the states it stands for.
STATES: dict[str, tuple[State, ...]] = {"behind": tuple(sorted(AT_FAULT))} | {state.value: (state,) for state in State}


@bp.get("/")
@requires(Permission.SIGNED_IN, on_a_day=True)
def home() -> Response:
    """Lead to what this viewer comes for: the next step of their own training, or else what they may do here."""
    team = _team_in_brief() if g.viewer.may(Permission.TEAM_VIEW) else None
    to_approve = drafts_to_approve(g.session, g.viewer)
    roles_waiting = roles_to_approve(g.session, g.viewer)
    if g.viewer.person_id is None:
        return page("dashboards/landing.html", team=team, to_approve=to_approve, roles_waiting=roles_waiting)
    own = at_home.home(g.session, g.viewer.person_id, g.day)
    asked = requests_of(g.session, g.viewer.person_id)[:ANSWERS_AT_HOME]
    return page(
        "dashboards/home.html",
        own=own,
        team=team,
        to_approve=to_approve,
        roles_waiting=roles_waiting,
        asked=asked,
        titles=_titles() if asked else {},
        answerers=answerers(g.session, asked),
        uploads=uploads_of(g.session, g.viewer.person_id, limit=ANSWERS_AT_HOME),
        outcomes=OUTCOMES,
        introduction=_introduction(g.viewer.person_id),
    )


def _introduction(person_id: int) -> Introduction | None:
    """Return a person's introduction while it lasts."""
    return next(iter(introductions(g.session, Person.id == person_id, g.day)), None)


def _titles() -> dict[int, dict[str, str]]:
    """Return what each requirement is called, by id."""
    return {one.requirement.id: one.version.titles for one in listed(g.session, g.day)}


def _team_in_brief() -> tuple[int, int]:
    """Return how many people need the viewer, of how many."""
    scope = in_team(g.viewer, g.day)
    return teams.number_needing(g.session, scope, g.day), teams.team_size(g.session, scope)


@bp.get("/team")
@requires(Permission.TEAM_VIEW, on_a_day=True)
def team() -> Response:
    """Show whom the viewer is needed by, and the training matrix of their people."""
    choosable = organised.choosable(organised.tree(g.session, g.day), g.viewer)
    unit = _chosen(choosable)
    scope = in_team(g.viewer, g.day) & (organised.works_in(unit.id, g.day) if unit else true())
    deciding = g.viewer.may(Permission.EXCEPTION_GRANT) and g.day == g.today
    asked = open_requests(g.session, scope & another(g.viewer)) if deciding else []
    columns = figures_by_requirement(g.session, scope, g.day)
    choice = _choice({column.public_id: column.id for column in columns})
    rows = _matrix(teams.narrowed(scope, g.day, choice, viewer_person_id=g.viewer.person_id), choice)
    return page(
        "dashboards/team.html",
        units=choosable,
        unit=unit,
        size=teams.team_size(g.session, scope),
        groups=teams.needing(g.session, scope, g.day, each=FIRST_OF_EVERYONE if g.viewer.sees_everyone else FIRST),
        all_columns=columns,
        columns=[column for column in columns if choice.requirement_id in (None, column.id)],
        rows=rows,
        checklists=teams.courses_with_checklist(g.session),
        soon_days=teams.SOON_DAYS,
        asked=asked,
        titles=_titles() if asked else {},
        certificates=number_waiting(g.session, g.viewer, g.today) if g.day == g.today else 0,
    )


def _chosen(units: list[Unit]) -> Unit | None:
    """Return the unit that the address names, or None if it names none; answer 404 for one that may not be chosen."""
    public_id = request.args.get("unit")
    return found(next((unit for unit in units if unit.public_id == public_id), None)) if public_id else None


def _choice(requirements: dict[str, int]) -> teams.Choice:
    sort = request.args.get("sort", "")
    state = request.args.get("state", "")
    requirement = request.args.get("requirement")
    return teams.Choice(
        words=request.args.get("q", ""),
        requirement_id=requirements.get(requirement, NO_REQUIREMENT) if requirement else None,
        states=STATES.get(state, ()),
        soon=state == "soon",
        by_faults=sort.removeprefix("-") == "behind",
        descending=sort.startswith("-"),
    )


def _matrix(condition: ColumnElement[bool], choice: teams.Choice) -> Page:
    total = teams.team_size(g.session, condition)
    number = min(max(1, request.args.get("page", 1, type=int)), max(1, -(-total // ROWS)))
    rows = teams.matrix_rows(g.session, condition, g.day, choice, limit=ROWS, offset=(number - 1) * ROWS)
    return Page(rows, number, total, ROWS)


@bp.get("/people/<public_id:person_id>")
@requires(Permission.PERSON_VIEW, on_a_day=True)
def person(person_id: str) -> Response:
    """Show a person's obligations, how they came to stand so, and the facts behind them."""
    person = visible_person(g.session, g.viewer, person_id, on=g.day)
    if person is None and (merged := merged_into(g.session, g.viewer, person_id, on=g.day)) is not None:
        absorbed, survivor = merged
        return page("merging/merged.html", person=absorbed, survivor=survivor)
    return _person_page(found(person))


@bp.get("/me")
@requires(Permission.LEARN, on_a_day=True)
def me() -> Response:
    """Show a person all that is stored about themself."""
    return _person_page(g.session.get_one(Person, g.viewer.person_id))


def _person_page(person: Person) -> Response:
    timelines = timeline_of(g.session, person.id)
    axis = drawing.axis([phase for one in timelines for phase in one.phases], g.day)
    units = organised.tree(g.session, g.day)
    completed = history(g.session, person.id)
    requirements = listed(g.session, g.day)
    obligations = obligations_of(g.session, person.id, g.day)
    asked = requests_of(g.session, person.id)
    return page(
        "dashboards/person.html",
        person=person,
        own=person.id == g.viewer.person_id,
        places=workplaces(g.session, [person.id], g.day).get(person.id, []),
        introduction=_introduction(person.id),
        checklists=teams.courses_with_checklist(g.session),
        obligations=obligations,
        not_applying=recorded.not_applying(requirements, obligations, g.day),
        axis=axis,
        timeline=[_timeline_row(axis, one) for one in timelines],
        managers=recorded.managers_of(g.session, person.id, g.day, units),
        record=recorded.record(g.session, person.id, g.day),
        history=completed,
        revocable={entry.completion.id for entry in completed if may_revoke(g.viewer, entry.completion)},
        merges=merges_of(g.session, g.viewer, person.id),
        former=former_details(g.session, person.id),
        granted=granted_to(g.session, person.id),
        asked=asked,
        answerers=answerers(g.session, asked),
        titles={one.requirement.id: one.version.titles for one in requirements},
        uploads=uploads_of(g.session, person.id),
        outcomes=OUTCOMES,
    )


def _timeline_row(axis: drawing.Axis, one: Timeline) -> drawing.TimelineRow:
    label = in_language(one.titles)
    return drawing.TimelineRow(label, f"#{one.requirement_public_id}", drawing.segments(axis, one.phases, _note))


def _note(phase: Obligation) -> str:
    """Return in words the date that a phase is about."""
    if phase.state in (State.VALID, State.RENEW):
        return _("in force until %(day)s", day=short_date(phase.valid_until)) if phase.valid_until else _("without end")
    return _("due %(day)s", day=short_date(phase.due_on)) if phase.due_on else ""


@bp.get("/municipality")
@requires(Permission.FIGURES_VIEW, on_a_day=True)
def municipality() -> Response:
    """Show how the municipality, or a part of it, stands; how that came about; and what is missing."""
    units = organised.tree(g.session, g.day)
    unit = _chosen(list(units.values()))
    scope = employed_on(g.day) & (organised.works_in(unit.id, g.day) if unit else true())
    return page(
        "dashboards/municipality.html",
        unit=unit,
        above=organised.above(units, unit),
        figures=figures(g.session, scope, g.day),
        soon=teams.number_due_soon(g.session, scope, g.day),
        requirements=figures_by_requirement(g.session, scope, g.day),
        parts=overall.parts(g.session, scope, g.day, organised.below(units, unit), unit),
        soon_days=teams.SOON_DAYS,
        trend=overall.trend(g.session, g.day, unit.id if unit else None),
        curve=drawing.curve,
        month=lambda day: format_date(day, "MMM yyyy"),
        gaps=None if unit else gaps(g.session, g.day, units),
    )


@bp.get("/coordination")
@requires(Permission.COORDINATION_VIEW, on_a_day=True)
def coordination() -> Response:
    """Show the municipalities side by side: figures only, read across all of them in a session of its own."""
    with edge().database.wide(reading=True) as session:
        session.known = g.session.known
        if g.known_on is not None and not prepared_everywhere(session, g.known_on):
            return redirect(url_for("compliance.prepare", on=g.known_on.isoformat(), next=request.full_path))
        found = coordinated.side_by_side(session, g.day)
        return page("dashboards/coordination.html", found=found, fewest=coordinated.FEWEST)


@bp.get("/systems/<public_id:system_id>")
@requires(Permission.SYSTEM_VIEW, on_a_day=True)
def system(system_id: str) -> Response:
    """Show a system: who is responsible, who uses it, and who does so untrained."""
    system = found(systems.system_by_public_id(g.session, system_id))
    users = None
    if systems.may_see_users(g.viewer, system):
        words, number = request.args.get("q", ""), request.args.get("page", 1, type=int)
        users = systems.users_page(g.session, g.viewer, system, g.day, words=words, number=number)
    return page(
        "dashboards/system.html",
        system=system,
        holders=systems.system_holders(g.session, g.viewer, system, g.day),
        training=training(g.session, system, g.day),
        users=users,
        user_count=systems.user_count(g.session, system, g.day),
        plan_overdue=systems.plan_overdue(system, g.day),
        scopes=SCOPES,
        importance=IMPORTANCE,
        duties=DUTIES,
    )


@bp.get("/search")
@requires(Permission.SIGNED_IN, on_a_day=True)
def search() -> Response:
    """Find people, courses, systems and units that the viewer may see; all of one kind with `kind`."""
    words = request.args.get("q", "").strip()
    kind = request.args.get("kind", "")
    number = max(1, request.args.get("page", 1, type=int))
    size = ROWS if kind else searching.FIRST
    results = searching.search(g.session, g.viewer, words, g.day, kind=kind, limit=size, offset=(number - 1) * size)
    return page(
        "dashboards/search.html",
        words=words,
        kind=kind,
        results=results,
        places=workplaces(g.session, [one.id for one in results["people"].shown], g.day) if "people" in results else {},
        pages={name: Page(list(one.shown), number, one.total, size) for name, one in results.items()},
    )
