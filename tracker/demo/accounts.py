"""Who may sign in to the demo: one account for each role, all with the same password."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from tracker.accounts.models import Account, RoleGrant
from tracker.accounts.passwords import hashed
from tracker.audit.models import JournalEntry
from tracker.audit.operations import record
from tracker.db import BoundSession, Database
from tracker.demo.towns import Town
from tracker.domain.facts import DutyKind
from tracker.municipalities.queries import by_slug
from tracker.organisation.models import Position
from tracker.organisation.queries import in_force
from tracker.people.models import Duty, Employment
from tracker.permissions import GivenRole, system

PASSWORD = "hej-demo-tracker"  # noqa: S105
# The municipality whose accounts are shown first; the others have the same roles.
SHOWN = "kil"


@dataclass(frozen=True, slots=True)
class SignIn:
    """An account of the demo: what it is for, and what to type."""

    role: str
    name: str
    identifier: str
    town: str


def open_accounts(session: BoundSession, town: Town, *, now: datetime, today: date) -> list[SignIn]:
    """Give one person for each role a password (and the role, where it is given by hand). Returns them."""
    password_hash = hashed(PASSWORD)
    by = system(session.municipality_id, "demo")
    taken: set[int] = set()

    def open_for(person_id: int | None, role: str, given: GivenRole | None = None) -> SignIn:
        account = session.scalars(select(Account).where(Account.person_id == person_id)).one()
        account.password_hash = password_hash
        taken.add(account.id)
        record(session, "demo.account_opened", subject=account, by=by, role=role)
        if given is not None:
            session.add(RoleGrant(account_id=account.id, role=given, granted_at=now))
        return SignIn(role, account.display_name, account.email or account.employee_number or "", town.name)

    signs = [
        open_for(_new_hire(session, today), "learner, newly employed"),
        open_for(_manager(session, today, DutyKind.UNIT_MANAGER), "unit manager"),
        open_for(_manager(session, today, DutyKind.SYSTEM_OWNER), "system owner and head of administration"),
    ]
    if (it_manager := _manager(session, today, DutyKind.IT_MANAGER)) is not None:
        signs.append(open_for(it_manager, "IT manager"))
    for role, given in (
        ("HR", GivenRole.HR),
        ("training administrator", GivenRole.TRAINING_ADMINISTRATOR),
        ("municipality administrator", GivenRole.MUNICIPALITY_ADMINISTRATOR),
        ("coordinator (figures of all four)", GivenRole.COORDINATOR),
        ("second training administrator, who approves", GivenRole.TRAINING_ADMINISTRATOR),
        ("second municipality administrator, who approves", GivenRole.MUNICIPALITY_ADMINISTRATOR),
    ):
        signs.append(open_for(_office_worker(session, today, taken), role, given))
    operator = Account(
        display_name=f"Drift {town.name}",
        email=f"drift@{town.slug}.example",
        email_key=f"drift@{town.slug}.example",
        password_hash=password_hash,
        created_at=now,
    )
    session.add(operator)
    session.flush()
    session.add(RoleGrant(account_id=operator.id, role=GivenRole.OPERATOR, granted_at=now))
    record(session, "demo.account_opened", subject=operator, by=by, role="operator")
    signs.append(SignIn("operator", operator.display_name, operator.email or "", town.name))
    return signs


def _new_hire(session: BoundSession, today: date) -> int | None:
    """Return the latest to have begun who has an e-mail address."""
    return session.scalar(
        select(Employment.person_id)
        .join(Account, Account.person_id == Employment.person_id)
        .where(in_force(Employment, today), Account.email.is_not(None))
        .order_by(Employment.starts_on.desc(), Employment.id)
        .limit(1)
    )


def _manager(session: BoundSession, today: date, kind: DutyKind) -> int | None:
    """Return a holder of a duty: for units, of the one with the most people."""
    size = (
        select(func.count(Employment.id))
        .where(Employment.unit_id == Duty.unit_id, in_force(Employment, today))
        .scalar_subquery()
    )
    return session.scalar(
        select(Duty.person_id)
        .join(Account, Account.person_id == Duty.person_id)
        .where(Duty.kind == kind, in_force(Duty, today), Account.email.is_not(None))
        .order_by(size.desc(), Duty.id)
        .limit(1)
    )


def _office_worker(session: BoundSession, today: date, taken: set[int]) -> int | None:
    """Return an office worker with an address, who holds no duty and has no role yet."""
    return session.scalar(
        select(Employment.person_id)
        .join(Account, Account.person_id == Employment.person_id)
        .join(Position, Position.id == Employment.position_id)
        .where(
            in_force(Employment, today),
            Account.email.is_not(None),
            Account.id.not_in(taken),
            Position.title.in_(["HR-specialist", "Administratör", "Handläggare"]),
            Employment.person_id.not_in(select(Duty.person_id)),
        )
        .order_by(Position.title.desc(), Employment.starts_on, Employment.id)
        .limit(1)
    )


def sign_ins(database: Database) -> list[SignIn]:
    """Return whom to try the demo as, in the municipality shown first; empty where the demo is not loaded."""
    with database.wide(reading=True) as wide:
        municipality = by_slug(wide, SHOWN)
    if municipality is None:
        return []
    with database.bound(municipality.id, reading=True) as session:
        entries = session.scalars(
            select(JournalEntry).where(JournalEntry.action == "demo.account_opened").order_by(JournalEntry.number)
        )
        accounts = {
            account.public_id: account
            for account in session.scalars(select(Account).where(Account.password_hash.is_not(None)))
        }
        return [
            SignIn(entry.details["role"], account.display_name, account.email or "", municipality.name)
            for entry in entries
            if (account := accounts.get(entry.subject)) is not None
        ]
