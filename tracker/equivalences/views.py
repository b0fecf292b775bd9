"""Letting completions of one course count as another's, and no longer: whom it changes is shown before it is done."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, g, redirect, request, url_for
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
from tracker.paging import Page
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
    form = EquivalenceForm(**_chosen())
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
    says: dict[str, Any] = {"course": form.course.data, "starts_on": form.starts_on.data, "ends_on": form.ends_on.data}
    all_url = url_for("equivalences.accepted_people", course_id=course_id, **says)
    shown = page("equivalences/accept.html", weighed=weighed and _named(weighed), all_url=all_url, **context)
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
    all_url = url_for("equivalences.stopped_people", course_id=course_id, equivalence_id=equivalence_id)
    return page("equivalences/stop.html", weighed=_named(weighed), all_url=all_url, **context)


def _chosen() -> dict[str, Any]:
    """Return what an address says of the form, as who comes back from the list has chosen it."""
    days = {name: request.args.get(name, type=date.fromisoformat) for name in ("starts_on", "ends_on")}
    return {"course": request.args.get("course"), **days}


@bp.get("/new/people")
@requires(Permission.REQUIREMENT_EDIT)
def accepted_people(course_id: str) -> Response:
    """List everybody whom it would change that completions of another course count, a page at a time."""
    course = found(catalogue.course_by_public_id(g.session, course_id))
    offered = [one for one in catalogue.offered(g.session, today=g.today) if one.course != course]
    form = EquivalenceForm(request.args, meta={"csrf": False})
    form.offer([(one.course.public_id, in_language(one.version.titles)) for one in offered])
    back = url_for("equivalences.accept", course_id=course_id, **_chosen())
    if not form.validate():
        return redirect(back)
    of = next(one for one in offered if one.course.public_id == form.course.data)
    weighed = _weigh(_rule(course, of.course.id, form.starts_on.data, form.ends_on.data), counts=True)
    return _people(weighed, _("If completions of %(course)s counted", course=in_language(of.version.titles)), back)


@bp.get("/<int:equivalence_id>/people")
@requires(Permission.REQUIREMENT_EDIT)
def stopped_people(course_id: str, equivalence_id: int) -> Response:
    """List everybody whom it would change that completions of another course no longer count, a page at a time."""
    course = found(catalogue.course_by_public_id(g.session, course_id))
    known = {one.equivalence.id: one for one in catalogue.equivalences(g.session, course.id)}
    accepted = found(known.get(equivalence_id))
    fact = accepted.equivalence
    weighed = _weigh(_rule(course, accepted.course.id, fact.starts_on, fact.ends_on), counts=False)
    back = url_for("equivalences.stop", course_id=course_id, equivalence_id=equivalence_id)
    title = _("If completions of %(course)s no longer counted", course=in_language(accepted.titles))
    return _people(weighed, title, back)


def _people(weighed: queries.Consequences, title: str, back: str) -> Response:
    number = request.args.get("page", 1, type=int)
    listed = queries.named(g.session, weighed, g.viewer, number=number)
    return page("equivalences/people.html", title=title, back=back, listed=listed)


_ACCEPTING = {"effects": EFFECTS, "told": OF_ACCEPTING}
_STOPPING = {"effects": EFFECTS, "told": OF_STOPPING}


def _rule(course: Course, accepted_id: int, starts_on: date | None, ends_on: date | None) -> Equivalence:
    return Equivalence(course.id, accepted_id, Days(starts_on or date.min, ends_on))


def _weigh(equivalence: Equivalence, *, counts: bool) -> queries.Consequences:
    """Return whom it changes today."""
    return queries.consequences(g.session, equivalence, counts=counts, day=g.today)


def _named(weighed: queries.Consequences) -> tuple[queries.Consequences, Page[queries.Named]]:
    """Return whom it changes, and the first of them whom the viewer may see by name."""
    return weighed, queries.named(g.session, weighed, g.viewer)
