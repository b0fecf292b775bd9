"""Administering accounts, and reading the journal."""

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import TypeVar

from flask import Blueprint, abort, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from tracker.accounts.forms import refuse
from tracker.accounts.models import RoleRequest
from tracker.accounts.queries import approvers as able_to_approve
from tracker.accounts.queries import live_session, live_sessions
from tracker.accounts.words import ROLES
from tracker.administration import details, operations, queries, words
from tracker.administration.forms import DeclineRoleForm, GiveRoleForm
from tracker.administration.queries import AccountState
from tracker.audit.queries import actions, entries_page
from tracker.people.roles import Owner, declined_roles, owners, waiting_roles
from tracker.permissions import HIGH, GivenRole, Permission, Role
from tracker.web.access import requires
from tracker.web.forms import submitted
from tracker.web.pages import found, owner_name, page, person_name
from tracker.web.session import edge

bp = Blueprint("administration", __name__, url_prefix="/administration")
journal_bp = Blueprint("audit", __name__)

E = TypeVar("E", bound=StrEnum)


@bp.get("/accounts")
@requires(Permission.ACCOUNT_ADMIN)
def accounts() -> Response:
    """List the municipality's accounts: by name, role and state."""
    listed = queries.accounts_page(
        g.session,
        words=request.args.get("q", ""),
        role=_asked(Role, "role"),
        state=_asked(AccountState, "state"),
        number=request.args.get("page", 1, type=int),
        on=g.today,
        now=g.now,
    )
    return page(
        "administration/accounts.html",
        listed=listed,
        waiting=waiting_roles(g.session),
        declined=declined_roles(g.session, RoleRequest.asked_by_id == g.viewer.account_id, now=g.now),
        roles=ROLES,
        states=words.STATES,
    )


@bp.get("/accounts/<public_id:account_id>")
@requires(Permission.ACCOUNT_ADMIN)
def account(account_id: str) -> Response:
    """Show one account: whether it is used, its roles and why, where it is signed in."""
    return _account_page(found(queries.owner_of(g.session, account_id)), GiveRoleForm())


@bp.post("/accounts/<public_id:account_id>/roles")
@requires(Permission.ACCOUNT_ADMIN)
def give_role(account_id: str) -> Response:
    """Give the account a role."""
    owner = found(queries.owner_of(g.session, account_id))
    form = GiveRoleForm()
    if submitted(form):
        try:
            role = Role(form.role.data)
            given = operations.grant_role(g.session, account=owner.account, role=role, by=g.viewer, now=g.now)
        except ValueError:
            refuse(form.role, _("Choose a role."))
        except operations.RoleFollowsFromFactsError as error:
            refuse(form.role, words.FOLLOWS[error.role])
        except operations.AboveOwnLevelError:
            refuse(form.role, _("You may not give this role. Someone who operates the installation may."))
        except operations.OwnAccountError:
            refuse(form.role, _("You cannot give a role to yourself. Ask a colleague who administers accounts."))
        except operations.NobodyElseError:
            refuse(form.role, _("Nobody else here can approve this role."))
        else:
            flash(
                _("The role is given. It applies from the next sign-in.")
                if given
                else _("The role is asked for. It lets nobody do anything until a second person approves it."),
                "success",
            )
            return _back(account_id)
    return _account_page(owner, form)


@bp.post("/accounts/<public_id:account_id>/roles/<public_id:role_request_id>/approve")
@requires(Permission.ACCOUNT_ADMIN)
def approve_role(account_id: str, role_request_id: str) -> Response:
    """Let the account have a role that somebody else asked for."""
    owner, asked = _asked_for(account_id, role_request_id)
    return _act(
        owner,
        lambda: operations.approve_role(g.session, asked=asked, by=g.viewer, now=g.now),
        _("The role is approved. It applies from the next sign-in."),
    )


