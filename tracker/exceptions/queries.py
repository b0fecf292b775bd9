"""Questions about exemptions, extensions and assignments, and the requests for exceptions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from tracker.accounts.models import Account
from tracker.compliance.learners import load_learners
from tracker.db import BoundSession
from tracker.domain import exceptions, facts
from tracker.domain import requirement as rules
from tracker.domain.exceptions import DecisionKind, Effect
from tracker.domain.facts import Learner
from tracker.domain.periods import Days
from tracker.paging import Page, page_of
from tracker.people.models import Person
from tracker.people.queries import another, in_name_order, named, visible_to
from tracker.people.roles import Owner, owners
from tracker.permissions import Viewer
from tracker.requirements.models import Assignment, ExceptionRequest, Exemption, Extension, Requirement
from tracker.requirements.queries import in_charge, load_requirements, published_versions
from tracker.tables import known_at, stands

PAGE_SIZE = 50


class When(StrEnum):
    """How an exception lies in relation to a day."""

    IN_FORCE = "in_force"
    COMING = "coming"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Case:
    """A person and a requirement, with all that the rules need to say what an exception would change."""

    person: Person
    requirement: Requirement
    learner: Learner
    rule: rules.Requirement


def cases(session: BoundSession, people: Sequence[Person], requirement: Requirement) -> list[Case]:
    """Return a case for each of some people. None if the requirement is not published. Constant number of queries."""
    ids = [person.id for person in people]
    loaded = load_requirements(session, [requirement.id], persons=ids)
    learners = load_learners(session, ids)
    return [Case(person, requirement, learners[person.id], rule) for rule in loaded for person in people]


def if_ended(case: Case, granted: Exemption | Assignment, ends_on: date | None) -> Effect:
    """Return what it would change if an exemption or assignment ended on a day, or was taken back: no day."""
    kind = facts.Exemption if isinstance(granted, Exemption) else facts.Assignment
    fact = kind(granted.requirement_id, Days(granted.starts_on, granted.ends_on), granted.id)
    return exceptions.end(case.learner, case.rule, fact, ends_on)


def if_withdrawn(case: Case, extension: Extension, day: date) -> Effect:
    """Return what it would change on a day if an extension was taken back."""
    fact = facts.Extension(extension.requirement_id, extension.granted_on, extension.due_on, extension.id)
    return exceptions.withdraw(case.learner, case.rule, fact, day)


def visible_people(
    session: BoundSession, viewer: Viewer, public_ids: Collection[str], day: date
) -> list[Person] | None:
    """Return people by public id, by name; None if one of them is not there for the viewer to see on the day."""
    wanted = set(public_ids)
    people = session.scalars(
        select(Person).where(Person.public_id.in_(wanted), visible_to(viewer, day)).order_by(*in_name_order())
    ).all()
    return list(people) if len(people) == len(wanted) else None


@dataclass(frozen=True, slots=True)
class Granted:
    """A decision about a person that stands. `first` to `last`: its days; of an extension, to the due date it gives."""

    kind: DecisionKind
    public_id: str
    requirement_id: int
    first: date
    last: date | None
    reason: str
    granted_at: datetime
    person: Person
    granter: Person | None
    granter_account: str | None  # what the account is called; None when a job or a command did it


def granted_to(session: BoundSession, person_id: int) -> list[Granted]:
    """Return a person's exemptions, extensions and assignments, the latest first. One query."""
    statement, rows = _granted()
    ordered = statement.where(Person.id == person_id).order_by(rows.c.first.desc(), rows.c.kind, rows.c.id)
    return [_as_granted(row) for row in session.execute(ordered)]


def granted_page(
    session: BoundSession,
    viewer: Viewer,
    *,
    day: date,
    when: When,
    kind: DecisionKind | None = None,
    requirement_id: int | None = None,
    words: str = "",
    number: int = 1,
) -> Page[Granted]:
    """Return a page of the exceptions of people whom a viewer may see on a day, the first to end first. Two queries."""
    statement, rows = _granted()
    ended = and_(rows.c.last.is_not(None), rows.c.last < day)
    conditions: dict[When, ColumnElement[bool]] = {
        When.IN_FORCE: and_(rows.c.first <= day, or_(rows.c.last.is_(None), rows.c.last >= day)),
        When.COMING: rows.c.first > day,
        When.ENDED: ended,
    }
    statement = statement.where(visible_to(viewer, day), conditions[when], named(words))
    if kind is not None:
        statement = statement.where(rows.c.kind == kind.value)
    if requirement_id is not None:
        statement = statement.where(rows.c.requirement_id == requirement_id)
    last = func.coalesce(rows.c.last, date.max)
    order = last.desc() if when is When.ENDED else last
    found = page_of(
        session, statement.order_by(order, *in_name_order(), rows.c.kind, rows.c.id), number=number, size=PAGE_SIZE
    )
    return Page([_as_granted(row) for row in found.rows], found.number, found.total, found.size)


