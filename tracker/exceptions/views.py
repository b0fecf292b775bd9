"""The pages of exemptions, extensions and assignments: granting, ending, listing, asking and answering."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from tracker.accounts.forms import refuse
from tracker.compliance.operations import wait_for_turn
from tracker.domain import exceptions as rules
from tracker.domain import facts
from tracker.domain.exceptions import DecisionKind, Effect, ExceptionKind
from tracker.domain.obligations import phases, stands_on
from tracker.domain.periods import Days
from tracker.exceptions import operations, queries
from tracker.exceptions.forms import (
    YES,
    AnswerForm,
    AskForm,
    AssignmentForm,
    EndForm,
    ExemptionForm,
    ExtensionForm,
    WithdrawForm,
    requirement_choices,
)
from tracker.exceptions.queries import Asked, Case, When
from tracker.exceptions.words import ENDED, GRANTED, KINDS, REFUSED, TAKEN_BACK, WHEN, refusal
from tracker.people.models import Person
from tracker.permissions import Permission
from tracker.requirements import queries as requirements
from tracker.requirements.models import Assignment, Exemption, Extension, Requirement
from tracker.web.access import requires
from tracker.web.forms import submitted
from tracker.web.pages import found, page
from tracker.web.session import FIRST_DAY, LAST_DAY

bp = Blueprint("exceptions", __name__)


@bp.get("/exceptions")
@requires(Permission.EXCEPTION_GRANT, on_a_day=True)
def index() -> Response:
    """List what is decided about the viewer's people: in force on the day, coming or ended."""
    listed = requirements.listed(g.session, g.day)
    wanted = request.args.get("requirement", "")
    kind, when = request.args.get("kind", ""), request.args.get("when", "")
    granted = queries.granted_page(
        g.session,
        g.viewer,
        day=g.day,
        when=When(when) if when in set(When) else When.IN_FORCE,
        kind=DecisionKind(kind) if kind in set(DecisionKind) else None,
        requirement_id=next((one.requirement.id for one in listed if one.requirement.public_id == wanted), None),
        words=request.args.get("q", ""),
        number=request.args.get("page", 1, type=int),
    )
    return page("exceptions/index.html", granted=granted, listed=listed, titles=_titles(), kinds=KINDS, when=WHEN)


@bp.get("/exceptions/requests")
@requires(Permission.EXCEPTION_GRANT)
def asked() -> Response:
    """List what the viewer's people have asked for and wait for an answer to."""
    waiting = queries.open_requests_page(g.session, g.viewer, g.today, number=request.args.get("page", 1, type=int))
    return page("exceptions/requests.html", asked=waiting, titles=_titles())


def _titles() -> dict[int, dict[str, str]]:
    """Return what each requirement is called, by id."""
    return {one.requirement.id: one.version.titles for one in requirements.listed(g.session, g.day)}


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
    titles = _titles()[one.cases[0].requirement.id]
    return page("exceptions/granted.html", kind=one.kind, outcomes=outcomes, requirement_titles=titles)


@bp.route("/exemptions/<public_id:exemption_id>/end", methods=["GET", "POST"])
@requires(Permission.EXCEPTION_GRANT)
def end_exemption(exemption_id: str) -> Response:
    """End an exemption before its time; one that has not begun is taken back."""
    exemption, person = found(queries.visible_granted(g.session, g.viewer, Exemption, exemption_id, g.today))
    days = Days(exemption.starts_on, exemption.ends_on)
    fact = facts.Exemption(exemption.requirement_id, days, exemption.id)
    return _ending(exemption, fact, person, DecisionKind.EXEMPTION)


@bp.route("/assignments/<public_id:assignment_id>/end", methods=["GET", "POST"])
@requires(Permission.EXCEPTION_GRANT)
def end_assignment(assignment_id: str) -> Response:
    """End an assignment before its time; one that has not begun is taken back."""
    assignment, person = found(queries.visible_granted(g.session, g.viewer, Assignment, assignment_id, g.today))
    days = Days(assignment.starts_on, assignment.ends_on)
    fact = facts.Assignment(assignment.requirement_id, days, assignment.id)
    return _ending(assignment, fact, person, DecisionKind.ASSIGNMENT)


