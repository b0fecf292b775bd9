"""What a roster says about the organisation: new units, and units with a new name or place."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tracker.domain.periods import Days, later

_COMPANY = re.compile(r"\b(AB|KB|bolag|bolaget)$")
_COMMITTEE = re.compile(r"(nämnd|nämnden|styrelse|styrelsen)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class KnownUnit:
    """A unit with its name and place today. Without a placement today it is closed, or not yet open."""

    key: str
    name: str = ""
    parent: str | None = None
    placement_id: int | None = None
    days: Days | None = None
    next_starts_on: date | None = None


class UnitChangeKind(StrEnum):
    """What happens to a unit."""

    NEW = "new"
    RENAMED = "renamed"
    MOVED = "moved"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class UnitChange:
    """A unit as it will be, and how it was. `unit_kind` is a guess for new units; it can be set by hand later."""

    kind: UnitChangeKind
    key: str
    name: str
    parent: str | None
    days: Days
    unit_kind: str = ""
    was: KnownUnit | None = None


@dataclass(frozen=True, slots=True)
class StatedUnit:
    """A unit as a file describes it, and the first day that the file knows of it."""

    name: str
    parent: str | None
    first_day: date


def plan_units(
    stated: Mapping[str, StatedUnit], known: Mapping[str, KnownUnit], *, today: date
) -> tuple[UnitChange, ...]:
    """Return the changes to units. Known units that the file does not mention stay as they are.

    A new unit begins on the first day that the file knows of it or of anything below it, though not later than today;
    another name or place holds from today.
    """
    parents = {key: unit.parent for key, unit in stated.items()}
    first_day = {key: min(unit.first_day, today) for key, unit in stated.items()}
    _begin_before_what_lies_below(first_day, parents)
    kinds = guess_kinds({key: unit.name for key, unit in stated.items()}, parents)
    changes = []
    for key, unit in stated.items():
        was, name, parent = known.get(key), unit.name, unit.parent
        if was is None:
            days = Days(first_day[key])
            changes.append(UnitChange(UnitChangeKind.NEW, key, name, parent, days, unit_kind=kinds[key]))
        elif was.days is None:
            until = later(was.next_starts_on, -1) if was.next_starts_on else None
            changes.append(UnitChange(UnitChangeKind.REOPENED, key, name, parent, Days(today, until), was=was))
        elif (was.name, was.parent) != (name, parent):
            kind = UnitChangeKind.MOVED if was.parent != parent else UnitChangeKind.RENAMED
            days = Days(max(today, was.days.starts_on), was.days.ends_on)
            changes.append(UnitChange(kind, key, name, parent, days, was=was))
    return tuple(changes)


def _begin_before_what_lies_below(first_day: dict[str, date], parents: Mapping[str, str | None]) -> None:
    """Let a unit begin no later than what lies below it, so that a look back finds the way down to everyone."""
    for unit, day in list(first_day.items()):
        above = parents[unit]
        while above in first_day and first_day[above] > day:
            first_day[above] = day
            above = parents[above]


def guess_kinds(names: Mapping[str, str], parents: Mapping[str, str | None]) -> dict[str, str]:
    """Return what kind each unit seems to be, from its place and its name: "municipality", "administration" and so on.

    The top is the municipality. Directly below it lie committees and companies, known by their names, and administrations.
    Further down, a unit with others below it is a department.
    """
    below: defaultdict[str | None, int] = defaultdict(int)
    for parent in parents.values():
        below[parent] += 1
    kinds = {}
    for key, name in names.items():
        parent = parents[key]
        if parent is None:
            kinds[key] = "municipality"
        elif _COMPANY.search(name):
            kinds[key] = "company"
        elif _COMMITTEE.search(name):
            kinds[key] = "committee"
        elif parent in parents and parents[parent] is None:
            kinds[key] = "administration"
        else:
            kinds[key] = "department" if below[key] else "unit"
    return kinds


def misplaced(parents: Mapping[str, str | None], known: Mapping[str, str | None]) -> tuple[set[str], set[str]]:
    """Return which of the units in a file lie below themselves, and all that cannot be placed, those included.

    A unit cannot be placed when its parent is neither in the file nor known, or cannot be placed itself. `known` gives the
    parents that are known today; a unit that is left out stays there, which may close another circle.
    """
    circular: set[str] = set()
    astray: set[str] = set()
    while True:
        above = {**known, **{unit: parent for unit, parent in parents.items() if unit not in astray}}
        circles = {unit for unit in parents if unit not in astray and _below_itself(unit, above)}
        lost = {unit for unit, parent in parents.items() if unit not in astray and parent and parent not in above}
        if not circles and not lost:
            return circular, astray
        circular |= circles
        astray |= circles | lost


def _below_itself(unit: str, parents: Mapping[str, str | None]) -> bool:
    passed: set[str] = set()
    above = parents[unit]
    while above is not None and above not in passed:
        if above == unit:
            return True
        passed.add(above)
        above = parents.get(above)
    return False
