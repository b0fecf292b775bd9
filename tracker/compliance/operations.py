"""Keeping the phase table true to the facts and the rules."""

import gc
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import delete, select

from tracker.compliance.learners import load_learners
from tracker.compliance.models import Phase
from tracker.db import BoundSession, Touched, insert_many
from tracker.domain import requirement as rules
from tracker.domain.due import Reason
from tracker.domain.facts import Learner, State
from tracker.domain.obligations import phases
from tracker.municipalities.models import Municipality
from tracker.people.models import Person
from tracker.requirements.models import Requirement
from tracker.requirements.queries import load_requirements, requirements_of_courses, requirements_of_units

Progress = Callable[[int, int], None]
"""Told how many people are done, of how many."""

PEOPLE_AT_A_TIME = 500
"""Decides how much memory a rebuild takes, whatever the size of the municipality."""

ROWS_AT_A_TIME = 10_000
"""How many values one statement carries; SQLite takes at most 32,766."""


Row = tuple[date, date | None, State, date | None, date | None, Reason, int, str]
"""A phase as it is stored, but for whose it is: what `COLUMNS` hold. Plain, since there are millions."""

COLUMNS = ("starts_on", "ends_on", "state", "due_on", "valid_until", "reason", "version_id", "line_ids")

_STORED = ("person_id", "requirement_id", *COLUMNS)


@dataclass(frozen=True, slots=True)
class Difference:
    """An obligation whose stored phases are not those that the rules give. There must be none."""

    person: str  # public id
    requirement: str  # code
    stored: list[Row]
    computed: list[Row]


def refresh(session: BoundSession) -> None:
    """Compute anew the phases of whom and what this transaction touched, and replace those that differ.

    The edge calls this once, just before it commits. Writers of one municipality wait for each other here: two that
    touch the same person would each miss what the other has not yet committed.
    """
    session.flush()  # What is pending touches too.
    touched: Touched | None = session.info.pop("touched", None)
    if not touched:
        return
    wait_for_turn(session)
    if touched.everything:
        _recompute(session, _everyone(session), load_requirements(session))
        return
    if touched.persons:
        _recompute(session, sorted(touched.persons), load_requirements(session))
    if changed := _changed_requirements(session, touched):
        others = [person for person in _everyone(session) if person not in touched.persons]
        _recompute(session, others, load_requirements(session, changed), among=changed)


def rebuild(session: BoundSession, *, progress: Progress | None = None) -> None:
    """Compute everybody's phases anew, and replace those that differ."""
    session.flush()  # As in refresh.
    session.info.pop("touched", None)
    wait_for_turn(session)
    _recompute(session, _everyone(session), load_requirements(session), progress=progress)


def compute(
    session: BoundSession,
    requirements: Sequence[rules.Requirement],
    *,
    known_on: date,
    progress: Progress | None = None,
) -> None:
    """Store everybody's phases as computed from what was known on a past day, to which the session is set."""
    persons = _everyone(session)
    with rarely_collecting(len(persons)):
        for start in range(0, len(persons), PEOPLE_AT_A_TIME):
            ids = persons[start : start + PEOPLE_AT_A_TIME]
            rows = [
                {**dict(zip(_STORED, (person_id, requirement.id, *row), strict=True)), "known_on": known_on}
                for person_id, learner in load_learners(session, ids).items()
                for requirement in requirements
                for row in _rows(learner, requirement)
            ]
            insert_many(session, Phase, rows)
            if progress is not None:
                progress(start + len(ids), len(persons))


def differences(
    session: BoundSession, *, persons: Collection[int] | None = None, progress: Progress | None = None
) -> list[Difference]:
    """Return where the phase table is not what the rules give, for some people or for everybody. Changes nothing."""
    ids = _everyone(session) if persons is None else sorted(persons)
    with rarely_collecting(len(ids)):
        found = [
            one
            for compared in _compared(session, ids, load_requirements(session), None, progress)
            for one in compared
            if one.stored != one.computed
        ]
    people = _names(session, Person.id, Person.public_id, {one.person_id for one in found})
    requirements = _names(session, Requirement.id, Requirement.code, {one.requirement_id for one in found})
    return [
        Difference(people[one.person_id], requirements[one.requirement_id], one.stored, one.computed) for one in found
    ]


def _names(session: BoundSession, id_: Any, name: Any, ids: Collection[int]) -> dict[int, str]:
    return {row[0]: row[1] for row in session.execute(select(id_, name).where(id_.in_(ids)))} if ids else {}


