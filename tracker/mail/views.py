"""The operator's outbox: what was sent, what waits, what failed; in a trial, what would have been sent."""

from flask import Blueprint, abort, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from tracker.mail import queries
from tracker.mail.models import MailState, OutgoingMail
from tracker.mail.operations import NotStuckError, can_be_tried_again, try_again
from tracker.mail.transport import as_message
from tracker.permissions import Permission
from tracker.web.access import requires
from tracker.web.pages import found, page
from tracker.web.session import edge, in_municipality

bp = Blueprint("mail", __name__, url_prefix="/outbox")

# A caught mail shown as its recipient would see it: styles as mail programs allow them, and nothing that could act.
MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


@bp.get("/")
@requires(Permission.OUTBOX_VIEW)
def outbox() -> Response:
    """List the mails of all municipalities, by state."""
    name = request.args.get("state", "")
    state = MailState(name) if name in set(MailState) else None
    with edge().database.wide(reading=True) as session:
        mails = queries.outbox(session, state=state, number=request.args.get("page", 1, type=int))
        return page("mail/outbox.html", mails=mails, state=state, counts=queries.counts(session), states=MailState)


@bp.get("/<public_id:mail_id>")
@requires(Permission.OUTBOX_VIEW)
def show(mail_id: str) -> Response:
    """Show how a mail fared; and its text, if it was caught instead of sent."""
    mail = _found(mail_id)
    return page(
        "mail/show.html", mail=mail, caught=mail.state is MailState.CAUGHT, can_be_tried_again=can_be_tried_again(mail)
    )


@bp.get("/<public_id:mail_id>/html")
@requires(Permission.OUTBOX_VIEW)
def html(mail_id: str) -> Response:
    """Show a caught mail as HTML, sandboxed."""
    mail = _caught(mail_id)
    return Response(
        mail.html, headers={"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": MAIL_POLICY}
    )


@bp.get("/<public_id:mail_id>/source")
@requires(Permission.OUTBOX_VIEW)
def source(mail_id: str) -> Response:
    """Download a caught mail as a file that mail programs open."""
    message = as_message(_caught(mail_id), sender=edge().config.mail_from)
    headers = {"Content-Type": "message/rfc822", "Content-Disposition": f"attachment; filename={mail_id}.eml"}
    return Response(message.as_bytes(), headers=headers)


@bp.post("/<public_id:mail_id>/retry")
@requires(Permission.OUTBOX_VIEW)
def retry(mail_id: str) -> Response:
    """Put a mail that is stuck back in the queue: an act in the municipality that it belongs to."""
    with in_municipality(_found(mail_id).municipality_id) as session:
        mail = session.scalars(select(OutgoingMail).where(OutgoingMail.public_id == mail_id).with_for_update()).one()
        try:
            try_again(session, mail, by=g.viewer, now=g.now)
            flash(_("The mail will be tried again within a minute."), "success")
        except NotStuckError:
            flash(_("The mail is no longer stuck, so nothing was done."), "info")
    return redirect(url_for("mail.show", mail_id=mail_id))


def _found(mail_id: str) -> OutgoingMail:
    with edge().database.wide(reading=True) as session:
        return found(queries.mail_by_public_id(session, mail_id))


def _caught(mail_id: str) -> OutgoingMail:
    """Return a caught mail; the text of one that was really sent is nobody's but its recipient's."""
    mail = _found(mail_id)
    if mail.state is not MailState.CAUGHT:
        abort(404)
    return mail
