"""Questions about accounts, their sessions and their links."""

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select

from tracker.accounts.models import Account, LinkPurpose, LoginSession, OneTimeLink, RoleGrant, RoleRequest
from tracker.db import BoundSession, WideSession
from tracker.municipalities.models import Municipality
from tracker.permissions import GRANTS, MAY_GIVE, GivenRole, Permission, Role
from tracker.tokens import fingerprint

# A session that nobody uses ends; being asked on its behalf (operations.signed_in_by) is use.
IDLE = timedelta(minutes=30)


def identifier_key(text: str) -> str:
    """Return what an e-mail address or employee number is compared by: NFC, casefolded, without blanks around it."""
    return unicodedata.normalize("NFC", text).strip().casefold()


def candidates(session: WideSession, identifier: str) -> Sequence[tuple[Account, Municipality]]:
    """Return the accounts, in any municipality, that an e-mail address or employee number may mean. Disabled ones do not."""
    rows = session.execute(
        select(Account, Municipality)
        .join(Municipality, Municipality.id == Account.municipality_id)
        .where(
            _signs_in_as(identifier),
            Account.disabled_at.is_(None),
        )
        .order_by(Municipality.name, Account.id)
    )
    return [(account, municipality) for account, municipality in rows]


def _signs_in_as(identifier: str) -> ColumnElement[bool]:
    return or_(Account.email_key == identifier_key(identifier), Account.employee_number == identifier.strip())


@dataclass(frozen=True, slots=True)
class UsableLink:
    """A one-time link that can still be used, and for whom it is."""

    purpose: LinkPurpose
    account: Account
    municipality: Municipality


def usable_link(session: WideSession, token: str, *, now: datetime) -> UsableLink | None:
    """Return what a one-time link is for, or None when it is unknown, used or too old, or its account disabled."""
    row = session.execute(
        select(OneTimeLink, Account, Municipality)
        .join(Account, Account.id == OneTimeLink.account_id)
        .join(Municipality, Municipality.id == Account.municipality_id)
        .where(
            OneTimeLink.token_hash == fingerprint(token),
            OneTimeLink.consumed_at.is_(None),
            OneTimeLink.expires_at > now,
            Account.disabled_at.is_(None),
        )
    ).one_or_none()
    return UsableLink(row[0].purpose, row[1], row[2]) if row else None


def account_by_public_id(session: BoundSession, public_id: str) -> Account | None:
    """Return an account by its public id."""
    return session.scalars(select(Account).where(Account.public_id == public_id)).one_or_none()


def account_signing_in_as(session: BoundSession, identifier: str) -> Account | None:
    """Return the account that an e-mail address or employee number belongs to."""
    return session.scalars(select(Account).where(_signs_in_as(identifier))).first()


def account_of(session: BoundSession, person_id: int) -> Account | None:
    """Return the account that belongs to a person."""
    return session.scalars(select(Account).where(Account.person_id == person_id)).one_or_none()


def given_roles(session: BoundSession, account_id: int) -> frozenset[GivenRole]:
    """Return the roles that have been given to an account by hand and not revoked."""
    return frozenset(
        session.scalars(
            select(RoleGrant.role).where(RoleGrant.account_id == account_id, RoleGrant.revoked_at.is_(None))
        )
    )


def waiting_role(session: BoundSession, account_id: int, role: GivenRole) -> RoleRequest | None:
    """Return the request for a role of an account's that waits for a second person, held until the act ends."""
    return session.scalars(
        select(RoleRequest)
        .where(RoleRequest.account_id == account_id, RoleRequest.role == role, RoleRequest.closed_at.is_(None))
        .with_for_update()
    ).one_or_none()


def approvers(session: BoundSession, account: Account, role: GivenRole, *, asked_by_id: int | None) -> set[int]:
    """Return the accounts in use whose owners can approve that an account gets a role that somebody asks for.

    They may give the role and administer the account, have not asked, and are not the one who gets it.
    """
    wanted = given_roles(session, account.id) | {role}
    able = [GivenRole(held.value) for held, may_give in MAY_GIVE.items() if wanted <= may_give]
    return _holding(session, able) - {account.id, asked_by_id}


def alive(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a login session still lets its browser in."""
    return LoginSession.ended_at.is_(None) & (LoginSession.expires_at > now) & (LoginSession.seen_at > now - IDLE)


def live_sessions(session: BoundSession, account_id: int, *, now: datetime) -> Sequence[LoginSession]:
    """Return the browsers that are signed in to an account, the most recently used first."""
    return session.scalars(
        select(LoginSession)
        .where(LoginSession.account_id == account_id, alive(now))
        .order_by(LoginSession.seen_at.desc(), LoginSession.id.desc())
    ).all()


def live_session(session: BoundSession, account_id: int, public_id: str, *, now: datetime) -> LoginSession | None:
    """Return one of an account's live sessions by its public id."""
    return session.scalars(
        select(LoginSession).where(
            LoginSession.account_id == account_id, LoginSession.public_id == public_id, alive(now)
        )
    ).one_or_none()


def holders_of(session: BoundSession, permission: Permission) -> set[int]:
    """Return the accounts in use that may do something because of a role given by hand. One query."""
    return _holding(session, [given for given in GivenRole if permission in GRANTS[Role(given.value)]])


def _holding(session: BoundSession, roles: Collection[GivenRole]) -> set[int]:
    """Return the accounts in use that hold any of some roles: whose owners have chosen a password, and can sign in."""
    return set(
        session.scalars(
            select(Account.id)
            .join(RoleGrant, RoleGrant.account_id == Account.id)
            .where(
                RoleGrant.role.in_(roles),
                RoleGrant.revoked_at.is_(None),
                Account.disabled_at.is_(None),
                Account.password_hash.is_not(None),
            )
        )
    )