def wait_for_turn(session: BoundSession) -> None:
    """Make the writers of one municipality wait for each other: take the municipality's lock, which lasts until the commit. SQLite has one writer at a time as it is."""
    municipality = select(Municipality.id).where(Municipality.id == session.municipality_id)
    # Rows that refer to the municipality may still be added: the lock does not cover its key.
    session.execute(municipality.with_for_update(key_share=True)).one()


def _everyone(session: BoundSession) -> list[int]:
    return list(session.scalars(select(Person.id).order_by(Person.id)))


def _changed_requirements(session: BoundSession, touched: Touched) -> set[int]:
    changed = set(touched.requirements)
    if touched.courses:
        changed |= requirements_of_courses(session, touched.courses)
    if touched.units:
        changed |= requirements_of_units(session)
    return changed


class _Compared(NamedTuple):
    """One obligation: what is stored of it, and what the rules give."""

    person_id: int
    requirement_id: int
    stored_ids: list[int]
    stored: list[Row]
    computed: list[Row]


@contextmanager
def rarely_collecting(people: int) -> Generator[None]:
    """Let the garbage collector look less often among many people: a batch makes many rows, but no cycles."""
    usual = gc.get_threshold()
    if people > PEOPLE_AT_A_TIME:
        gc.set_threshold(50 * usual[0], *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _recompute(
    session: BoundSession,
    persons: Sequence[int],
    requirements: Sequence[rules.Requirement],
    *,
    among: Collection[int] | None = None,
    progress: Progress | None = None,
) -> None:
    """Replace what differs. `among`: the requirements to look at, if not all of them."""
    with rarely_collecting(len(persons)):
        for compared in _compared(session, persons, requirements, among, progress):
            differing = [one for one in compared if one.stored != one.computed]
            _remove(session, [id_ for one in differing for id_ in one.stored_ids])
            rows = [
                dict(zip(_STORED, (one.person_id, one.requirement_id, *row), strict=True))
                for one in differing
                for row in one.computed
            ]
            insert_many(session, Phase, rows)


def _remove(session: BoundSession, ids: Sequence[int]) -> None:
    for start in range(0, len(ids), ROWS_AT_A_TIME):
        session.execute(
            delete(Phase).where(Phase.id.in_(ids[start : start + ROWS_AT_A_TIME])),
            execution_options={"synchronize_session": False},
        )


def _compared(
    session: BoundSession,
    persons: Sequence[int],
    requirements: Sequence[rules.Requirement],
    among: Collection[int] | None,
    progress: Progress | None,
) -> Iterator[list[_Compared]]:
    """Yield what is stored and what the rules give, a batch of people at a time: every obligation there is or was."""
    for start in range(0, len(persons), PEOPLE_AT_A_TIME):
        ids = persons[start : start + PEOPLE_AT_A_TIME]
        stored = _stored(session, ids, among)
        batch = []
        for person_id, learner in load_learners(session, ids).items():
            for requirement in requirements:
                computed = _rows(learner, requirement)
                stored_ids, rows = stored.pop((person_id, requirement.id), ([], []))
                if computed or rows:
                    batch.append(_Compared(person_id, requirement.id, stored_ids, rows, computed))
        # What is left is of requirements that no longer say anything.
        batch += [_Compared(*obligation, stored_ids, rows, []) for obligation, (stored_ids, rows) in stored.items()]
        yield batch
        if progress is not None:
            progress(start + len(ids), len(persons))


def _rows(learner: Learner, requirement: rules.Requirement) -> list[Row]:
    return [
        (
            phase.starts_on,
            phase.ends_on,
            phase.state,
            phase.due_on,
            phase.valid_until,
            phase.because.reason,
            phase.because.version_id,
            " ".join(map(str, phase.because.line_ids)),
        )
        for phase in phases(learner, requirement)
    ]


def _stored(
    session: BoundSession, persons: Collection[int], among: Collection[int] | None
) -> dict[tuple[int, int], tuple[list[int], list[Row]]]:
    """Return the stored phases of some people, by person and requirement, in order of days."""
    columns = [getattr(Phase, name) for name in COLUMNS]
    statement = select(Phase.person_id, Phase.requirement_id, Phase.id, *columns).where(Phase.person_id.in_(persons))
    if among is not None:
        statement = statement.where(Phase.requirement_id.in_(among))
    found = {}
    ordered = statement.order_by(Phase.person_id, Phase.requirement_id, Phase.starts_on)
    for obligation, rows in groupby(session.execute(ordered), key=lambda row: (row[0], row[1])):
        together = list(rows)
        found[obligation] = ([row[2] for row in together], [tuple(row[3:]) for row in together])
    return found
