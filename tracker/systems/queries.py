"""Questions about the register of IT systems, on a day."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from tracker.db import BoundSession
from tracker.domain.facts import DutyKind
from tracker.domain.periods import add_months
from tracker.organisation.models import OrgUnit
from tracker.organisation.queries import in_force, tree_on
from tracker.paging import Page, page_of
from tracker.people.models import Duty, Person
from tracker.people.queries import PAGE_SIZE, Holder, Work, holders, in_name_order, named, visible_to, work_of
from tracker.permissions import Permission, Viewer
from tracker.systems.models import Access, Importance, ItSystem, SystemScope
from tracker.tables import stands

# An important system's security plan is to be decided anew each year.
PLAN_LASTS_MONTHS = 12


@dataclass(frozen=True, slots=True)
class SystemLine:
    """A system in the register, with what a list says of it."""

    system: ItSystem
    users: int
    owners: list[Person]
    administrators: int
    plan_overdue: bool


@dataclass(frozen=True, slots=True)
class User:
    """Somebody uses a system; `visible` says whether the viewer may see their record."""

    person: Person
    access: Access
    visible: bool
    work: list[Work]


def plan_overdue(system: ItSystem, day: date) -> bool:
    """Say whether an important system lacks a security plan, or has one decided more than a year ago."""
    if system.importance is not Importance.IMPORTANT:
        return False
    decided = system.security_plan_on
    return decided is None or decided > day or add_months(decided, PLAN_LASTS_MONTHS) < day


def register(
    session: BoundSession, day: date, *, words: str = "", scope: SystemScope | None = None
) -> list[SystemLine]:
    """Return the systems whose name, supplier or purpose holds every word, by name, in three queries."""
    statement = select(ItSystem).order_by(func.lower(ItSystem.name), ItSystem.id)
    for word in words.split():
        statement = statement.where(
            ItSystem.name.icontains(word, autoescape=True)
            | ItSystem.supplier.icontains(word, autoescape=True)
            | ItSystem.purpose.icontains(word, autoescape=True)
        )
    if scope is not None:
        statement = statement.where(ItSystem.scope == scope)
    systems = session.scalars(statement).all()
    users = dict(
        session.execute(
            select(Access.system_id, func.count(Access.person_id.distinct()))
            .where(in_force(Access, day))
            .group_by(Access.system_id)
        ).all()
    )
    owners: defaultdict[int | None, list[Person]] = defaultdict(list)
    administrators: defaultdict[int | None, int] = defaultdict(int)
    for duty, person in session.execute(
        select(Duty, Person)
        .join(Person, Person.id == Duty.person_id)
        .where(in_force(Duty, day), Duty.system_id.is_not(None))
        .order_by(*in_name_order())
    ):
        if duty.kind is DutyKind.SYSTEM_OWNER:
            owners[duty.system_id].append(person)
        else:
            administrators[duty.system_id] += 1
    return [
        SystemLine(
            system, users.get(system.id, 0), owners[system.id], administrators[system.id], plan_overdue(system, day)
        )
        for system in systems
    ]


def system_by_public_id(session: BoundSession, public_id: str) -> ItSystem | None:
    """Return a system by its public id."""
    return session.scalars(select(ItSystem).where(ItSystem.public_id == public_id)).one_or_none()


def all_systems(session: BoundSession) -> Sequence[ItSystem]:
    """Return all systems, by name."""
    return session.scalars(select(ItSystem).order_by(func.lower(ItSystem.name), ItSystem.id)).all()


def system_holders(session: BoundSession, viewer: Viewer, system: ItSystem, day: date) -> list[Holder]:
    """Return who owns and administers a system on a day, owners first."""
    return holders(session, viewer, Duty.system_id == system.id, day)


def may_see_users(viewer: Viewer, system: ItSystem) -> bool:
    """Say whether a viewer may see who uses a system: those who see everyone, and whoever owns or administers it."""
    return viewer.sees_everyone or (viewer.may(Permission.SYSTEM_VIEW) and system.id in viewer.system_ids)


def user_count(session: BoundSession, system: ItSystem, day: date) -> int:
    """Return how many people use a system on a day."""
    return (
        session.scalar(
            select(func.count(Access.person_id.distinct())).where(Access.system_id == system.id, in_force(Access, day))
        )
        or 0
    )


def users_page(
    session: BoundSession, viewer: Viewer, system: ItSystem, day: date, *, words: str = "", number: int = 1
) -> Page[User]:
    """Return a page of those who use a system on a day, by name. Ask `may_see_users` first."""
    statement = (
        select(Person, Access, visible_to(viewer, day).label("visible"))
        .join(Access, Access.person_id == Person.id)
        .where(Access.system_id == system.id, in_force(Access, day), named(words))
        .order_by(*in_name_order(), Access.id)
    )
    found = page_of(session, statement, number=number, size=PAGE_SIZE)
    work = work_of(session, [person.id for person, _access, _visible in found.rows], day)
    users = [User(person, access, bool(visible), work[person.id]) for person, access, visible in found.rows]
    return Page(users, found.number, found.total, found.size)


def access_by_id(session: BoundSession, system: ItSystem, access_id: int) -> Access | None:
    """Return an access to a system, if it stands."""
    return session.scalars(
        select(Access).where(Access.id == access_id, Access.system_id == system.id, stands(Access))
    ).one_or_none()


def duties_held(session: BoundSession, viewer: Viewer, day: date) -> list[tuple[Holder, str | None, str | None]]:
    """Return every duty held on a day, with the name of its unit and of its system, by duty and name."""
    found = holders(session, viewer, Duty.id.is_not(None), day)
    systems = {system.id: system.name for system in all_systems(session)}
    units = unit_names(session, day)
    return [
        (
            one,
            units.get(one.duty.unit_id) if one.duty.unit_id is not None else None,
            systems.get(one.duty.system_id) if one.duty.system_id is not None else None,
        )
        for one in found
    ]


def unit_names(session: BoundSession, day: date) -> dict[int, str]:
    """Return what each unit is called on a day, or its code if it is not there."""
    names = {unit_id: code or "" for unit_id, code in session.execute(select(OrgUnit.id, OrgUnit.code))}
    return names | {unit_id: node.name for unit_id, node in tree_on(session, day).nodes.items()}
