"""High roles that wait for a second person: for whom, and who asks."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from tracker.accounts.models import Account, RoleGrant, RoleRequest
from tracker.db import BoundSession
from tracker.people.models import Person
from tracker.permissions import Viewer


@dataclass(frozen=True, slots=True)
class Owner:
    """An account, with the person it belongs to if there is one."""

    account: Account
    person: Person | None


@dataclass(frozen=True, slots=True)
class WaitingRole:
    """A role that waits: who is to get it, and who asked."""

    request: RoleRequest
    receiver: Owner
    asker: Owner


def waiting_roles(session: BoundSession, *conditions: ColumnElement[bool]) -> Sequence[WaitingRole]:
    """Return the roles that wait for a second person, the one asked for first foremost. One query."""
    asker, asking = aliased(Account), aliased(Person)
    rows = session.execute(
        select(RoleRequest, Account, Person, asker, asking)
        .join(Account, Account.id == RoleRequest.account_id)
        .outerjoin(Person, Person.id == Account.person_id)
        .join(asker, asker.id == RoleRequest.asked_by_id)
        .outerjoin(asking, asking.id == asker.person_id)
        .where(RoleRequest.closed_at.is_(None), *conditions)
        .order_by(RoleRequest.asked_at, RoleRequest.id)
    )
    return [WaitingRole(row[0], Owner(row[1], row[2]), Owner(row[3], row[4])) for row in rows]


def roles_to_approve(session: BoundSession, viewer: Viewer) -> Sequence[WaitingRole]:
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
