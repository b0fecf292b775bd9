"""Acts on people's facts that are not brought by a roster: duties given and ended by hand."""

from datetime import date, datetime
from enum import Enum, auto

from sqlalchemy import or_, select

from tracker.audit.operations import record
from tracker.db import BoundSession, retract
from tracker.domain.facts import DutyKind
from tracker.people.models import Duty, Person
from tracker.permissions import Viewer
from tracker.tables import stands

SOURCE = "manual"


class Reach(Enum):
    """What a duty is held for."""

    SYSTEM = auto()
    UNIT = auto()
    UNIT_OR_MUNICIPALITY = auto()
    MUNICIPALITY = auto()


REACH = {
    DutyKind.SYSTEM_OWNER: Reach.SYSTEM,
    DutyKind.SYSTEM_ADMINISTRATOR: Reach.SYSTEM,
    DutyKind.UNIT_MANAGER: Reach.UNIT,
    DutyKind.HEAD_OF_ADMINISTRATION: Reach.UNIT,
    DutyKind.LOCAL_IT_RESOURCE_PERSON: Reach.UNIT_OR_MUNICIPALITY,
    DutyKind.LOCAL_IT_COORDINATOR: Reach.UNIT_OR_MUNICIPALITY,
    DutyKind.IT_MANAGER: Reach.MUNICIPALITY,
    DutyKind.IT_SECURITY_COORDINATOR: Reach.MUNICIPALITY,
}


class NeedsSystemError(Exception):
    """The duty is held for a system, and none was named."""


class NeedsUnitError(Exception):
    """The duty is held for a unit, and none was named."""


class TakesNoSystemError(Exception):
    """The duty is not held for a system."""


class TakesNoUnitError(Exception):
    """The duty is not held for a unit."""


class EndsBeforeStartError(Exception):
    """It would end before it starts."""


class AlreadyHeldError(Exception):
    """The person holds the same duty on some of the days already."""


class OwnDutyError(Exception):
    """Nobody gives a duty to themself, since rights follow from it."""


def add_duty(
    session: BoundSession,
    *,
    person: Person,
    kind: DutyKind,
    unit_id: int | None,
    system_id: int | None,
    starts_on: date,
    ends_on: date | None,
    by: Viewer,
    now: datetime,
) -> Duty:
    """Give a person a duty for a unit, a system or the whole municipality. The roles that follow hold at once.

    Raises OwnDutyError, NeedsSystemError, NeedsUnitError, TakesNoSystemError, TakesNoUnitError, EndsBeforeStartError,
    AlreadyHeldError.
    """
    if by.person_id == person.id:
        raise OwnDutyError
    _check_reach(kind, unit_id, system_id)
    if ends_on is not None and ends_on < starts_on:
        raise EndsBeforeStartError
    duty = Duty(
        person_id=person.id,
        kind=kind,
        unit_id=unit_id,
        system_id=system_id,
        starts_on=starts_on,
        ends_on=ends_on,
        recorded_at=now,
        recorded_by_id=by.account_id,
        source=SOURCE,
    )
    if _held_already(session, duty):
        raise AlreadyHeldError
    session.add(duty)
    details = {"duty": kind.value, "unit": unit_id, "system": system_id, "from": starts_on.isoformat()}
    record(session, "duty.added", subject=person, by=by, **details)
    return duty


def _check_reach(kind: DutyKind, unit_id: int | None, system_id: int | None) -> None:
    reach = REACH[kind]
    if reach is Reach.SYSTEM and system_id is None:
        raise NeedsSystemError
    if reach is not Reach.SYSTEM and system_id is not None:
        raise TakesNoSystemError
    if reach is Reach.UNIT and unit_id is None:
        raise NeedsUnitError
    if reach in (Reach.SYSTEM, Reach.MUNICIPALITY) and unit_id is not None:
        raise TakesNoUnitError


def _held_already(session: BoundSession, duty: Duty) -> bool:
    """Say whether the person holds the same duty on some of the same days."""
    same = select(Duty.id).where(
        Duty.person_id == duty.person_id,
        Duty.kind == duty.kind,
        Duty.unit_id.is_not_distinct_from(duty.unit_id),
        Duty.system_id.is_not_distinct_from(duty.system_id),
        stands(Duty),
        or_(Duty.ends_on.is_(None), Duty.ends_on >= duty.starts_on),
    )
    if duty.ends_on is not None:
        same = same.where(Duty.starts_on <= duty.ends_on)
    return session.scalars(same.limit(1)).first() is not None


def end_duty(session: BoundSession, *, duty: Duty, ends_on: date, by: Viewer, now: datetime) -> None:
    """Let a duty end on a day, the last on which it is held. One that had not begun by then never was.

    The roles that follow from it end with it.
    """
    person = session.get_one(Person, duty.person_id)
    retract([duty], now=now, by_id=by.account_id, why="ended by hand")
    if ends_on >= duty.starts_on:
        session.add(
            Duty(
                person_id=duty.person_id,
                kind=duty.kind,
                unit_id=duty.unit_id,
                system_id=duty.system_id,
                starts_on=duty.starts_on,
                ends_on=ends_on,
                recorded_at=now,
                recorded_by_id=by.account_id,
                source=SOURCE,
            )
        )
    details = {"duty": duty.kind.value, "unit": duty.unit_id, "system": duty.system_id, "until": ends_on.isoformat()}
    record(session, "duty.ended", subject=person, by=by, **details)
