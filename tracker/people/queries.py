"""Questions about people, each on a day. Fetching a person through here *is* the permission check."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, null, or_, select, true

from tracker.accounts.models import Account, RoleGrant
from tracker.db import BoundSession
from tracker.domain.facts import DutyKind
from tracker.domain.sorting import sort_key
from tracker.municipalities.models import Municipality
from tracker.organisation.models import OrgUnit, Position, UnitPlacement
from tracker.organisation.queries import in_force, in_subtree
from tracker.paging import Page, page_of
from tracker.people.models import Duty, Employment, FormerDetails, Person, PersonMerge
from tracker.permissions import GivenRole, Role, Viewer
from tracker.tables import known_at, stands

PAGE_SIZE = 50
# SQLite takes at most 32,766 values in a statement.
AT_A_TIME = 1000

MANAGING = (DutyKind.UNIT_MANAGER, DutyKind.HEAD_OF_ADMINISTRATION)
RUNNING_A_SYSTEM = {
    DutyKind.SYSTEM_OWNER: Role.SYSTEM_OWNER,
    DutyKind.SYSTEM_ADMINISTRATOR: Role.SYSTEM_ADMINISTRATOR,
}
# Who prepares computers and accounts for new hires.
SERVING_AS_IT = (DutyKind.IT_MANAGER, DutyKind.LOCAL_IT_COORDINATOR)
# Which role follows from which duty.
FOLLOWING = dict.fromkeys(MANAGING, Role.UNIT_MANAGER) | RUNNING_A_SYSTEM | dict.fromkeys(SERVING_AS_IT, Role.IT)


def viewer_of(session: BoundSession, account_id: int, day: date) -> Viewer:
    """Return the viewer an account is on a day: with the roles given to it, and those that follow from facts."""
    account = session.get_one(Account, account_id)
    municipality = session.get_one(Municipality, session.municipality_id)
    given = session.scalars(
        select(RoleGrant.role).where(RoleGrant.account_id == account.id, RoleGrant.revoked_at.is_(None))
    )
    roles = {Role(role.value) for role in given}
    managed: set[int] = set()
    systems: set[int] = set()
    served: set[int | None] = set()
    if account.person_id is not None:
        roles.add(Role.LEARNER)
        for duty in session.scalars(select(Duty).where(Duty.person_id == account.person_id, in_force(Duty, day))):
            if duty.kind in MANAGING and duty.unit_id is not None:
                roles.add(Role.UNIT_MANAGER)
                managed.add(duty.unit_id)
            elif duty.kind in RUNNING_A_SYSTEM and duty.system_id is not None:
                roles.add(RUNNING_A_SYSTEM[duty.kind])
                systems.add(duty.system_id)
            elif duty.kind in SERVING_AS_IT:
                roles.add(Role.IT)
                served.add(duty.unit_id)
    return Viewer(
        municipality_id=session.municipality_id,
        municipality_name=municipality.name,
        actor=account.public_id,
        display_name=account.display_name,
        account_id=account.id,
        person_id=account.person_id,
        locale=account.locale or municipality.locale,
        theme=account.theme,
        roles=frozenset(roles),
        managed_unit_ids=frozenset(managed),
        system_ids=frozenset(systems),
        it_unit_ids=frozenset(unit_id for unit_id in served if unit_id is not None),
        it_everywhere=None in served,
    )


def in_team(viewer: Viewer, day: date) -> ColumnElement[bool]:
    """Return the condition that a person works in, or below, the units a viewer manages on a day.

    For who sees everyone (HR, training administrators) it is the condition of being employed that day.
    """
    employed = select(Employment.person_id).where(in_force(Employment, day))
    if viewer.sees_everyone:
        return Person.id.in_(employed)
    if not viewer.managed_unit_ids:
        return false()
    return Person.id.in_(employed.where(in_subtree(Employment.unit_id, viewer.managed_unit_ids, day)))


def visible_to(viewer: Viewer, day: date) -> ColumnElement[bool]:
    """Return the condition that a viewer may see a person's record: section 7 of the rules.

    Everyone sees themself; managers those employed in and below their units on the day; HR and training administrators
    everybody in the municipality. Who was merged into another person is there no more.
    """
    if viewer.sees_everyone:
        return ~absorbed()
    return or_(Person.id == viewer.person_id, in_team(viewer, day))


def absorbed() -> ColumnElement[bool]:
    """Return the condition that a person has been merged into another one, which has their facts."""
    standing = (PersonMerge.merged_at <= known_at()) & or_(
        PersonMerge.undone_at.is_(None), PersonMerge.undone_at > known_at()
    )
    return Person.id.in_(select(PersonMerge.absorbed_id).where(standing))


def another(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition that a person is not the viewer: nobody decides about themself."""
    return true() if viewer.person_id is None else Person.id != viewer.person_id


