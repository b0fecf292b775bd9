"""Which notices a day calls for: the managers' weekly digest, sent only when it is needed."""

from collections import defaultdict
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from tracker.domain.facts import State
from tracker.domain.periods import later

SOON_DAYS = 14
"""What is due within so many days is due soon."""

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class DigestRow:
    """How one obligation stands today, and since when its state is what it is, whatever dates changed meanwhile."""

    person_id: int
    requirement_id: int
    state: State
    since: date
    due_on: date | None


@dataclass(frozen=True, slots=True)
class DigestPerson:
    """A person in a digest, and the obligations that put them there, the most urgent first."""

    person_id: int
    rows: tuple[DigestRow, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """A manager's people who need something. Each person is in the first group that fits, the most urgent first."""

    overdue: tuple[DigestPerson, ...]
    newly_lapsed: tuple[DigestPerson, ...]
    due_soon: tuple[DigestPerson, ...]
    still_lapsed: tuple[DigestPerson, ...]
    """Already told of: shown, but no reason to write."""

    @property
    def people(self) -> set[int]:
        """Return the ids of the people whom the digest is about."""
        groups = (self.overdue, self.newly_lapsed, self.due_soon, self.still_lapsed)
        return {person.person_id for group in groups for person in group}


class _Group(IntEnum):
    OVERDUE = 0
    NEWLY_LAPSED = 1
    DUE_SOON = 2
    STILL_LAPSED = 3


def weekly_digest(rows: Iterable[DigestRow], today: date, *, last_digest: date | None = None) -> Digest | None:
    """Return what to tell a manager today, or None if nothing calls for a mail.

    Something does when anyone is overdue, is due within 14 days, or has lapsed since the last digest (a week ago,
    unless told otherwise).
    """
    told_to = last_digest or later(today, -7)
    by_person: dict[int, list[tuple[_Group, date, DigestRow]]] = defaultdict(list)
    for row in rows:
        group = _group(row, today, told_to)
        if group is not None:
            by_person[row.person_id].append((group, row.due_on or today, row))
    groups: dict[_Group, list[tuple[date, DigestPerson]]] = {group: [] for group in _Group}
    for person_id, found in by_person.items():
        found.sort(key=lambda one: (one[0], one[1], one[2].requirement_id))
        group, due_on, _row = found[0]
        groups[group].append((due_on, DigestPerson(person_id, tuple(row for _group, _due_on, row in found))))
    if not any(groups[group] for group in _Group if group is not _Group.STILL_LAPSED):
        return None
    return Digest(*(_in_order(groups[group]) for group in _Group))


def _group(row: DigestRow, today: date, told_to: date) -> _Group | None:
    match row.state:
        case State.OVERDUE:
            return _Group.OVERDUE
        case State.LAPSED:
            return _Group.NEWLY_LAPSED if row.since > told_to else _Group.STILL_LAPSED
        case State.TO_DO | State.RENEW | State.GRACE:
            soon = row.due_on is not None and row.due_on <= later(today, SOON_DAYS)
            return _Group.DUE_SOON if soon else None
        case _:
            return None


def _in_order(people: list[tuple[date, DigestPerson]]) -> tuple[DigestPerson, ...]:
    return tuple(person for _, person in sorted(people, key=lambda one: (one[0], one[1].person_id)))


def is_working_day(day: date, holidays: Container[date]) -> bool:
    """Say whether a day is neither in a weekend nor a holiday."""
    return day.weekday() < SATURDAY and day not in holidays


def digest_day(today: date, weekday: int, holidays: Container[date]) -> date | None:
    """Return which weekly digest may be sent today, named by the day it was planned for, or None on a day of rest.

    It is the latest one planned, so that one that fell on a holiday, or was missed, goes out on the next working day.
    Keep what was sent by this name, and nobody gets it twice. `weekday`: 0 is Monday.
    """
    if not is_working_day(today, holidays):
        return None
    return later(today, -((today.weekday() - weekday) % 7))
