"""An invented municipality of any size, the same every time."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from tracker import tokens
from tracker.catalogue.models import Course, CourseKind, CourseVersion
from tracker.compliance.operations import rebuild
from tracker.db import BoundSession, Database
from tracker.domain.evidence import Evidence
from tracker.domain.sorting import sort_key
from tracker.learning.models import Completion
from tracker.many_rows import insert_many
from tracker.municipalities.models import Municipality
from tracker.organisation.models import OrgUnit, Position, UnitKind, UnitPlacement
from tracker.people.models import Absence, Employment, Person
from tracker.requirements.models import AudienceLine, Requirement, RequirementVersion

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BEGINNING = date(2015, 1, 1)
PEOPLE_A_UNIT = 25
FACT = {"recorded_at": NOW, "source": "benchmark"}


@dataclass(frozen=True, slots=True)
class Invented:
    """What was made, by id. The first unit is the whole municipality."""

    municipality_id: int
    slug: str
    units: list[int]
    people: list[int]
    requirements: list[int]


def invent(database: Database, *, people: int, requirements: int = 10) -> Invented:
    """Fill a municipality: units of 25 in departments of ten, and requirements that are each for everyone.

    Phases are not computed: `compute` does that, or the first transaction that touches them.
    """
    chance = random.Random(people)
    with database.wide() as wide:
        number = len(wide.scalars(select(Municipality.id)).all())
        municipality = Municipality(code=f"99{number:02}", slug=f"prov-{number}", name="Provkommunen", created_at=NOW)
        wide.add(municipality)
        wide.commit()
    with database.bound(municipality.id) as session:
        units = _units(session, max(1, people // PEOPLE_A_UNIT))
        positions = _rows(session, Position, [{"code": str(one), "title": f"Befattning {one}"} for one in range(20)])
        ids = _people(session, people, units, positions, chance)
        required = _requirements(session, requirements, units[0])
        _history(session, ids, chance)
        session.commit()  # Not through the edge, which would compute the phases.
    if database.engine.dialect.name == "postgresql":
        with database.engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")  # As a server does by itself now and then; SQLite never does.
    return Invented(municipality.id, municipality.slug, units, ids, required)


def compute(database: Database, invented: Invented) -> None:
    """Compute everybody's phases, on two cores."""
    with database.bound(invented.municipality_id) as session:
        rebuild(session, processes=2)
        session.commit()


def _rows(session: BoundSession, model: type, rows: list[dict[str, object]]) -> list[int]:
    """Insert rows and return their ids, in the same order."""
    before = max(session.scalars(select(model.id)), default=0)
    insert_many(session, model, rows)
    return list(session.scalars(select(model.id).where(model.id > before).order_by(model.id)))


def _units(session: BoundSession, number: int) -> list[int]:
    departments = number // 10 + 1
    units = _rows(
        session,
        OrgUnit,
        [
            {"code": str(one), "kind": UnitKind.UNIT if one else UnitKind.MUNICIPALITY}
            for one in range(1 + departments + number)
        ],
    )
    placements = []
    for place, unit in enumerate(units):
        parent = None if place == 0 else units[0] if place <= departments else units[1 + place % departments]
        name = f"Enhet {place}"
        placements.append(
            {"unit_id": unit, "parent_id": parent, "name": name, "sort_key": sort_key(name), "starts_on": BEGINNING}
            | FACT
        )
    insert_many(session, UnitPlacement, placements)
    return units


def _people(
    session: BoundSession, number: int, units: list[int], positions: list[int], chance: random.Random
) -> list[int]:
    people = []
    for one in range(number):
        given, family = f"Förnamn{chance.randrange(900)}", f"Efternamn{chance.randrange(5000)}"
        people.append(
            {
                "employee_number": str(one),
                "given_name": given,
                "family_name": family,
                "sort_key": sort_key(family, given),
                "created_at": NOW,
            }
        )
    ids = _rows(session, Person, people)
    insert_many(
        session,
        Employment,
        [
            {
                "person_id": person,
                "unit_id": units[-1 - place % max(1, number // PEOPLE_A_UNIT)],
                "position_id": chance.choice(positions),
                "kind": "Tillsvidare",
                "percent": 100,
                "starts_on": BEGINNING + timedelta(days=chance.randrange(4200)),
                "ends_on": None,
            }
            | FACT
            for place, person in enumerate(ids)
        ],
    )
    return ids


def _requirements(session: BoundSession, number: int, whole_municipality: int) -> list[int]:
    required = []
    for one in range(number):
        course = Course(code=f"kurs-{one}", kind=CourseKind.COURSE, created_at=NOW)
        requirement = Requirement(code=f"krav-{one}", created_at=NOW)
        session.add_all([course, requirement])
        session.flush()
        title = {"sv": f"Kurs {one}", "en": f"Course {one}"}
        version = RequirementVersion(
            requirement_id=requirement.id,
            number=1,
            titles=title,
            reasons=title,
            course_id=course.id,
            effective_from=date(2024, 1, 1),
            first_due_days=90,
            validity_months=(None, 12, 24, 36)[one % 4],
            published_at=NOW,
        )
        edition = CourseVersion(
            course_id=course.id,
            number=1,
            major=1,
            titles=title,
            summaries=title,
            minutes=30,
            published_on=BEGINNING,
            published_at=NOW,
        )
        session.add_all([version, edition])
        session.flush()
        session.add(
            AudienceLine(requirement_version_id=version.id, unit_id=whole_municipality if one % 3 == 0 else None)
        )
        required.append(requirement.id)
    return required


def _history(session: BoundSession, people: list[int], chance: random.Random) -> None:
    """Let most have completed most courses, some twice, and every seventh have been away."""
    courses = session.execute(select(CourseVersion.course_id, CourseVersion.id)).all()
    completions, absences = [], []
    for person in people:
        for course, version in courses:
            for _ in range(chance.choice((0, 1, 1, 1, 2))):
                completions.append(
                    {
                        "public_id": tokens.public_id(),
                        "person_id": person,
                        "course_id": course,
                        "course_version_id": version,
                        "completed_on": date(2023, 6, 1) + timedelta(days=chance.randrange(1200)),
                        "evidence": Evidence.GRADED,
                        "source_ref": f"benchmark:{len(completions)}",
                    }
                    | FACT
                )
        if person % 7 == 0:
            away = date(2025, 1, 1) + timedelta(days=chance.randrange(500))
            absences.append({"person_id": person, "starts_on": away, "ends_on": away + timedelta(days=200)} | FACT)
    insert_many(session, Completion, completions)
    insert_many(session, Absence, absences)
