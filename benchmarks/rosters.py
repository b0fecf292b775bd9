"""Loading a roster: the first time, and again when nothing has changed."""

import csv
import io
from datetime import date

from sqlalchemy import ColumnElement, FromClause, insert, select

from benchmarks.bench import Bench, seconds
from benchmarks.municipality import NOW, PEOPLE_A_UNIT
from tracker.accounts.models import Account
from tracker.db import Database
from tracker.edge import transaction
from tracker.hr.operations import import_roster
from tracker.municipalities.models import Municipality
from tracker.organisation.models import OrgUnit, Position, UnitPlacement
from tracker.people.models import Duty, Employment, Person
from tracker.permissions import system

TODAY = date(2026, 11, 23)
HEADER = [
    "Anstnr",
    "Förnamn",
    "Efternamn",
    "E-post",
    "Enhetskod",
    "Enhet",
    "Överordnad enhetskod",
    "Befattningskod",
    "Befattning",
    "Anställningsform",
    "Sysselsättningsgrad",
    "Anställd fr o m",
    "Anställd t o m",
    "Chef anstnr",
    "Frånvaro fr o m",
    "Frånvaro t o m",
    "Skyddad identitet",
]


def run(bench: Bench) -> None:
    """Measure files of 3,405 rows (the four municipalities together) and, at full size, of 50,000."""
    for rows in (3_405, 50_000) if bench.full else (3_405,):
        content = roster(rows)
        municipality_id = _municipality(bench.database, rows)
        floor = _bare_write(bench, municipality_id, content)
        took = seconds(lambda municipality_id=municipality_id, content=content: _load(bench, municipality_id, content))
        bench.report(f"a roster of {rows:,} employments, all new", took, floor)
        bench.measure(
            "… the same file again",
            lambda municipality_id=municipality_id, content=content: _load(bench, municipality_id, content),
            floor=lambda content=content: list(csv.reader(io.StringIO(content.decode("cp1252")), delimiter=";")),
        )


def roster(rows: int) -> bytes:
    """Return a roster file as an HR system writes it. Everyone in it is invented."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    for one in range(rows):
        unit = one // PEOPLE_A_UNIT
        manager = unit * PEOPLE_A_UNIT
        parent = "" if unit == 0 else str(unit // 10)
        chief = str(parent and int(parent) * PEOPLE_A_UNIT) if one == manager else str(manager)
        writer.writerow(
            [
                one,
                f"Förnamn{one % 900}",
                f"Efternamn{one % 5000}",
                f"person{one}@prov.example",
                unit,
                f"Enhet {unit}",
                parent,
                one % 20,
                f"Befattning {one % 20}",
                "Tillsvidare",
                "100,00",
                "2020-01-01",
                "",
                chief,
                "",
                "",
                "N",
            ]
        )
    return text.getvalue().encode("cp1252")


def _municipality(database: Database, number: int) -> int:
    with database.wide() as wide:
        municipality = Municipality(
            code=f"{number % 10_000:04}", slug=f"p-{number}", name="Provkommunen", created_at=NOW
        )
        wide.add(municipality)
        wide.commit()
        return municipality.id


def _load(bench: Bench, municipality_id: int, content: bytes) -> None:
    with transaction(bench.database, municipality_id, now=NOW) as session:
        by = system(municipality_id, "benchmark")
        import_roster(session, filename="prov.csv", content=content, by=by, now=NOW, today=TODAY)


def _bare_write(bench: Bench, municipality_id: int, content: bytes) -> float:
    """Return how long it takes to insert the rows that come of a file, knowing them. Leaves nothing behind."""
    tables = [model.__table__ for model in (OrgUnit, UnitPlacement, Position, Person, Account, Employment, Duty)]
    with bench.database.bound(municipality_id) as session:
        by = system(municipality_id, "benchmark")
        import_roster(session, filename="prov.csv", content=content, by=by, now=NOW, today=TODAY)
        session.flush()
        kept = [
            [
                dict(row)
                for row in session.connection().execute(select(table).where(_ours(table, municipality_id))).mappings()
            ]
            for table in tables
        ]
    with bench.database.bound(municipality_id) as session:
        connection = session.connection()
        return seconds(
            lambda: [connection.execute(insert(table), rows) for table, rows in zip(tables, kept, strict=True) if rows]
        )


def _ours(table: FromClause, municipality_id: int) -> ColumnElement[bool]:
    return table.c.municipality_id == municipality_id
