"""Certificates: the document, and the public page that confirms one."""

import re
from datetime import date

from flask import g, make_response, redirect, url_for
from flask_babel import format_date, get_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from tracker.i18n import in_language
from tracker.learning import certificates, queries
from tracker.learning.forms import EVIDENCE_LABELS, VerifyForm
from tracker.learning.queries import Issued
from tracker.learning.views.blueprint import bp
from tracker.naming import shown_name
from tracker.permissions import Permission
from tracker.web.access import public, requires
from tracker.web.forms import submitted
from tracker.web.pages import found, page
from tracker.web.session import edge


@bp.get("/certificates/<public_id:certificate_id>")
@requires(Permission.PERSON_VIEW)
def certificate(certificate_id: str) -> Response:
    """Answer with a certificate as a PDF: one's own, or that of a person one may see."""
    issued = found(queries.visible_certificate(g.session, g.viewer, certificate_id, on=g.today))
    document = certificates.pdf(_wording(issued), issued_on=issued.certificate.issued_on)
    response = make_response(document)
    response.content_type = "application/pdf"
    name = re.sub(r"[^a-z0-9]+", "-", in_language(issued.certificate.titles).lower().translate(_PLAIN)).strip("-")
    word = _("certificate")
    response.headers["Content-Disposition"] = f'inline; filename="{word}-{name}.pdf"'
    return response


_PLAIN = str.maketrans("åäöéü", "aaoeu")


@bp.route("/verify", methods=["GET", "POST"])
@public
def verify_form() -> Response:
    """Ask for the code of a certificate. Anyone may check one."""
    form = VerifyForm()
    if submitted(form):
        code = certificates.normalised_code(form.code.data or "")
        return redirect(url_for("learning.verify", code=code or re.sub(r"[^\w-]", "", form.code.data or "") or "-"))
    return page("learning/verify_form.html", form=form)


@bp.get("/verify/<code>")
@public
def verify(code: str) -> Response:
    """Confirm what a certificate says, and nothing more. One that was withdrawn is confirmed as no longer valid.

    A protected identity is neither named nor numbered, whenever it became protected: its paper says who holds it.
    """
    normalised = certificates.normalised_code(code)
    issued = None
    if normalised is not None:
        with edge().database.wide(reading=True) as wide:
            issued = queries.certificate_by_code(wide, normalised)
    if issued is None:
        response = page("learning/verify_unknown.html", form=VerifyForm(code=code), code=code[:60])
        response.status_code = 404
        return response
    if normalised != code:
        return redirect(url_for("learning.verify", code=normalised))
    person = issued.person
    holder = _("Protected identity") if person.protected_identity else issued.certificate.holder
    called = f"{person.given_name} {person.family_name}"
    now_called = None if person.protected_identity or called == holder else called
    return page(
        "learning/verify.html",
        issued=issued,
        holder=holder,
        now_called=now_called,
        completed_on=_full(issued.completion.completed_on),
        issued_on=_full(issued.certificate.issued_on),
    )


def _full(day: date) -> str:
    """Return a day with its year: who reads a certificate may do so years later."""
    return format_date(day, "d MMMM y")


def _wording(issued: Issued) -> certificates.Wording:
    """Return what a certificate says to this viewer. The name of a protected identity is for that person only."""
    issue, person = issued.certificate, issued.person
    own = g.viewer.person_id == person.id
    holder = issue.holder
    if person.protected_identity and not own:
        holder = shown_name(person, g.viewer, protected=_("Protected identity"))
    course = in_language(issue.titles)
    return certificates.Wording(
        locale=str(get_locale())[:2],
        document_title=_("Certificate: %(course)s", course=course),
        municipality=issued.municipality.name,
        heading=_("Certificate"),
        lead_in=_("This certifies that"),
        holder=holder,
        has_completed=_("has completed"),
        course=course,
        facts=(
            (_("Completed on"), _full(issued.completion.completed_on)),
            (_("Proved by"), str(EVIDENCE_LABELS[issued.completion.evidence])),
            (_("Issued on"), _full(issue.issued_on)),
        ),
        code_label=_("The certificate's code"),
        code=issue.code,
        check_text=_("Anyone can check this certificate at"),
        check_url=f"{edge().config.base_url.rstrip('/')}/verify/{issue.code}",
        qr_description=_("QR code that leads to the page where the certificate can be checked"),
    )
