"""Merging two records of one person, and undoing it. Facts are retracted and added, never changed; phases follow."""

from collections import Counter
from datetime import date, datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from tracker.accounts.models import Account
from tracker.accounts.operations import end_sessions, void_links
from tracker.accounts.people import follow_people
from tracker.audit.operations import record
from tracker.db import BoundSession, retract
from tracker.learning.models import Enrolment
from tracker.merging import queries
from tracker.merging.treatment import COPIED, MOVED, REFERRING, copy_of, says
from tracker.people.details import former_of, holder
from tracker.people.merges import standing_merges
from tracker.people.models import FormerDetails, MergedRow, Person, PersonMerge
from tracker.people.queries import former_details, given_roles_of
from tracker.permissions import Viewer, system
from tracker.tables import Fact, Owned


class SamePersonError(Exception):
    """A person cannot be merged into themself."""


class OwnMergeError(Exception):
    """Nobody merges their own record: rights follow from facts, and completions would be on one's own word."""


class AlreadyMergedError(Exception):
    """One of the two has been merged into somebody already, perhaps by somebody else just now."""


class HoldsRolesError(Exception):
    """The account that would be disabled holds roles given by hand. Who gives roles decides about them first."""


class AlreadyUndoneError(Exception):
    """The merge has been undone already."""


class LaterMergeError(Exception):
    """What a later merge did rests on this one: undo that one first."""

    def __init__(self, merge: PersonMerge) -> None:
        super().__init__(merge.public_id)
        self.merge = merge


def refuse_merge(session: BoundSession, survivor: Person, absorbed: Person, by: Viewer) -> None:
    """Raise what keeps two persons from being merged: SamePersonError, OwnMergeError, AlreadyMergedError, HoldsRolesError."""
    if survivor.id == absorbed.id:
        raise SamePersonError(survivor.public_id)
    if by.person_id in (survivor.id, absorbed.id):
        raise OwnMergeError(by.actor)
    if standing_merges(session, [survivor.id, absorbed.id]):
        raise AlreadyMergedError(absorbed.public_id)
    if given_roles_of(session, absorbed.id):
        raise HoldsRolesError(absorbed.public_id)


def merge(
    session: BoundSession, *, survivor: Person, absorbed: Person, reason: str, by: Viewer, now: datetime, today: date
) -> PersonMerge:
    """Make two persons one: the survivor has the facts of both, the absorbed one is there no more.

    What both have is counted once. The absorbed person's account is disabled, with its sessions and links; old names and
    numbers lead to the survivor, whose identity is protected if either's was. Certificates stay confirmed. Writes the
    journal. Raises what `refuse_merge` raises.
    """
    _lock(session, survivor, absorbed)
    refuse_merge(session, survivor, absorbed, by)
    merge = PersonMerge(
        survivor_id=survivor.id, absorbed_id=absorbed.id, reason=reason, merged_at=now, merged_by_id=by.account_id
    )
    session.add(merge)
    session.flush()  # Rows below refer to it.
    counts: Counter[str] = Counter()
    for kind in COPIED:
        counts[kind.__tablename__] = _copy_facts(session, merge, kind, survivor, absorbed, by=by, now=now)
    for kind in MOVED:
        for row in _rows_of(session, kind, absorbed.id):
            if _move(session, row, survivor.id):
                session.add(MergedRow(merge_id=merge.id, kind=kind.__tablename__, original=row.id))
    _keep_names(session, merge, survivor, absorbed, by=by, now=now, today=today)
    _disable_account(session, merge, absorbed, by=by, now=now)
    session.flush()  # An address that has become free may be the survivor's.
    follow_people(session, [holder(survivor)], now=now)
    record(
        session,
        "person.merged",
        subject=survivor,
        by=by,
        absorbed=absorbed.public_id,
        merge=merge.public_id,
        facts={kind: number for kind, number in counts.items() if number},
    )
    return merge


