"""What people are called and how they are reached: changed by hand, with what it was before kept."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select, update

from tracker.accounts.models import Account
from tracker.accounts.people import Holder, follow_people
from tracker.accounts.queries import identifier_key
from tracker.audit.operations import record
from tracker.db import BoundSession
from tracker.domain.roster_numbers import PersonDetails
from tracker.domain.sorting import sort_key
from tracker.people.models import FormerDetails, Person
from tracker.people.queries import absorbed
from tracker.permissions import Viewer

# What is kept of a person when it changes. Whether an identity is protected is in the journal.
KEPT = ("employee_number", "given_name", "family_name", "email")


class NumberTakenError(Exception):
    """The employee number is another person's, or an account's that was made by hand (then `person` is None)."""

    def __init__(self, person: Person | None) -> None:
        super().__init__(person.public_id if person is not None else None)
        self.person = person


class EarlierNumberError(Exception):
    """The employee number was another person's before: whoever gives it to a second one must say that it is meant."""

    def __init__(self, person: Person) -> None:
        super().__init__(person.public_id)
        self.person = person


class AddressTakenError(Exception):
    """The e-mail address is another person's, or another account's (then `person` is None)."""

    def __init__(self, person: Person | None) -> None:
        super().__init__(person.public_id if person is not None else None)
        self.person = person


def details_of(person: Person) -> PersonDetails:
    """Return what is said about a person."""
    return PersonDetails(
        person.employee_number, person.given_name, person.family_name, person.email, person.protected_identity
    )


def columns_of(details: PersonDetails) -> dict[str, Any]:
    """Return what is said about a person as columns of the table."""
    return {
        "employee_number": details.employee_number,
        "given_name": details.given_name,
        "family_name": details.family_name,
        "sort_key": sort_key(details.family_name, details.given_name),
        "email": details.email,
        "protected_identity": details.protected,
    }


def former_of(person: Person, *, until: date, by: Viewer, now: datetime) -> dict[str, Any]:
    """Return the row that keeps what a person is called now, and how they are reached, when that is about to change."""
    kept = {name: getattr(person, name) for name in KEPT}
    mark = {"until": until, "changed_at": now, "changed_by_id": by.account_id, "number_passed_on": False}
    return {"person_id": person.id, "sort_key": person.sort_key, **kept, **mark}


def differs(before: PersonDetails, after: PersonDetails) -> bool:
    """Say whether something changes that is to be kept."""
    return replace(before, protected=after.protected) != after


def change_details(
    session: BoundSession,
    *,
    person: Person,
    details: PersonDetails,
    passes_number_on: bool = False,
    by: Viewer,
    now: datetime,
    today: date,
) -> list[str]:
    """Change what a person is called, their employee number, e-mail address or whether their identity is protected.

    Returns what changed. What it was before is kept; the account follows (see accounts.people.follow_people); facts,
    certificates and mails stay as they are. A number that was somebody else's before is taken only if
    `passes_number_on`: it then no longer leads to that person. The journal says what changed, not from what to what.

    Raises NumberTakenError, EarlierNumberError, AddressTakenError.
    """
    before = details_of(person)
    if before == details:
        return []
    if details.employee_number != before.employee_number:
        _take_number(session, person, details.employee_number, passes_on=passes_number_on)
    if details.email is not None and details.email != before.email:
        _refuse_taken_address(session, person, details.email)
    if differs(before, details):
        session.add(FormerDetails(**former_of(person, until=today, by=by, now=now)))
    for name, value in columns_of(details).items():
        setattr(person, name, value)
    session.flush()  # Accounts are looked up by number.
    follow_people(session, [holder(person)], now=now)
    changed = [name for name in PersonDetails.__slots__ if getattr(before, name) != getattr(details, name)]
    record(session, "person.changed", subject=person, by=by, changed=changed)
    return changed


def holder(person: Person) -> Holder:
    """Return a person as their account is to follow them."""
    name = f"{person.given_name} {person.family_name}"
    return Holder(person.id, person.employee_number, name, person.email)


def _take_number(session: BoundSession, person: Person, number: str, *, passes_on: bool) -> None:
    other = session.scalars(
        select(Person).where(Person.employee_number == number, Person.id != person.id)
    ).one_or_none()
    if other is not None:
        raise NumberTakenError(other)
    made_by_hand = select(Account.id).where(
        Account.employee_number == number, or_(Account.person_id.is_(None), Account.person_id != person.id)
    )
    if session.scalar(made_by_hand) is not None:
        raise NumberTakenError(None)
    theirs = (
        FormerDetails.employee_number == number,
        FormerDetails.person_id != person.id,
        FormerDetails.number_passed_on.is_(False),
    )
    earlier = session.scalars(
        select(Person).where(Person.id.in_(select(FormerDetails.person_id).where(*theirs))).order_by(Person.id)
    ).first()
    if earlier is not None and not passes_on:
        raise EarlierNumberError(earlier)
    if earlier is not None:
        session.execute(update(FormerDetails).where(*theirs).values(number_passed_on=True))


def _refuse_taken_address(session: BoundSession, person: Person, address: str) -> None:
    other = session.scalars(
        select(Person)
        .where(func.lower(Person.email) == address.lower(), Person.id != person.id, ~absorbed())
        .order_by(Person.id)
    ).first()
    own = or_(Account.person_id.is_(None), Account.person_id != person.id)
    account = session.scalar(select(Account.id).where(Account.email_key == identifier_key(address), own))
    if other is not None or account is not None:
        raise AddressTakenError(other)


def pass_number_on(session: BoundSession, *, former: FormerDetails, by: Viewer) -> None:
    """Note that an earlier employee number has been given to somebody else: it leads to this person no more.

    Raises NumberTakenError: it still stands with a person who was merged into this one, and could be nobody else's.
    """
    other = session.scalars(
        select(Person).where(Person.employee_number == former.employee_number, absorbed())
    ).one_or_none()
    if other is not None:
        raise NumberTakenError(other)
    person = session.get_one(Person, former.person_id)
    session.execute(
        update(FormerDetails)
        .where(FormerDetails.person_id == former.person_id, FormerDetails.employee_number == former.employee_number)
        .values(number_passed_on=True)
    )
    record(session, "person.number_passed_on", subject=person, by=by)
