"""The same act for a list of 5,000 people: looking at it first, doing it, undoing it."""

from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update

from benchmarks.bench import Bench, seconds
from benchmarks.municipality import NOW, Invented, compute, invent
from tracker.bulk import operations
from tracker.bulk.models import Act, Batch, BatchItem
from tracker.bulk.operations import Terms
from tracker.bulk.queries import FACTS
from tracker.bulk.reading import MAX_ROWS, ListRow
from tracker.catalogue.models import CourseVersion
from tracker.db import BoundSession
from tracker.edge import transaction
from tracker.learning.models import Certificate, Completion
from tracker.permissions import Role, Viewer, system

TODAY = date(2026, 11, 23)
WHY = "Fel lista"


def run(bench: Bench) -> None:
    """Measure an assignment and an attendance list; the floor is to write the same rows, and nothing else."""
    people = 50_000 if bench.full else MAX_ROWS
    invented = invent(bench.database, people=people)
    compute(bench.database, invented)
    with bench.database.bound(invented.municipality_id, reading=True) as session:
        course_id = session.scalars(select(CourseVersion.course_id)).first()
    assign = Terms(Act.ASSIGN, requirement_id=invented.requirements[0], starts_on=TODAY, reason="Prov")
    complete = Terms(Act.COMPLETE, course_id=course_id, completed_on=TODAY, signer="Lena Lärare")
    for label, terms in ((f"{MAX_ROWS:,} assignments", assign), (f"{MAX_ROWS:,} completions", complete)):
        took = seconds(lambda terms=terms: _look(bench, invented, terms))
        bench.report(f"{label} among {people:,} people, looked at", took, _writing(bench, invented, BatchItem))
        took = seconds(lambda: _apply(bench, invented))
        bench.report("… done", took, _writing(bench, invented, FACTS[terms.act]))
        took = seconds(lambda: _undo(bench, invented))
        bench.report("… undone", took, _retracting(bench, invented, FACTS[terms.act]))


def _look(bench: Bench, invented: Invented, terms: Terms) -> None:
    rows = [ListRow(number, str(number - 1)) for number in range(1, MAX_ROWS + 1)]
    with transaction(bench.database, invented.municipality_id, now=NOW) as session:
        batch = operations.stage(session, terms=terms, rows=rows, by=_by(invented), now=NOW, today=TODAY)
        assert batch.summary["done"] > MAX_ROWS * 0.9


def _apply(bench: Bench, invented: Invented) -> None:
    with transaction(bench.database, invented.municipality_id, now=NOW) as session:
        operations.apply(session, batch=_latest(session), by=_by(invented), now=NOW, today=TODAY)


def _undo(bench: Bench, invented: Invented) -> None:
    with transaction(bench.database, invented.municipality_id, now=NOW) as session:
        operations.undo(session, batch=_latest(session), why=WHY, by=_by(invented), now=NOW, today=TODAY)


def _by(invented: Invented) -> Viewer:
    return replace(system(invented.municipality_id, "benchmark"), roles=frozenset({Role.HR}))


def _latest(session: BoundSession) -> Batch:
    return session.scalars(select(Batch).order_by(Batch.id.desc())).first()


def _writing(bench: Bench, invented: Invented, kind: Any) -> float:
    """Return how long it takes to write the batch's rows of a table, knowing them: they are taken out and put back."""
    with bench.database.bound(invented.municipality_id) as session:
        tables = [(kind.__table__, _of(_latest(session), kind))]
        if kind is Completion:
            completed = select(Completion.id).where(tables[0][1])
            tables.append((Certificate.__table__, Certificate.completion_id.in_(completed)))
        connection = session.connection()
        kept = [
            [dict(row) for row in connection.execute(select(table).where(ours)).mappings()] for table, ours in tables
        ]
        for table, ours in reversed(tables):
            connection.execute(delete(table).where(ours))

        def write() -> None:
            for (table, _ours), rows in zip(tables, kept, strict=True):
                connection.execute(insert(table), rows)
            session.commit()

        return seconds(write)


def _retracting(bench: Bench, invented: Invented, kind: Any) -> float:
    """Return how long it takes to retract the batch's facts in one statement."""
    with bench.database.bound(invented.municipality_id) as session:
        retracted = (
            update(kind.__table__).where(_of(_latest(session), kind)).values(retracted_at=NOW, retracted_why=WHY)
        )

        def retract() -> None:
            session.connection().execute(retracted)
            session.commit()

        return seconds(retract)


def _of(batch: Batch, kind: Any) -> ColumnElement[bool]:
    return BatchItem.batch_id == batch.id if kind is BatchItem else kind.source == batch.source
