"""Asking for an exception as a learner, and answering as who decides."""

from flask import flash, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from tracker.accounts.forms import refuse
from tracker.domain import exceptions as rules
from tracker.domain.exceptions import Effect, ExceptionKind
from tracker.domain.obligations import phases, stands_on
from tracker.exceptions import operations, queries
from tracker.exceptions.forms import YES, AnswerForm, AskForm
from tracker.exceptions.queries import Asked, Case
from tracker.exceptions.views.blueprint import bp, titles
from tracker.exceptions.words import REFUSED, refusal
from tracker.people.models import Person
from tracker.permissions import Permission
from tracker.requirements import queries as requirements
from tracker.requirements.models import Requirement
from tracker.web.access import requires
from tracker.web.forms import submitted
from tracker.web.pages import found, page


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
        "exceptions/ask.html", form=form, requirement=requirement, waiting=now_waiting, phase=phase, titles=titles()
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
        titles=titles(),
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
