"""Taking a course: its page, its modules, and what one sees when it is finished."""

from collections.abc import Iterable
from typing import Any

from flask import abort, flash, g, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from tracker.catalogue import queries as catalogue
from tracker.catalogue.models import Module, ModuleKind
from tracker.catalogue.views import module_html
from tracker.domain.obligations import ASKING
from tracker.i18n import in_language
from tracker.learning import operations, queries
from tracker.learning.forms import AcknowledgeForm
from tracker.learning.models import Completion, Enrolment
from tracker.learning.queries import HistoryEntry, Progress
from tracker.learning.views.blueprint import bp
from tracker.learning.views.reading import reading_outline
from tracker.permissions import Permission
from tracker.web.access import requires
from tracker.web.forms import submitted
from tracker.web.pages import found, page
from tracker.web.session import edge


@bp.get("/learn/<public_id:course_id>")
@requires(Permission.LEARN)
def course(course_id: str) -> Response:
    """Show a course to its learner: what it is, how far one has come, and the way on."""
    progress = found(_progress(course_id))
    completed = completed_course(g.viewer.person_id, progress.course.id)
    obligations = obligations_for(g.viewer.person_id, progress.course.id)
    asked_for = is_asked_for(obligations)
    # What is completed stays to be read, until it is begun anew.
    shown = (
        progress if progress.started else queries.last_finished(g.session, g.viewer.person_id, completed) or progress
    )
    # Of what was completed elsewhere no module was begun here and none is left, so it is read without taking it; and so is
    # what nothing asks for. Who is asked to take a course begins it, lest they read it all in vain.
    only_read = not shown.started and bool(completed or not asked_for)
    return page(
        "learning/course.html",
        progress=progress,
        shown=shown,
        only_read=only_read,
        outline=reading_outline(shown) if only_read else outline(shown),
        completed=completed,
        obligations=obligations,
        asked_for=asked_for,
        checklists=queries.checklist_steps(g.session, shown.version.id, shown.enrolment) if shown.started else {},
    )


@bp.post("/learn/<public_id:course_id>/start")
@requires(Permission.LEARN)
def start(course_id: str) -> Response:
    """Begin a course, or go on with it, at the first module that is not done."""
    progress = found(_progress(course_id))
    if not progress.modules:
        abort(404)
    enrolment = operations.start_course(
        g.session, person_id=g.viewer.person_id, course_id=progress.course.id, by=g.viewer, now=g.now, today=g.today
    )
    return redirect(_onwards(own(enrolment.public_id)))


@bp.get("/learn/taking/<public_id:enrolment_id>/<public_id:module_id>")
@requires(Permission.LEARN)
def module(enrolment_id: str, module_id: str) -> Response:
    """Show a module: its text, and how it is done."""
    progress = own(enrolment_id)
    return _module_page(progress, own_module(progress, module_id), AcknowledgeForm())


@bp.post("/learn/taking/<public_id:enrolment_id>/<public_id:module_id>/read")
@requires(Permission.LEARN)
def read(enrolment_id: str, module_id: str) -> Response:
    """Note that a text was read, and go on."""
    progress = own(enrolment_id)
    shown = own_module(progress, module_id, ModuleKind.TEXT)
    completion = operations.read_module(
        g.session, enrolment=enrolment_of(progress), module=shown, by=g.viewer, now=g.now, today=g.today
    )
    return go_on(enrolment_id, completion, after=shown)


@bp.post("/learn/taking/<public_id:enrolment_id>/<public_id:module_id>/acknowledge")
@requires(Permission.LEARN)
def acknowledge(enrolment_id: str, module_id: str) -> Response:
    """Note that a document was read and its statement confirmed, and go on."""
    progress = own(enrolment_id)
    shown = own_module(progress, module_id, ModuleKind.DOCUMENT)
    form = AcknowledgeForm()
    if not submitted(form):
        return _module_page(progress, shown, form)
    completion = operations.acknowledge(
        g.session, enrolment=enrolment_of(progress), module=shown, by=g.viewer, now=g.now, today=g.today
    )
    return go_on(enrolment_id, completion, after=shown)


@bp.get("/learn/taking/<public_id:enrolment_id>/finished")
@requires(Permission.LEARN)
def finished(enrolment_id: str) -> Response:
    """Congratulate: the certificate, and what is next."""
    progress = own(enrolment_id)
    entry = queries.completion_of_enrolment(g.session, enrolment_of(progress))
    if entry is None:
        return redirect(url_for("learning.course", course_id=progress.course.public_id))
    others = queries.progress_of(g.session, g.viewer.person_id, today=g.today).values()
    begun = [other for other in others if other.started]
    return page("learning/finished.html", progress=progress, entry=entry, begun=begun)


