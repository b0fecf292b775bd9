"""The cast of the tests, and the small things tests make. Everyone here is invented.

Anna learns; Bosse is her manager; Cecilia administers training; David is in HR; Eva owns a system; Mona administers the
municipality; Olle operates the installation; Kim coordinates the four. All in Kil. Omar, in Grums, must never get in.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask.testing import FlaskClient
from sqlalchemy import select

from tests.uploads.samples import PDF
from tracker import tokens
from tracker.accounts.models import Account, LoginSession, RoleGrant
from tracker.catalogue.models import Course, CourseKind, CourseVersion
from tracker.db import BoundSession, Database
from tracker.domain.evidence import Evidence
from tracker.domain.exceptions import ExceptionKind
from tracker.domain.facts import DutyKind
from tracker.domain.sorting import sort_key
from tracker.edge import transaction
from tracker.learning.models import Completion
from tracker.municipalities.models import Municipality
from tracker.organisation.models import OrgUnit, Position, UnitKind, UnitPlacement
from tracker.people.models import Absence, Duty, Employment, Person
from tracker.permissions import GivenRole, Viewer, system
from tracker.requirements.models import (
    Assignment,
    AudienceLine,
    ExceptionRequest,
    Exemption,
    Extension,
    Requirement,
    RequirementVersion,
)
from tracker.systems.models import Access, ItSystem, SystemScope
from tracker.uploads.models import UploadedCertificate, UploadedFile

BEGINNING = date(2020, 1, 1)


@dataclass
class Cast:
    """The municipalities and people of the tests, by id; `accounts` and `people` by first name in lower case."""

    kil: int
    grums: int
    units: dict[str, int]
    people: dict[str, int]
    accounts: dict[str, int]
    person_ids: dict[str, str]  # public ids
    unit_ids: dict[str, str]  # public ids
    system_id: int
    system_public_id: str
    position_id: int


def build_cast(database: Database, *, now: datetime) -> Cast:
    """Create both municipalities with everyone in them."""
    with database.wide() as session:
        municipalities = [
            Municipality(code="1715", slug="kil", name="Kils kommun", created_at=now),
            Municipality(code="1764", slug="grums", name="Grums kommun", created_at=now),
        ]
        session.add_all(municipalities)
        session.commit()
        kil, grums = (municipality.id for municipality in municipalities)

    units: dict[str, int] = {}
    unit_ids: dict[str, str] = {}
    people: dict[str, int] = {}
    accounts: dict[str, int] = {}
    person_ids: dict[str, str] = {}

    with transaction(database, kil, now=now) as session:
        for code, name, parent in (
            ("1", "Kils kommun", None),
            ("10", "Vård och omsorg", "1"),
            ("11", "Hemtjänsten", "10"),
            ("20", "Kommunledningskontoret", "1"),
        ):
            unit = add_unit(session, name, parent_id=units.get(parent or ""), code=code, now=now)
            units[code], unit_ids[code] = unit.id, unit.public_id
        position = Position(code="100", title="Undersköterska")
        session.add(position)
        session.flush()
        system_row = ItSystem(
            code="omsorg", name="Omsorgsjournalen", scope=SystemScope.OPERATION_SPECIFIC, created_at=now
        )
        session.add(system_row)
        for first, last, unit, roles in (
            ("Anna", "Åkesson", "11", ()),
            ("Bosse", "Berg", "11", ()),
            ("Cecilia", "Ceder", "20", (GivenRole.TRAINING_ADMINISTRATOR,)),
            ("David", "Dahl", "20", (GivenRole.HR,)),
            ("Eva", "Ek", "10", ()),
            ("Mona", "Mård", "20", (GivenRole.MUNICIPALITY_ADMINISTRATOR,)),
            ("Olle", "Olsson", "20", (GivenRole.OPERATOR,)),
            ("Kim", "Karlsson", "20", (GivenRole.COORDINATOR,)),
        ):
            person = add_person(session, first, last, unit_id=units[unit], position_id=position.id, now=now)
            account = add_account(session, person, now=now, roles=roles)
            key = first.lower()
            people[key], accounts[key], person_ids[key] = person.id, account.id, person.public_id
        add_duty(session, people["bosse"], DutyKind.UNIT_MANAGER, unit_id=units["11"], now=now)
        add_duty(session, people["eva"], DutyKind.SYSTEM_OWNER, system_id=system_row.id, now=now)
        cast_system = (system_row.id, system_row.public_id)
        position_id = position.id

    with transaction(database, grums, now=now) as session:
        root = add_unit(session, "Grums kommun", parent_id=None, code="1", now=now)
        unit_ids["grums"], units["grums"] = root.public_id, root.id
        chef = Position(code="100", title="Enhetschef")
        session.add(chef)
        session.flush()
        omar = add_person(session, "Omar", "Omarsson", unit_id=root.id, position_id=chef.id, now=now)
        account = add_account(session, omar, now=now, roles=tuple(GivenRole))
        add_duty(session, omar.id, DutyKind.UNIT_MANAGER, unit_id=root.id, now=now)
        people["omar"], accounts["omar"], person_ids["omar"] = omar.id, account.id, omar.public_id

    return Cast(
        kil=kil,
        grums=grums,
        units=units,
        people=people,
        accounts=accounts,
        person_ids=person_ids,
        unit_ids=unit_ids,
        system_id=cast_system[0],
        system_public_id=cast_system[1],
        position_id=position_id,
    )


def add_unit(session: BoundSession, name: str, *, parent_id: int | None, code: str | None, now: datetime) -> OrgUnit:
    """Add a unit that has always lain where it lies."""
    unit = OrgUnit(code=code, kind=UnitKind.UNIT if parent_id else UnitKind.MUNICIPALITY)
    session.add(unit)
    session.flush()
    session.add(
        UnitPlacement(
            unit_id=unit.id,
            parent_id=parent_id,
            name=name,
            sort_key=sort_key(name),
            starts_on=BEGINNING,
            recorded_at=now,
            source="test",
        )
    )
    session.flush()
    return unit


def add_person(
    session: BoundSession,
    given_name: str,
    family_name: str,
    *,
    unit_id: int,
    position_id: int,
    now: datetime,
    starts_on: date = BEGINNING,
    ends_on: date | None = None,
    protected_identity: bool = False,
    employee_number: str | None = None,
) -> Person:
    """Add a person with one employment."""
    person = Person(
        employee_number=employee_number or f"{given_name.lower()}-1",
        given_name=given_name,
        family_name=family_name,
        sort_key=sort_key(family_name, given_name),
        email=f"{given_name.lower()}@kommun.example",
        protected_identity=protected_identity,
        created_at=now,
    )
    session.add(person)
    session.flush()
    session.add(
        Employment(
            person_id=person.id,
            unit_id=unit_id,
            position_id=position_id,
            kind="Tillsvidare",
            percent=100,
            starts_on=starts_on,
            ends_on=ends_on,
            recorded_at=now,
            source="test",
        )
    )
    session.flush()
    return person


def add_account(session: BoundSession, person: Person, *, now: datetime, roles: tuple[GivenRole, ...] = ()) -> Account:
    """Add an account for a person: tests sign in by a session row (see sign_in).

    Only one with roles is in use: it has a password, which nobody knows.
    """
    account = Account(
        person_id=person.id,
        display_name=f"{person.given_name} {person.family_name}",
        email=person.email,
        email_key=(person.email or "").casefold() or None,
        employee_number=person.employee_number,
        password_hash="none fits" if roles else None,
        locale="sv",
        created_at=now,
    )
    session.add(account)
    session.flush()
    session.add_all(RoleGrant(account_id=account.id, role=role, granted_at=now) for role in roles)
    return account


def add_duty(
    session: BoundSession,
    person_id: int,
    kind: DutyKind,
    *,
    now: datetime,
    unit_id: int | None = None,
    system_id: int | None = None,
    starts_on: date = BEGINNING,
) -> Duty:
    """Add a duty."""
    duty = Duty(
        person_id=person_id,
        kind=kind,
        unit_id=unit_id,
        system_id=system_id,
        starts_on=starts_on,
        recorded_at=now,
        source="test",
    )
    session.add(duty)
    session.flush()
    return duty


def add_access(session: BoundSession, person_id: int, system_id: int, *, starts_on: date, now: datetime) -> None:
    """Let a person use a system."""
    session.add(Access(person_id=person_id, system_id=system_id, starts_on=starts_on, recorded_at=now, source="test"))


def add_absence(session: BoundSession, person_id: int, *, starts_on: date, ends_on: date | None, now: datetime) -> None:
    """Let a person be away."""
    session.add(Absence(person_id=person_id, starts_on=starts_on, ends_on=ends_on, recorded_at=now, source="test"))


def add_course(session: BoundSession, code: str, *, now: datetime, title: str = "En kurs") -> CourseVersion:
    """Add a course with one published version and no modules."""
    course = Course(code=code, kind=CourseKind.COURSE, created_at=now)
    session.add(course)
    session.flush()
    version = CourseVersion(
        course_id=course.id,
        number=1,
        major=1,
        titles={"sv": title, "en": title},
        summaries={"sv": "", "en": ""},
        minutes=30,
        published_on=BEGINNING,
        published_at=now,
    )
    session.add(version)
    session.flush()
    return version


def add_requirement(
    session: BoundSession,
    code: str,
    *,
    course_id: int,
    now: datetime,
    effective_from: date = BEGINNING,
    lines: tuple[dict[str, object], ...] = ({},),
    **says: object,
) -> RequirementVersion:
    """Add a published requirement. Without lines it is for everyone employed; due 30 days after the anchor."""
    requirement = Requirement(code=code, created_at=now)
    session.add(requirement)
    session.flush()
    values: dict[str, object] = {
        "titles": {"sv": f"Krav {code}", "en": f"Requirement {code}"},
        "reasons": {"sv": "Därför.", "en": "Because."},
        "first_due_days": 30,
    }
    version = RequirementVersion(
        requirement_id=requirement.id,
        number=1,
        course_id=course_id,
        effective_from=effective_from,
        published_at=now,
        **(values | says),
    )
    session.add(version)
    session.flush()
    session.add_all(AudienceLine(requirement_version_id=version.id, **line) for line in lines)
    return version


def add_next_version(
    session: BoundSession, code: str, *, effective_from: date, now: datetime, **says: object
) -> RequirementVersion:
    """Add a requirement's next version, for everyone employed; what it does not say is as the version before says."""
    before = session.scalars(
        select(RequirementVersion)
        .where(RequirementVersion.requirement_id == _requirement_id(session, code))
        .order_by(RequirementVersion.number.desc())
    ).first()
    assert before is not None
    own = {"id", "public_id", "municipality_id", "number", "published_at", "effective_from"}
    same = {column.name: getattr(before, column.name) for column in before.__table__.columns if column.name not in own}
    values = same | {"published_at": now} | says
    version = RequirementVersion(number=before.number + 1, effective_from=effective_from, **values)
    session.add(version)
    session.flush()
    session.add(AudienceLine(requirement_version_id=version.id))
    return version