def team_or_coming(viewer: Viewer, day: date) -> ColumnElement[bool]:
    """Return the condition that a person works on a day, or will begin to, where a viewer sees the team: see `in_team`.

    Who prepares for somebody has to know of them before their first day.
    """
    if viewer.sees_everyone:
        return Person.id.in_(_here_or_coming(day))
    return _works_below(viewer.managed_unit_ids, day)


def served_or_coming(viewer: Viewer, day: date) -> ColumnElement[bool]:
    """Return the condition that a person works on a day, or will begin to, where a viewer is IT."""
    if viewer.it_everywhere:
        return Person.id.in_(_here_or_coming(day))
    return _works_below(viewer.it_unit_ids, day)


def _works_below(roots: Collection[int], day: date) -> ColumnElement[bool]:
    if not roots:
        return false()
    return Person.id.in_(_here_or_coming(day).where(in_subtree(Employment.unit_id, roots, day)))


def _here_or_coming(day: date) -> Select[int]:
    """Return the statement of the people whose employment has begun or will, and has not ended by a day."""
    unended = or_(Employment.ends_on.is_(None), Employment.ends_on >= day)
    return select(Employment.person_id).where(stands(Employment), unended)


def visible_person(session: BoundSession, viewer: Viewer, public_id: str, *, on: date) -> Person | None:
    """Return a person by public id, if the viewer may see them on the day."""
    return session.scalars(select(Person).where(Person.public_id == public_id, visible_to(viewer, on))).one_or_none()


def take_turn(session: BoundSession, person_id: int) -> Person:
    """Take a person's lock and return them: whoever else acts for them waits, and then sees what was done.

    Facts about them may still be added: whoever does that for many people holds the municipality's lock, which this
    transaction waits for when it ends, and the two would wait for each other.
    """
    return session.scalars(select(Person).where(Person.id == person_id).with_for_update(key_share=True)).one()


def by_employee_numbers(session: BoundSession, numbers: Collection[str]) -> dict[str, Person]:
    """Return people by employee number, present or earlier, whoever asks: for acts on people one need not be able to see.

    The number of who was merged into another leads to that one. A number that is nobody's now and has been several
    people's leads to none of them. Two queries for every thousand numbers.
    """
    listed = sorted(set(numbers))
    found: dict[str, Person] = {}
    for start in range(0, len(listed), AT_A_TIME):
        asked = listed[start : start + AT_A_TIME]
        present = session.scalars(select(Person).where(Person.employee_number.in_(asked), ~absorbed()))
        found |= {person.employee_number: person for person in present}
        earlier: defaultdict[str, set[Person]] = defaultdict(set)
        for number, person in session.execute(
            select(FormerDetails.employee_number, Person)
            .join(Person, Person.id == FormerDetails.person_id)
            .where(
                FormerDetails.employee_number.in_([number for number in asked if number not in found]),
                FormerDetails.number_passed_on.is_(False),
                ~absorbed(),
            )
        ):
            earlier[number].add(person)
        found |= {number: people.pop() for number, people in earlier.items() if len(people) == 1}
    return found