@bp.get("/learn/history")
@requires(Permission.LEARN)
def history() -> Response:
    """Show what one has completed, with the certificates."""
    return page("learning/history.html", entries=queries.history(g.session, g.viewer.person_id))


def completed_course(person_id: int, course_id: int) -> list[HistoryEntry]:
    """Return a person's completions of a course, the newest first."""
    return [entry for entry in queries.history(g.session, person_id) if entry.course.id == course_id]


def obligations_for(person_id: int, course_id: int) -> list[Any]:
    """Return what asks a person to take a course.

    That is known above learning, so the application is wired with the question.
    """
    return [one for one in edge().obligations_of(g.session, person_id, g.today) if one.course_id == course_id]


def is_asked_for(obligations: Iterable[Any]) -> bool:
    """Say whether one of some obligations asks for its course now, whatever has been completed."""
    return any(one.state in ASKING for one in obligations)


def own(enrolment_id: str) -> Progress:
    """Return the progress of an enrolment of the viewer's own, or answer 404."""
    return found(queries.progress_in(g.session, g.viewer.person_id, enrolment_id))


def enrolment_of(progress: Progress) -> Enrolment:
    """Return the enrolment that progress fetched with `own` is of."""
    assert progress.enrolment is not None
    return progress.enrolment


def own_module(progress: Progress, module_id: str, kind: ModuleKind | None = None) -> Module:
    """Return a module of the course, or answer 404: also when it is not of the kind that the address is for."""
    shown = found(queries.module_of(g.session, progress.version.id, module_id))
    if kind is not None and shown.kind is not kind:
        abort(404)
    return shown


def go_on(enrolment_id: str, completion: Completion | None, *, after: Module) -> Response:
    """Lead on after a module: to the next one, or to the congratulation if it was the last."""
    if completion is not None:
        return redirect(url_for("learning.finished", enrolment_id=enrolment_id))
    progress = own(enrolment_id)
    if after.id in progress.done:
        flash(_("Done: %(module)s", module=in_language(after.titles)), "success")
    return redirect(_onwards(progress, after))


def outline(progress: Progress, current: Module | None = None) -> list[dict[str, Any]]:
    """Return the modules as the outline shows them: with address and state."""
    return [
        {
            "label": in_language(module.titles),
            "url": url_for("learning.module", enrolment_id=progress.enrolment.public_id, module_id=module.public_id)
            if progress.enrolment is not None
            else None,
            "state": "current"
            if current is not None and module.id == current.id
            else "done"
            if module.id in progress.done
            else "todo",
            "minutes": module.minutes,
        }
        for module in progress.modules
    ]


def _progress(course_id: str) -> Progress | None:
    course = catalogue.course_by_public_id(g.session, course_id)
    if course is None:
        return None
    progress = queries.progress_of(g.session, g.viewer.person_id, today=g.today, course_ids=[course.id])
    return progress.get(course.id)


def _onwards(progress: Progress, after: Module | None = None) -> str:
    """Return where a learner goes on: the next module not done, else the congratulation."""
    onwards = progress.after(after.id) if after is not None else progress.next_module
    enrolment_id = enrolment_of(progress).public_id
    if onwards is None:
        return url_for("learning.finished", enrolment_id=enrolment_id)
    return url_for("learning.module", enrolment_id=enrolment_id, module_id=onwards.public_id)


def _read_on(progress: Progress, position: int) -> str:
    """Return where one goes on who reads a finished course again: the module after a position, last the course's page."""
    if position == progress.modules_total:
        return url_for("learning.course", course_id=progress.course.public_id)
    module = progress.modules[position]
    return url_for("learning.module", enrolment_id=enrolment_of(progress).public_id, module_id=module.public_id)


def _module_page(progress: Progress, shown: Module, form: AcknowledgeForm) -> Response:
    enrolment = enrolment_of(progress)
    steps = queries.checklist_steps(g.session, progress.version.id, enrolment)
    position = [module.id for module in progress.modules].index(shown.id) + 1
    form.acknowledged.label.text = in_language(shown.content.get("statement", {}))
    return page(
        "learning/module.html",
        form=form,
        progress=progress,
        module=shown,
        html=module_html(shown),
        steps=steps.get(shown.id, []),
        attempts=queries.attempts(g.session, enrolment.id, shown.id),
        outline=outline(progress, shown),
        onwards=_read_on(progress, position) if progress.next_module is None else _onwards(progress, shown),
        position=position,
    )
