"""Keeping the phase table true, one fact at a time."""

from datetime import date

from benchmarks.bench import Bench
from benchmarks.municipality import FACT, NOW, Invented, compute, invent
from tracker.edge import transaction
from tracker.people.models import Absence


def run(bench: Bench) -> None:
    """Measure one fact in a small municipality and in a large one."""
    large = invent(bench.database, people=bench.people)
    small = invent(bench.database, people=500)
    for invented in (small, large):
        compute(bench.database, invented)
    for size, invented in ((500, small), (bench.people, large)):
        people = iter(invented.people)
        bench.measure(
            f"one absence, among {size:,} people",
            lambda invented=invented, people=people: _one_fact(bench, invented, next(people)),
            floor=lambda invented=invented, people=people: _one_bare_fact(bench, invented, next(people)),
            times=20,
        )


def _one_fact(bench: Bench, invented: Invented, person_id: int) -> None:
    with transaction(bench.database, invented.municipality_id, now=NOW) as session:
        session.add(_absence(person_id))


def _one_bare_fact(bench: Bench, invented: Invented, person_id: int) -> None:
    with bench.database.bound(invented.municipality_id) as session:
        session.add(_absence(person_id))
        session.commit()


def _absence(person_id: int) -> Absence:
    """Return one that changes how its person stands today: phases are removed and put in."""
    return Absence(person_id=person_id, starts_on=date(2026, 11, 1), ends_on=date(2026, 12, 1), **FACT)