def by_employee_number(session: BoundSession, number: str) -> Person | None:
    """Return a person by employee number, present or earlier, whoever asks."""
    return by_employee_numbers(session, [number]).get(number)


def in_name_order() -> tuple[Any, ...]:
    """Return how lists of people are ordered: by name; those with protected identity last, by number.

    Between which names a line stands would give away a protected one.
    """
    hidden = Person.protected_identity
    return (hidden, case((hidden, null()), else_=Person.sort_key), Person.employee_number, Person.id)


def named(words: str) -> ColumnElement[bool]:
    """Return the condition that a person fits every word, by name or employee number; protected names are not searched.

    What people were called before counts, too.
    """
    conditions: list[ColumnElement[bool]] = [true()]
    for word in words.split():
        key = sort_key(word)
        by_name = called(key) & ~Person.protected_identity if key else false()
        conditions.append(or_(by_name, Person.employee_number.startswith(word, autoescape=True), once_had(word)))
    return and_(*conditions)


def called(key: str) -> ColumnElement[bool]:
    """Return the condition that a person's name, now or before, holds a key (see domain.sorting)."""
    before = select(FormerDetails.person_id).where(FormerDetails.sort_key.contains(key, autoescape=True))
    return or_(Person.sort_key.contains(key, autoescape=True), Person.id.in_(before))


def once_had(number: str) -> ColumnElement[bool]:
    """Return the condition that an employee number was a person's before."""
    return Person.id.in_(select(FormerDetails.person_id).where(FormerDetails.employee_number == number))


def given_roles_of(session: BoundSession, person_id: int) -> frozenset[GivenRole]:
    """Return the roles that have been given by hand to a person's account."""
    own = select(Account.id).where(Account.person_id == person_id)
    return frozenset(
        session.scalars(select(RoleGrant.role).where(RoleGrant.account_id.in_(own), RoleGrant.revoked_at.is_(None)))
    )


def former_details(session: BoundSession, person_id: int) -> Sequence[FormerDetails]:
    """Return what a person was called and how they were reached before, the latest first. One query."""
    return session.scalars(
        select(FormerDetails)
        .where(FormerDetails.person_id == person_id)
        .order_by(FormerDetails.until.desc(), FormerDetails.id.desc())
    ).all()


@dataclass(frozen=True, slots=True)
class Work:
    """What somebody works as and where, on a day."""

    title: str
    unit_public_id: str
    unit_name: str
    percent: float
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person in a list, with their employments on the day."""

    person: Person
    work: list[Work]


def people_page(
    session: BoundSession,
    viewer: Viewer,
    *,
    day: date,
    words: str = "",
    unit: OrgUnit | None = None,
    position: Position | None = None,
    everyone: bool = False,
    number: int = 1,
) -> Page[PersonLine]:
    """Return a page of the people whom a viewer may see and who work somewhere that day, by name, in three queries.

    `unit` confines it to those who work in or below a unit, `position` to those who work as something; `everyone` takes
    those in who do not work anywhere that day.
    """
    working = select(Employment.person_id).where(in_force(Employment, day))
    if unit is not None:
        working = working.where(in_subtree(Employment.unit_id, [unit.id], day))
    if position is not None:
        working = working.where(Employment.position_id == position.id)
    statement = select(Person).where(visible_to(viewer, day), named(words)).order_by(*in_name_order())
    if unit is not None or position is not None or not everyone:
        statement = statement.where(Person.id.in_(working))
    found = page_of(session, statement, number=number, size=PAGE_SIZE)
    people = [person for (person,) in found.rows]
    work = work_of(session, [person.id for person in people], day)
    return Page([PersonLine(person, work[person.id]) for person in people], found.number, found.total, found.size)


def work_of(session: BoundSession, person_ids: Collection[int], day: date) -> defaultdict[int, list[Work]]:
    """Return people's employments in force on a day, the fullest first, by person."""
    found: defaultdict[int, list[Work]] = defaultdict(list)
    rows = session.execute(
        select(
            Employment.person_id,
            Position.title,
            OrgUnit.public_id,
            func.coalesce(UnitPlacement.name, OrgUnit.code, "").label("name"),
            Employment.percent,
            Employment.starts_on,
            Employment.ends_on,
        )
        .join(Position, Position.id == Employment.position_id)
        .join(OrgUnit, OrgUnit.id == Employment.unit_id)
        .outerjoin(UnitPlacement, (UnitPlacement.unit_id == OrgUnit.id) & in_force(UnitPlacement, day))
        .where(Employment.person_id.in_(person_ids), in_force(Employment, day))
        .order_by(Employment.percent.desc(), Employment.starts_on, Employment.id)
    )
    for row in rows:
        work = Work(row.title, row.public_id, row.name, row.percent, row.starts_on, row.ends_on)
        found[row.person_id].append(work)
    return found


