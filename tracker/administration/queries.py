"""Questions of those who administer accounts: which there are, what they may do and why; who is named in the journal."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, or_, select

from tracker.accounts.models import Account, OneTimeLink, RoleGrant, RoleRequest
from tracker.accounts.queries import identifier_key
from tracker.audit.models import JournalEntry
from tracker.db import BoundSession
from tracker.domain.facts import DutyKind
from tracker.domain.sorting import sort_key
from tracker.organisation.models import OrgUnit, UnitPlacement
from tracker.organisation.queries import in_force
from tracker.paging import Page, page_of
from tracker.people.models import Duty, Person
from tracker.people.queries import FOLLOWING, MANAGING, RUNNING_A_SYSTEM, SERVING_AS_IT
from tracker.people.roles import Owner, accounts_by_name
from tracker.permissions import GivenRole, Role
from tracker.requirements.models import Requirement, RequirementVersion
from tracker.requirements.queries import published
from tracker.systems.models import ItSystem
from tracker.tables import stands

PAGE_SIZE = 20


class AccountState(StrEnum):
    """How far an account has come."""

    ACTIVE = "active"
    INVITED = "invited"
    NOT_INVITED = "not_invited"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account in the list."""

    account: Account
    person: Person | None
    state: AccountState
    roles: list[Role] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FollowingRole:
    """A role that follows from a fact: a duty for a unit or a system, or (with no duty) being one of the people."""

    role: Role
    duty: DutyKind | None = None
    place: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None


def accounts_page(
    session: BoundSession,
    *,
    words: str,
    role: Role | None,
    state: AccountState | None,
    number: int,
    on: date,
    now: datetime,
) -> Page[AccountLine]:
    """Return a page of accounts by name, with the roles they hold on a day.

    `words` are looked for in names, e-mail addresses and employee numbers.
    """
    statement = accounts_by_name()
    if words.strip():
        statement = statement.where(_named(words))
    if role is not None:
        statement = statement.where(_holds(role, on))
    if state is not None:
        statement = statement.where(_is(state, now))
    page = page_of(session, statement, number=number, size=PAGE_SIZE)
    roles = _roles(session, [account for account, _person in page.rows], on)
    invited = _invited(session, [account.id for account, _person in page.rows], now)
    lines = [
        AccountLine(account, person, state_of(account, invited=account.id in invited), roles[account.id])
        for account, person in page.rows
    ]
    return Page(lines, page.number, page.total, page.size)


def _named(words: str) -> ColumnElement[bool]:
    """Return the condition that an account fits every word. A protected person's name is not searched."""
    conditions = []
    for word in words.split():
        by_name = and_(
            Person.protected_identity.is_(False), Person.sort_key.contains(sort_key(word) or word, autoescape=True)
        )
        conditions.append(
            or_(
                by_name,
                and_(Account.person_id.is_(None), Account.display_name.icontains(word, autoescape=True)),
                Account.email_key.contains(identifier_key(word), autoescape=True)
                & ~Person.protected_identity.is_(True),
                Account.employee_number.startswith(word, autoescape=True),
            )
        )
    return and_(*conditions)


def _holds(role: Role, on: date) -> ColumnElement[bool]:
    """Return the condition that an account holds a role on a day, given or following."""
    if role in set(GivenRole):
        return Account.id.in_(
            select(RoleGrant.account_id).where(RoleGrant.role == GivenRole(role), RoleGrant.revoked_at.is_(None))
        )
    if role is Role.LEARNER:
        return Account.person_id.is_not(None)
    return Account.person_id.in_(
        select(Duty.person_id).where(in_force(Duty, on), _gives_a_role(), Duty.kind.in_(_duties_of(role)))
    )


def _duties_of(role: Role) -> list[DutyKind]:
    return [kind for kind, follows in FOLLOWING.items() if follows is role]


def _gives_a_role() -> ColumnElement[bool]:
    """Return the condition that a duty is one from which a role follows (see people.queries.viewer_of)."""
    return or_(
        Duty.kind.in_(MANAGING) & Duty.unit_id.is_not(None),
        Duty.kind.in_(list(RUNNING_A_SYSTEM)) & Duty.system_id.is_not(None),
        Duty.kind.in_(SERVING_AS_IT),
    )


def _is(state: AccountState, now: datetime) -> ColumnElement[bool]:
    invited = Account.id.in_(select(OneTimeLink.account_id).where(_open_link(now)))
    enabled = Account.disabled_at.is_(None)
    return {
        AccountState.DISABLED: Account.disabled_at.is_not(None),
        AccountState.ACTIVE: enabled & Account.password_hash.is_not(None),
        AccountState.INVITED: enabled & Account.password_hash.is_(None) & invited,
        AccountState.NOT_INVITED: enabled & Account.password_hash.is_(None) & ~invited,
    }[state]


def _open_link(now: datetime) -> ColumnElement[bool]:
    return OneTimeLink.consumed_at.is_(None) & (OneTimeLink.expires_at > now)


def _invited(session: BoundSession, account_ids: Collection[int], now: datetime) -> set[int]:
    return set(
        session.scalars(select(OneTimeLink.account_id).where(OneTimeLink.account_id.in_(account_ids), _open_link(now)))
    )


def state_of(account: Account, *, invited: bool) -> AccountState:
    """Return how far an account has come; `invited` says whether it has a link that can still be used."""
    if account.disabled_at is not None:
        return AccountState.DISABLED
    if account.password_hash is not None:
        return AccountState.ACTIVE
    return AccountState.INVITED if invited else AccountState.NOT_INVITED


