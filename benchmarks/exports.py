"""Taking lists out: how everyone stands, as a file, however many rows."""

import csv
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select

from benchmarks.bench import Bench
from benchmarks.municipality import compute, invent
from tracker.app import create_app
from tracker.compliance.models import Phase
from tracker.compliance.queries import employed_on, phase_on
from tracker.config import Config
from tracker.db import Database
from tracker.exports.operations import Content, Format, write_file
from tracker.exports.queries import Filter
from tracker.exports.wording import wording
from tracker.people.models import Person
from tracker.permissions import Role, Viewer
from tracker.requirements.models import Requirement, RequirementVersion

DAY = date(2026, 11, 23)


def run(bench: Bench) -> None:
    """Measure the list of how everyone stands: a million rows where people are 50,000 and requirements 20."""
    invented = invent(bench.database, people=bench.people, requirements=20)
    compute(bench.database, invented)
    viewer = Viewer(municipality_id=invented.municipality_id, actor="benchmark", roles=frozenset({Role.HR}))
    with create_app(Config(environment="test"), bench.database).test_request_context():
        rows = _export(bench.database, viewer, Format.CSV)
        bench.measure(
            f"CSV of {rows:,} rows",
            lambda: _export(bench.database, viewer, Format.CSV),
            floor=lambda: _bare_csv(bench.database, viewer.municipality_id),
        )
        bench.measure(f"XLSX of {rows:,} rows", lambda: _export(bench.database, viewer, Format.XLSX))
    for kind in Format:
        # In a process of its own, which has not held what was made up.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere:
            grown = elsewhere.submit(_memory_of_export, bench.database.url, viewer, kind).result()
        print(f"  {kind.upper()} took {grown} MiB of memory")


def _memory_of_export(url: str, viewer: Viewer, kind: Format) -> int:
    """Return by how many MiB a process grows that takes the list out, once it has taken out an empty one."""
    database = Database(url)
    with create_app(Config(environment="test"), database).test_request_context():
        _export(database, viewer, kind, day=date(2000, 1, 1))
        before = _most_held()
        _export(database, viewer, kind)
    database.engine.dispose()
    return _most_held() - before


def _most_held() -> int:
    """Return the most memory that this process has held, in MiB: not, as `peak_memory` would, what its parent had."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) // 1024


def _export(database: Database, viewer: Viewer, kind: Format, *, day: date = DAY) -> int:
    words = wording(Content.STANDING, viewer, timezone="Europe/Stockholm")
    with database.bound(viewer.municipality_id, reading=True) as session:
        export = write_file(session, content=Content.STANDING, kind=kind, chosen=Filter(day), wording=words, by=viewer)
    export.file.close()
    return export.rows


def _bare_csv(database: Database, municipality_id: int) -> None:
    """Fetch the same rows in the same order, without words or where people work, and write them as they come."""
    statement = (
        select(
            Person.employee_number,
            Person.given_name,
            Person.family_name,
            Requirement.code,
            Phase.state,
            Phase.starts_on,
            Phase.due_on,
            Phase.valid_until,
            RequirementVersion.legal_basis,
        )
        .join(Phase, Phase.person_id == Person.id)
        .join(Requirement, Requirement.id == Phase.requirement_id)
        .join(RequirementVersion, RequirementVersion.id == Phase.version_id)
        .where(phase_on(DAY), employed_on(DAY))
        .order_by(Person.sort_key, Person.id, Requirement.code)
        .execution_options(yield_per=10_000)
    )
    with (
        TemporaryDirectory() as folder,
        (Path(folder) / "bare").open("w", encoding="utf-8", newline="") as file,
        database.bound(municipality_id, reading=True) as session,
    ):
        csv.writer(file, delimiter=";").writerows(session.execute(statement))
