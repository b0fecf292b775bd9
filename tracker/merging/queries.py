"""Questions before a merge and before undoing one: who may be the same person, and what undoing would give back."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import combinations

from sqlalchemy import func, or_, select

from tracker.db import BoundSession
from tracker.merging.treatment import COPIED, MOVED
from tracker.people.models import Employment, FormerDetails, MergedRow, Person, PersonMerge
from tracker.people.queries import absorbed
from tracker.permissions import Viewer
from tracker.tables import Fact, Owned, stands


def standing_facts(session: BoundSession, kind: type[Fact], person_id: int) -> list[Fact]:
    """Return a person's facts of a kind that stand, in the order they were recorded."""
    own = kind.person_id == person_id  # ty: ignore[missing-attribute]
    return list(session.scalars(select(kind).where(own, stands(kind)).order_by(kind.id)))


def resting_on(session: BoundSession, merge: PersonMerge) -> PersonMerge | None:
    """Return the latest standing merge that came after one and has the same survivor, or absorbed that survivor."""
    return session.scalars(
        select(PersonMerge)
        .where(
            PersonMerge.id > merge.id,
            PersonMerge.undone_at.is_(None),
            or_(PersonMerge.survivor_id == merge.survivor_id, PersonMerge.absorbed_id == merge.survivor_id),
        )
        .order_by(PersonMerge.id.desc())
        .limit(1)
    ).first()


@dataclass(frozen=True, slots=True)
class Pair:
    """A fact of the absorbed person's, and the survivor's that says the same; `added` if the merge brought it."""

    original: Fact
    counterpart: Fact
    added: bool


@dataclass(frozen=True, slots=True)
class Split:
    """What undoing a merge would do with what the merge took."""

    returning: list[Pair]
    changed_since: list[Pair]
    moving_back: list[Owned]


def split(session: BoundSession, merge: PersonMerge) -> Split:
    """Return what undoing a merge would give back, and what has been corrected or taken back since and so would not be.

    A constant number of queries.
    """
    rows: defaultdict[str, list[MergedRow]] = defaultdict(list)
    for row in session.scalars(select(MergedRow).where(MergedRow.merge_id == merge.id).order_by(MergedRow.id)):
        rows[row.kind].append(row)
    found = Split([], [], [])
    for kind in COPIED:
        taken = rows[kind.__tablename__]
        ids = {one.original for one in taken} | {one.counterpart for one in taken}
        facts = {fact.id: fact for fact in session.scalars(select(kind).where(kind.id.in_(ids)))} if ids else {}
        for one in taken:
            pair = Pair(facts[one.original], facts[one.counterpart or 0], one.added)
            (found.returning if pair.counterpart.retracted_at is None else found.changed_since).append(pair)
    for kind, done_at in MOVED.items():
        ids = {one.original for one in rows[kind.__tablename__]}
        moved = session.scalars(select(kind).where(kind.id.in_(ids)).order_by(kind.id)) if ids else ()
        for row in moved:
            done = getattr(row, done_at) if done_at else None
            if row.person_id == merge.survivor_id and (done is None or done <= merge.merged_at):  # ty: ignore[missing-attribute]
                found.moving_back.append(row)
    return found


A_YEAR = timedelta(days=366)


class Likeness(StrEnum):
    """Why two people may be the same, the likeliest first."""

    ADDRESS = "address"  # the same name, or given name, and an address that both have or have had
    UNIT = "unit"  # the same name, and both have worked in one unit
    FOLLOWING = "following"  # the same name, and one began at most a year after the other had left


@dataclass(frozen=True, slots=True)
class Twins:
    """Two people who may be the same: the one with the later employment first."""

    person: Person
    other: Person
    likeness: Likeness