def has_open_link(session: BoundSession, account_id: int, *, now: datetime) -> bool:
    """Say whether an account has a one-time link that can still be used."""
    return bool(_invited(session, [account_id], now))


def _roles(session: BoundSession, accounts: Sequence[Account], on: date) -> defaultdict[int, list[Role]]:
    """Return the roles of some accounts that say something: being a learner does not, nearly everyone is."""
    roles: defaultdict[int, set[Role]] = defaultdict(set)
    grants = select(RoleGrant.account_id, RoleGrant.role).where(
        RoleGrant.account_id.in_([account.id for account in accounts]), RoleGrant.revoked_at.is_(None)
    )
    for account_id, given in session.execute(grants):
        roles[account_id].add(Role(given.value))
    account_of = {account.person_id: account.id for account in accounts if account.person_id is not None}
    duties = select(Duty.person_id, Duty.kind).where(
        Duty.person_id.in_(account_of), in_force(Duty, on), _gives_a_role()
    )
    for person_id, kind in session.execute(duties):
        roles[account_of[person_id]].add(FOLLOWING[kind])
    in_order = list(Role)
    return defaultdict(list, {account: sorted(held, key=in_order.index) for account, held in roles.items()})


def owner_of(session: BoundSession, public_id: str) -> Owner | None:
    """Return an account by its public id, with its person."""
    row = session.execute(accounts_by_name().where(Account.public_id == public_id)).one_or_none()
    return Owner(row[0], row[1]) if row else None


def open_grants(session: BoundSession, account_id: int, role: GivenRole | None = None) -> Sequence[RoleGrant]:
    """Return the roles given to an account that have not been revoked, oldest first; or only one of them."""
    statement = select(RoleGrant).where(RoleGrant.account_id == account_id, RoleGrant.revoked_at.is_(None))
    if role is not None:
        statement = statement.where(RoleGrant.role == role)
    return session.scalars(statement.order_by(RoleGrant.granted_at, RoleGrant.id)).all()


def role_request(session: BoundSession, account_id: int, public_id: str) -> RoleRequest | None:
    """Return what somebody asked for an account, by its public id: a role that waits, or has been answered."""
    return session.scalars(
        select(RoleRequest).where(RoleRequest.account_id == account_id, RoleRequest.public_id == public_id)
    ).one_or_none()


def following_roles(session: BoundSession, account: Account, *, on: date) -> list[FollowingRole]:
    """Return the roles that an account holds on a day because of facts, each with the fact it follows from."""
    if account.person_id is None:
        return []
    rows = session.execute(
        select(Duty, UnitPlacement.name, ItSystem.name)
        .outerjoin(UnitPlacement, and_(UnitPlacement.unit_id == Duty.unit_id, in_force(UnitPlacement, on)))
        .outerjoin(ItSystem, ItSystem.id == Duty.system_id)
        .where(Duty.person_id == account.person_id, in_force(Duty, on), _gives_a_role())
        .order_by(Duty.starts_on, Duty.id)
    )
    following = [
        FollowingRole(FOLLOWING[duty.kind], duty.kind, unit or system, duty.starts_on, duty.ends_on)
        for duty, unit, system in rows
    ]
    return [FollowingRole(Role.LEARNER), *following]


def acted_by(words: str) -> ColumnElement[bool]:
    """Return the condition that a journal entry's actor is an account that fits some words, or a job named so."""
    fits = select(Account.public_id).outerjoin(Person, Person.id == Account.person_id).where(_named(words))
    return or_(JournalEntry.actor.in_(fits), JournalEntry.actor == words.strip())


def owners_by_public_id(session: BoundSession, public_ids: Iterable[str]) -> dict[str, Owner]:
    """Return accounts by their public ids, with their persons: to name those whom a page of the journal refers to."""
    rows = session.execute(accounts_by_name().where(Account.public_id.in_(list(public_ids))))
    return {account.public_id: Owner(account, person) for account, person in rows}


def persons_by_public_id(session: BoundSession, public_ids: Iterable[str]) -> dict[str, Person]:
    """Return persons by their public ids: to name those whom a page of the journal refers to."""
    return {
        person.public_id: person
        for person in session.scalars(select(Person).where(Person.public_id.in_(list(public_ids))))
    }


def unit_names(session: BoundSession, public_ids: Iterable[str]) -> dict[str, str]:
    """Return what units are called, by their public ids: by the latest name each has been given."""
    rows = session.execute(
        select(OrgUnit.public_id, UnitPlacement.name)
        .join(UnitPlacement, UnitPlacement.unit_id == OrgUnit.id)
        .where(OrgUnit.public_id.in_(list(public_ids)), stands(UnitPlacement))
        .order_by(UnitPlacement.starts_on)
    )
    return {public_id: name for public_id, name in rows}  # noqa: C416


def requirement_titles(session: BoundSession, public_ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return what requirements are called by language, by their public ids: by the version published last."""
    rows = session.execute(
        select(Requirement.public_id, RequirementVersion.titles)
        .join(RequirementVersion, RequirementVersion.requirement_id == Requirement.id)
        .where(Requirement.public_id.in_(list(public_ids)), published())
        .order_by(RequirementVersion.number)
    )
    return {public_id: titles for public_id, titles in rows}  # noqa: C416
