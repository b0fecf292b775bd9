"""The pages of requirements, which show how they stand; and why each applies to whom."""

import time
from collections.abc import Generator, Sequence
from datetime import date
from typing import NamedTuple

import structlog
from flask import Blueprint, g, request, stream_template, url_for
from sqlalchemy import ColumnElement
from werkzeug.wrappers import Response

from tracker.clock import FIRST_DAY
from tracker.compliance import known, queries
from tracker.compliance.explain import explain, named_courses
from tracker.compliance.operations import BusyError, take_turn
from tracker.db import Known
from tracker.domain.facts import State
from tracker.domain.obligations import AT_FAULT
from tracker.municipalities.models import Municipality
from tracker.municipalities.queries import everyone
from tracker.paging import Page
from tracker.people.queries import in_team, visible_person
from tracker.permissions import Permission
from tracker.requirements import queries as requirements
from tracker.web.access import requires
from tracker.web.errors import DayError
from tracker.web.pages import found, own_path, page
from tracker.web.session import edge, in_municipality

log = structlog.get_logger()

bp = Blueprint("compliance", __name__)
requirements_bp = Blueprint("requirements", __name__)

PEOPLE_A_PAGE = 50
BEHIND = "behind"
"""In an address: overdue or lapsed."""


@requirements_bp.get("/requirements")
@requires(Permission.REQUIREMENT_VIEW, on_a_day=True)
def index() -> Response:
    """List the requirements as they are worded on the day, with how they stand among those the viewer may count."""
    listed = requirements.listed(g.session, g.day)
    courses = named_courses(g.session, {one.version.course_id for one in listed})
    standing = {one.id: one.figures for one in queries.figures_by_requirement(g.session, _counted(), g.day)}
    return page(
        "requirements/index.html",
        listed=listed,
        standing=standing,
        courses=courses,
        to_approve=requirements.drafts_to_approve(g.session, g.viewer),
    )


@requirements_bp.get("/requirements/<public_id:requirement_id>")
@requires(Permission.REQUIREMENT_VIEW, on_a_day=True)
def show(requirement_id: str) -> Response:
    """Say what a requirement says, in words, and how it stands on the day."""
    requirement = found(requirements.by_public_id(g.session, requirement_id))
    versions = requirements.published_versions(g.session, requirement.id)
    version = found(requirements.in_charge(versions, g.day))
    return page(
        "requirements/show.html",
        requirement=requirement,
        version=version,
        versions=versions,
        lines=requirements.named_lines(g.session, [version.id], g.day).get(version.id, []),
        course=named_courses(g.session, {version.course_id}).get(version.course_id),
        stands=queries.figures_of_requirement(g.session, _counted(), g.day, requirement.id),
    )


@requirements_bp.get("/requirements/<public_id:requirement_id>/people")
@requires(Permission.TEAM_VIEW, on_a_day=True)
def people(requirement_id: str) -> Response:
    """List the people behind a requirement's figures, all or those in one state."""
    requirement = found(requirements.by_public_id(g.session, requirement_id))
    version = found(requirements.in_charge(requirements.published_versions(g.session, requirement.id), g.day))
    asked = request.args.get("state", "")
    states = AT_FAULT if asked == BEHIND else {state for state in State if state.value == asked}
    scope = in_team(g.viewer, g.day)
    number = max(1, request.args.get("page", 1, type=int))
    total = queries.standing_count(g.session, scope, g.day, requirement_id=requirement.id, states=states)
    rows = queries.standing_rows(
        g.session,
        scope,
        g.day,
        requirement_id=requirement.id,
        states=states,
        limit=PEOPLE_A_PAGE,
        offset=(number - 1) * PEOPLE_A_PAGE,
    )
    places = queries.workplaces(g.session, [row.person.id for row in rows], g.day)
    return page(
        "requirements/people.html",
        requirement=requirement,
        version=version,
        state=asked if states else None,
        listed=Page(rows, number, total, PEOPLE_A_PAGE),
        places=places,
        stands=queries.figures_of_requirement(g.session, scope, g.day, requirement.id),
    )


def _counted() -> ColumnElement[bool]:
    """Return whom the viewer's figures count: everyone employed for who may see figures, else the viewer's team."""
    return queries.employed_on(g.day) if g.viewer.may(Permission.FIGURES_VIEW) else in_team(g.viewer, g.day)


@bp.route("/known/<on>", methods=["GET", "POST"])
@requires(Permission.SIGNED_IN, only_reads=True)
def prepare(on: str) -> Response:
    """Compute how everyone stands from what was known on a past day, then go on to the page that asked for it.

    The answer is a page that grows as the work goes on, so that its reader sees how far it is. Closing it stops the work.
    """
    day = _past_day(on)
    onward = own_path(request.values.get("next")) or url_for("dashboards.home", known=on)
    if request.method == "GET":
        return page("compliance/prepare.html", on=day, onward=onward)
    moments = _prepare(_looked_at(), day)
    shown = stream_template("compliance/preparing.html", on=day, onward=onward, moments=moments)
    response = Response(shown, mimetype="text/html")
    response.headers["X-Accel-Buffering"] = "no"  # A proxy such as nginx would keep the page until it is whole.
    response.call_on_close(moments.close)  # Otherwise it would linger, with its lock, as long as something names it.
    return response


class Moment(NamedTuple):
    """How far it is with a municipality: so many people of so many; none while others write there."""

    where: str
    done: int = 0
    people: int = 0
    failed: bool = False


def _prepare(municipalities: Sequence[Municipality], day: date) -> Generator[Moment]:
    try:
        for municipality in municipalities:
            yield Moment(municipality.name)
            yield from _prepare_one(municipality, Known.by_end_of(day, municipality.timezone))
    except Exception:
        # The answer has begun, so the page of errors cannot take its place.
        log.exception("request.failed")
        yield Moment("", failed=True)


def _prepare_one(municipality: Municipality, known_by: Known) -> Generator[Moment]:
    while True:
        try:
            # Each in a transaction of its own: what is done of several stays done.
            with in_municipality(municipality.id) as session:
                take_turn(session)
                for done, people in known.preparing(session, known_by, by=g.viewer, now=g.now):
                    yield Moment(municipality.name, done, people)
        except BusyError:
            yield Moment(municipality.name)
            time.sleep(1)
        else:
            return


def _looked_at() -> Sequence[Municipality]:
    """Return the municipalities that the viewer sees figures of: their own, or all for the coordination group."""
    if not g.viewer.may(Permission.COORDINATION_VIEW):
        return [g.municipality]
    with edge().database.wide(reading=True) as session:
        return everyone(session)


def _past_day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise DayError("known") from error
    if not FIRST_DAY <= day < g.today:
        raise DayError("known")
    return day


@bp.get("/people/<public_id:person_id>/requirements/<public_id:requirement_id>/explanation")
@requires(Permission.PERSON_VIEW, on_a_day=True)
def explanation(person_id: str, requirement_id: str) -> Response:
    """Explain why a requirement applies to a person on the day and what follows, or why it does not.

    A page of its own; for htmx, only the part that is put into another page.
    """
    person = found(visible_person(g.session, g.viewer, person_id, on=g.day))
    requirement = found(requirements.by_public_id(g.session, requirement_id))
    explained = found(explain(g.session, person, requirement, g.day))
    template = "compliance/_explanation.html" if "HX-Request" in request.headers else "compliance/explanation.html"
    response = page(template, explained=explained, own=person.id == g.viewer.person_id)
    response.vary.add("HX-Request")
    return response