@bp.route("/accounts/<public_id:account_id>/roles/<public_id:role_request_id>/decline", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_ADMIN)
def decline_role(account_id: str, role_request_id: str) -> Response:
    """Say no to a role that somebody else asked for, and why."""
    owner, asked = _asked_for(account_id, role_request_id)
    form = DeclineRoleForm()
    if not submitted(form):
        return page("administration/decline.html", form=form, owner=owner, role=ROLES[Role(asked.role)])
    return _act(
        owner,
        lambda: operations.decline_role(g.session, asked=asked, why=form.why.data or "", by=g.viewer, now=g.now),
        _("The role is declined."),
    )


@bp.post("/accounts/<public_id:account_id>/roles/<public_id:role_request_id>/withdraw")
@requires(Permission.ACCOUNT_ADMIN)
def withdraw_role(account_id: str, role_request_id: str) -> Response:
    """Ask for a role no longer."""
    owner, asked = _asked_for(account_id, role_request_id)
    return _act(
        owner,
        lambda: operations.withdraw_role(g.session, asked=asked, by=g.viewer, now=g.now),
        _("The role is no longer asked for."),
    )


def _asked_for(account_id: str, role_request_id: str) -> tuple[Owner, RoleRequest]:
    """Return an account with a role that somebody asked for it: one that waits, or has been answered."""
    owner = found(queries.owner_of(g.session, account_id))
    return owner, found(queries.role_request(g.session, owner.account.id, role_request_id))


@bp.post("/accounts/<public_id:account_id>/roles/revoke")
@requires(Permission.ACCOUNT_ADMIN)
def revoke_role(account_id: str) -> Response:
    """Take back a role that was given."""
    owner = found(queries.owner_of(g.session, account_id))
    role = request.form.get("role", "")
    if role not in set(GivenRole):
        abort(422)
    return _act(
        owner,
        lambda: operations.revoke_role(g.session, account=owner.account, role=GivenRole(role), by=g.viewer, now=g.now),
        _("The role is taken back, and the account has been signed out."),
    )


@bp.post("/accounts/<public_id:account_id>/invite")
@requires(Permission.ACCOUNT_ADMIN)
def invite(account_id: str) -> Response:
    """Mail the owner a link for choosing a password."""
    owner = found(queries.owner_of(g.session, account_id))
    return _act(
        owner,
        lambda: operations.invite(g.session, account=owner.account, by=g.viewer, now=g.now),
        _("A link is on its way. It can be used for seven days."),
    )


@bp.post("/accounts/<public_id:account_id>/hand-over")
@requires(Permission.ACCOUNT_ADMIN)
def hand_over(account_id: str) -> Response:
    """Show a link to hand to the owner. The answer to this request is the only place where it is ever seen."""
    owner = found(queries.owner_of(g.session, account_id))
    try:
        token = operations.hand_over_link(g.session, account=owner.account, by=g.viewer, now=g.now)
    except tuple(words.REFUSALS) as error:
        flash(words.REFUSALS[type(error)], "error")
        return _back(account_id)
    address = edge().config.base_url.rstrip("/") + url_for("accounts.link", token=token)
    return page("administration/hand_over.html", owner=owner, address=address)


@bp.post("/accounts/<public_id:account_id>/disable")
@requires(Permission.ACCOUNT_ADMIN)
def disable(account_id: str) -> Response:
    """Keep the account out, from now on."""
    owner = found(queries.owner_of(g.session, account_id))
    return _act(
        owner,
        lambda: operations.disable(g.session, account=owner.account, by=g.viewer, now=g.now),
        _("The account is disabled and has been signed out everywhere."),
    )


@bp.post("/accounts/<public_id:account_id>/enable")
@requires(Permission.ACCOUNT_ADMIN)
def enable(account_id: str) -> Response:
    """Let the account in again."""
    owner = found(queries.owner_of(g.session, account_id))
    return _act(
        owner,
        lambda: operations.enable(g.session, account=owner.account, by=g.viewer),
        _("The account is enabled, with the password and the roles it had."),
    )