def add_completion(
    session: BoundSession,
    person_id: int,
    version: CourseVersion,
    *,
    on: date,
    now: datetime,
    evidence: Evidence = Evidence.GRADED,
    attested_by: int | None = None,
) -> Completion:
    """Add a completion; `attested_by` is the account of a manager who recorded it."""
    completion = Completion(
        person_id=person_id,
        course_id=version.course_id,
        course_version_id=version.id,
        completed_on=on,
        evidence=evidence,
        source_ref=f"test:{tokens.public_id()}",
        recorded_at=now,
        recorded_by_id=attested_by,
        source="manager" if attested_by else "test",
    )
    session.add(completion)
    session.flush()
    return completion


def _requirement_id(session: BoundSession, code: str) -> int:
    return session.scalars(select(Requirement.id).where(Requirement.code == code)).one()


def add_exemption(
    session: BoundSession,
    person_id: int,
    code: str,
    *,
    starts_on: date,
    ends_on: date | None,
    now: datetime,
    by_id: int | None = None,
) -> Exemption:
    """Let a requirement not apply to a person."""
    exemption = Exemption(
        person_id=person_id,
        requirement_id=_requirement_id(session, code),
        starts_on=starts_on,
        ends_on=ends_on,
        reason="Gör annat",
        recorded_at=now,
        recorded_by_id=by_id,
        source="test",
    )
    session.add(exemption)
    session.flush()
    return exemption


