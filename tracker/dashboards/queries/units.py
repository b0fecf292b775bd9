"""The organisation as an overview chooses from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, select

from tracker.db import BoundSession
from tracker.organisation.models import UnitKind
from tracker.organisation.queries import in_force, in_subtree, tree_on
from tracker.people.models import Employment, Person
from tracker.permissions import Viewer


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit where it lies on a day, named so that it is told apart. `depth` counts from the root, 0."""

    id: int
    public_id: str
    kind: UnitKind
    name: str
    parent_id: int | None
    depth: int


def tree(session: BoundSession, day: date) -> dict[int, Unit]:
    """Return the organisation on a day: units by id, each after the one it lies under, siblings by name."""
    found = tree_on(session, day)
    names = found.names()
    return {
        node.id: Unit(node.id, node.public_id, node.kind, names[node.id], node.parent_id, depth)
        for node, depth in found.in_order()
    }


def choosable(units: Mapping[int, Unit], viewer: Viewer) -> list[Unit]:
    """Return the units a viewer may choose among, in order: all for who sees everyone, else those they manage and below."""
    if viewer.sees_everyone:
        return list(units.values())
    within = set(viewer.managed_unit_ids)
    chosen = []
    for unit in units.values():
        if unit.id in within or unit.parent_id in within:
            within.add(unit.id)
            chosen.append(unit)
    return chosen


def below(units: Mapping[int, Unit], unit: Unit | None) -> list[Unit]:
    """Return the units right below one; of the whole municipality, those right below its root."""
    if unit is not None:
        return [one for one in units.values() if one.parent_id == unit.id]
    roots = [one for one in units.values() if one.parent_id is None]
    return below(units, roots[0]) if len(roots) == 1 else roots


def above(units: Mapping[int, Unit], unit: Unit | None) -> list[Unit]:
    """Return the units that one lies under, the topmost first."""
    found: list[Unit] = []
    while unit is not None and unit.parent_id is not None:
        unit = units.get(unit.parent_id)
        found += [unit] if unit is not None else []
    return found[::-1]


def works_in(unit_id: int, day: date) -> ColumnElement[bool]:
    """Return the condition that a person works in a unit, or below it, on a day."""
    there = in_force(Employment, day), in_subtree(Employment.unit_id, [unit_id], day)
    return Person.id.in_(select(Employment.person_id).where(*there))