@bp.post("/accounts/<public_id:account_id>/sessions/<public_id:session_id>/end")
@requires(Permission.ACCOUNT_ADMIN)
def end_session(account_id: str, session_id: str) -> Response:
    """Sign one of the account's browsers out."""
    owner = found(queries.owner_of(g.session, account_id))
    login = found(live_session(g.session, owner.account.id, session_id, now=g.now))
    return _act(
        owner,
        lambda: operations.kill_session(g.session, account=owner.account, login=login, by=g.viewer, now=g.now),
        _("That browser has been signed out."),
    )


@bp.post("/accounts/<public_id:account_id>/sessions/end")
@requires(Permission.ACCOUNT_ADMIN)
def end_sessions(account_id: str) -> Response:
    """Sign the account out everywhere."""
    owner = found(queries.owner_of(g.session, account_id))
    return _act(
        owner,
        lambda: operations.kill_sessions(g.session, account=owner.account, by=g.viewer, now=g.now),
        _("The account has been signed out everywhere."),
    )


@journal_bp.get("/journal")
@requires(Permission.JOURNAL_VIEW)
def journal() -> Response:
    """Show who did what and when, newest first."""
    who = request.args.get("who", "").strip()
    listed = entries_page(
        g.session,
        action=request.args.get("action") or None,
        actor=queries.acted_by(who) if who else None,
        on=_asked_day("on"),
        timezone=g.municipality.timezone,
        number=request.args.get("page", 1, type=int),
    )
    named = {
        name for entry in listed.rows for name in (entry.actor, entry.subject, *details.referred_to(entry.details))
    }
    persons = queries.persons_by_public_id(g.session, named)
    owners = queries.owners_by_public_id(g.session, named)
    names = (
        details.names_of(g.session, named)
        | {one: person_name(person) for one, person in persons.items()}
        | {one: owner_name(owner) for one, owner in owners.items()}
    )
    return page(
        "audit/journal.html",
        listed=listed,
        actions=sorted(((action, words.action(action)) for action in actions(g.session)), key=lambda pair: pair[1]),
        owners=owners,
        persons=persons,
        said=lambda entry: details.said(entry.details, names),
        words=words,
    )


def _account_page(owner: Owner, form: GiveRoleForm) -> Response:
    """Show one account, with what the viewer may do to it."""
    account = owner.account
    grants = queries.open_grants(g.session, account.id)
    waiting = waiting_roles(g.session, RoleRequest.account_id == account.id)
    open_to = g.viewer.may_give - {grant.role for grant in grants} - {one.request.role for one in waiting}
    approvers = {
        role: owners(g.session, able_to_approve(g.session, account, role, asked_by_id=g.viewer.account_id))
        for role in GivenRole
        if role in open_to & HIGH
    }
    form.role.choices = [
        ("", _("Choose")),
        *((role.value, ROLES[Role(role)]) for role in GivenRole if role in open_to and approvers.get(role, True)),
    ]
    return page(
        "administration/account.html",
        form=form,
        owner=owner,
        state=queries.state_of(account, invited=queries.has_open_link(g.session, account.id, now=g.now)),
        grants=grants,
        waiting=waiting,
        declined=declined_roles(g.session, RoleRequest.account_id == account.id, now=g.now),
        approvers=approvers,
        high=HIGH & {grant.role for grant in grants},
        following=queries.following_roles(g.session, account, on=g.today),
        logins=live_sessions(g.session, account.id, now=g.now),
        own=account.id == g.viewer.account_id,
        roles=ROLES,
        reaches=operations.reaches(g.session, g.viewer, account),
        words=words,
    )


def _act(owner: Owner, operation: Callable[[], object], done: str) -> Response:
    """Carry out an act on an account and say so, or say why it is refused; then show the account."""
    try:
        operation()
    except tuple(words.REFUSALS) as error:
        flash(words.REFUSALS[type(error)], "error")
    else:
        flash(done, "success")
    return _back(owner.account.public_id)


def _back(account_id: str) -> Response:
    return redirect(url_for("administration.account", account_id=account_id))


def _asked(enumeration: type[E], name: str) -> E | None:
    """Return what the address asks for, if it is one of the enumeration's words."""
    value = request.args.get(name, "")
    return enumeration(value) if value in set(enumeration) else None


def _asked_day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
