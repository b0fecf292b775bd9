"""Acts of those who administer accounts. Nobody acts on their own account, or on one that may do more than theirs."""

from datetime import datetime, timedelta

from tracker.accounts.models import Account, LoginSession
from tracker.accounts.operations import (
    INVITATION_LASTS,
    end_session,
    end_sessions,
    give_role,
    mail_link,
    make_link,
    void_links,
)
from tracker.accounts.queries import given_roles
from tracker.administration.queries import open_grants
from tracker.audit.operations import record
from tracker.db import BoundSession
from tracker.permissions import GivenRole, Role, Viewer

# A link that is handed over is used there and then.
HANDED_OVER_LASTS = timedelta(hours=24)

# Who may give, and take back, which roles: those at or below their own level. Coordinators see all municipalities'
# figures, and operators their outboxes, so no single municipality's administrator decides who they are.
MAY_GIVE: dict[Role, frozenset[GivenRole]] = {
    Role.MUNICIPALITY_ADMINISTRATOR: frozenset(
        {GivenRole.HR, GivenRole.TRAINING_ADMINISTRATOR, GivenRole.MUNICIPALITY_ADMINISTRATOR}
    ),
    Role.OPERATOR: frozenset(GivenRole),
}


class OwnAccountError(Exception):
    """Nobody administers their own account: a second person does."""


class AboveOwnLevelError(Exception):
    """The account, or the role, may do more than who acts here may decide about."""


class RoleFollowsFromFactsError(Exception):
    """The role is held because of a fact, such as managing a unit, and cannot be given by hand."""

    def __init__(self, role: Role) -> None:
        super().__init__(role.value)
        self.role = role


class NoAddressError(Exception):
    """The account has no e-mail address to send a link to."""


class AccountDisabledError(Exception):
    """The account is disabled; enable it first."""


def giveable_by(viewer: Viewer) -> frozenset[GivenRole]:
    """Return the roles that a viewer may give to others and take back."""
    return frozenset().union(*(MAY_GIVE.get(role, frozenset()) for role in viewer.roles))


def reaches(session: BoundSession, viewer: Viewer, account: Account) -> bool:
    """Say whether a viewer may administer an account: another's, none of whose given roles is above their level."""
    return account.id != viewer.account_id and given_roles(session, account.id) <= giveable_by(viewer)


def _check(session: BoundSession, by: Viewer, account: Account) -> None:
    if account.id == by.account_id:
        raise OwnAccountError
    if not reaches(session, by, account):
        raise AboveOwnLevelError


def grant_role(session: BoundSession, *, account: Account, role: Role, by: Viewer, now: datetime) -> None:
    """Give an account a role. Its sessions are ended, so that it signs in anew with the role.

    Raises RoleFollowsFromFactsError, OwnAccountError, AboveOwnLevelError.
    """
    if role not in set(GivenRole):
        raise RoleFollowsFromFactsError(role)
    _check(session, by, account)
    if GivenRole(role) not in giveable_by(by):
        raise AboveOwnLevelError
    give_role(session, account=account, role=GivenRole(role), by=by, now=now)


def revoke_role(session: BoundSession, *, account: Account, role: GivenRole, by: Viewer, now: datetime) -> None:
    """Take back a role that was given, and end the account's sessions. Nothing happens if the account has it no more.

    Raises OwnAccountError, AboveOwnLevelError.
    """
    _check(session, by, account)
    grants = open_grants(session, account.id, role)
    for grant in grants:
        grant.revoked_at, grant.revoked_by_id = now, by.account_id
    if grants:
        record(session, "role.revoked", subject=account, by=by, role=role.value)
        end_sessions(session, account=account, by=by, now=now)


def invite(session: BoundSession, *, account: Account, by: Viewer, now: datetime) -> None:
    """Mail the owner of an account a link for choosing a password, for the first time or anew. Earlier links end.

    Raises OwnAccountError, AboveOwnLevelError, AccountDisabledError, NoAddressError.
    """
    _check_can_be_let_in(session, account, by)
    if account.email is None:
        raise NoAddressError
    void_links(session, account=account, now=now)
    mail_link(session, account=account, lasts=INVITATION_LASTS, now=now)
    record(session, "account.link_mailed", subject=account, by=by)


def hand_over_link(session: BoundSession, *, account: Account, by: Viewer, now: datetime) -> str:
    """Return the token of a link to hand to an account's owner, who has no e-mail. Earlier links end.

    Whoever has the link can choose the password, which is why making one is in the journal.

    Raises OwnAccountError, AboveOwnLevelError, AccountDisabledError.
    """
    _check_can_be_let_in(session, account, by)
    void_links(session, account=account, now=now)
    token = make_link(session, account=account, lasts=HANDED_OVER_LASTS, now=now)
    record(session, "account.link_handed_over", subject=account, by=by)
    return token


def _check_can_be_let_in(session: BoundSession, account: Account, by: Viewer) -> None:
    _check(session, by, account)
    if account.disabled_at is not None:
        raise AccountDisabledError


def disable(session: BoundSession, *, account: Account, by: Viewer, now: datetime) -> None:
    """Keep an account out from now on: its sessions and links end at once. Nothing happens if it is disabled already.

    Raises OwnAccountError, AboveOwnLevelError.
    """
    _check(session, by, account)
    if account.disabled_at is not None:
        return
    account.disabled_at = now
    void_links(session, account=account, now=now)
    record(session, "account.disabled", subject=account, by=by)
    end_sessions(session, account=account, by=by, now=now)


def enable(session: BoundSession, *, account: Account, by: Viewer) -> None:
    """Let a disabled account in again, with the password and the roles it had. Nothing happens if it is not disabled.

    Raises OwnAccountError, AboveOwnLevelError.
    """
    _check(session, by, account)
    if account.disabled_at is not None:
        account.disabled_at = None
        record(session, "account.enabled", subject=account, by=by)


def kill_session(session: BoundSession, *, account: Account, login: LoginSession, by: Viewer, now: datetime) -> None:
    """End one session of another's account. Raises OwnAccountError, AboveOwnLevelError."""
    _check(session, by, account)
    end_session(session, login=login, by=by, now=now)


def kill_sessions(session: BoundSession, *, account: Account, by: Viewer, now: datetime) -> int:
    """End all sessions of another's account; returns how many. Raises OwnAccountError, AboveOwnLevelError."""
    _check(session, by, account)
    return end_sessions(session, account=account, by=by, now=now)
