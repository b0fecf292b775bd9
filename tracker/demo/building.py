"""Building the demo into an empty installation, a municipality at a time, each in one transaction."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import select

from tracker import clock, tokens
from tracker.accounts.models import Account
from tracker.catalogue.models import Course, CourseVersion
from tracker.catalogue.starter import load_starter as load_courses
from tracker.db import BoundSession, Database
from tracker.demo.accounts import SignIn, open_accounts
from tracker.demo.chance import share
from tracker.demo.exceptions import add_exceptions
from tracker.demo.history import Asked, Done, Worker, completions, recorded_at
from tracker.demo.introductions import add_introductions
from tracker.demo.towns import SYSTEMS, TOWNS, DemoSystem, Town
from tracker.demo.uploads import add_uploads
from tracker.domain.evidence import Evidence
from tracker.domain.facts import DutyKind
from tracker.edge import finish
from tracker.hr.operations import import_roster
from tracker.learning.models import Certificate, Completion
from tracker.many_rows import insert_many
from tracker.municipalities.models import Municipality
from tracker.organisation.models import OrgUnit, Position, UnitPlacement
from tracker.people.models import Duty, Employment, Person
from tracker.permissions import Viewer, system
from tracker.requirements.operations import require_system_course
from tracker.requirements.starter import load_starter as load_requirements
from tracker.systems.models import Access, ItSystem
from tracker.tables import stands

SOURCE = "demo"
HISTORY = timedelta(days=730)

# The starter requirements' courses, and how the demo's people have met them.
BASIC = (
    Asked("grund-it-teori", Evidence.GRADED, within=60),
    Asked("grund-it-praktik", Evidence.ATTESTED, within=60, keenness=0.95),
    Asked("it-strategi", Evidence.READ_AND_ACKNOWLEDGED, within=30, keenness=1.02),
)
ROLE_COURSES = {
    "systemforvaltning": (DutyKind.SYSTEM_OWNER, DutyKind.SYSTEM_ADMINISTRATOR),
    "lokal-it-resursperson": (DutyKind.LOCAL_IT_RESOURCE_PERSON,),
}

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Staff:
    """Someone employed in the demo, with where and as what."""

    worker: Worker
    position: str
    unit_id: int
    unit_name: str


def build(database: Database, *, now: datetime, progress: Progress) -> list[SignIn]:
    """Build the demo and return who may sign in. `progress(step, done, total)` is told of each step.

    Municipalities that are there already are left as they are, so an interrupted build can be taken up again.
    """
    sign_ins: list[SignIn] = []
    steps = 2 * len(TOWNS)
    for number, town in enumerate(TOWNS):
        progress(town.name, 2 * number, steps)
        with database.wide() as wide:
            municipality = wide.scalars(select(Municipality).where(Municipality.slug == town.slug)).one_or_none()
            if municipality is None:
                municipality = Municipality(code=town.code, slug=town.slug, name=town.name, created_at=now)
                wide.add(municipality)
                wide.commit()
        with database.bound(municipality.id) as session:
            if session.scalar(select(Person.id).limit(1)) is None:
                _build_town(session, town, municipality, now=now)
                sign_ins += open_accounts(session, town, now=now, today=clock.local_date(now, municipality.timezone))
                progress(town.name, 2 * number + 1, steps)
                finish(session, now)
    progress("", steps, steps)
    return sign_ins


def _build_town(session: BoundSession, town: Town, municipality: Municipality, *, now: datetime) -> None:
    by = system(municipality.id, SOURCE)
    today = clock.local_date(now, municipality.timezone)
    begins = today - HISTORY
    then = datetime.combine(begins, time(8), ZoneInfo(municipality.timezone))
    content = (files("tracker.demo") / "data" / town.roster).read_bytes()
    # All this has been known since the history began, so that looking back finds something.
    import_roster(session, filename=f"{town.slug}-{begins}.csv", content=content, by=by, now=then, today=today)
    load_courses(session, by=by, now=then, today=begins)
    staff = _staff(session, begins)
    used = _add_systems(session, staff, by=by, now=then, begins=begins)
    duties = _add_duties(session, staff, now=then, begins=begins)
    load_requirements(session, by=by, now=then, effective_from=begins)
    session.flush()

    workers = [each.worker for each in staff]
    done: list[Done] = [each for asked in BASIC for each in completions(workers, asked, begins=begins, today=today)]
    for code, kinds in ROLE_COURSES.items():
        holders = [worker for worker in workers if duties[worker.person_id] & set(kinds)]
        asked = Asked(code, Evidence.GRADED, within=80, every_months=24, keenness=0.9)
        done += completions(holders, asked, begins=begins, today=today)
    for code, users in used.items():
        asked = Asked(code, Evidence.GRADED, within=50)
        done += completions(
            [worker for worker in workers if worker.person_id in users], asked, begins=begins, today=today
        )
    _record(session, done, staff)
    add_exceptions(session, workers, by=by, now=now, today=today)
    add_uploads(session, workers, now=now, today=today)
    add_introductions(session, town, by=by, now=now, today=today, begins=begins)


def _staff(session: BoundSession, begins: date) -> list[Staff]:
    """Return everyone employed since the history began, once each: by their earliest employment."""
    rows = session.execute(
        select(
            Person.id, Person.employee_number, OrgUnit.id, OrgUnit.code, UnitPlacement.name, Position.title,
            Employment.starts_on, Employment.ends_on, Employment.kind,
        )
        .join(Employment, Employment.person_id == Person.id)
        .join(OrgUnit, OrgUnit.id == Employment.unit_id)
        .join(UnitPlacement, UnitPlacement.unit_id == OrgUnit.id)
        .join(Position, Position.id == Employment.position_id)
        .where(stands(Employment), stands(UnitPlacement))
        .order_by(Employment.starts_on, Employment.id)
    )  # fmt: skip
    staff = []
    for person_id, employments in groupby(sorted(rows, key=lambda row: row[0]), key=lambda row: row[0]):
        each = list(employments)
        employed = tuple((starts_on, ends_on) for *_, starts_on, ends_on, _kind in each)
        _, number, unit_id, unit_code, unit_name, title, _, _, kind = each[0]
        worker = Worker(person_id, number, unit_code or "", employed, hourly=kind == "Timavlönad")
        if worker.ended_on is None or worker.ended_on >= begins:
            staff.append(Staff(worker, title, unit_id, unit_name))
    return sorted(staff, key=lambda one: (one.worker.started_on, one.worker.person_id))


def _heads(staff: Iterable[Staff]) -> list[Staff]:
    return [each for each in staff if each.position in {"Förvaltningschef", "VD", "Kommunchef"}]


def _administration(staff: list[Staff], pattern: str) -> Staff:
    """Return the head of the administration whose name holds one of the words, else the chief executive."""
    heads = _heads(staff)
    for head in heads:
        if any(word in head.unit_name.casefold() for word in pattern.split("|")):
            return head
    return heads[0]


def _add_systems(
    session: BoundSession, staff: list[Staff], *, by: Viewer, now: datetime, begins: date
) -> dict[str, set[int]]:
    """Add the systems with owners, administrators, users and their courses. Returns course code → ids of users."""
    used: dict[str, set[int]] = {}
    courses = {code: course_id for code, course_id in session.execute(select(Course.code, Course.id))}  # noqa: C416
    for each in SYSTEMS:
        row = ItSystem(
            code=each.code,
            name=each.name,
            purpose=each.purpose,
            supplier="Exempelbolaget AB (påhittat)",
            scope=each.scope,
            importance=each.importance,
            security_plan_on=begins + HISTORY - timedelta(days=each.plan_age_days) if each.plan_age_days else None,
            course_id=courses[each.course] if each.course else None,
            created_at=now,
        )
        session.add(row)
        session.flush()
        head = _administration(staff, each.administration)
        session.add(_duty(head, DutyKind.SYSTEM_OWNER, begins, now, system_id=row.id))
        users = [one for one in staff if not each.positions or one.position in each.positions]
        administrators = sorted(users, key=lambda one: share(each.code, one.worker.key))[:2]
        session.add_all(
            _duty(one, DutyKind.SYSTEM_ADMINISTRATOR, begins, now, system_id=row.id) for one in administrators
        )
        _give_access(session, each, row.id, users, now=now, begins=begins)
        if each.course:
            used[each.course] = {one.worker.person_id for one in users}
            require_system_course(session, system=row, by=by, now=now, effective_from=begins)
    return used


def _give_access(
    session: BoundSession, demo: DemoSystem, system_id: int, users: list[Staff], *, now: datetime, begins: date
) -> None:
    insert_many(
        session,
        Access,
        [
            {
                "person_id": one.worker.person_id,
                "system_id": system_id,
                "starts_on": max(one.worker.started_on, begins),
                "ends_on": one.worker.ended_on,
                "recorded_at": now,
                "source": f"{SOURCE}:{demo.code}",
            }
            for one in users
        ],
    )


def _duty(
    one: Staff, kind: DutyKind, begins: date, now: datetime, *, system_id: int | None = None, unit_id: int | None = None
) -> Duty:
    return Duty(
        person_id=one.worker.person_id,
        kind=kind,
        system_id=system_id,
        unit_id=unit_id,
        starts_on=max(one.worker.started_on, begins),
        ends_on=one.worker.ended_on,
        recorded_at=now,
        source=SOURCE,
    )


def _add_duties(session: BoundSession, staff: list[Staff], *, now: datetime, begins: date) -> dict[int, set[DutyKind]]:
    """Give the units local IT resource persons, and the municipality its IT manager and IT security coordinator."""
    by_unit: dict[int, list[Staff]] = defaultdict(list)
    for one in staff:
        if one.worker.started_on <= begins + HISTORY and not one.worker.hourly:
            by_unit[one.unit_id].append(one)
    for unit_id, members in by_unit.items():
        # A few units lack one, which is what the gaps on the overview are for.
        if len(members) >= 8 and share("resource person", unit_id) < 0.8:
            chosen = min(members, key=lambda one: share("resource", one.worker.key))
            session.add(_duty(chosen, DutyKind.LOCAL_IT_RESOURCE_PERSON, begins, now, unit_id=unit_id))
    reachable = set(session.scalars(select(Person.id).where(Person.email.is_not(None))))
    technicians = [one for one in staff if one.position == "IT-tekniker"]
    technicians.sort(key=lambda one: (one.worker.person_id not in reachable, one.worker.started_on))
    for kind, one in zip((DutyKind.IT_MANAGER, DutyKind.IT_SECURITY_COORDINATOR), technicians, strict=False):
        session.add(_duty(one, kind, begins, now))
    session.flush()
    held: dict[int, set[DutyKind]] = defaultdict(set)
    for person_id, kind in session.execute(select(Duty.person_id, Duty.kind).where(stands(Duty))):
        held[person_id].add(kind)
    return held


def _managers(session: BoundSession, staff: list[Staff]) -> dict[int, int]:
    """Return the account of who manages each person's unit, and can vouch for them: not for themself."""
    of_unit = {
        unit_id: (person_id, account_id)
        for unit_id, person_id, account_id in session.execute(
            select(Duty.unit_id, Duty.person_id, Account.id)
            .join(Account, Account.person_id == Duty.person_id)
            .where(Duty.kind == DutyKind.UNIT_MANAGER, stands(Duty))
        )
    }
    found = {}
    for each in staff:
        manager, account_id = of_unit.get(each.unit_id, (each.worker.person_id, 0))
        if manager != each.worker.person_id:
            found[each.worker.person_id] = account_id
    return found


