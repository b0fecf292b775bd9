"""What a draft of a requirement would change, and for whom: the rules asked as if it were published. Nothing is written."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Select, or_, select

from tracker.compliance.computing import PEOPLE_AT_A_TIME, rarely_collecting
from tracker.compliance.learners import load_learners
from tracker.compliance.models import Phase
from tracker.db import BoundSession
from tracker.domain import obligations
from tracker.domain.facts import State
from tracker.domain.obligations import AT_FAULT, phases
from tracker.domain.periods import FOREVER, later
from tracker.domain.requirement import Requirement
from tracker.organisation.queries import in_force
from tracker.people.models import Employment, Person
from tracker.requirements.drafts import with_draft
from tracker.requirements.operations import Draft
from tracker.requirements.queries import in_charge, published_versions

SOON_DAYS = 30
"""How far ahead it is told who will be overdue if they do nothing."""

MOST = 0.8
"""A requirement that is for more than this share of the employed is for all staff."""

TO_COMPLETE = frozenset({State.TO_DO, State.GRACE, *AT_FAULT})
"""In these states the course remains to be completed."""

_UNDATED = frozenset({State.EXEMPT, State.ON_HOLD})


class Stretch(NamedTuple):
    """A phase without its reasons."""

    starts_on: date
    ends_on: date | None
    state: State
    due_on: date | None


class Change(StrEnum):
    """How people are reached by a draft. One person may be in several."""

    MATCHED = "matched"  # it would apply to them
    ADDED = "added"  # … and what is published does not
    DROPPED = "dropped"  # what is published does, and it would not
    OVERDUE = "overdue"  # at fault on the day, and not by what is published
    OVERDUE_SOON = "overdue_soon"  # not at fault on the day, but within 30 days if they do nothing; as above
    LATER = "later"  # their date would be a later one
    EARLIER = "earlier"
    TO_COMPLETE = "to_complete"  # they would have the course to complete, and have not by what is published


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a requirement means for whom, from a week before a day on: as it is, and as it would be."""

    day: date
    before: Mapping[int, list[Stretch]] = field(repr=False)
    after: Mapping[int, list[Stretch]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class WhatIf(Outlook):
    """Whom a draft would reach on a day, by id of the person."""

    people: Mapping[Change, frozenset[int]]
    units: Mapping[int, frozenset[int]]
    """Who is employed in which unit on the day."""
    employed: frozenset[int]

    def count(self, change: Change) -> int:
        """Return how many people a draft reaches in one way."""
        return len(self.people[change])

    @property
    def soon(self) -> tuple[date, date]:
        """The days after the day on which it is told who will be overdue, first and last."""
        return later(self.day, 1), later(self.day, SOON_DAYS)

    @property
    def is_for_most(self) -> bool:
        """Whether it would apply to more than 80 % of the employed."""
        return len(self.people[Change.MATCHED] & self.employed) > MOST * len(self.employed)

    @property
    def is_for_all(self) -> bool:
        """Whether it would apply to everyone employed, and there is anyone."""
        return bool(self.employed) and self.employed <= self.people[Change.MATCHED]


def what_if(session: BoundSession, *, requirement_id: int, draft: Draft, day: date) -> WhatIf:
    """Return what publishing a draft would change on a day: against what is published of the requirement, or nothing.

    As many queries for 500 people as for five; 500 people are worked on at a time.

    Raises domain.requirement.ContradictionError.
    """
    since = later(day, -7)
    before = stored_stretches(session, requirement_id, since)
    after = _drafted(session, requirement_id, draft, since)
    employed = session.execute(select(Employment.unit_id, Employment.person_id).where(in_force(Employment, day)))
    units: defaultdict[int, set[int]] = defaultdict(set)
    for unit_id, person_id in employed:
        units[unit_id].add(person_id)
    return WhatIf(
        day,
        before,
        after,
        _people(before, after, day, same_course=_asks_for(session, requirement_id, day) == draft.course_id),
        {unit_id: frozenset(people) for unit_id, people in units.items()},
        frozenset().union(*units.values()),
    )


def stored_stretches(
    session: BoundSession, requirement_id: int, day: date, *, among: Select[int] | None = None
) -> dict[int, list[Stretch]]:
    """Return the stored phases of a requirement from a day on, of everybody or among some; they are what the rules give."""
    statement = (
        select(Phase.person_id, Phase.starts_on, Phase.ends_on, Phase.state, Phase.due_on)
        .where(Phase.requirement_id == requirement_id, or_(Phase.ends_on.is_(None), Phase.ends_on >= day))
        .order_by(Phase.person_id, Phase.starts_on)
    )
    rows = session.execute(statement if among is None else statement.where(Phase.person_id.in_(among)))
    found: defaultdict[int, list[Stretch]] = defaultdict(list)
    for person_id, *columns in rows:
        found[person_id].append(Stretch._make(columns))
    return found


def _drafted(session: BoundSession, requirement_id: int, draft: Draft, day: date) -> dict[int, list[Stretch]]:
    requirement = with_draft(session, requirement_id, draft)
    persons = list(session.scalars(select(Person.id).order_by(Person.id)))
    return computed_stretches(session, [requirement], persons, day)[requirement_id]


def computed_stretches(
    session: BoundSession, requirements: Sequence[Requirement], persons: Sequence[int], day: date
) -> dict[int, dict[int, list[Stretch]]]:
    """Return what the rules say of people and requirements from a day on, by requirement and by person."""
    found: dict[int, dict[int, list[Stretch]]] = {requirement.id: {} for requirement in requirements}
    with rarely_collecting(len(persons)):
        for start in range(0, len(persons), PEOPLE_AT_A_TIME):
            ids = persons[start : start + PEOPLE_AT_A_TIME]
            for person_id, learner in load_learners(session, ids, among=requirements).items():
                for requirement in requirements:
                    found[requirement.id][person_id] = stretches_of(phases(learner, requirement), day)
    return found


def stretches_of(found: Iterable[obligations.Phase], day: date) -> list[Stretch]:
    """Return phases, as the rules give them, from a day on."""
    return [
        Stretch(phase.starts_on, phase.ends_on, phase.state, phase.due_on)
        for phase in found
        if phase.ends_on is None or phase.ends_on >= day
    ]


def _asks_for(session: BoundSession, requirement_id: int, day: date) -> int | None:
    """Return the course that what is published asks for on a day."""
    version = in_charge(published_versions(session, requirement_id), day)
    return None if version is None else version.course_id


def _people(
    before: Mapping[int, list[Stretch]], after: Mapping[int, list[Stretch]], day: date, *, same_course: bool
) -> dict[Change, frozenset[int]]:
    found: dict[Change, set[int]] = {change: set() for change in Change}
    soon = later(day, SOON_DAYS)
    for person_id in before.keys() | after.keys():
        old, new = before.get(person_id, ()), after.get(person_id, ())
        was, becomes = (stretch_on(day, old), stretch_on(soon, old)), (stretch_on(day, new), stretch_on(soon, new))
        for change in changes(was, becomes, same_course=same_course):
            found[change].add(person_id)
    return {change: frozenset(people) for change, people in found.items()}


OnTheDayAndSoon = tuple[Stretch | None, Stretch | None]
"""How an obligation stands on a day, and 30 days later if nothing is done."""


def changes(was: OnTheDayAndSoon, becomes: OnTheDayAndSoon, *, same_course: bool = True) -> Iterator[Change]:
    """Yield how one obligation is reached when it becomes another. `same_course`: it asks for the same as before."""
    (old, old_soon), (new, new_soon) = was, becomes
    if not is_at_fault(new) and is_at_fault(new_soon) and not is_at_fault(old_soon):
        yield Change.OVERDUE_SOON
    if new is None:
        if old is not None:
            yield Change.DROPPED
        return
    yield Change.MATCHED
    if old is None:
        yield Change.ADDED
    elif moved := dates_moved(old, new):
        yield Change.LATER if moved > 0 else Change.EARLIER
    if is_at_fault(new) and not is_at_fault(old):
        yield Change.OVERDUE
    had = old is not None and same_course and old.state in TO_COMPLETE
    if new.state in TO_COMPLETE and not had:
        yield Change.TO_COMPLETE


def dates_moved(was: Stretch, becomes: Stretch) -> int:
    """Return 1 if the due date becomes a later one, -1 if an earlier, and 0 if neither: no date is the latest of all."""
    if {was.state, becomes.state} & _UNDATED:
        return 0
    before, after = was.due_on or FOREVER, becomes.due_on or FOREVER
    return (after > before) - (after < before)


def stretch_on(day: date, stretches: Iterable[Stretch]) -> Stretch | None:
    """Return the stretch that a day is in, or None."""
    for stretch in stretches:
        if stretch.starts_on <= day and (stretch.ends_on is None or day <= stretch.ends_on):
            return stretch
    return None


def is_at_fault(stretch: Stretch | None) -> bool:
    """Say whether a learner is overdue or lapsed on the days of a stretch."""
    return stretch is not None and stretch.state in AT_FAULT
