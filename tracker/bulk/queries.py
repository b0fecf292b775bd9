"""Questions about batches: whom a list means, which there have been, and what became of each row."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, select, true
from sqlalchemy.orm import InstrumentedAttribute

from tracker.accounts.models import Account
from tracker.bulk.models import Act, Batch, BatchItem, BatchState, Outcome, Undone
from tracker.bulk.reading import ListRow
from tracker.db import BoundSession
from tracker.learning.models import Completion
from tracker.paging import Page, page_of
from tracker.people.models import Person
from tracker.people.queries import by_employee_numbers, visible_to
from tracker.permissions import Permission, Viewer
from tracker.requirements.models import Assignment, Exemption, Extension
from tracker.tables import stands

PAGE_SIZE = 100

PERMISSIONS = {
    Act.ASSIGN: Permission.EXCEPTION_GRANT,
    Act.EXEMPT: Permission.EXCEPTION_GRANT,
    Act.EXTEND: Permission.EXCEPTION_GRANT,
    Act.COMPLETE: Permission.COMPLETION_RECORD,
}
"""What it takes to do for many what each act does for one."""

BatchFact = Assignment | Exemption | Extension | Completion

FACTS: dict[Act, type[BatchFact]] = {
    Act.ASSIGN: Assignment,
    Act.EXEMPT: Exemption,
    Act.EXTEND: Extension,
    Act.COMPLETE: Completion,
}


def visible_ids(session: BoundSession, viewer: Viewer, day: date) -> set[int]:
    """Return the ids of the people a viewer may see on a day."""
    return set(session.scalars(select(Person.id).where(visible_to(viewer, day))))


@dataclass(frozen=True, slots=True)
class Meant:
    """A row of a list, and the person it means; without one, why."""

    row: ListRow
    person_id: int | None
    problem: Outcome | None = None


def whom(session: BoundSession, viewer: Viewer, rows: Sequence[ListRow], day: date) -> list[Meant]:
    """Say whom each row of a list means, among the people whom the viewer may see on the day.

    By employee number, present or earlier, or by e-mail address. Who has a protected identity is found by number only,
    so that no address leads to one.
    """
    by_number = by_employee_numbers(session, [row.written for row in rows if "@" not in row.written])
    by_email: defaultdict[str, set[int]] = defaultdict(set)
    visible = set()
    people = select(Person.id, Person.email, Person.protected_identity).where(visible_to(viewer, day))
    for person_id, email, protected in session.execute(people):
        visible.add(person_id)
        if email and not protected:
            by_email[email.casefold()].add(person_id)
    found = []
    for row in rows:
        if row.nameless:
            found.append(Meant(row, None, Outcome.NAMELESS))
            continue
        person = by_number.get(row.written)
        ids = by_email.get(row.written.casefold(), set()) if person is None else {person.id} & visible
        problem = Outcome.NOT_FOUND if not ids else Outcome.AMBIGUOUS if len(ids) > 1 else None
        found.append(Meant(row, None if problem else next(iter(ids)), problem))
    return found


def visible_batches(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition that a viewer may see a batch: HR and training administrators all, others their own.

    And only where they may do for one person what it does for many.
    """
    acts = [act for act, permission in PERMISSIONS.items() if viewer.may(permission)]
    own = Batch.created_by_id == viewer.account_id if viewer.account_id is not None else false()
    return and_(Batch.act.in_(acts), true() if viewer.sees_everyone else own)


def visible_batch(session: BoundSession, viewer: Viewer, public_id: str) -> Batch | None:
    """Return a batch by public id, if the viewer may see it."""
    return session.scalars(select(Batch).where(Batch.public_id == public_id, visible_batches(viewer))).one_or_none()


