"""Keeping the phase table true, one fact at a time."""

from collections.abc import Iterator
from datetime import date, timedelta

from benchmarks.bench import Bench
from benchmarks.municipality import FACT, NOW, Invented, invent
from tracker.compliance.operations import rebuild
from tracker.edge import transaction
from tracker.people.models import Absence


def run(bench: Bench) -> None:
    """Measure one fact in a small municipality and in a large one."""
    large = invent(bench.database, people=bench.people)
    small = invent(bench.database, people=500)
    for invented in (small, large):
        with bench.database.bound(invented.municipality_id) as session:
            rebuild(session)
            session.commit()
    for size, invented in ((500, small), (bench.people, large)):
        days = iter(range(1_000))
        bench.measure(
            f"one absence, among {size:,} people",
            lambda invented=invented, days=days: _one_fact(bench, invented, days),
            floor=lambda invented=invented, days=days: _one_bare_fact(bench, invented, days),
            times=20,
        )


def _one_fact(bench: Bench, invented: Invented, days: Iterator[int]) -> None:
    with transaction(bench.database, invented.municipality_id, now=NOW) as session:
        session.add(_absence(invented, days))


def _one_bare_fact(bench: Bench, invented: Invented, days: Iterator[int]) -> None:
    with bench.database.bound(invented.municipality_id) as session:
        session.add(_absence(invented, days))
        session.commit()


def _absence(invented: Invented, days: Iterator[int]) -> Absence:
    day = date(2020, 1, 1) + timedelta(days=next(days))
    return Absence(person_id=invented.people[0], starts_on=day, ends_on=day, **FACT)
