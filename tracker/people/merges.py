"""Questions about persons who have been merged. How that is done, and undone, is above this: see tracker/merging/."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from tracker.accounts.models import Account
from tracker.db import BoundSession
from tracker.people.models import Person, PersonMerge
from tracker.people.queries import absorbed, visible_to
from tracker.permissions import Viewer


def standing_merges(session: BoundSession, absorbed_ids: Collection[int]) -> list[PersonMerge]:
    """Return the merges that some people have been absorbed by and that have not been undone."""
    return list(
        session.scalars(
            select(PersonMerge).where(PersonMerge.absorbed_id.in_(absorbed_ids), PersonMerge.undone_at.is_(None))
        )
    )


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge with who was merged into whom, and who did it."""

    merge: PersonMerge
    survivor: Person
    absorbed: Person
    by: str | None


def merges(session: BoundSession, viewer: Viewer, *, limit: int = 50) -> list[Merged]:
    """Return the latest merges, undone ones too, for a viewer who sees everyone. One query."""
    return _merges(session, viewer, limit=limit)


def merge_by_public_id(session: BoundSession, viewer: Viewer, public_id: str) -> Merged | None:
    """Return a merge for a viewer who sees everyone."""
    return next(iter(_merges(session, viewer, PersonMerge.public_id == public_id)), None)


def merges_of(session: BoundSession, viewer: Viewer, person_id: int) -> list[Merged]:
    """Return the standing merges that others were absorbed by into a person, for a viewer who sees everyone. One query."""
    return _merges(session, viewer, PersonMerge.survivor_id == person_id, PersonMerge.undone_at.is_(None))


def _merges(
    session: BoundSession, viewer: Viewer, *conditions: ColumnElement[bool], limit: int | None = None
) -> list[Merged]:
    if not viewer.sees_everyone:
        return []
    survivor, gone = aliased(Person), aliased(Person)
    statement = (
        select(PersonMerge, survivor, gone, Account.display_name)
        .join(survivor, survivor.id == PersonMerge.survivor_id)
        .join(gone, gone.id == PersonMerge.absorbed_id)
        .outerjoin(Account, Account.id == PersonMerge.merged_by_id)
        .where(*conditions)
        .order_by(PersonMerge.id.desc())
        .limit(limit)
    )
    return [Merged(*row) for row in session.execute(statement)]


def merged_into(session: BoundSession, viewer: Viewer, public_id: str, *, on: date) -> tuple[Person, Person] | None:
    """Return a person who was merged into another, and who has their facts now, if the viewer may see that one."""
    person = session.scalars(select(Person).where(Person.public_id == public_id, absorbed())).one_or_none()
    if person is None:
        return None
    survivor_id = person.id
    while standing := standing_merges(session, [survivor_id]):
        survivor_id = standing[0].survivor_id
    survivor = session.scalars(select(Person).where(Person.id == survivor_id, visible_to(viewer, on))).one_or_none()
    return None if survivor is None else (person, survivor)
