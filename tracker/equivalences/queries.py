"""Whom it changes that completions of one course count as another's, or no longer do: the rules asked. Nothing is written."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from sqlalchemy import Select, select

from tracker.compliance.queries import Workplace, workplaces
from tracker.compliance.whatif import (
    SOON_DAYS,
    Change,
    OnTheDayAndSoon,
    Stretch,
    changes,
    computed_stretches,
    stored_stretches,
    stretch_on,
)
from tracker.db import BoundSession
from tracker.domain.periods import later
from tracker.domain.requirement import Equivalence
from tracker.learning.models import Completion
from tracker.paging import Page, cut
from tracker.people.models import Person
from tracker.people.queries import in_name_order, visible_to
from tracker.permissions import Viewer
from tracker.requirements.queries import listed, load_requirements, requirements_of_courses
from tracker.tables import stands

A_PAGE = 50


class Effect(StrEnum):
    """How an obligation becomes another. One may become so in several ways; what is worth knowing first comes first."""

    OVERDUE = "overdue"  # at fault on the day, and not as it is
    OVERDUE_SOON = "overdue_soon"  # not at fault on the day, but within 30 days if they do nothing; as above
    RELIEVED = "relieved"  # no longer at fault
    EARLIER = "earlier"  # the date becomes an earlier one
    LATER = "later"
    TO_COMPLETE = "to_complete"  # the course remains to be completed, and does not as it is
    COMPLETED = "completed"  # … the other way round


@dataclass(frozen=True, slots=True)
class Changed:
    """One obligation that would be another: as it is on the day, and as it would be."""

    person_id: int
    requirement_id: int
    before: Stretch
    after: Stretch
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class Consequences:
    """Whom it changes on a day, and how."""

    day: date
    changed: tuple[Changed, ...]
    completed: Select[int] = field(repr=False)
    """Who has completed the other course: nobody else can be changed."""

    @property
    def people(self) -> frozenset[int]:
        """Everybody whom it changes anything for."""
        return frozenset(one.person_id for one in self.changed)

    @property
    def fingerprint(self) -> str:
        """Return what stands for them: it is another when anyone would be changed otherwise."""
        said = sorted(repr(one) for one in self.changed)
        return hashlib.sha256("\n".join(said).encode()).hexdigest()

    def count(self, effect: Effect) -> int:
        """Return for how many people it does one thing."""
        return len({one.person_id for one in self.changed if effect in one.effects})


def consequences(session: BoundSession, equivalence: Equivalence, *, counts: bool, day: date) -> Consequences:
    """Return what it would change on a day that completions of another course count (`counts`), or no longer do.

    Only those who have completed that other course can be reached. As many queries for 500 people as for one; 500 people
    are worked on at a time.
    """
    since, soon = later(day, -7), later(day, SOON_DAYS)
    completed = select(Completion.person_id).where(
        Completion.course_id == equivalence.accepted_course_id, stands(Completion)
    )
    persons = sorted(session.scalars(completed.distinct()))
    requirements = [
        replace(
            requirement,
            equivalences=(
                *(one for one in requirement.equivalences if one != equivalence),
                *([equivalence] if counts else []),
            ),
        )
        for requirement in load_requirements(session, requirements_of_courses(session, {equivalence.course_id}))
    ]
    computed = computed_stretches(session, requirements, persons, since)
    changed = []
    for requirement_id, after in computed.items():
        before = stored_stretches(session, requirement_id, since, among=completed)
        for person_id, stretches in after.items():
            stored = before.get(person_id, ())
            was, becomes = stretch_on(day, stored), stretch_on(day, stretches)
            if was is None or becomes is None:
                continue  # It does not apply on the day: whom it applies to is not what changes.
            effects = _effects((was, stretch_on(soon, stored)), (becomes, stretch_on(soon, stretches)))
            if effects or was.state is not becomes.state:
                changed.append(Changed(person_id, requirement_id, was, becomes, effects))
    return Consequences(day, tuple(changed), completed)


def _effects(was: OnTheDayAndSoon, becomes: OnTheDayAndSoon) -> tuple[Effect, ...]:
    there, back = set(changes(was, becomes)), set(changes(becomes, was))
    found = {change.value for change in there}
    found |= {effect for effect, reverse in _REVERSES.items() if reverse in back}
    return tuple(effect for effect in Effect if effect in found)


# What it is when it would be the other way round.
_REVERSES = {Effect.RELIEVED: Change.OVERDUE, Effect.COMPLETED: Change.TO_COMPLETE}


@dataclass(frozen=True, slots=True)
class Named:
    """An obligation that would be another, with whose it is and what it is called."""

    person: Person
    workplaces: list[Workplace]
    titles: dict[str, str]
    changed: Changed


def named(
    session: BoundSession, found: Consequences, viewer: Viewer, *, number: int = 1, size: int = A_PAGE
) -> Page[Named]:
    """Return a page of those changed whom a viewer may see: who becomes overdue first, then by name. Four queries.

    Only the page's people are read; what is changed is known already, and no row of the database.
    """
    names = select(Person.id).where(Person.id.in_(found.completed), visible_to(viewer, found.day))
    place = {id_: at for at, id_ in enumerate(session.scalars(names.order_by(*in_name_order())))}
    seen = [one for one in found.changed if one.person_id in place]
    seen.sort(key=lambda one: (_urgency(one), place[one.person_id]))
    shown, number = cut(seen, number=number, size=size)
    ids = {one.person_id for one in shown}
    people = {person.id: person for person in session.scalars(select(Person).where(Person.id.in_(ids)))}
    places: Mapping[int, list[Workplace]] = workplaces(session, ids, found.day)
    titles = {one.requirement.id: one.version.titles for one in listed(session, found.day)}
    rows = [
        Named(people[one.person_id], places.get(one.person_id, []), titles[one.requirement_id], one) for one in shown
    ]
    return Page(rows, number, len(seen), size)


def _urgency(one: Changed) -> int:
    return list(Effect).index(one.effects[0]) if one.effects else len(Effect)
