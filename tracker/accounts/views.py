"""Signing in and out, forgotten passwords, one-time links, one's own account."""

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_user
from werkzeug.wrappers import Response

from tracker.accounts import operations, queries
from tracker.accounts.browsers import browser_name
from tracker.accounts.forms import (
    ChangePasswordForm,
    ChoosePasswordForm,
    ForgottenForm,
    SignInForm,
    refuse,
    say_wait,
    say_weakness,
)
from tracker.accounts.models import Account
from tracker.accounts.passwords import WeakPasswordError
from tracker.accounts.throttling import RESET, TooManyAttemptsError, count_attempt
from tracker.accounts.words import ROLES
from tracker.permissions import Permission
from tracker.web.access import public, requires
from tracker.web.forms import Form, submitted
from tracker.web.pages import found, own_path, page
from tracker.web.session import Cookie, close, edge, in_municipality

bp = Blueprint("accounts", __name__)


@bp.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> Response:
    """Sign in with e-mail address or employee number, and go on to where one was heading."""
    onwards = own_path(request.args.get("next")) or url_for("dashboards.home")
    if request.method == "GET" and g.viewer is not None:
        return redirect(onwards)
    form = SignInForm()
    form.municipality.choices = []
    if submitted(form):
        close()  # Attempts are counted in a transaction of their own; see in_municipality.
        try:
            account = operations.authenticated(
                edge().database,
                identifier=form.identifier.data,
                password=form.password.data,
                municipality=form.municipality.data,
                address=_address(),
                now=g.now,
            )
        except TooManyAttemptsError as error:
            return _too_many("accounts/sign_in.html", form, error)
        except operations.SeveralAccountsError as error:
            form.municipality.choices = [(where.slug, where.name) for where in error.municipalities]
            refuse(
                form.municipality,
                _("You have accounts in several municipalities. Choose one, and write the password again."),
            )
        except operations.SignInRefusedError:
            form.form_errors.append(
                _("The e-mail address or number and the password do not belong together. Check both.")
            )
        else:
            _let_in(account, password=form.password.data)
            return redirect(onwards)
    return page("accounts/sign_in.html", form=form)


@bp.post("/sign-out")
@public
def sign_out() -> Response:
    """End this browser's session, here and in the database, and tell the browser to forget what it kept."""
    _leave()
    flash(_("You have signed out."), "success")
    response = redirect(url_for("accounts.sign_in"))
    # Not "cookies": the language and the theme that were chosen on this computer stay.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@bp.route("/forgotten", methods=["GET", "POST"])
@public
def forgotten() -> Response:
    """Mail a link for choosing a new password. The answer is the same whether there is an account or not."""
    form = ForgottenForm()
    if submitted(form):
        close()
        try:
            _mail_resets(form.identifier.data)
        except TooManyAttemptsError as error:
            return _too_many("accounts/forgotten.html", form, error)
        return redirect(url_for("accounts.forgotten_sent"))
    return page("accounts/forgotten.html", form=form)


@bp.get("/forgotten/sent")
@public
def forgotten_sent() -> Response:
    """Say what happens next, whoever asked."""
    return page("accounts/forgotten_sent.html")


@bp.route("/link/<token>", methods=["GET", "POST"])
@public
def link(token: str) -> Response:
    """Choose a password with a one-time link. Only sending the form uses it up; programs that look at mail do not."""
    close()
    with edge().database.wide(reading=True) as wide:
        usable = queries.usable_link(wide, token, now=g.now)
    if usable is None:
        return make_response(render_template("accounts/link_unusable.html"), 410)
    form = ChoosePasswordForm()
    if submitted(form):
        try:
            with in_municipality(usable.municipality.id) as bound:
                account = operations.use_link(bound, token=token, password=form.password.data, now=g.now)
        except operations.LinkUnusableError:
            return make_response(render_template("accounts/link_unusable.html"), 410)
        except WeakPasswordError as error:
            refuse(form.password, say_weakness(error))
        else:
            _let_in(account)
            flash(_("Your password is chosen, and you are signed in."), "success")
            return redirect(url_for("dashboards.home"))
    with edge().database.bound(usable.municipality.id, reading=True) as bound:
        minimum = operations.minimum_length(bound, usable.account)
    return page("accounts/link.html", form=form, link=usable, minimum=minimum)


