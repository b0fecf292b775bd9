"""Granting an exemption or extension, or assigning a requirement: to one person, or to several at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import flash, g, redirect, request, url_for
from werkzeug.wrappers import Response

from tracker.accounts.forms import refuse
from tracker.compliance.operations import wait_for_turn
from tracker.domain.exceptions import DecisionKind, Effect
from tracker.exceptions import operations, queries
from tracker.exceptions.forms import AssignmentForm, ExemptionForm, ExtensionForm, requirement_choices
from tracker.exceptions.queries import Case
from tracker.exceptions.views.blueprint import bp, titles
from tracker.exceptions.words import GRANTED, REFUSED, refusal
from tracker.people.models import Person
from tracker.permissions import Permission
from tracker.requirements import queries as requirements
from tracker.web.access import requires
from tracker.web.forms import submitted
from tracker.web.pages import found, page


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision changes for one person, or why it may not be granted."""

    person: Person
    effect: Effect | None
    refusal: str | None


@dataclass(frozen=True, slots=True)
class Granting:
    """What is being granted to whom: how to work out what that changes, and how to do it."""

    kind: DecisionKind
    people: list[Person]
    cases: list[Case]
    check: Callable[[Case], Effect]
    grant: Callable[[Case], None]

    @property
    def alone(self) -> Person | None:
        """The person, if it is only one."""
        return self.people[0] if len(self.people) == 1 else None


@bp.route("/extensions/new", methods=["GET", "POST"])
@requires(Permission.EXCEPTION_GRANT)
def extend() -> Response:
    """Give people, `?person=…`, more time: a form, what it would change for each, and then what became of it."""
    people = _people()
    form = ExtensionForm(requirement=request.args.get("requirement"))
    cases = _cases(form, people)

    def check(case: Case) -> Effect:
        return operations.check_extension(case, form.due_on.data or g.today, g.viewer, g.today)

    def grant(case: Case) -> None:
        due_on, reason = form.due_on.data or g.today, form.reason.data or ""
        operations.grant_extension(
            g.session, case=case, due_on=due_on, reason=reason, by=g.viewer, now=g.now, today=g.today
        )

    granting = Granting(DecisionKind.EXTENSION, people, cases, check, grant)
    return _granting(granting, form, form.due_on)


@bp.route("/exemptions/new", methods=["GET", "POST"])
@requires(Permission.EXCEPTION_GRANT)
def exempt() -> Response:
    """Exempt people, `?person=…`: a form, what it would change for each, and then what became of it."""
    people = _people()
    form = ExemptionForm(requirement=request.args.get("requirement"), starts_on=g.today)
    cases = _cases(form, people)

    def check(case: Case) -> Effect:
        return operations.check_exemption(case, form.starts_on.data or g.today, form.ends_on.data, g.viewer, g.today)

    def grant(case: Case) -> None:
        operations.grant_exemption(
            g.session,
            case=case,
            starts_on=form.starts_on.data or g.today,
            ends_on=form.ends_on.data,
            reason=form.reason.data or "",
            by=g.viewer,
            now=g.now,
        )

    granting = Granting(DecisionKind.EXEMPTION, people, cases, check, grant)
    return _granting(granting, form, form.starts_on)


@bp.route("/assignments/new", methods=["GET", "POST"])
@requires(Permission.EXCEPTION_GRANT)
def assign() -> Response:
    """Assign a requirement to people, `?person=…`: a form, what it would change for each, and then what became of it."""
    people = _people()
    form = AssignmentForm(requirement=request.args.get("requirement"), starts_on=g.today)
    cases = _cases(form, people)

    def check(case: Case) -> Effect:
        return operations.check_assignment(case, form.starts_on.data or g.today, form.ends_on.data, g.viewer, g.today)

    def grant(case: Case) -> None:
        operations.assign(
            g.session,
            case=case,
            starts_on=form.starts_on.data or g.today,
            ends_on=form.ends_on.data,
            reason=form.reason.data or "",
            by=g.viewer,
            now=g.now,
            today=g.today,
        )

    return _granting(Granting(DecisionKind.ASSIGNMENT, people, cases, check, grant), form, form.starts_on)


GrantForm = ExtensionForm | ExemptionForm | AssignmentForm


def _people() -> list[Person]:
    return found(queries.visible_people(g.session, g.viewer, request.args.getlist("person"), g.today))


def _cases(form: GrantForm, people: list[Person]) -> list[Case]:
    """Give the form its requirements, and return a case for each of the people under the chosen one."""
    listed = requirements.listed(g.session, g.today)
    form.requirement.choices = requirement_choices(listed)
    chosen = [one.requirement for one in listed if one.requirement.public_id == form.requirement.data]
    if form.seen.data:
        wait_for_turn(g.session)  # What somebody else just decided is to be seen, not to stop what is under way.
    return queries.cases(g.session, people, chosen[0]) if chosen and request.method == "POST" else []


def _granting(one: Granting, form: GrantForm, about: Any) -> Response:
    """Show the form; once it is filled in, what it would change; once that has been seen, grant it."""
    own = one.alone is not None and one.alone.id == g.viewer.person_id
    outcomes: list[Outcome] | None = None
    if one.people and not own and submitted(form):
        outcomes = [_checked(case, one.check) for case in one.cases]
        if form.seen.data == form.says and any(outcome.effect for outcome in outcomes):
            return _grant(one, outcomes)
        if one.alone and outcomes[0].refusal:
            refuse(about, outcomes[0].refusal)
            outcomes = None
        else:
            form.seen.data = form.says
    shown = page(
        "exceptions/grant.html",
        kind=one.kind,
        form=form,
        people=one.people,
        alone=one.alone,
        outcomes=outcomes,
        not_oneself=refusal(operations.OwnCaseError()) if own else None,
    )
    if outcomes is not None:
        shown.status_code = 200  # Nothing is wrong with the form: its consequences are shown.
    elif own and request.method == "POST":
        shown.status_code = 422
    return shown


def _checked(case: Case, check: Callable[[Case], Effect]) -> Outcome:
    try:
        return Outcome(case.person, check(case), None)
    except REFUSED as error:
        return Outcome(case.person, None, refusal(error))


def _grant(one: Granting, outcomes: list[Outcome]) -> Response:
    for case, outcome in zip(one.cases, outcomes, strict=True):
        if outcome.effect is not None:
            one.grant(case)
    if one.alone:
        flash(str(GRANTED[one.kind]))
        return redirect(url_for("dashboards.person", person_id=one.alone.public_id))
    # Shown right away, not after a redirect: what is granted already is not granted again.
    requirement_titles = titles()[one.cases[0].requirement.id]
    return page("exceptions/granted.html", kind=one.kind, outcomes=outcomes, requirement_titles=requirement_titles)