def _lock(session: BoundSession, *persons: Person) -> None:
    """Put those who merge or record something about the same people in a line."""
    ids = sorted(person.id for person in persons)
    locked = select(Person).where(Person.id.in_(ids)).order_by(Person.id).with_for_update()
    session.scalars(locked.execution_options(populate_existing=True)).all()


def _copy_facts(
    session: BoundSession,
    merge: PersonMerge,
    kind: type[Fact],
    survivor: Person,
    absorbed: Person,
    *,
    by: Viewer,
    now: datetime,
) -> int:
    """Retract the absorbed person's facts of a kind and add them for the survivor, who may have some already."""
    facts = queries.standing_facts(session, kind, absorbed.id)
    present = {says(fact): fact for fact in queries.standing_facts(session, kind, survivor.id)}
    retract(facts, now=now, by_id=by.account_id, why=f"merged into employee number {survivor.employee_number}")
    for fact in facts:
        same = present.get(says(fact))
        counterpart = same or copy_of(fact, survivor.id, recorded_at=now)
        if same is None:
            session.add(counterpart)
            session.flush()  # Its id is needed.
            _refer_to(session, fact, counterpart)
        present[says(fact)] = counterpart
        session.add(
            MergedRow(
                merge_id=merge.id,
                kind=kind.__tablename__,
                original=fact.id,
                counterpart=counterpart.id,
                added=same is None,
            )
        )
    return len(facts)


def _refer_to(session: BoundSession, fact: Fact, counterpart: Fact) -> None:
    """Let what refers to a fact, such as a completion's certificate, refer to the one that takes its place."""
    for kind, (of, column) in REFERRING.items():
        if isinstance(fact, of):
            session.execute(update(kind).where(getattr(kind, column) == fact.id).values({column: counterpart.id}))


def _rows_of(session: BoundSession, kind: type[Owned], person_id: int) -> list[Owned]:
    return list(session.scalars(select(kind).where(kind.person_id == person_id).order_by(kind.id)))  # ty: ignore[missing-attribute]


def _move(session: BoundSession, row: Owned, person_id: int) -> bool:
    """Give a row to another person, unless a unique key says that they have such a one: then it stays, and False."""
    session.flush()  # What is pending besides must not be undone with the savepoint.
    try:
        with session.begin_nested():
            row.person_id = person_id  # ty: ignore[missing-attribute]
            if isinstance(row, Enrolment):
                row.number = _next_number(session, person_id, row.course_version_id)
            session.flush()
    except IntegrityError:
        session.refresh(row)
        return False
    return True


def _next_number(session: BoundSession, person_id: int, version_id: int) -> int:
    with session.no_autoflush:
        last = session.scalar(
            select(func.max(Enrolment.number)).where(
                Enrolment.person_id == person_id, Enrolment.course_version_id == version_id
            )
        )
    return (last or 0) + 1


def _keep_names(
    session: BoundSession,
    merge: PersonMerge,
    survivor: Person,
    absorbed: Person,
    *,
    by: Viewer,
    now: datetime,
    today: date,
) -> None:
    own = former_of(absorbed, until=today, by=by, now=now)
    session.add(FormerDetails(**own | {"person_id": survivor.id, "merge_id": merge.id}))
    for former in former_details(session, absorbed.id):
        names = ("employee_number", "given_name", "family_name", "sort_key", "email", "until", "number_passed_on")
        kept = {name: getattr(former, name) for name in names}
        mark = {"changed_at": now, "changed_by_id": by.account_id, "merge_id": merge.id}
        session.add(FormerDetails(person_id=survivor.id, **kept, **mark))
    survivor.protected_identity = survivor.protected_identity or absorbed.protected_identity


