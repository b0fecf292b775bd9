"""What the rules give beside what is stored, some people at a time: in this process, or in others."""

import gc
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, String, cast, select
from sqlalchemy.orm import InstrumentedAttribute

from tracker.compliance.learners import load_learners
from tracker.compliance.models import Phase
from tracker.db import BoundSession, Database, Known
from tracker.domain import requirement as rules
from tracker.domain.due import Reason
from tracker.domain.facts import Learner, State
from tracker.domain.obligations import work_out
from tracker.domain.periods import FOREVER
from tracker.many_rows import one_of
from tracker.requirements.queries import load_requirements

Progress = Callable[[int, int], None]
"""Told how many people are done, of how many."""

PEOPLE_AT_A_TIME = 500
"""Decides how much memory a rebuild takes, whatever the size of the municipality."""

Row = tuple[int, int, str, str | None, str, str | None, str | None, str, int, str]
"""A phase as it is stored: what `COLUMNS` hold, days and words as texts.

Plain, since there are millions, to be read, compared, handed from process to process and written as they are.
"""

OBLIGATION = ("person_id", "requirement_id")
COLUMNS = (*OBLIGATION, "starts_on", "ends_on", "state", "due_on", "valid_until", "reason", "version_id", "line_ids")


class Compared(NamedTuple):
    """One obligation: what is stored of it, and what the rules give."""

    person_id: int
    requirement_id: int
    stored: list[Row]
    computed: list[Row]


@contextmanager
def rarely_collecting(people: int) -> Generator[None]:
    """Let the garbage collector look less often among many people: a batch makes many rows, but no cycles."""
    usual = gc.get_threshold()
    if people > PEOPLE_AT_A_TIME:
        _collect_rarely()
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _collect_rarely() -> None:
    often, *usual = gc.get_threshold()
    gc.set_threshold(1_000 * often, *usual)


def compared(
    session: BoundSession,
    persons: Sequence[int],
    requirements: Sequence[rules.Requirement],
    *,
    among: Collection[int] | None = None,
    progress: Progress | None = None,
) -> Iterator[list[Compared]]:
    """Yield what is stored and what the rules give, a batch of people at a time: every obligation there is or was.

    `among`: the requirements to look at, if not all of them.
    """
    for start in range(0, len(persons), PEOPLE_AT_A_TIME):
        ids = persons[start : start + PEOPLE_AT_A_TIME]
        stored = _stored_of(session, ids, among)
        batch = []
        known = load_learners(session, ids, among=None if among is None else requirements)
        for person_id, learner in known.items():
            for requirement in requirements:
                computed = rows_of(person_id, learner, requirement)
                rows = stored.pop((person_id, requirement.id), [])
                if computed or rows:
                    batch.append(Compared(person_id, requirement.id, rows, computed))
        # What is left is of requirements that no longer say anything.
        batch += [Compared(*obligation, rows, []) for obligation, rows in stored.items()]
        yield batch
        if progress is not None:
            progress(start + len(ids), len(persons))


class Differing(NamedTuple):
    """What is to be replaced: the obligations whose phases are stored, and the rows that take their place."""

    stored: list[tuple[int, int]]
    rows: list[Row]


def differing(batch: Sequence[Compared]) -> Differing:
    """Return what is to be replaced of a batch."""
    different = [one for one in batch if one.stored != one.computed]
    return Differing(
        [(one.person_id, one.requirement_id) for one in different if one.stored],
        [row for one in different for row in one.computed],
    )


def here(
    session: BoundSession,
    persons: Sequence[int],
    requirements: Sequence[rules.Requirement],
    *,
    among: Collection[int] | None = None,
) -> Generator[tuple[int, Differing]]:
    """Yield how many people are done and what is to be replaced, some people at a time. `among`: as for `compared`."""
    done = 0
    for batch in compared(session, persons, requirements, among=among):
        done = min(done + PEOPLE_AT_A_TIME, len(persons))
        yield done, differing(batch)


