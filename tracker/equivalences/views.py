"""Letting completions of one course count as another's, and no longer: whom it changes is shown before it is done."""

from datetime import date

from flask import Blueprint, flash, g, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from tracker.accounts.forms import refuse
from tracker.catalogue import operations
from tracker.catalogue import queries as catalogue
from tracker.catalogue.models import Course
from tracker.domain.periods import Days
from tracker.domain.requirement import Equivalence
from tracker.equivalences import queries
from tracker.equivalences.forms import EquivalenceForm, StopForm
from tracker.equivalences.words import EFFECTS, OF_ACCEPTING, OF_STOPPING
from tracker.i18n import in_language
from tracker.permissions import Permission
from tracker.web.access import requires
from tracker.web.forms import submitted
from tracker.web.pages import found, page

bp = Blueprint("equivalences", __name__, url_prefix="/courses/<public_id:course_id>/equivalences")


@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.REQUIREMENT_EDIT)
def accept(course_id: str) -> Response:
    """Let completions of another course count as this one's: a form, whom it would change, and then it does."""
    course = found(catalogue.course_by_public_id(g.session, course_id))
    offered = [one for one in catalogue.offered(g.session, today=g.today) if one.course != course]
    form = EquivalenceForm()
    form.offer([(one.course.public_id, in_language(one.version.titles)) for one in offered])
    weighed, changed = None, False
    if submitted(form):
        of = next(one.course for one in offered if one.course.public_id == form.course.data)
        days = {"starts_on": form.starts_on.data, "ends_on": form.ends_on.data}
        try:
            operations.check_acceptable(g.session, course=course, of=of, **days)
        except operations.AlreadyAcceptedError:
            refuse(form.course, _("Its completions count already on some of these days."))
        else:
            weighed = _weigh(_rule(course, of.id, **days), counts=True)
            seen = f"{form.says}|{weighed.fingerprint}"
            if form.seen.data == seen:
                operations.accept_completions(g.session, course=course, of=of, by=g.viewer, now=g.now, **days)
                flash(_("Its completions count from now on. How everyone stands has been computed anew."), "success")
                return redirect(url_for("catalogue.course", course_id=course_id))
            changed = (form.seen.data or "").startswith(f"{form.says}|")
            form.seen.data = seen
    version = found(catalogue.current_version(g.session, course.id, g.today))
    context = {"form": form, "course": course, "version": version, "changed": changed, **_ACCEPTING}
    shown = page("equivalences/accept.html", weighed=weighed and _named(weighed), **context)
    if weighed is not None:
        shown.status_code = 200  # Nothing is wrong with the form: its consequences are shown.
    return shown


@bp.route("/<int:equivalence_id>/stop", methods=["GET", "POST"])
@requires(Permission.REQUIREMENT_EDIT)
def stop(course_id: str, equivalence_id: int) -> Response:
    """Take back that completions of another course count: whom it would change, and then it does."""
    course = found(catalogue.course_by_public_id(g.session, course_id))
    known = {one.equivalence.id: one for one in catalogue.equivalences(g.session, course.id)}
    accepted = found(known.get(equivalence_id))
    form = StopForm()
    fact = accepted.equivalence
    weighed, changed = _weigh(_rule(course, accepted.course.id, fact.starts_on, fact.ends_on), counts=False), False
    if submitted(form) and not (changed := form.seen.data != weighed.fingerprint):
        operations.stop_accepting(
            g.session, course=course, equivalence=fact, why=form.why.data or "", by=g.viewer, now=g.now
        )
        flash(_("Its completions no longer count. How everyone stands has been computed anew."), "success")
        return redirect(url_for("catalogue.course", course_id=course_id))
    form.seen.data = weighed.fingerprint
    context = {"form": form, "course": course, "accepted": accepted, "changed": changed, **_STOPPING}
    return page("equivalences/stop.html", weighed=_named(weighed), **context)


_ACCEPTING = {"effects": EFFECTS, "told": OF_ACCEPTING}
_STOPPING = {"effects": EFFECTS, "told": OF_STOPPING}


def _rule(course: Course, accepted_id: int, starts_on: date | None, ends_on: date | None) -> Equivalence:
    return Equivalence(course.id, accepted_id, Days(starts_on or date.min, ends_on))


def _weigh(equivalence: Equivalence, *, counts: bool) -> queries.Consequences:
    """Return whom it changes today."""
    return queries.consequences(g.session, equivalence, counts=counts, day=g.today)


def _named(weighed: queries.Consequences) -> tuple[queries.Consequences, list[queries.Named]]:
    """Return whom it changes, and the first of them whom the viewer may see by name."""
    return weighed, queries.named(g.session, weighed, g.viewer)
