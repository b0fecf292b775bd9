"""Signing the steps of a practical checklist: on the learner's device, or from one's own sign-in."""

from collections.abc import Collection
from typing import Any

from flask import abort, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from tracker.accounts.forms import refuse, say_wait
from tracker.accounts.operations import SeveralAccountsError, SignInRefusedError, authenticated
from tracker.accounts.throttling import TooManyAttemptsError
from tracker.catalogue import queries as catalogue
from tracker.i18n import in_language
from tracker.learning import operations, queries
from tracker.learning.forms import SignOnTheSpotForm, SignStepsForm
from tracker.learning.queries import HistoryEntry, Progress, SignedStep
from tracker.learning.views.blueprint import bp
from tracker.learning.views.player import completed_course, enrolment_of, is_asked_for, obligations_for, own
from tracker.people import queries as people
from tracker.people.models import Person
from tracker.permissions import Permission, Viewer
from tracker.web.access import requires
from tracker.web.forms import submitted
from tracker.web.pages import found, page, person_name
from tracker.web.session import edge


@bp.route("/learn/taking/<public_id:enrolment_id>/signatures", methods=["GET", "POST"])
@requires(Permission.LEARN)
def signatures(enrolment_id: str) -> Response:
    """Let a colleague sign on the learner's device, with their own identifier and password."""
    progress = own(enrolment_id)
    checklists = queries.checklist_steps(g.session, progress.version.id, enrolment_of(progress))
    form = SignOnTheSpotForm()
    form.steps.choices = _choices(checklists.values())
    if submitted(form):
        try:
            colleague = _colleague(form)
            completion = operations.sign_steps(
                g.session,
                enrolment=enrolment_of(own(enrolment_id)),
                steps=_chosen(form),
                by=colleague,
                now=g.now,
                today=g.today,
            )
        except TooManyAttemptsError as error:
            refuse(form.password, say_wait(error.minutes))
        except (SignInRefusedError, SeveralAccountsError):
            refuse(
                form.password, _("The e-mail address or number and the password do not belong together. Check both.")
            )
        except operations.SelfSignedError:
            refuse(form.identifier, _("You cannot sign your own exercises. Ask a colleague who saw you do them."))
        except operations.NotAColleagueError:
            refuse(form.identifier, _("This account does not belong to a person and cannot sign."))
        else:
            _say_signed(len(_chosen(form)))
            if completion is not None:
                return redirect(url_for("learning.finished", enrolment_id=enrolment_id))
            return redirect(url_for("learning.signatures", enrolment_id=enrolment_id))
    return page("learning/signatures.html", form=form, progress=own(enrolment_id), checklists=checklists)


@bp.get("/learn/signing")
@requires(Permission.SIGN_STEP)
def signing() -> Response:
    """List the people in the viewer's team who have exercises left to sign."""
    return page("learning/signing.html", checklists=queries.open_checklists(g.session, g.viewer, today=g.today))


@bp.route("/people/<public_id:person_id>/courses/<public_id:course_id>/steps", methods=["GET", "POST"])
@requires(Permission.SIGN_STEP)
def sign_steps(person_id: str, course_id: str) -> Response:
    """Sign steps for a person one may see. Signing begins the course for who has not begun it.

    Who has completed it is not begun anew unless something asks for that; what was signed is shown.
    """
    person = found(people.visible_person(g.session, g.viewer, person_id, on=g.today))
    if person.id == g.viewer.person_id:
        abort(403)
    if request.method == "POST":
        people.take_turn(g.session, person.id)  # What is sent twice finds the course completed.
    progress = _checklist_course(person, course_id)
    completed = [] if progress.started else completed_course(person.id, progress.course.id)
    if completed and not is_asked_for(obligations_for(person.id, progress.course.id)):
        if request.method == "POST":
            return redirect(url_for("learning.sign_steps", person_id=person_id, course_id=course_id))
        return page("learning/signed.html", person=person, entry=completed[0], **_signed_before(person, completed))
    checklists = queries.checklist_steps(g.session, progress.version.id, progress.enrolment)
    form = SignStepsForm()
    form.steps.choices = _choices(checklists.values())
    if submitted(form):
        enrolment = operations.start_course(
            g.session, person_id=person.id, course_id=progress.course.id, by=g.viewer, now=g.now, today=g.today
        )
        completion = operations.sign_steps(
            g.session, enrolment=enrolment, steps=_chosen(form), by=g.viewer, now=g.now, today=g.today
        )
        _say_signed(len(_chosen(form)))
        if completion is not None:
            course = in_language(progress.version.titles)
            told = _(
                "%(name)s has completed %(course)s. A certificate was issued.", name=person_name(person), course=course
            )
            flash(told, "success")
            return redirect(url_for("learning.signing"))
        return redirect(url_for("learning.sign_steps", person_id=person_id, course_id=course_id))
    return page(
        "learning/sign_steps.html",
        form=form,
        person=person,
        progress=progress,
        checklists=checklists,
        **_signed_before(person, completed),
    )


def _signed_before(person: Person, completed: list[HistoryEntry]) -> dict[str, Any]:
    """Return the round that ended in the newest of some completions, and its signed steps, for a page."""
    last = queries.last_finished(g.session, person.id, completed)
    signed = queries.checklist_steps(g.session, last.version.id, last.enrolment) if last is not None else {}
    return {"last": last, "signed": signed}


def _checklist_course(person: Person, course_id: str) -> Progress:
    """Return a person's progress in a course that has a checklist, or answer 404."""
    course = found(catalogue.course_by_public_id(g.session, course_id))
    progress = found(queries.progress_of(g.session, person.id, today=g.today, course_ids=[course.id]).get(course.id))
    if not queries.checklist_steps(g.session, progress.version.id, progress.enrolment):
        abort(404)
    return progress


def _choices(checklists: Collection[list[SignedStep]]) -> list[SelectChoice]:
    """Return the steps that nobody has signed."""
    return [
        SelectChoice(step.value, in_language(step.step.text))
        for listed in checklists
        for step in listed
        if step.signer is None
    ]


def _chosen(form: SignStepsForm) -> list[tuple[int, str]]:
    pairs = [value.split(".", 1) for value in form.steps.data or []]
    return [(int(module_id), key) for module_id, key in pairs]


def _colleague(form: SignOnTheSpotForm) -> Viewer:
    """Return the colleague whose identifier and password were written, if they work in this municipality.

    Raises TooManyAttemptsError, SignInRefusedError, SeveralAccountsError.
    """
    municipality = g.municipality.slug
    g.session.rollback()  # Gives the write lock back: attempts are counted in a transaction of their own.
    account = authenticated(
        edge().database,
        identifier=form.identifier.data or "",
        password=form.password.data or "",
        municipality=municipality,
        address=request.remote_addr or "",
        now=g.now,
    )
    if account.municipality_id != g.viewer.municipality_id:
        raise SignInRefusedError
    return edge().viewer_of(g.session, account.id, g.today)


def _say_signed(number: int) -> None:
    flash(ngettext("%(num)s exercise is signed.", "%(num)s exercises are signed.", number), "success")
