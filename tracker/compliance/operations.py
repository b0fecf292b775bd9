"""Keeping the phase table true to the facts and the rules."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.exc import OperationalError

from tracker.compliance.computing import (
    COLUMNS,
    OBLIGATION,
    PEOPLE_AT_A_TIME,
    Differing,
    Progress,
    Row,
    compared,
    elsewhere,
    here,
    rarely_collecting,
)
from tracker.compliance.models import Phase
from tracker.db import BoundSession, Touched, is_busy
from tracker.many_rows import delete_plain, gather_statistics, insert_plain
from tracker.municipalities.models import Municipality
from tracker.people.models import Person
from tracker.requirements.models import Requirement
from tracker.requirements.queries import (
    load_requirements,
    requirements_of_courses,
    requirements_of_units,
    requirements_served,
)
from tracker.tables import NOW_KNOWN_ON


class BusyError(Exception):
    """Others write in the municipality, and it is not our turn yet."""


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
        _recompute(session, _everyone(session))
        return
    _recompute(session, sorted(touched.persons))
    if concerned := _concerned_requirements(session, touched):
        _recompute(session, sorted(touched.persons_in_part - touched.persons), among=concerned)
    if changed := _changed_requirements(session, touched):
        others = [person for person in _everyone(session) if person not in touched.persons]
        _recompute(session, others, among=changed)


def rebuild(session: BoundSession, *, progress: Progress | None = None, processes: int = 1) -> None:
    """Compute everybody's phases anew from what is known, as the session is set, and replace those that differ.

    With several processes, the others compute while this one writes. They see what has been committed only.
    """
    for done, people in rebuilding(session, processes=processes):
        if progress is not None:
            progress(done, people)


def rebuilding(session: BoundSession, *, processes: int = 1) -> Iterator[tuple[int, int]]:
    """Do what `rebuild` does, and yield how many people are done, of how many, after each batch of them."""
    session.flush()  # As in refresh.
    session.info.pop("touched", None)
    wait_for_turn(session)
    persons = _everyone(session)
    with rarely_collecting(len(persons)):
        if processes == 1:
            batches = here(session, persons, load_requirements(session))
        else:
            batches = elsewhere(session, persons, processes)
        for done in _replacing(session, batches):
            yield done, len(persons)


def differences(
    session: BoundSession, *, persons: Collection[int] | None = None, progress: Progress | None = None
) -> list[Difference]:
    """Return where the phase table is not what the rules give, for some people or for everybody. Changes nothing."""
    ids = _everyone(session) if persons is None else sorted(persons)
    with rarely_collecting(len(ids)):
        found = [
            one
            for batch in compared(session, ids, load_requirements(session), progress=progress)
            for one in batch
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
    """Take the municipality's lock, which lasts until the commit, so that its writers wait for each other.

    SQLite has one writer at a time as it is.
    """
    session.execute(_turn(session)).one()


def take_turn(session: BoundSession) -> None:
    """Take the municipality's lock as `wait_for_turn` does, without waiting: on SQLite some seconds at most.

    Raises BusyError if others have it. The transaction is of no use then.
    """
    try:
        session.execute(_turn(session, nowait=True)).one()
    except OperationalError as error:
        if is_busy(error):
            raise BusyError from error
        raise


def _turn(session: BoundSession, *, nowait: bool = False) -> Select[int]:
    municipality = select(Municipality.id).where(Municipality.id == session.municipality_id)
    # Rows that refer to the municipality may still be added: the lock does not cover its key.
    return municipality.with_for_update(key_share=True, nowait=nowait)


def _everyone(session: BoundSession) -> list[int]:
    return list(session.scalars(select(Person.id).order_by(Person.id)))


def _concerned_requirements(session: BoundSession, touched: Touched) -> set[int]:
    served = requirements_served(session, touched.concerned_courses) if touched.concerned_courses else set()
    return touched.concerned_requirements | served


def _changed_requirements(session: BoundSession, touched: Touched) -> set[int]:
    changed = set(touched.requirements)
    if touched.courses:
        changed |= requirements_of_courses(session, touched.courses)
    if touched.units:
        changed |= requirements_of_units(session)
    return changed


def _recompute(session: BoundSession, persons: Sequence[int], *, among: Collection[int] | None = None) -> None:
    """Replace what differs. `among`: the requirements to look at, if not all of them."""
    if not persons:
        return
    few = persons if len(persons) <= PEOPLE_AT_A_TIME else None
    requirements = load_requirements(session, among, persons=few)
    with rarely_collecting(len(persons)):
        for _done in _replacing(session, here(session, persons, requirements, among=among)):
            pass


def _replacing(session: BoundSession, batches: Iterable[tuple[int, Differing]]) -> Iterator[int]:
    """Replace what is to be replaced, and yield how many people are done after each batch of them."""
    known_on = (NOW_KNOWN_ON if session.known is None else session.known.on).isoformat()
    rows = 0
    for done, found in batches:
        delete_plain(session, Phase, OBLIGATION, found.stored, known_on=known_on)
        insert_plain(session, Phase, COLUMNS, found.rows, known_on=known_on)
        rows += len(found.rows)
        yield done
    gather_statistics(session, Phase, rows)
