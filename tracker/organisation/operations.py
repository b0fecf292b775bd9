"""Acts on the organisation: adding units, and giving them another name, place or kind from a day. The past stays."""

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import select

from tracker.audit.operations import record
from tracker.db import BoundSession, retract
from tracker.domain.periods import Days, later
from tracker.domain.sorting import sort_key
from tracker.organisation.models import OrgUnit, UnitKind, UnitPlacement
from tracker.organisation.queries import placement_on, subtree_ids
from tracker.permissions import Viewer
from tracker.tables import stands

SOURCE = "manual"


class UnitCycleError(Exception):
    """The unit would lie below itself, on the day or on a later day for which a change is planned."""


class ParentNotThereError(Exception):
    """The unit above is not there on the day."""


class UnitNotThereError(Exception):
    """The unit itself is not there on the day."""


class CodeTakenError(Exception):
    """Another unit has this code."""


def add_unit(
    session: BoundSession,
    *,
    name: str,
    kind: UnitKind,
    parent: OrgUnit | None,
    code: str | None,
    from_day: date,
    by: Viewer,
    now: datetime,
) -> OrgUnit:
    """Add a unit from a day. Also touches everyone, since requirements may be for it. Raises ParentNotThereError, CodeTakenError."""
    if parent is not None and placement_on(session, parent, from_day) is None:
        raise ParentNotThereError
    if code is not None and session.scalar(select(OrgUnit.id).where(OrgUnit.code == code)) is not None:
        raise CodeTakenError
    unit = OrgUnit(code=code, kind=kind)
    session.add(unit)
    session.flush()  # The placement refers to the unit.
    session.add(_placement(unit, name, parent.id if parent else None, days=Days(from_day), by=by, now=now))
    record(session, "unit.added", subject=unit, by=by, name=name, parent=parent.public_id if parent else None)
    return unit


def change_unit(
    session: BoundSession,
    *,
    unit: OrgUnit,
    name: str,
    kind: UnitKind,
    parent: OrgUnit | None,
    from_day: date,
    by: Viewer,
    now: datetime,
) -> None:
    """Give a unit another name or place from a day, until the next change already planned; its kind changes at once.

    What was so before the day stays so. Raises UnitNotThereError, ParentNotThereError, UnitCycleError.
    """
    if unit.kind != kind:
        record(session, "unit.kind_changed", subject=unit, by=by, before=unit.kind.value, after=kind.value)
        unit.kind = kind
    before = placement_on(session, unit, from_day)
    if before is None:
        raise UnitNotThereError
    parent_id = parent.id if parent is not None else None
    if (before.name, before.parent_id) == (name, parent_id):
        return
    if parent is not None and parent_id != before.parent_id:
        if placement_on(session, parent, from_day) is None:
            raise ParentNotThereError
        days = _days_with_changes(session, from_day, before.ends_on)
        if any(parent.id in subtree_ids(session, [unit.id], day) for day in days):
            raise UnitCycleError
    retract([before], now=now, by_id=by.account_id, why="another name or place")
    if before.starts_on < from_day:
        until = Days(before.starts_on, later(from_day, -1))
        session.add(_placement(unit, before.name, before.parent_id, days=until, by=by, now=now))
    session.add(_placement(unit, name, parent_id, days=Days(from_day, before.ends_on), by=by, now=now))
    record(
        session,
        "unit.changed",
        subject=unit,
        by=by,
        from_day=from_day.isoformat(),
        name=[before.name, name],
        moved=parent_id != before.parent_id,
    )


def _days_with_changes(session: BoundSession, first: date, last: date | None) -> Iterator[date]:
    """Yield the first day, and each later one until the last on which the tree is to change."""
    yield first
    coming = select(UnitPlacement.starts_on).where(UnitPlacement.starts_on > first, stands(UnitPlacement))
    if last is not None:
        coming = coming.where(UnitPlacement.starts_on <= last)
    yield from session.scalars(coming.distinct())


def _placement(
    unit: OrgUnit, name: str, parent_id: int | None, *, days: Days, by: Viewer, now: datetime
) -> UnitPlacement:
    return UnitPlacement(
        unit_id=unit.id,
        parent_id=parent_id,
        name=name,
        sort_key=sort_key(name),
        starts_on=days.starts_on,
        ends_on=days.ends_on,
        recorded_at=now,
        recorded_by_id=by.account_id,
        source=SOURCE,
    )
