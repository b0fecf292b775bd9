"""Questions about people, each on a day. Fetching a person through here *is* the permission check."""

from datetime import date

from sqlalchemy import ColumnElement, false, or_, select, true

from tracker.accounts.models import Account, RoleGrant
from tracker.db import BoundSession
from tracker.domain.facts import DutyKind
from tracker.municipalities.models import Municipality
from tracker.organisation.queries import in_force, subtree
from tracker.people.models import Duty, Employment, Person
from tracker.permissions import Role, Viewer

MANAGING = (DutyKind.UNIT_MANAGER, DutyKind.HEAD_OF_ADMINISTRATION)
RUNNING_A_SYSTEM = {
    DutyKind.SYSTEM_OWNER: Role.SYSTEM_OWNER,
    DutyKind.SYSTEM_ADMINISTRATOR: Role.SYSTEM_ADMINISTRATOR,
}


def viewer_of(session: BoundSession, account_id: int, day: date) -> Viewer:
    """Return the viewer an account is on a day: with the roles given to it, and those that follow from facts."""
    account = session.get_one(Account, account_id)
    municipality = session.get_one(Municipality, session.municipality_id)
    given = session.scalars(
        select(RoleGrant.role).where(RoleGrant.account_id == account.id, RoleGrant.revoked_at.is_(None))
    )
    roles = {Role(role.value) for role in given}
    managed: set[int] = set()
    systems: set[int] = set()
    if account.person_id is not None:
        roles.add(Role.LEARNER)
        for duty in session.scalars(select(Duty).where(Duty.person_id == account.person_id, in_force(Duty, day))):
            if duty.kind in MANAGING and duty.unit_id is not None:
                roles.add(Role.UNIT_MANAGER)
                managed.add(duty.unit_id)
            elif duty.kind in RUNNING_A_SYSTEM and duty.system_id is not None:
                roles.add(RUNNING_A_SYSTEM[duty.kind])
                systems.add(duty.system_id)
    return Viewer(
        municipality_id=session.municipality_id,
        municipality_name=municipality.name,
        actor=account.public_id,
        display_name=account.display_name,
        account_id=account.id,
        person_id=account.person_id,
        locale=account.locale or municipality.locale,
        theme=account.theme,
        roles=frozenset(roles),
        managed_unit_ids=frozenset(managed),
        system_ids=frozenset(systems),
    )


def in_team(viewer: Viewer, day: date) -> ColumnElement[bool]:
    """Return the condition that a person works in, or below, the units a viewer manages on a day.

    For who sees everyone (HR, training administrators) it is the condition of being employed that day.
    """
    employed = select(Employment.person_id).where(in_force(Employment, day))
    if viewer.sees_everyone:
        return Person.id.in_(employed)
    if not viewer.managed_unit_ids:
        return false()
    units = select(subtree(viewer.managed_unit_ids, day).c.unit_id)
    return Person.id.in_(employed.where(Employment.unit_id.in_(units)))


def visible_to(viewer: Viewer, day: date) -> ColumnElement[bool]:
    """Return the condition that a viewer may see a person's record: section 7 of the rules.

    Everyone sees themself; managers those employed in and below their units on the day; HR and training administrators
    everybody in the municipality.
    """
    if viewer.sees_everyone:
        return true()
    return or_(Person.id == viewer.person_id, in_team(viewer, day))


def visible_person(session: BoundSession, viewer: Viewer, public_id: str, *, on: date) -> Person | None:
    """Return a person by public id, if the viewer may see them on the day."""
    return session.scalars(select(Person).where(Person.public_id == public_id, visible_to(viewer, on))).one_or_none()