def _ending(
    granted: Exemption | Assignment, fact: facts.Exemption | facts.Assignment, person: Person, kind: DecisionKind
) -> Response:
    """Show what it changes to end it on the day that is chosen; once that has been seen, end it."""
    case = queries.cases(g.session, [person], g.session.get_one(Requirement, granted.requirement_id))[0]
    begun = granted.starts_on <= g.today
    form = _end_form() if begun else WithdrawForm()
    ends_on = form.ends_on.data if isinstance(form, EndForm) else None
    another_day = False
    if submitted(form):
        another_day = isinstance(form, EndForm) and form.seen.data != str(ends_on)
        try:
            if isinstance(form, EndForm) and ends_on is not None and another_day:
                operations.check_end(granted, ends_on, g.today)
            else:
                operations.end(
                    g.session,
                    fact=granted,
                    person=person,
                    ends_on=ends_on,
                    why=form.why.data or "",
                    by=g.viewer,
                    now=g.now,
                    today=g.today,
                )
                flash(str((ENDED if begun else TAKEN_BACK)[kind]))
                return redirect(url_for("dashboards.person", person_id=person.public_id))
        except REFUSED as error:
            another_day = False
            refuse(form.ends_on if isinstance(form, EndForm) else form.why, refusal(error))
    shown_for = _possible_end(granted, ends_on) if begun else None
    if isinstance(form, EndForm):
        form.seen.data = str(shown_for)
    shown = page(
        "exceptions/end.html",
        form=form,
        kind=kind,
        case=case,
        fact=granted,
        effect=rules.end(case.learner, case.rule, fact, shown_for),
        shown_for=shown_for,
        another_day=another_day,
        begun=begun,
        titles=_titles(),
    )
    if another_day:
        shown.status_code = 200  # Nothing is wrong with the form: its consequences are shown.
    return shown


def _end_form() -> EndForm:
    """Return the form, filled in with today or, where scripts run, with `?ends_on=…`: the day that was just chosen."""
    if request.method == "GET" and "ends_on" in request.args:
        return EndForm(request.args)
    return EndForm(ends_on=g.today)


def _possible_end(granted: Exemption | Assignment, ends_on: date | None) -> date:
    """Return the day that was chosen, or today if it may not end on that one."""
    try:
        if ends_on is not None and FIRST_DAY <= ends_on <= LAST_DAY:
            operations.check_end(granted, ends_on, g.today)
            return ends_on
    except REFUSED:
        pass
    return g.today


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
    fact = facts.Extension(extension.requirement_id, extension.granted_on, extension.due_on, extension.id)
    effect = rules.withdraw(case.learner, case.rule, fact, g.today)
    return page("exceptions/withdraw.html", form=form, case=case, fact=extension, effect=effect, titles=_titles())


@bp.route("/requirements/<public_id:requirement_id>/ask", methods=["GET", "POST"])
@requires(Permission.LEARN)
def ask(requirement_id: str) -> Response:
    """Let a learner ask for more time, or say that a requirement does not concern them."""
    requirement = found(requirements.by_public_id(g.session, requirement_id))
    person = g.session.get_one(Person, g.viewer.person_id)
    case = found(next(iter(queries.cases(g.session, [person], requirement)), None))
    form = AskForm(kind=request.args.get("kind"))
    if submitted(form):
        try:
            operations.ask(
                g.session,
                case=case,
                kind=ExceptionKind(form.kind.data),
                wanted_until=form.wanted_until.data,
                message=form.message.data or "",
                by=g.viewer,
                now=g.now,
                today=g.today,
            )
        except (operations.AskedUntilPastError, rules.NotLaterError) as error:
            refuse(form.wanted_until, refusal(error))
        except REFUSED as error:
            refuse(form.kind, refusal(error))
        else:
            flash(_("You have asked. The answer appears here and on your start page."))
            return redirect(url_for("dashboards.me"))
    now_waiting = queries.open_request(g.session, person.id, requirement.id)
    phase = stands_on(phases(case.learner, case.rule), g.today)
    return page(
        "exceptions/ask.html", form=form, requirement=requirement, waiting=now_waiting, phase=phase, titles=_titles()
    )


@bp.route("/exceptions/requests/<public_id:exception_request_id>", methods=["GET", "POST"])
@requires(Permission.EXCEPTION_GRANT)
def answer(exception_request_id: str) -> Response:
    """Answer what somebody asked: yes, which grants it, or no, with words."""
    one = found(queries.answerable_request(g.session, g.viewer, exception_request_id, g.today))
    case = queries.cases(g.session, [one.person], g.session.get_one(Requirement, one.request.requirement_id))[0]
    form = AnswerForm(until=one.request.wanted_until)
    if submitted(form):
        try:
            operations.answer(
                g.session,
                request=one.request,
                case=case,
                granted=form.granted.data == YES,
                until=form.until.data,
                words=form.words.data or "",
                by=g.viewer,
                now=g.now,
                today=g.today,
            )
        except REFUSED as error:
            refuse(form.until if form.granted.data == YES else form.granted, refusal(error))
        else:
            flash(_("The answer is given."))
            return redirect(url_for("exceptions.asked"))
    effect, why_not = _consequence(one, case)
    return page(
        "exceptions/answer.html",
        form=form,
        one=one,
        case=case,
        effect=effect,
        why_not=why_not,
        titles=_titles(),
        answerers=queries.answerers(g.session, [one.request]),
    )


def _consequence(one: Asked, case: Case) -> tuple[Effect | None, str | None]:
    """Return what a yes to exactly what was asked would change, or why that cannot be granted."""
    until = one.request.wanted_until
    try:
        if one.request.kind is ExceptionKind.EXEMPTION:
            return operations.check_exemption(case, g.today, until, g.viewer, g.today), None
        return operations.check_extension(case, until or g.today, g.viewer, g.today), None
    except REFUSED as error:
        return None, refusal(error)
