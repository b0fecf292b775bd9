"""High roles that take two people: for whom one is asked, by whom, who can approve it, and why it was declined."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import aliased

from tracker.accounts.models import Account, RoleGrant, RoleOutcome, RoleRequest
from tracker.accounts.queries import approvers
from tracker.db import BoundSession
from tracker.people.models import Person
from tracker.permissions import Viewer

DECLINED_SHOWN = timedelta(days=30)
"""For how long a role that was declined is shown to who asked, and to who would have got it."""


@dataclass(frozen=True, slots=True)
class Owner:
    """An account, with the person it belongs to if there is one."""

    account: Account
    person: Person | None


@dataclass(frozen=True, slots=True)
class AskedRole:
    """A role that was asked for: who is to get it, who asked, and who answered if anyone has."""

    request: RoleRequest
    receiver: Owner
    asker: Owner
    closer: Owner | None


@dataclass(frozen=True, slots=True)
class RolesOfMine:
    """What is asked for one's own account: the roles that wait, each with who can approve it, and those declined."""

    waiting: Sequence[tuple[AskedRole, Sequence[Owner]]]
    declined: Sequence[AskedRole]


def accounts_by_name() -> Select[Account, Person]:
    """Return accounts with the persons they belong to, by name; those without a person last."""
    return (
        select(Account, Person)
        .outerjoin(Person, Person.id == Account.person_id)
        .order_by(Person.sort_key.is_(None), Person.sort_key, Account.display_name, Account.id)
    )


def owners(session: BoundSession, account_ids: Collection[int]) -> Sequence[Owner]:
    """Return some accounts by name, with their persons."""
    rows = session.execute(accounts_by_name().where(Account.id.in_(account_ids)))
    return [Owner(account, person) for account, person in rows]


def waiting_roles(session: BoundSession, *conditions: ColumnElement[bool]) -> Sequence[AskedRole]:
    """Return the roles that wait for a second person, the one asked for first foremost. One query."""
    return _asked_for(session, RoleRequest.closed_at.is_(None), *conditions)


def declined_roles(session: BoundSession, *conditions: ColumnElement[bool], now: datetime) -> Sequence[AskedRole]:
    """Return the roles that were declined lately, unless they have been asked for anew or given since. One query."""
    later, given = aliased(RoleRequest), aliased(RoleGrant)
    return _asked_for(
        session,
        RoleRequest.outcome == RoleOutcome.DECLINED,
        RoleRequest.closed_at > now - DECLINED_SHOWN,
        ~select(later.id)
        .where(later.account_id == RoleRequest.account_id, later.role == RoleRequest.role, later.id > RoleRequest.id)
        .exists(),
        ~select(given.id)
        .where(given.account_id == RoleRequest.account_id, given.role == RoleRequest.role, given.revoked_at.is_(None))
        .exists(),
        *conditions,
    )


def _asked_for(session: BoundSession, *conditions: ColumnElement[bool]) -> Sequence[AskedRole]:
    asker, asking = aliased(Account), aliased(Person)
    closer, closing = aliased(Account), aliased(Person)
    rows = session.execute(
        select(RoleRequest, Account, Person, asker, asking, closer, closing)
        .join(Account, Account.id == RoleRequest.account_id)
        .outerjoin(Person, Person.id == Account.person_id)
        .join(asker, asker.id == RoleRequest.asked_by_id)
        .outerjoin(asking, asking.id == asker.person_id)
        .outerjoin(closer, closer.id == RoleRequest.closed_by_id)
        .outerjoin(closing, closing.id == closer.person_id)
        .where(*conditions)
        .order_by(RoleRequest.asked_at, RoleRequest.id)
    )
    return [
        AskedRole(row[0], Owner(row[1], row[2]), Owner(row[3], row[4]), Owner(row[5], row[6]) if row[5] else None)
        for row in rows
    ]


def roles_of_mine(session: BoundSession, account: Account, now: datetime) -> RolesOfMine:
    """Return what is asked for an account, as its owner sees it."""
    about = RoleRequest.account_id == account.id
    return RolesOfMine(
        [
            (one, owners(session, approvers(session, account, one.request.role, asked_by_id=one.request.asked_by_id)))
            for one in waiting_roles(session, about)
        ],
        declined_roles(session, about, now=now),
    )


def roles_to_approve(session: BoundSession, viewer: Viewer) -> Sequence[AskedRole]:
    """Return the roles that others ask for and the viewer may approve: see administration.operations.approve_role."""
    if not viewer.may_give:
        return []
    above = select(RoleGrant.account_id).where(RoleGrant.role.not_in(viewer.may_give), RoleGrant.revoked_at.is_(None))
    return waiting_roles(
        session,
        RoleRequest.role.in_(viewer.may_give),
        RoleRequest.asked_by_id != viewer.account_id,
        RoleRequest.account_id != viewer.account_id,
        RoleRequest.account_id.not_in(above),
    )