def batches_page(
    session: BoundSession, viewer: Viewer, *, number: int
) -> Page[tuple[Batch, Person | None, str | None]]:
    """Return a page of the batches a viewer may see, the latest first, each with who made it. Two queries."""
    found = page_of(
        session,
        select(Batch, Person, Account.display_name)
        .outerjoin(Account, Account.id == Batch.created_by_id)
        .outerjoin(Person, Person.id == Account.person_id)
        .where(visible_batches(viewer))
        .order_by(Batch.created_at.desc(), Batch.id.desc()),
        number=number,
        size=PAGE_SIZE,
    )
    return Page([(row[0], row[1], row[2]) for row in found.rows], found.number, found.total, found.size)


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a batch, and whom it means if the viewer may see them."""

    item: BatchItem
    person: Person | None


def lines_page(
    session: BoundSession, viewer: Viewer, batch: Batch, *, day: date, told: Outcome | Undone | None, number: int
) -> Page[Line]:
    """Return a page of a batch's rows in the order of the list, all or those of which something is told. Two queries."""
    statement = _lines(viewer, batch, day)
    if told is not None:
        statement = statement.where(_telling(batch) == told)
    found = page_of(session, statement, number=number, size=PAGE_SIZE)
    return Page([Line(row[0], row[1]) for row in found.rows], found.number, found.total, found.size)


def lines(session: BoundSession, viewer: Viewer, batch: Batch, day: date) -> Iterator[Line]:
    """Yield all rows of a batch in the order of the list."""
    return (Line(row[0], row[1]) for row in session.execute(_lines(viewer, batch, day)))


def _lines(viewer: Viewer, batch: Batch, day: date) -> Select[BatchItem, Person]:
    return (
        select(BatchItem, Person)
        .outerjoin(Person, and_(Person.id == BatchItem.person_id, visible_to(viewer, day)))
        .where(BatchItem.batch_id == batch.id)
        .order_by(BatchItem.number)
    )


def _telling(batch: Batch) -> InstrumentedAttribute[Any]:
    """Return the column that says what happened to a row, or will."""
    return {
        BatchState.PREVIEWED: BatchItem.previewed,
        BatchState.APPLIED: BatchItem.outcome,
        BatchState.UNDONE: BatchItem.undone,
    }[batch.state]


def told(item: BatchItem) -> Outcome | Undone:
    """Return the latest that is to say of a row."""
    return item.undone or item.outcome or item.previewed


def counts(session: BoundSession, batch: Batch) -> Mapping[Outcome | Undone, int]:
    """Return how many rows of a batch have fared in which way, as it stands now. One query."""
    telling = _telling(batch)
    rows = session.execute(
        select(telling, func.count()).where(BatchItem.batch_id == batch.id, telling.is_not(None)).group_by(telling)
    )
    return {row[0]: row[1] for row in rows}


def differing(session: BoundSession, batch: Batch) -> list[Outcome]:
    """Return what happened to the rows of an applied batch that were to be done and were not. One query."""
    outcomes = select(BatchItem.outcome).where(
        BatchItem.batch_id == batch.id, BatchItem.previewed == Outcome.DONE, BatchItem.outcome != Outcome.DONE
    )
    return [outcome for outcome in session.scalars(outcomes) if outcome is not None]


def facts_of(session: BoundSession, batch: Batch) -> list[BatchFact]:
    """Return what came of a batch, what stands last. One query."""
    kind = FACTS[batch.act]
    statement = select(kind).where(kind.source == batch.source).order_by(stands(kind), kind.id)
    return list(session.scalars(statement))


def public_ids(session: BoundSession, batch: Batch) -> dict[int, str]:
    """Return the public ids of whom a batch is about, by id. One query."""
    rows = session.execute(
        select(Person.id, Person.public_id)
        .join(BatchItem, BatchItem.person_id == Person.id)
        .where(BatchItem.batch_id == batch.id)
    )
    return {row[0]: row[1] for row in rows}


def standing_number(session: BoundSession, batch: Batch) -> int:
    """Return how many facts of a batch still stand. One query."""
    kind = FACTS[batch.act]
    statement = select(func.count()).select_from(kind).where(kind.source == batch.source, stands(kind))
    return session.scalar(statement) or 0