@dataclass(frozen=True, slots=True)
class HeadCount:
    """How many people work in a unit on a day, and in it or below it. Who works in several is counted once."""

    here: int
    in_all: int


def head_counts(session: BoundSession, day: date) -> dict[int, HeadCount]:
    """Return how many people work in and below each unit on a day, in one query. Units without anybody are left out."""
    above = (
        select(OrgUnit.id.label("unit_id"), OrgUnit.id.label("above_id"))
        .where(OrgUnit.id.in_(select(Employment.unit_id).where(in_force(Employment, day))))
        .cte("above", recursive=True)
    )
    above = above.union(
        select(above.c.unit_id, UnitPlacement.parent_id)
        .join(UnitPlacement, UnitPlacement.unit_id == above.c.above_id)
        .where(in_force(UnitPlacement, day))
    )
    in_it = case((above.c.unit_id == above.c.above_id, Employment.person_id))
    rows = session.execute(
        select(above.c.above_id, func.count(in_it.distinct()), func.count(Employment.person_id.distinct()))
        .join(Employment, Employment.unit_id == above.c.unit_id)
        .where(in_force(Employment, day), above.c.above_id.is_not(None))  # Nothing is above the topmost.
        .group_by(above.c.above_id)
    )
    return {unit_id: HeadCount(here, in_all) for unit_id, here, in_all in rows}


def head_counts_by_position(session: BoundSession, day: date) -> dict[int, int]:
    """Return how many people work as each position on a day."""
    return dict(
        session.execute(
            select(Employment.position_id, func.count(Employment.person_id.distinct()))
            .where(in_force(Employment, day))
            .group_by(Employment.position_id)
        ).all()
    )


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody holds a duty. `visible` says whether the viewer may see their record."""

    person: Person
    duty: Duty
    visible: bool


def unit_holders(session: BoundSession, viewer: Viewer, unit: OrgUnit, day: date) -> list[Holder]:
    """Return who holds a duty for a unit on a day: its managers first."""
    return holders(session, viewer, Duty.unit_id == unit.id, day)


def holders(session: BoundSession, viewer: Viewer, which: ColumnElement[bool], day: date) -> list[Holder]:
    """Return who holds the duties that fit a condition on a day, by duty and name."""
    order = {kind: place for place, kind in enumerate(DutyKind)}
    rows = session.execute(
        select(Person, Duty, visible_to(viewer, day))
        .join(Duty, Duty.person_id == Person.id)
        .where(in_force(Duty, day), which)
        .order_by(*in_name_order())
    )
    found = [Holder(person, duty, bool(visible)) for person, duty, visible in rows]
    return sorted(found, key=lambda holder: order[holder.duty.kind])


def duty_by_id(session: BoundSession, duty_id: int) -> Duty | None:
    """Return a duty that stands."""
    return session.scalars(select(Duty).where(Duty.id == duty_id, stands(Duty))).one_or_none()
