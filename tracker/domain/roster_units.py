"""What a roster says about the organisation: new units, and units with a new name or place."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tracker.domain.periods import Days, later
from tracker.domain.roster_rows import Entry

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


def plan_units(entries: Iterable[Entry], known: Mapping[str, KnownUnit], *, today: date) -> tuple[UnitChange, ...]:
    """Return the changes to units. Known units that the file does not mention stay as they are."""
    stated: dict[str, tuple[str, str | None]] = {}
    first_day: dict[str, date] = {}
    for entry in entries:
        stated.setdefault(entry.unit, (entry.unit_name, entry.parent))
        first_day[entry.unit] = min(first_day.get(entry.unit, today), entry.days.starts_on)
    parents = {key: parent for key, (_name, parent) in stated.items()}
    _begin_before_what_lies_below(first_day, parents)
    kinds = guess_kinds({key: name for key, (name, _parent) in stated.items()}, parents)
    changes = []
    for key, (name, parent) in stated.items():
        was = known.get(key)
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