def elsewhere(session: BoundSession, persons: Sequence[int], processes: int) -> Generator[tuple[int, Differing]]:
    """Yield the same, computed in other processes.

    Those see what has been committed only. No more batches are on their way than the processes need, so that memory stays
    constant when whoever writes is slower.
    """
    waiting = deque(persons[start : start + PEOPLE_AT_A_TIME] for start in range(0, len(persons), PEOPLE_AT_A_TIME))
    engine = session.get_bind().engine
    begin = (engine.url.render_as_string(hide_password=False), session.municipality_id, session.known)
    # Not forked: a child that inherits connections to the database spoils them.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawn, initializer=_begin_elsewhere, initargs=begin) as pool:
        under_way: deque[tuple[int, Future[Differing]]] = deque()
        done = 0
        try:
            while waiting or under_way:
                while waiting and len(under_way) <= 2 * processes:
                    batch = waiting.popleft()
                    under_way.append((len(batch), pool.submit(_differing, batch)))
                number, result = under_way.popleft()
                done += number
                yield done, result.result()
        finally:
            pool.shutdown(cancel_futures=True)


class _Elsewhere(NamedTuple):
    session: BoundSession
    requirements: list[rules.Requirement]


_elsewhere: list[_Elsewhere] = []
"""What one of the other processes works with, from its beginning to its end."""


def _begin_elsewhere(url: str, municipality_id: int, known: Known | None) -> None:
    end_with_parent()
    session = Database(url).bound(municipality_id, reading=True)
    session.known = known
    _collect_rarely()
    _elsewhere.append(_Elsewhere(session, load_requirements(session)))


def end_with_parent() -> None:
    """Let this process end as soon as the one that started it does, even if killed: it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # Called in processes that were started for their work only.

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _differing(persons: Sequence[int]) -> Differing:
    (own,) = _elsewhere
    (batch,) = compared(own.session, persons, own.requirements)
    return differing(batch)


def rows_of(person_id: int, learner: Learner, requirement: rules.Requirement) -> list[Row]:
    """Return the phases that the rules give of a person, as they are stored."""
    requirement_id = requirement.id
    return [
        (
            person_id,
            requirement_id,
            _TEXTS[first],
            _TEXTS[last],
            _WORDS[state],
            _TEXTS[due_on],
            _TEXTS[valid_until],
            _WORDS[reason],
            worked.part.version.id,
            _listed(line_ids),
        )
        for worked in work_out(learner, requirement)
        for (first, last, (state, due_on, valid_until, reason)), (line_ids, _) in zip(
            worked.spells, worked.ways, strict=True
        )
    ]


# Equal texts are one text: handing it to another process again costs next to nothing.
_WORDS = {word: word.value for words in (State, Reason) for word in words}


class _Texts(dict[date | None, Any]):
    """The text of each day that has come up: the same do for person after person. There are not many days."""

    def __missing__(self, day: date) -> str:
        text = self[day] = day.isoformat()
        return text


_TEXTS = _Texts({None: None, FOREVER: None})


@lru_cache  # There are few lines, and many phases of each.
def _listed(ids: tuple[int, ...]) -> str:
    return " ".join(map(str, ids))


def _as_stored(column: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    return column.expression if isinstance(column.type, Integer) else cast(column, String)


def _stored_of(
    session: BoundSession, persons: Collection[int], among: Collection[int] | None
) -> dict[tuple[int, int], list[Row]]:
    """Return the stored phases of some people, by person and requirement, in order of days."""
    columns = [_as_stored(getattr(Phase, name)) for name in COLUMNS]
    statement = select(*columns).where(one_of(session, Phase.person_id, persons))
    if among is not None:
        statement = statement.where(Phase.requirement_id.in_(among))
    ordered = statement.order_by(Phase.person_id, Phase.requirement_id, Phase.starts_on)
    by_obligation = groupby(session.execute(ordered), key=lambda row: (row[0], row[1]))
    return {obligation: [tuple(row) for row in rows] for obligation, rows in by_obligation}
