"""Tests: the questions, the answers as they are given, and the result."""

from dataclasses import dataclass
from typing import Any

from flask import abort, flash, g, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from tracker import tokens
from tracker.catalogue.content import Option, Question, QuestionKind, from_json
from tracker.catalogue.models import Module, ModuleKind
from tracker.learning import marking, operations, queries
from tracker.learning.forms import PROBLEM_LABELS
from tracker.learning.models import Attempt, Enrolment
from tracker.learning.views.blueprint import bp
from tracker.learning.views.player import enrolment_of, outline, own, own_module
from tracker.permissions import Permission
from tracker.web.access import requires
from tracker.web.pages import found, page


@dataclass(frozen=True, slots=True)
class ShownQuestion:
    """A question as the page asks it: its options in this attempt's order, without anything that tells which is right."""

    key: str
    kind: str
    prompt: dict[str, str]
    options: list[tuple[str, str, dict[str, str]]]  # key, field name, texts
    name: str
    unit: dict[str, str]
    answer: Any
    error: Any = None


@bp.post("/learn/taking/<public_id:enrolment_id>/<public_id:module_id>/questions")
@requires(Permission.LEARN)
def begin(enrolment_id: str, module_id: str) -> Response:
    """Go to the questions: a new attempt, or the one that is open."""
    progress = own(enrolment_id)
    attempt = operations.begin_attempt(
        g.session,
        enrolment=enrolment_of(progress),
        module=own_module(progress, module_id, ModuleKind.TEST),
        by=g.viewer,
        now=g.now,
    )
    endpoint = "learning.attempt" if attempt.submitted_at is None else "learning.result"
    return redirect(url_for(endpoint, attempt_id=attempt.public_id))


@bp.get("/learn/attempts/<public_id:attempt_id>")
@requires(Permission.LEARN)
def attempt(attempt_id: str) -> Response:
    """Ask the questions."""
    tried, module, enrolment = _own(attempt_id)
    if tried.submitted_at is not None:
        return redirect(url_for("learning.result", attempt_id=attempt_id))
    return _questions_page(tried, module, enrolment, tried.answers, {})


@bp.post("/learn/attempts/<public_id:attempt_id>")
@requires(Permission.LEARN)
def submit(attempt_id: str) -> Response:
    """Hand the answers in; the server marks. What cannot be marked yet is pointed out, with status 422."""
    tried, module, enrolment = _own(attempt_id)
    answers = marking.read(from_json(module.content).questions, request.form)
    try:
        operations.submit_attempt(
            g.session,
            attempt=tried,
            module=module,
            enrolment=enrolment,
            answers=answers,
            by=g.viewer,
            now=g.now,
            today=g.today,
        )
    except operations.UnansweredError as error:
        response = _questions_page(tried, module, enrolment, answers, error.problems)
        response.status_code = 422
        return response
    return redirect(url_for("learning.result", attempt_id=attempt_id))


@bp.post("/learn/attempts/<public_id:attempt_id>/answers")
@requires(Permission.LEARN)
def save(attempt_id: str) -> Response:
    """Keep the answers so far. A script saves as one answers; the button "save and go on later" does the same."""
    tried, module, enrolment = _own(attempt_id)
    answers = marking.read(from_json(module.content).questions, request.form)
    try:
        operations.save_answers(g.session, attempt=tried, enrolment=enrolment, answers=answers)
    except operations.AlreadySubmittedError:
        abort(409)
    if request.headers.get("X-Requested-With") == "autosave":
        return make_response("", 204)
    flash(_("Your answers are saved. You can go on whenever you like, on any device."), "success")
    return redirect(url_for("learning.course", course_id=own(enrolment.public_id).course.public_id))


@bp.get("/learn/attempts/<public_id:attempt_id>/result")
@requires(Permission.LEARN)
def result(attempt_id: str) -> Response:
    """Show how it went, question by question, with the explanations."""
    tried, module, enrolment = _own(attempt_id)
    if tried.submitted_at is None:
        return redirect(url_for("learning.attempt", attempt_id=attempt_id))
    progress = own(enrolment.public_id)
    questions = from_json(module.content).questions
    return page(
        "learning/result.html",
        attempt=tried,
        module=module,
        progress=progress,
        questions=[(question, tried.answers.get(question.key)) for question in questions],
        right=marking.mark(questions, tried.answers).right,
        outline=outline(progress, module),
        onwards=progress.after(module.id),
    )


def _own(attempt_id: str) -> tuple[Attempt, Module, Enrolment]:
    return found(queries.own_attempt(g.session, g.viewer.person_id, attempt_id))


def _questions_page(
    tried: Attempt,
    module: Module,
    enrolment: Enrolment,
    answers: marking.Answers,
    problems: Any,
) -> Response:
    progress = own(enrolment.public_id)
    questions = from_json(module.content).questions
    return page(
        "learning/questions.html",
        attempt=tried,
        module=module,
        progress=progress,
        outline=outline(progress, module),
        questions=[
            _shown(question, tried, answers.get(question.key), problems.get(question.key)) for question in questions
        ],
    )


def _shown(question: Question, tried: Attempt, answer: Any, problem: marking.Problem | None) -> ShownQuestion:
    ordered = question.kind is QuestionKind.ORDER
    return ShownQuestion(
        key=question.key,
        kind=question.kind.value,
        prompt=question.prompt,
        options=[
            (option.key, marking.field_name(question, option.key if ordered else None), option.texts)
            for option in _shuffled(question, tried)
        ],
        name=marking.field_name(question),
        unit=question.unit,
        answer=answer,
        error=PROBLEM_LABELS[problem] if problem is not None else None,
    )


def _shuffled(question: Question, tried: Attempt) -> list[Option]:
    """Return the options in this attempt's own order, the same each time the page is shown."""
    options = {option.key: option for option in question.options}
    keys = tokens.shuffled(options, seed=f"{tried.public_id}.{question.key}")
    if question.kind is QuestionKind.ORDER and tuple(keys) == question.right_keys:
        keys = keys[1:] + keys[:1]  # The right order is never the one that is shown.
    return [options[key] for key in keys]