def _record(session: BoundSession, done: list[Done], staff: list[Staff]) -> None:
    """Record completions and their certificates, in bulk."""
    rows = session.execute(
        select(Course.code, CourseVersion.course_id, CourseVersion.id, CourseVersion.titles).join(
            Course, Course.id == CourseVersion.course_id
        )
    )
    versions = {code: (course_id, version_id, titles) for code, course_id, version_id, titles in rows}
    references = {f"{SOURCE}:{each.course}:{each.on}:{each.person_id}": each for each in done}
    managers = _managers(session, staff)
    insert_many(
        session,
        Completion,
        [
            {
                "public_id": tokens.public_id(),
                "person_id": each.person_id,
                "course_id": versions[each.course][0],
                "course_version_id": versions[each.course][1],
                "completed_on": each.on,
                "evidence": each.evidence,
                "note": "",
                "source_ref": reference,
                "recorded_at": recorded_at(each),
                "recorded_by_id": managers.get(each.person_id) if each.evidence is Evidence.ATTESTED else None,
                "source": SOURCE,
            }
            for reference, each in references.items()
        ],
    )
    names = {
        person_id: f"{given} {family}"
        for person_id, given, family in session.execute(select(Person.id, Person.given_name, Person.family_name))
    }
    recorded = session.execute(select(Completion.id, Completion.source_ref).where(Completion.source == SOURCE))
    insert_many(
        session,
        Certificate,
        [
            {
                "public_id": tokens.public_id(),
                "completion_id": completion_id,
                "code": tokens.certificate_code(),
                "issued_on": references[reference].on,
                "holder": names[references[reference].person_id],
                "titles": versions[references[reference].course][2],
            }
            for completion_id, reference in recorded
        ],
    )
    assert len(staff) >= len({each.person_id for each in done})
