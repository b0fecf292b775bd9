"""Taking lists out: how everyone stands, as a file, however many rows."""

import csv
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select

from benchmarks.bench import Bench, peak_memory
from benchmarks.municipality import invent
from tracker.app import create_app
from tracker.compliance.models import Phase
from tracker.compliance.operations import rebuild
from tracker.compliance.queries import employed_on, phase_on
from tracker.config import Config
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
    with bench.database.bound(invented.municipality_id) as session:
        rebuild(session)
        session.commit()
    app = create_app(Config(environment="test"), bench.database)
    viewer = Viewer(municipality_id=invented.municipality_id, actor="benchmark", roles=frozenset({Role.HR}))
    before = peak_memory()
    with app.test_request_context():
        rows = _export(bench, viewer, Format.CSV)
        bench.measure(
            f"CSV of {rows:,} rows",
            lambda: _export(bench, viewer, Format.CSV),
            floor=lambda: _bare_csv(bench, viewer.municipality_id),
        )
        bench.measure(f"XLSX of {rows:,} rows", lambda: _export(bench, viewer, Format.XLSX))
    print(f"  memory grew by {peak_memory() - before} MiB meanwhile")


def _export(bench: Bench, viewer: Viewer, kind: Format) -> int:
    words = wording(Content.STANDING, viewer, timezone="Europe/Stockholm")
    with bench.database.bound(viewer.municipality_id, reading=True) as session:
        export = write_file(session, content=Content.STANDING, kind=kind, chosen=Filter(DAY), wording=words, by=viewer)
    export.file.close()
    return export.rows


def _bare_csv(bench: Bench, municipality_id: int) -> None:
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
        bench.database.bound(municipality_id, reading=True) as session,
    ):
        csv.writer(file, delimiter=";").writerows(session.execute(statement))