def _disable_account(session: BoundSession, merge: PersonMerge, absorbed: Person, *, by: Viewer, now: datetime) -> None:
    """Keep the absorbed person's account out at once, and let go of its address."""
    account = session.scalars(select(Account).where(Account.person_id == absorbed.id)).one_or_none()
    if account is None:
        return
    account.email = account.email_key = None
    if account.disabled_at is None:
        account.disabled_at = now
        merge.disabled_account_id = account.id
        void_links(session, account=account, now=now)
        end_sessions(session, account=account, by=by, now=now)
        record(session, "account.disabled", subject=account, by=by)


def carry_over(session: BoundSession, *, now: datetime) -> None:
    """Give the survivor what was recorded for somebody in the very moment they were merged. The edge calls this.

    Who records a fact waits for a merge of the same person (both lock the person's row), and then knows nothing of it.
    """
    session.flush()  # What is pending touches too.
    if not session.touched.people:
        return
    standing = select(PersonMerge).where(PersonMerge.undone_at.is_(None)).order_by(PersonMerge.id)
    for merge in session.scalars(standing).all():
        if merge.absorbed_id in session.touched.people:  # What goes to one survivor may go on to the next.
            survivor, absorbed = session.get_one(Person, merge.survivor_id), session.get_one(Person, merge.absorbed_id)
            for kind in COPIED:
                _copy_facts(
                    session, merge, kind, survivor, absorbed, by=system(session.municipality_id, "merge"), now=now
                )


def undo_merge(session: BoundSession, *, merge: PersonMerge, why: str, by: Viewer, now: datetime) -> None:
    """Make two persons of one again: the absorbed one gets back what the merge took, as far as it still stands.

    What was recorded for the survivor since stays with them, and what was corrected or taken back since is not brought
    back. An account that the merge disabled is let in again. An identity that became protected stays so. Writes the
    journal. Raises OwnMergeError, AlreadyUndoneError, LaterMergeError.
    """
    survivor, absorbed = session.get_one(Person, merge.survivor_id), session.get_one(Person, merge.absorbed_id)
    _lock(session, survivor, absorbed)
    session.refresh(merge)
    refuse_undo(session, merge, by)
    merge.undone_at, merge.undone_by_id, merge.undone_why = now, by.account_id, why
    split = queries.split(session, merge)
    for pair in split.returning:
        if pair.added:
            retract([pair.counterpart], now=now, by_id=by.account_id, why="the merge was undone")
        fact = copy_of(pair.original, absorbed.id, recorded_at=now)
        session.add(fact)
        session.flush()  # Its id is needed.
        _refer_to(session, pair.counterpart if pair.added else pair.original, fact)
        _stand_in(session, pair.original, fact)
    for row in split.moving_back:
        _move(session, row, absorbed.id)
    session.execute(delete(FormerDetails).where(FormerDetails.merge_id == merge.id))
    if merge.disabled_account_id is not None:
        account = session.get_one(Account, merge.disabled_account_id)
        account.disabled_at = None
        record(session, "account.enabled", subject=account, by=by)
    session.flush()  # Accounts are looked up by person.
    follow_people(session, [holder(survivor), holder(absorbed)], now=now)
    record(session, "person.merge_undone", subject=survivor, by=by, absorbed=absorbed.public_id, merge=merge.public_id)


def _stand_in(session: BoundSession, original: Fact, fact: Fact) -> None:
    """Let the fact that is back stand in for the original in the merges that came before, so that they can be undone."""
    session.execute(
        update(MergedRow)
        .where(MergedRow.kind == original.__tablename__, MergedRow.counterpart == original.id)
        .values(counterpart=fact.id)
    )


def refuse_undo(session: BoundSession, merge: PersonMerge, by: Viewer) -> None:
    """Raise what keeps a merge from being undone: OwnMergeError, AlreadyUndoneError, LaterMergeError."""
    if by.person_id in (merge.survivor_id, merge.absorbed_id):
        raise OwnMergeError(by.actor)
    if merge.undone_at is not None:
        raise AlreadyUndoneError(merge.public_id)
    if (later := queries.resting_on(session, merge)) is not None:
        raise LaterMergeError(later)
