"""The pages of certificates from elsewhere: sending them, following them, checking them."""

from flask import Blueprint, Response, flash, g, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse
from wtforms import Field
from wtforms.fields.choices import SelectChoice

from tracker.accounts.forms import refuse
from tracker.catalogue.models import CourseKind
from tracker.catalogue.queries import offered
from tracker.domain.sorting import sort_key
from tracker.i18n import in_language
from tracker.learning.operations import CompletionInFutureError
from tracker.people.models import Person
from tracker.permissions import Permission
from tracker.uploads import operations, queries
from tracker.uploads.files import EXTENSIONS, UnusableFileError
from tracker.uploads.forms import ACCEPT, DecisionForm, UploadForm
from tracker.uploads.queries import Upload
from tracker.uploads.words import OUTCOMES, REFUSED, refusal
from tracker.web.access import requires
from tracker.web.forms import Form, submitted
from tracker.web.pages import found, page
from tracker.web.session import in_municipality

bp = Blueprint("uploads", __name__, url_prefix="/certificates")

# Nothing in a file may run, load or be framed, whatever it is and whoever opens it.
FILE_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"


@bp.get("/from-elsewhere")
@requires(Permission.LEARN)
def mine() -> AnyResponse:
    """List the certificates that the viewer has sent, with what became of each."""
    return page("uploads/mine.html", uploads=queries.uploads_of(g.session, g.viewer.person_id), outcomes=OUTCOMES)


@bp.route("/from-elsewhere/new", methods=["GET", "POST"])
@requires(Permission.LEARN)
def create() -> AnyResponse:
    """Send a certificate: a form, with a course chosen by `?course=…`."""
    # A document is read and acknowledged here; nobody has a certificate of that from elsewhere.
    taken = [offer for offer in offered(g.session, today=g.today) if offer.course.kind is CourseKind.COURSE]
    courses = {offer.course.public_id: offer for offer in taken}
    named = sorted((in_language(offer.version.titles), public_id) for public_id, offer in courses.items())
    form = UploadForm(course=request.args.get("course"))
    form.course.choices = [
        SelectChoice("", _("Choose a course")),
        *(SelectChoice(public_id, title) for title, public_id in sorted(named, key=lambda one: sort_key(one[0]))),
    ]
    person = g.session.get_one(Person, g.viewer.person_id)
    if submitted(form):
        try:
            operations.upload(
                g.session,
                person=person,
                course=courses[form.course.data or ""].course,
                completed_on=form.completed_on.data or g.today,
                issuer=form.issuer.data or "",
                note=form.note.data or "",
                content=form.file.data.read(),
                by=g.viewer,
                now=g.now,
                today=g.today,
            )
        except REFUSED as error:
            refuse(_about(form, error), refusal(error))
        else:
            flash(_("The certificate is sent. You see here when somebody has checked it."))
            return redirect(url_for("uploads.mine"))
    return page("uploads/create.html", form=form, person=person)


def _about(form: UploadForm, error: Exception) -> Field:
    """Return the field that a refusal is about."""
    if isinstance(error, CompletionInFutureError | operations.TooEarlyError):
        return form.completed_on
    return form.file if isinstance(error, UnusableFileError) else form.course


@bp.get("/from-elsewhere/<public_id:upload_id>/file")
@requires(Permission.PERSON_VIEW)
def file(upload_id: str) -> Response:
    """Answer with the file: to its owner, and to who may check it; the journal then notes who opened it.

    It is only ever a download or a picture in a page. Nothing in it can run.
    """
    upload = found(queries.readable_upload(g.session, g.viewer, upload_id, g.today))
    content = found(queries.content_of(g.session, upload.certificate))
    if upload.person.id != g.viewer.person_id and request.method == "GET":
        with in_municipality(g.viewer.municipality_id) as session:
            operations.note_opened(session, certificate=upload.certificate, by=g.viewer)
    response = make_response(content)
    response.content_type = upload.certificate.media_type
    name = f"{_('certificate')}-{upload.certificate.public_id[:6]}.{EXTENSIONS[upload.certificate.media_type]}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Security-Policy"] = FILE_POLICY
    return response


@bp.post("/from-elsewhere/<public_id:upload_id>/withdraw")
@requires(Permission.LEARN)
def withdraw(upload_id: str) -> AnyResponse:
    """Take back what the viewer has sent and nobody has decided about."""
    upload = found(queries.own_upload(g.session, g.viewer, upload_id))
    if submitted(Form()):
        try:
            operations.withdraw(g.session, certificate=upload.certificate, by=g.viewer, now=g.now)
        except operations.AlreadyClosedError as error:
            flash(refusal(error), "info")
        else:
            flash(_("The certificate is taken back."))
    return redirect(url_for("uploads.mine"))


@bp.get("/to-check")
@requires(Permission.COMPLETION_RECORD)
def waiting() -> AnyResponse:
    """List what waits for the viewer to check, or with `?decided=1` what has been decided."""
    decided = request.args.get("decided") == "1"
    number = request.args.get("page", 1, type=int)
    shown = queries.waiting_page(g.session, g.viewer, g.today, closed=decided, number=number)
    total = queries.number_waiting(g.session, g.viewer, g.today) if decided else shown.total
    return page("uploads/waiting.html", shown=shown, total=total, decided=decided, outcomes=OUTCOMES)


@bp.route("/to-check/<public_id:upload_id>", methods=["GET", "POST"])
@requires(Permission.COMPLETION_RECORD)
def check(upload_id: str) -> AnyResponse:
    """Look at a certificate and say whether it does."""
    upload = found(queries.checkable_upload(g.session, g.viewer, upload_id, g.today))
    form = DecisionForm()
    if submitted(form):
        try:
            _decide(form, upload)
        except REFUSED as error:
            refuse(form.decision, refusal(error))
        else:
            flash(_("It is decided. The person sees it on their start page."))
            return redirect(url_for("uploads.waiting"))
    kept = queries.has_file(g.session, upload.certificate)
    return page("uploads/check.html", form=form, upload=upload, kept=kept, outcomes=OUTCOMES)


def _decide(form: DecisionForm, upload: Upload) -> None:
    words = form.words.data or ""
    if form.decision.data == ACCEPT:
        operations.accept(
            g.session,
            certificate=upload.certificate,
            person=upload.person,
            words=words,
            by=g.viewer,
            now=g.now,
            today=g.today,
        )
    else:
        operations.decline(
            g.session, certificate=upload.certificate, person=upload.person, words=words, by=g.viewer, now=g.now
        )
