"""Acts on the register of IT systems: the entries, and who uses them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import or_, select

from tracker.audit.operations import record
from tracker.db import BoundSession, retract
from tracker.many_rows import insert_many
from tracker.people.models import Person
from tracker.people.queries import by_employee_numbers
from tracker.permissions import Viewer
from tracker.systems.models import Access, Importance, ItSystem, SystemScope
from tracker.tables import stands

SOURCE = "manual"


class CodeTakenError(Exception):
    """Another system has this code."""


@dataclass(frozen=True, slots=True)
class SystemDetails:
    """What the register says about a system."""

    code: str
    name: str
    purpose: str
    supplier: str
    scope: SystemScope
    importance: Importance
    security_plan_on: date | None


def add_system(session: BoundSession, *, details: SystemDetails, by: Viewer, now: datetime) -> ItSystem:
    """Add a system to the register. Raises CodeTakenError."""
    _refuse_taken(session, details.code, None)
    system = ItSystem(created_at=now)
    _fill(system, details)
    session.add(system)
    record(session, "system.added", subject=system, by=by, code=details.code, name=details.name)
    return system


def change_system(session: BoundSession, *, system: ItSystem, details: SystemDetails, by: Viewer) -> None:
    """Change what the register says about a system. Raises CodeTakenError."""
    _refuse_taken(session, details.code, system.id)
    before = _details_of(system)
    changed = {
        name: [str(getattr(before, name)), str(getattr(details, name))]
        for name in SystemDetails.__slots__
        if getattr(before, name) != getattr(details, name)
    }
    if not changed:
        return
    _fill(system, details)
    record(session, "system.changed", subject=system, by=by, changed=changed)


def _refuse_taken(session: BoundSession, code: str, own_id: int | None) -> None:
    other = session.scalar(select(ItSystem.id).where(ItSystem.code == code))
    if other is not None and other != own_id:
        raise CodeTakenError


def _details_of(system: ItSystem) -> SystemDetails:
    return SystemDetails(**{name: getattr(system, name) for name in SystemDetails.__slots__})


def _fill(system: ItSystem, details: SystemDetails) -> None:
    for name in SystemDetails.__slots__:
        setattr(system, name, getattr(details, name))


class Outcome(StrEnum):
    """What became of one employee number in a list."""

    ADDED = "added"
    ALREADY = "already"
    REPEATED = "repeated"
    UNKNOWN = "unknown"


def grant_access(
    session: BoundSession, *, system: ItSystem, numbers: Sequence[str], starts_on: date, by: Viewer, now: datetime
) -> list[tuple[str, Outcome]]:
    """Let people, by employee number, use a system from a day on; return what became of each number, in order.

    Who uses it on that day or later already is left as they are. Requirements for the system's users apply at once.
    """
    people = by_employee_numbers(session, numbers)
    using = set(
        session.scalars(
            select(Access.person_id).where(
                Access.system_id == system.id,
                stands(Access),
                or_(Access.ends_on.is_(None), Access.ends_on >= starts_on),
            )
        )
    )
    outcomes: list[tuple[str, Outcome]] = []
    added: set[int] = set()
    for number in numbers:
        person = people.get(number)
        if person is None:
            outcomes.append((number, Outcome.UNKNOWN))
        elif person.id in added:
            outcomes.append((number, Outcome.REPEATED))
        elif person.id in using:
            outcomes.append((number, Outcome.ALREADY))
        else:
            added.add(person.id)
            outcomes.append((number, Outcome.ADDED))
    mark = {"recorded_at": now, "recorded_by_id": by.account_id, "source": SOURCE}
    period = {"system_id": system.id, "starts_on": starts_on, "ends_on": None}
    insert_many(session, Access, [{"person_id": person_id, **period, **mark} for person_id in sorted(added)])
    if added:
        record(session, "access.granted", subject=system, by=by, people=len(added), starts_on=starts_on.isoformat())
    return outcomes


def end_access(session: BoundSession, *, access: Access, ends_on: date, by: Viewer, now: datetime) -> None:
    """Let an access end on a day, the last on which the system is used. One that had not begun by then never was."""
    system = session.get_one(ItSystem, access.system_id)
    person = session.get_one(Person, access.person_id)
    retract([access], now=now, by_id=by.account_id, why="ended by hand")
    if ends_on >= access.starts_on:
        session.add(
            Access(
                person_id=access.person_id,
                system_id=access.system_id,
                starts_on=access.starts_on,
                ends_on=ends_on,
                recorded_at=now,
                recorded_by_id=by.account_id,
                source=SOURCE,
            )
        )
    record(session, "access.ended", subject=system, by=by, person=person.public_id, until=ends_on.isoformat())
