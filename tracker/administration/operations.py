"""Acts of those who administer accounts. Nobody acts on their own account, or on one that may do more than theirs."""

from datetime import datetime, timedelta

from tracker.accounts.models import Account, LoginSession, RoleOutcome, RoleRequest
from tracker.accounts.operations import (
    INVITATION_LASTS,
    end_session,
    end_sessions,
    give_role,
    mail_link,
    make_link,
    tell_asker,
    void_links,
)
from tracker.accounts.queries import approvers, given_roles, waiting_role
from tracker.administration.queries import open_grants
from tracker.audit.operations import record
from tracker.db import BoundSession
from tracker.permissions import HIGH, GivenRole, Role, Viewer

# A link that is handed over is used there and then.
HANDED_OVER_LASTS = timedelta(hours=24)


class OwnAccountError(Exception):
    """Nobody administers their own account: a second person does."""


class AboveOwnLevelError(Exception):
    """The account, or the role, may do more than who acts here may decide about."""


class RoleFollowsFromFactsError(Exception):
    """The role is held because of a fact, such as managing a unit, and cannot be given by hand."""

    def __init__(self, role: Role) -> None:
        super().__init__(role.value)
        self.role = role


class SecondPersonError(Exception):
    """A high role is approved or declined by another than who asked."""


class NobodyElseError(Exception):
    """There is no second person who could approve a high role."""


class NotWaitingError(Exception):
    """A role that was asked for has been approved, declined or taken back meanwhile."""


class NotAskerError(Exception):
    """Only who asked for a role takes that back; others decline it."""


class HighRoleError(Exception):
    """Whoever has a link to an account with a high role could act as a second person, so none is handed over."""


class NoAddressError(Exception):
    """The account has no e-mail address to send a link to."""


class AccountDisabledError(Exception):
    """The account is disabled; enable it first."""


def reaches(session: BoundSession, viewer: Viewer, account: Account) -> bool:
    """Say whether a viewer may administer an account: another's, none of whose given roles is above their level."""
    return account.id != viewer.account_id and given_roles(session, account.id) <= viewer.may_give


def _check(session: BoundSession, by: Viewer, account: Account) -> None:
    if account.id == by.account_id:
        raise OwnAccountError
    if not reaches(session, by, account):
        raise AboveOwnLevelError


def grant_role(session: BoundSession, *, account: Account, role: Role, by: Viewer, now: datetime) -> bool:
    """Give an account a role. Its sessions are ended, so that it signs in anew with the role.

    A high role only waits, and carries nothing, until a second person approves it. Returns whether the account has the role.

    Raises RoleFollowsFromFactsError, OwnAccountError, AboveOwnLevelError, NobodyElseError.
    """
    if role not in set(GivenRole):
        raise RoleFollowsFromFactsError(role)
    given = GivenRole(role)
    _check(session, by, account)
    if given not in by.may_give:
        raise AboveOwnLevelError
    if given in given_roles(session, account.id):
        return True
    if given not in HIGH:
        give_role(session, account=account, role=given, by=by, now=now)
        return True
    if waiting_role(session, account.id, given) is None:
        if by.account_id is None or not approvers(session, account, given, asked_by_id=by.account_id):
            raise NobodyElseError
        session.add(RoleRequest(account_id=account.id, role=given, asked_at=now, asked_by_id=by.account_id))
        record(session, "role.approval_asked", subject=account, by=by, role=given.value)
    return False


def approve_role(session: BoundSession, *, asked: RoleRequest, by: Viewer, now: datetime) -> None:
    """Let an account have the role that somebody else asked for, as `give_role` does.

    Raises NotWaitingError, SecondPersonError, OwnAccountError, AboveOwnLevelError.
    """
    account = _waiting_for_another(session, asked, by)
    give_role(session, account=account, role=asked.role, by=by, now=now)


def decline_role(session: BoundSession, *, asked: RoleRequest, why: str, by: Viewer, now: datetime) -> None:
    """Say no to a role that somebody else asked for, and why: who asked, and who would have got it, can read that.

    Who asked gets a mail that says so. Raises what `approve_role` does.
    """
    account = _waiting_for_another(session, asked, by)
    asked.close(RoleOutcome.DECLINED, by_id=by.account_id, now=now, why=why)
    record(session, "role.declined", subject=account, by=by, role=asked.role.value, why=why)
    tell_asker(session, asked, account, now)


def withdraw_role(session: BoundSession, *, asked: RoleRequest, by: Viewer, now: datetime) -> None:
    """Ask for a role no longer. Raises NotWaitingError, NotAskerError."""
    _lock(session, asked)
    if asked.asked_by_id != by.account_id:
        raise NotAskerError
    asked.close(RoleOutcome.WITHDRAWN, by_id=by.account_id, now=now)
    account = session.get_one(Account, asked.account_id)
    record(session, "role.approval_withdrawn", subject=account, by=by, role=asked.role.value)


def _waiting_for_another(session: BoundSession, asked: RoleRequest, by: Viewer) -> Account:
    """Return the account that is to get a role, if the role waits and the viewer may be the second person."""
    _lock(session, asked)
    account = session.get_one(Account, asked.account_id)
    _check(session, by, account)
    if asked.asked_by_id == by.account_id:
        raise SecondPersonError
    if asked.role not in by.may_give:
        raise AboveOwnLevelError
    return account


def _lock(session: BoundSession, asked: RoleRequest) -> None:
    """Hold a request until the act ends, and see that it waits. Raises NotWaitingError."""
    session.refresh(asked, with_for_update=True)
    if asked.closed_at is not None:
        raise NotWaitingError


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

    Raises OwnAccountError, AboveOwnLevelError, AccountDisabledError, HighRoleError.
    """
    _check_can_be_let_in(session, account, by)
    if given_roles(session, account.id) & HIGH:
        raise HighRoleError
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