def add_assignment(
    session: BoundSession,
    person_id: int,
    code: str,
    *,
    starts_on: date,
    ends_on: date | None = None,
    now: datetime,
    by_id: int | None = None,
) -> Assignment:
    """Let a requirement apply to a person."""
    assignment = Assignment(
        person_id=person_id,
        requirement_id=_requirement_id(session, code),
        starts_on=starts_on,
        ends_on=ends_on,
        reason="Behöver det",
        recorded_at=now,
        recorded_by_id=by_id,
        source="test",
    )
    session.add(assignment)
    session.flush()
    return assignment


def add_extension(
    session: BoundSession, person_id: int, code: str, *, granted_on: date, due_on: date, now: datetime
) -> Extension:
    """Give a person more time."""
    extension = Extension(
        person_id=person_id,
        requirement_id=_requirement_id(session, code),
        granted_on=granted_on,
        due_on=due_on,
        reason="Mycket att göra",
        recorded_at=now,
        source="test",
    )
    session.add(extension)
    session.flush()
    return extension


def add_request(session: BoundSession, person_id: int, code: str, *, now: datetime) -> ExceptionRequest:
    """Let a person ask for more time: until a month after now."""
    request = ExceptionRequest(
        person_id=person_id,
        requirement_id=_requirement_id(session, code),
        kind=ExceptionKind.EXTENSION,
        wanted_until=now.date() + timedelta(days=30),
        message="Hinner inte",
        asked_at=now,
    )
    session.add(request)
    session.flush()
    return request


