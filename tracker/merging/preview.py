"""What merging two persons would lead to, before it is done. Nothing is written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from tracker.accounts.models import Account
from tracker.compliance.learners import load_learners
from tracker.db import BoundSession
from tracker.domain.facts import State, merged
from tracker.domain.obligations import Phase, phases
from tracker.learning.models import Enrolment
from tracker.merging.queries import standing_facts
from tracker.merging.treatment import COPIED, says
from tracker.organisation.models import Position, UnitPlacement
from tracker.organisation.queries import in_force
from tracker.people.models import Duty, Employment, Person
from tracker.people.queries import given_roles_of
from tracker.permissions import GivenRole
from tracker.requirements.queries import listed, load_requirements
from tracker.systems.models import ItSystem
from tracker.tables import Fact


@dataclass(frozen=True, slots=True)
class Kind:
    """How many facts of a kind the two have, and the one person would have: what both have counts once."""

    name: str  # of the table
    survivor: int
    absorbed: int
    together: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How an obligation stands for the two, and would for the one; None where the requirement does not apply."""

    titles: dict[str, str]
    survivor: State | None
    absorbed: State | None
    together: State | None
    due_on: date | None
    valid_until: date | None

    @property
    def changes(self) -> bool:
        """Whether it stands otherwise for the one than for the survivor."""
        return self.together is not self.survivor


@dataclass(frozen=True, slots=True)
class Held:
    """A duty in force that the absorbed person holds, and for what."""

    duty: Duty
    place: str


@dataclass(frozen=True, slots=True)
class Overlap:
    """Both work in the same unit as the same on some of the same days."""

    title: str
    unit: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a merge would lead to."""

    kinds: list[Kind]
    obligations: list[Standing]
    duties: list[Held]
    overlaps: list[Overlap]
    survivor_account: Account | None
    absorbed_account: Account | None
    roles: frozenset[GivenRole]  # of the account that would be disabled
    attested: bool  # one of them has vouched for the other
    begun_twice: int  # course versions that both have begun


def preview(session: BoundSession, survivor: Person, absorbed: Person, day: date) -> Preview:
    """Return what merging would lead to, as it would stand on a day. A constant number of queries."""
    facts = {kind: [standing_facts(session, kind, one.id) for one in (survivor, absorbed)] for kind in COPIED}
    accounts = {
        account.person_id: account
        for account in session.scalars(select(Account).where(Account.person_id.in_([survivor.id, absorbed.id])))
    }
    return Preview(
        kinds=[_kind(kind, *both) for kind, both in facts.items() if any(both)],
        obligations=_obligations(session, survivor, absorbed, day),
        duties=_duties(session, absorbed, day),
        overlaps=_overlaps(session, *facts[Employment], day),
        survivor_account=accounts.get(survivor.id),
        absorbed_account=accounts.get(absorbed.id),
        roles=given_roles_of(session, absorbed.id),
        attested=_attested(facts.values(), {one.id: accounts.get(one.id) for one in (survivor, absorbed)}),
        begun_twice=_begun_twice(session, survivor, absorbed),
    )


def _kind(kind: type[Fact], own: Sequence[Fact], others: Sequence[Fact]) -> Kind:
    said = {says(fact) for fact in own}
    new = {says(fact) for fact in others} - said
    return Kind(kind.__tablename__, len(own), len(others), len(own) + len(new))


def _obligations(session: BoundSession, survivor: Person, absorbed: Person, day: date) -> list[Standing]:
    ids = [survivor.id, absorbed.id]
    learners = load_learners(session, ids)
    own, others = learners[survivor.id], learners[absorbed.id]
    titles = {one.requirement.id: one.version.titles for one in listed(session, day)}
    found = []
    for rule in load_requirements(session, persons=ids):
        before, other, after = (_on(phases(one, rule), day) for one in (own, others, merged(own, others)))
        if rule.id in titles and (before or other or after):
            found.append(
                Standing(
                    titles[rule.id],
                    before.state if before else None,
                    other.state if other else None,
                    after.state if after else None,
                    after.due_on if after else None,
                    after.valid_until if after else None,
                )
            )
    return found


def _on(found: Sequence[Phase], day: date) -> Phase | None:
    return next((one for one in found if one.starts_on <= day and (one.ends_on is None or one.ends_on >= day)), None)


def _duties(session: BoundSession, person: Person, day: date) -> list[Held]:
    rows = session.execute(
        select(Duty, UnitPlacement.name, ItSystem.name)
        .outerjoin(UnitPlacement, (UnitPlacement.unit_id == Duty.unit_id) & in_force(UnitPlacement, day))
        .outerjoin(ItSystem, ItSystem.id == Duty.system_id)
        .where(Duty.person_id == person.id, in_force(Duty, day))
        .order_by(Duty.id)
    )
    return [Held(duty, unit or system or "") for duty, unit, system in rows]


def _overlaps(session: BoundSession, own: Sequence[Fact], others: Sequence[Fact], day: date) -> list[Overlap]:
    """Return the work that would be doubled: the same unit and position on some of the same days, in other words."""
    work = [fact for fact in own if isinstance(fact, Employment)]
    doubled = {
        (job.unit_id, job.position_id)
        for other in others
        if isinstance(other, Employment)
        for job in work
        if (job.unit_id, job.position_id) == (other.unit_id, other.position_id)
        and says(job) != says(other)
        and job.starts_on <= (other.ends_on or date.max)
        and other.starts_on <= (job.ends_on or date.max)
    }
    positions = dict(
        session.execute(
            select(Position.id, Position.title).where(Position.id.in_({position for _, position in doubled}))
        ).all()
    )
    units = dict(
        session.execute(
            select(UnitPlacement.unit_id, UnitPlacement.name).where(
                UnitPlacement.unit_id.in_({unit for unit, _ in doubled}), in_force(UnitPlacement, day)
            )
        ).all()
    )
    return sorted(
        (Overlap(positions[position], units.get(unit, "")) for unit, position in doubled),
        key=lambda one: (one.title, one.unit),
    )


def _attested(facts: Iterable[Sequence[Sequence[Fact]]], accounts: dict[int, Account | None]) -> bool:
    """Say whether a fact about one was recorded by the other's account: it would be on the person's own word."""
    own = {person_id: account.id for person_id, account in accounts.items() if account is not None}
    return any(
        fact.recorded_by_id in own.values() and own.get(fact.person_id) != fact.recorded_by_id  # ty: ignore[missing-attribute]
        for both in facts
        for of_one in both
        for fact in of_one
    )


def _begun_twice(session: BoundSession, survivor: Person, absorbed: Person) -> int:
    """Return how many course versions both have begun and not finished: the survivor goes on with their own."""
    begun = (
        select(Enrolment.course_version_id)
        .where(Enrolment.person_id.in_([survivor.id, absorbed.id]), Enrolment.finished_at.is_(None))
        .group_by(Enrolment.course_version_id)
        .having(func.count(Enrolment.id) > 1)
    )
    return len(session.scalars(begun).all())