def _granted() -> tuple[Any, Any]:
    """Return the statement that finds decisions of every kind alike with who they are for and from, and its rows."""
    shared = ("id", "public_id", "person_id", "requirement_id", "reason", "recorded_at", "recorded_by_id")
    kinds: tuple[tuple[Any, DecisionKind, Any, Any], ...] = (
        (Exemption, DecisionKind.EXEMPTION, Exemption.starts_on, Exemption.ends_on),
        (Extension, DecisionKind.EXTENSION, Extension.granted_on, Extension.due_on),
        (Assignment, DecisionKind.ASSIGNMENT, Assignment.starts_on, Assignment.ends_on),
    )
    rows = union_all(
        *(
            select(
                literal(kind.value).label("kind"),
                first.label("first"),
                last.label("last"),
                *(getattr(fact, name) for name in shared),
            ).where(stands(fact))
            for fact, kind, first, last in kinds
        )
    ).subquery("granted")
    granter = aliased(Person)
    statement = (
        select(
            rows.c.kind,
            rows.c.public_id.label("exception_public_id"),
            rows.c.requirement_id,
            rows.c.first,
            rows.c.last,
            rows.c.reason,
            rows.c.recorded_at,
            Person,
            granter,
            Account.display_name,
        )
        .join(Person, Person.id == rows.c.person_id)
        .outerjoin(Account, Account.id == rows.c.recorded_by_id)
        .outerjoin(granter, granter.id == Account.person_id)
    )
    return statement, rows


def _as_granted(row: Any) -> Granted:
    kind, *rest = row
    return Granted(DecisionKind(kind), *rest)


Decided = TypeVar("Decided", Exemption, Extension, Assignment)


def visible_granted(
    session: BoundSession, viewer: Viewer, kind: type[Decided], public_id: str, day: date
) -> tuple[Decided, Person] | None:
    """Return a standing decision of a kind and whom it is about, if the viewer may see them on the day."""
    row = session.execute(
        select(kind, Person)
        .join(Person, Person.id == kind.person_id)
        .where(kind.public_id == public_id, stands(kind), visible_to(viewer, day))
    ).one_or_none()
    return None if row is None else (row[0], row[1])


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with who asks."""

    request: ExceptionRequest
    person: Person


def open_requests(session: BoundSession, condition: ColumnElement[bool]) -> list[Asked]:
    """Return what people who meet a condition wait for an answer to, the longest waiting first. One query."""
    rows = session.execute(
        select(ExceptionRequest, Person)
        .join(Person, Person.id == ExceptionRequest.person_id)
        .where(ExceptionRequest.answered_at.is_(None), condition)
        .order_by(ExceptionRequest.asked_at, ExceptionRequest.id)
    )
    return [Asked(request, person) for request, person in rows]


def open_requests_page(session: BoundSession, viewer: Viewer, day: date, *, number: int = 1) -> Page[Asked]:
    """Return a page of what a viewer may answer: never what they asked themself. Two queries."""
    found = page_of(
        session,
        select(ExceptionRequest, Person)
        .join(Person, Person.id == ExceptionRequest.person_id)
        .where(ExceptionRequest.answered_at.is_(None), answerable(viewer, day))
        .order_by(ExceptionRequest.asked_at, ExceptionRequest.id),
        number=number,
        size=PAGE_SIZE,
    )
    return Page([Asked(request, person) for request, person in found.rows], found.number, found.total, found.size)


def answerable(viewer: Viewer, day: date) -> ColumnElement[bool]:
    """Return the condition that a viewer may decide about a person: one they see, but never themself."""
    return and_(visible_to(viewer, day), another(viewer))


def answerable_request(session: BoundSession, viewer: Viewer, public_id: str, day: date) -> Asked | None:
    """Return a request, answered or not, if the viewer may decide about the person who made it."""
    row = session.execute(
        select(ExceptionRequest, Person)
        .join(Person, Person.id == ExceptionRequest.person_id)
        .where(ExceptionRequest.public_id == public_id, answerable(viewer, day))
    ).one_or_none()
    return None if row is None else Asked(row[0], row[1])


def open_request(session: BoundSession, person_id: int, requirement_id: int) -> ExceptionRequest | None:
    """Return what a person waits for an answer to about a requirement."""
    return session.scalars(
        select(ExceptionRequest).where(
            ExceptionRequest.person_id == person_id,
            ExceptionRequest.requirement_id == requirement_id,
            ExceptionRequest.answered_at.is_(None),
        )
    ).one_or_none()


def titles_of(session: BoundSession, request: ExceptionRequest, day: date) -> dict[str, str]:
    """Return what the requirement that a request is about is called on a day, by language. One query."""
    version = in_charge(published_versions(session, request.requirement_id), day)
    assert version is not None  # Nobody can ask about a draft.
    return version.titles


def requests_of(session: BoundSession, person_id: int) -> list[ExceptionRequest]:
    """Return what a person has asked for, the latest first, each with the answer it has now. One query."""
    return list(
        session.scalars(
            select(ExceptionRequest)
            .where(ExceptionRequest.person_id == person_id, ExceptionRequest.asked_at <= known_at())
            .order_by(ExceptionRequest.asked_at.desc(), ExceptionRequest.id.desc())
        )
    )


def answerers(session: BoundSession, requests: Collection[ExceptionRequest]) -> dict[int, Owner]:
    """Return who answered some requests, by account. One query at most."""
    accounts = {one.answered_by_id for one in requests if one.answered_by_id is not None}
    return {one.account.id: one for one in owners(session, accounts)} if accounts else {}