def add_upload(
    session: BoundSession, person_id: int, course_id: int, *, by: int, now: datetime, content: bytes = PDF
) -> UploadedCertificate:
    """Let a person have sent a certificate from elsewhere, with their account `by`."""
    certificate = UploadedCertificate(
        person_id=person_id,
        course_id=course_id,
        completed_on=now.date() - timedelta(days=30),
        issuer="Grums kommun",
        media_type="application/pdf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        uploaded_at=now,
        uploaded_by_id=by,
    )
    session.add(certificate)
    session.flush()
    session.add(UploadedFile(uploaded_certificate_id=certificate.id, content=content))
    session.flush()
    return certificate


def sign_in(
    client: FlaskClient, database: Database, cast: Cast, name: str, *, now: datetime | None = None
) -> FlaskClient:
    """Sign one of the cast in, as their browser would be after the sign-in page."""
    from tracker import clock

    instant = now or clock.now()
    token = tokens.one_time_token()
    municipality_id = cast.grums if name == "omar" else cast.kil
    with database.bound(municipality_id) as session:
        session.add(
            LoginSession(
                account_id=cast.accounts[name],
                token_hash=tokens.fingerprint(token),
                started_at=instant,
                seen_at=instant,
                expires_at=instant + timedelta(hours=10),
                address="127.0.0.1",
                browser="test",
            )
        )
        session.commit()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    return client


PASSWORD = "ett-mycket-bra-lösen"


def set_password(database: Database, cast: Cast, *, now: datetime) -> None:
    """Give everyone of the cast the same password, so that a browser can sign them in."""
    from tracker.accounts.passwords import hashed

    password_hash = hashed(PASSWORD)
    for municipality_id in (cast.kil, cast.grums):
        with transaction(database, municipality_id, now=now) as session:
            for account in session.scalars(select(Account)):
                account.password_hash = password_hash


def acting(cast: Cast) -> Viewer:
    """Return a viewer for operations in Kil that no person performs."""
    return system(cast.kil, "test")
