"""Recording what a person completed elsewhere, on the word of someone else; and taking a completion back."""

from flask import abort, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from tracker.accounts.forms import refuse
from tracker.catalogue import queries as catalogue
from tracker.domain.evidence import Evidence
from tracker.domain.sorting import sort_key
from tracker.i18n import in_language, short_date
from tracker.learning import operations, queries
from tracker.learning.forms import CompletionForm, RevokeForm
from tracker.learning.views.blueprint import bp
from tracker.people import queries as people
from tracker.people.models import Person
from tracker.permissions import Permission
from tracker.web.access import requires
from tracker.web.forms import submitted
from tracker.web.pages import found, page


@bp.route("/people/<public_id:person_id>/completions/new", methods=["GET", "POST"])
@requires(Permission.COMPLETION_RECORD)
def record(person_id: str) -> Response:
    """Record a completion for a person one may see."""
    person = found(people.visible_person(g.session, g.viewer, person_id, on=g.today))
    offered = sorted(
        catalogue.offered(g.session, today=g.today), key=lambda offer: sort_key(in_language(offer.version.titles))
    )
    form = CompletionForm(course=request.args.get("course"))
    form.course.choices = [
        SelectChoice("", _("Choose a course")),
        *(SelectChoice(offer.course.public_id, in_language(offer.version.titles)) for offer in offered),
    ]
    if submitted(form) and _recorded(form, person, {offer.course.public_id: offer.course.id for offer in offered}):
        flash(_("The completion is recorded."), "success")
        return redirect(url_for("dashboards.person", person_id=person.public_id))
    return page("learning/record.html", form=form, person=person, own=person.id == g.viewer.person_id)


def _recorded(form: CompletionForm, person: Person, course_ids: dict[str, int]) -> bool:
    """Record what the form says; put what the rules refuse on its fields and return False."""
    assert form.completed_on.data is not None
    try:
        operations.record_completion(
            g.session,
            person=person,
            course_id=course_ids[form.course.data or ""],
            completed_on=form.completed_on.data,
            evidence=Evidence(form.evidence.data),
            note=form.note.data or "",
            by=g.viewer,
            now=g.now,
            today=g.today,
        )
    except operations.CompletionInFutureError:
        refuse(form.completed_on, _("That day has not come yet. Write the day it was completed."))
    except operations.AlreadyCompletedError:
        refuse(form.completed_on, _("This course is already recorded as completed on that day."))
    except operations.SelfAttestedError:
        refuse(form.evidence, _("Nobody can attest their own training. Ask your manager or someone else who saw it."))
    except operations.BeforeEmploymentError as error:
        refuse(
            form.note,
            _(
                "That is before the first employment (%(day)s). Write why it counts.",
                day=short_date(error.first_employed_on),
            ),
        )
    else:
        return True
    return False


@bp.route("/completions/<public_id:completion_id>/revoke", methods=["GET", "POST"])
@requires(Permission.COMPLETION_RECORD)
def revoke(completion_id: str) -> Response:
    """Take back a completion that should not count, with a reason."""
    one = found(queries.visible_completion(g.session, g.viewer, completion_id, on=g.today))
    if not queries.may_revoke(g.viewer, one.completion):
        abort(403)
    form = RevokeForm()
    if submitted(form):
        operations.revoke_completion(
            g.session, completion=one.completion, person=one.person, why=form.why.data or "", by=g.viewer, now=g.now
        )
        flash(_("The completion is taken back."), "success")
        return redirect(url_for("dashboards.person", person_id=one.person.public_id))
    return page("learning/revoke.html", form=form, one=one)
