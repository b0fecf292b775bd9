"""Keeping the phase table true: everything from nothing, and one fact at a time."""

from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import delete, insert, select

from benchmarks.bench import Bench, seconds
from benchmarks.municipality import FACT, NOW, Invented, invent
from tracker.compliance.computing import PEOPLE_AT_A_TIME
from tracker.compliance.models import Phase
from tracker.compliance.operations import rebuild
from tracker.edge import transaction
from tracker.people.models import Absence


def run(bench: Bench) -> None:
    """Measure a full rebuild, a rebuild that finds nothing to change, and one fact in small and large."""
    large = invent(bench.database, people=bench.people)
    bench.report(
        f"{bench.people:,} people × 10 requirements, from nothing",
        seconds(lambda: _rebuild(bench, large)),
        _bare_insert(bench, large),
    )
    bench.measure("… again, nothing to change", lambda: _rebuild(bench, large))
    small = invent(bench.database, people=500)
    _rebuild(bench, small)
    for size, invented in ((500, small), (bench.people, large)):
        days = iter(range(1_000))
        bench.measure(
            f"one absence, among {size:,} people",
            lambda invented=invented, days=days: _one_fact(bench, invented, days),
            floor=lambda invented=invented, days=days: _one_bare_fact(bench, invented, days),
            times=20,
        )


def _rebuild(bench: Bench, invented: Invented, *, processes: int = 1) -> None:
    with bench.database.bound(invented.municipality_id) as session:
        rebuild(session, processes=processes)
        session.commit()


def _bare_insert(bench: Bench, invented: Invented) -> float:
    """Return how long it takes to insert the phases that are there, knowing them: they are taken out and put back."""
    columns = [getattr(Phase, column.key) for column in Phase.__table__.columns if column.key != "id"]
    spent = 0.0
    with bench.database.bound(invented.municipality_id) as session:
        for start in range(0, len(invented.people), PEOPLE_AT_A_TIME):
            theirs = Phase.person_id.in_(invented.people[start : start + PEOPLE_AT_A_TIME])
            rows = [dict(row) for row in session.execute(select(*columns).where(theirs)).mappings()]
            session.execute(delete(Phase).where(theirs), execution_options={"synchronize_session": False})
            spent += seconds(lambda rows=rows: session.connection().execute(insert(Phase), rows))
        return spent + seconds(session.commit)


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