@bp.route("/account", methods=["GET", "POST"])
@requires(Permission.SIGNED_IN)
def sessions() -> Response:
    """Show one's own account: who one is here, the language, the password, and where one is signed in."""
    form = ChangePasswordForm()
    if submitted(form):
        try:
            _change_password(form)
        except TooManyAttemptsError as error:
            return _own_account(form, wait=error)
        except operations.WrongPasswordError:
            refuse(form.present, _("This is not your present password."))
        except WeakPasswordError as error:
            refuse(form.password, say_weakness(error))
        else:
            flash(_("Your password is changed, and you have been signed out everywhere else."), "success")
            return redirect(url_for("accounts.sessions"))
    return _own_account(form)


@bp.post("/account/sessions/<public_id:session_id>/end")
@requires(Permission.SIGNED_IN)
def end_session(session_id: str) -> Response:
    """Sign one of one's other browsers out."""
    login = found(queries.live_session(g.session, g.viewer.account_id, session_id, now=g.now))
    operations.end_session(g.session, login=login, by=g.viewer, now=g.now)
    flash(_("That browser has been signed out."), "success")
    return redirect(url_for("accounts.sessions"))


@bp.post("/account/sessions/end-others")
@requires(Permission.SIGNED_IN)
def end_other_sessions() -> Response:
    """Sign out everywhere but here."""
    account = g.session.get_one(Account, g.viewer.account_id)
    number = operations.end_sessions(g.session, account=account, by=g.viewer, now=g.now, but=g.login_session_id)
    flash(
        ngettext("%(num)s other browser has been signed out.", "%(num)s other browsers have been signed out.", number)
    )
    return redirect(url_for("accounts.sessions"))


def _own_account(form: ChangePasswordForm, wait: TooManyAttemptsError | None = None) -> Response:
    account = g.session.get_one(Account, g.viewer.account_id)
    context = {
        "account": account,
        "minimum": operations.minimum_length(g.session, account),
        "logins": queries.live_sessions(g.session, account.id, now=g.now),
        "present_login_id": g.login_session_id,
        "asked": edge().roles_of_mine(g.session, account, g.now),
        "roles": ROLES,
    }
    if wait is not None:
        return _too_many("accounts/sessions.html", form, wait, **context)
    return page("accounts/sessions.html", form=form, **context)


def _change_password(form: ChangePasswordForm) -> None:
    """Change the viewer's password, if they know the present one."""
    g.session.rollback()  # Gives the write lock back: attempts are counted in a transaction of their own.
    operations.confirm_password(
        edge().database, by=g.viewer, password=form.present.data or "", address=_address(), now=g.now
    )
    operations.change_password(
        g.session,
        account=g.session.get_one(Account, g.viewer.account_id),
        password=form.password.data or "",
        login_session_id=g.login_session_id,
        by=g.viewer,
        now=g.now,
    )


def _mail_resets(identifier: str) -> None:
    """Mail a link to each account, in any municipality, that the identifier may mean. Raises TooManyAttemptsError."""
    database = edge().database
    count_attempt(database, RESET, identifier=queries.identifier_key(identifier), address=_address(), now=g.now)
    with database.wide(reading=True) as wide:
        found_accounts = [account for account, _where in queries.candidates(wide, identifier)]
    for account in found_accounts:
        with in_municipality(account.municipality_id) as bound:
            owner = bound.get_one(Account, account.id)
            operations.request_reset(bound, account=owner, now=g.now)


def _let_in(account: Account, password: str | None = None) -> None:
    """Sign an account in with this browser, under a new session and a new cookie."""
    _leave()
    with in_municipality(account.municipality_id) as bound:
        browser = browser_name(request.user_agent.string)
        token = operations.start_session(
            bound, account_id=account.id, address=_address(), browser=browser, now=g.now, password=password
        )
    signed_in = edge().signed_in_by(edge().database, token, g.now)
    assert signed_in is not None
    login_user(Cookie(token, signed_in))


def _leave() -> None:
    """End the session this browser has, if any, and empty its cookie."""
    if g.viewer is not None:
        with in_municipality(g.viewer.municipality_id) as bound:
            operations.sign_out(bound, login_session_id=g.login_session_id, by=g.viewer, now=g.now)
        g.viewer = None
    session.clear()


def _too_many(template: str, form: Form, error: TooManyAttemptsError, **context: object) -> Response:
    """Answer 429 with the form, and say how long to wait."""
    form.form_errors.append(say_wait(error.minutes))
    response = page(template, form=form, **context)
    response.status_code = 429
    response.headers["Retry-After"] = str(error.minutes * 60)
    return response


def _address() -> str:
    """Return the client's network address; behind proxies, the one they vouch for (TRACKER_PROXY_HOPS)."""
    return request.remote_addr or ""
