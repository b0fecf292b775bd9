"""Finding people, courses, systems and units by what they are called."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, false, func, select

from tracker.catalogue.queries import Offered, offered
from tracker.dashboards.queries.units import Unit, tree
from tracker.db import BoundSession
from tracker.domain.sorting import sort_key
from tracker.people.models import Person
from tracker.people.queries import called, once_had, visible_to
from tracker.permissions import Permission, Viewer
from tracker.systems.models import ItSystem

T = TypeVar("T")

FIRST = 10
"""How many of each kind a search shows before one asks for all of a kind."""


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """What a search found of one kind: how many there are, and those that are shown."""

    total: int = 0
    shown: tuple[T, ...] = ()


def named_like(words: str, viewer_person_id: int | None) -> ColumnElement[bool]:
    """Return the condition that a person's name holds all the words, or their number or address is what was written.

    Earlier names and numbers count, too.

    A protected identity is found by employee number only, except by the person: to find it by name would tell whose
    it is.
    """
    written = words.strip()
    if not written:
        return false()
    shown = Person.protected_identity.is_(False) | (Person.id == viewer_person_id)
    found = (Person.employee_number == written) | once_had(written)
    found |= shown & (func.lower(Person.email) == written.lower())
    if keys := _keys(words):
        named = shown
        for key in keys:
            named &= called(key)
        found |= named
    return found


def search(
    session: BoundSession, viewer: Viewer, words: str, day: date, *, kind: str, limit: int, offset: int
) -> dict[str, Found[Any]]:
    """Return by kind what a viewer may find: all kinds, or only `kind`. Kinds that hold nothing are left out."""
    if not words:
        return {}
    asked = {
        "people": lambda: people(session, viewer, words, day, limit=limit, offset=offset),
        "courses": lambda: _matching(words, _courses(session, viewer, day), limit=limit, offset=offset),
        "systems": lambda: _matching(words, _systems(session, viewer), limit=limit, offset=offset),
        "units": lambda: _matching(words, _units(session, viewer, day), limit=limit, offset=offset),
    }
    found = {name: question() for name, question in asked.items() if kind in ("", name)}
    return {name: one for name, one in found.items() if one.total}


def people(
    session: BoundSession, viewer: Viewer, words: str, day: date, *, limit: int, offset: int = 0
) -> Found[Person]:
    """Return the people a viewer may see whose name, number or address matches, by name."""
    condition = named_like(words, viewer.person_id) & visible_to(viewer, day)
    total = session.scalars(select(func.count(Person.id)).where(condition)).one()
    rows = session.scalars(
        select(Person).where(condition).order_by(Person.sort_key, Person.id).limit(limit).offset(offset)
    )
    return Found(total, tuple(rows))


def _courses(session: BoundSession, viewer: Viewer, day: date) -> Iterable[tuple[Offered, tuple[str, ...]]]:
    """Return the published courses and documents with their titles in all languages."""
    if not viewer.may(Permission.COURSE_VIEW):
        return []
    return [(one, (one.course.code, *one.version.titles.values())) for one in offered(session, today=day)]


def _systems(session: BoundSession, viewer: Viewer) -> Iterable[tuple[ItSystem, tuple[str, ...]]]:
    """Return the register of systems with their names."""
    if not viewer.may(Permission.SYSTEM_VIEW):
        return []
    register = session.scalars(select(ItSystem).order_by(ItSystem.name))
    return [(system, (system.code, system.name, system.supplier)) for system in register]


def _units(session: BoundSession, viewer: Viewer, day: date) -> Iterable[tuple[Unit, tuple[str, ...]]]:
    """Return the units on the day with their names."""
    if not viewer.may(Permission.ORGANISATION_VIEW):
        return []
    return [(unit, (unit.name,)) for unit in tree(session, day).values()]


def _keys(words: str) -> list[str]:
    return [key for word in words.split() if (key := sort_key(word))]


def _matching(words: str, named: Iterable[tuple[T, tuple[str, ...]]], *, limit: int, offset: int) -> Found[T]:
    """Return what has all the words in its names. There are few courses, systems and units: Python looks them through."""
    keys = _keys(words)
    found = [one for one, names in named if keys and all(key in sort_key(*names) for key in keys)]
    return Found(len(found), tuple(found[offset : offset + limit]))