def possible_duplicates(session: BoundSession, viewer: Viewer, *, person_id: int | None = None) -> list[Twins]:
    """Return who may be the same person: all, or those who may be one person. For a viewer who sees everyone.

    Four queries, whatever the size of the municipality.
    """
    if not viewer.sees_everyone:
        return []
    people = _lookalikes(session)
    addresses, work = _addresses(session, people), _work(session, people)
    found = []
    for group in people:
        for one, two in combinations(group, 2):
            if person_id not in (None, one.id, two.id):
                continue
            likeness = _likeness(one, two, addresses, work)
            if likeness is not None:
                later, earlier = sorted((one, two), key=lambda person: (_last_day(work[person.id]), person.id))[::-1]
                found.append(Twins(later, earlier, likeness))
    unique = {(twins.person.id, twins.other.id): twins for twins in reversed(found)}
    order = list(Likeness)
    return sorted(
        unique.values(),
        key=lambda twins: (
            order.index(twins.likeness),
            twins.person.protected_identity,
            "" if twins.person.protected_identity else twins.person.sort_key,
            twins.person.id,
        ),
    )


def _lookalikes(session: BoundSession) -> list[list[Person]]:
    """Return groups of people with the same name, and of people with the same address now or before."""
    same_name = select(Person.sort_key).where(~absorbed()).group_by(Person.sort_key).having(func.count(Person.id) > 1)
    groups: defaultdict[str, list[Person]] = defaultdict(list)
    for person in session.scalars(
        select(Person).where(Person.sort_key.in_(same_name), ~absorbed()).order_by(Person.id)
    ):
        groups[person.sort_key].append(person)
    by_address: defaultdict[int, list[Person]] = defaultdict(list)
    had = session.execute(
        select(FormerDetails.person_id, Person)
        .join(Person, func.lower(Person.email) == func.lower(FormerDetails.email))
        .where(Person.id != FormerDetails.person_id, ~absorbed())
    )
    others: dict[int, Person] = {}
    pairs = [(former_id, person) for former_id, person in had]
    if pairs:
        ids = {former_id for former_id, _ in pairs}
        others = {one.id: one for one in session.scalars(select(Person).where(Person.id.in_(ids), ~absorbed()))}
    for former_id, person in pairs:
        if former_id in others and others[former_id].given_name.casefold() == person.given_name.casefold():
            by_address[former_id].append(person)
    return [*groups.values(), *([others[id_], *rest] for id_, rest in by_address.items())]


def _addresses(session: BoundSession, people: Sequence[Sequence[Person]]) -> defaultdict[int, set[str]]:
    found: defaultdict[int, set[str]] = defaultdict(set)
    for group in people:
        for person in group:
            if person.email:
                found[person.id].add(person.email.casefold())
    for person_id, email in session.execute(
        select(FormerDetails.person_id, FormerDetails.email).where(
            FormerDetails.person_id.in_({person.id for group in people for person in group}),
            FormerDetails.email.is_not(None),
        )
    ):
        found[person_id].add((email or "").casefold())
    return found


def _work(session: BoundSession, people: Sequence[Sequence[Person]]) -> defaultdict[int, list[Employment]]:
    found: defaultdict[int, list[Employment]] = defaultdict(list)
    for employment in session.scalars(
        select(Employment).where(
            Employment.person_id.in_({person.id for group in people for person in group}), stands(Employment)
        )
    ):
        found[employment.person_id].append(employment)
    return found


def _likeness(
    one: Person, two: Person, addresses: defaultdict[int, set[str]], work: defaultdict[int, list[Employment]]
) -> Likeness | None:
    if addresses[one.id] & addresses[two.id]:
        return Likeness.ADDRESS
    if one.sort_key != two.sort_key:
        return None
    if {job.unit_id for job in work[one.id]} & {job.unit_id for job in work[two.id]}:
        return Likeness.UNIT
    if not work[one.id] or not work[two.id]:
        return None
    between = (
        min(job.starts_on for job in work[later.id]) - _last_day(work[earlier.id])
        for earlier, later in ((one, two), (two, one))
    )
    return Likeness.FOLLOWING if any(timedelta(0) < gap <= A_YEAR for gap in between) else None


def _last_day(work: Sequence[Employment]) -> date:
    return max((job.ends_on or date.max for job in work), default=date.min)
