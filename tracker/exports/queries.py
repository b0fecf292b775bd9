"""The rows of the exports, some people at a time: whom the viewer may see, in the order of names."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, or_, select, true

from tracker.accounts.models import Account
from tracker.audit.models import JournalEntry
from tracker.catalogue.models import Course, CourseEquivalence, CourseVersion
from tracker.compliance.models import Phase
from tracker.compliance.queries import PersonRow, Workplace, employed_on, phase_on, workplaces
from tracker.compliance.queries.obligations import PERSON, runs
from tracker.db import BoundSession
from tracker.domain.evidence import Evidence
from tracker.domain.facts import State
from tracker.learning.models import Certificate, Completion
from tracker.organisation.queries import in_force, in_subtree
from tracker.people.models import Employment, Person
from tracker.people.queries import visible_to
from tracker.permissions import Viewer
from tracker.requirements.models import Requirement, RequirementVersion
from tracker.requirements.queries import published
from tracker.tables import stands

PEOPLE_AT_A_TIME = 500
"""Decides how much memory an export takes, however many people it is about."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What an export is asked to hold. Empty fields do not narrow it."""

    day: date
    unit_id: int | None = None  # with everything below it
    requirement_id: int | None = None
    states: tuple[State, ...] = ()
    since: date | None = None  # completions: from this day


class Asked(NamedTuple):
    """What a version of a requirement says of itself."""

    id: int
    code: str
    titles: dict[str, str]
    legal_basis: str


class Taught(NamedTuple):
    """What a version of a course says of itself."""

    id: int
    code: str
    titles: dict[str, str]
    number: int


# Plain, since there are millions.
class StandingRow(NamedTuple):
    """How one requirement stands for a person on the day."""

    asked: Asked
    state: State
    since: date
    due_on: date | None
    valid_until: date | None


class CompletionRow(NamedTuple):
    """One completion of a person's."""

    taught: Taught
    completed_on: date
    evidence: Evidence
    recorded_at: datetime
    certificate: str | None


@dataclass(frozen=True, slots=True)
class Employee:
    """A person in an export: who, where, and their rows, of which there may be none."""

    person: PersonRow
    workplaces: list[Workplace]
    rows: list[Any]  # StandingRow or CompletionRow


def standing_of(session: BoundSession, viewer: Viewer, chosen: Filter) -> Iterator[Employee]:
    """Yield everyone with their obligations as they stand on the day, by the requirement's code."""
    narrowed = true()
    if chosen.requirement_id is not None:
        narrowed &= Phase.requirement_id == chosen.requirement_id
    if chosen.states:
        narrowed &= Phase.state.in_(chosen.states)
    statement: Select[*tuple[Any, ...]] = select(
        Phase.person_id,
        Phase.requirement_id,
        Phase.version_id,
        Phase.state,
        Phase.starts_on,
        Phase.due_on,
        Phase.valid_until,
    ).where(phase_on(chosen.day), narrowed)
    versions = session.execute(
        select(RequirementVersion.id, Requirement.code, RequirementVersion.titles, RequirementVersion.legal_basis).join(
            Requirement, Requirement.id == RequirementVersion.requirement_id
        )
    )
    asked = {row[0]: Asked(*row) for row in versions}
    for ids in _people(session, viewer, chosen):
        rows: dict[int, list[StandingRow]] = defaultdict(list)
        longer = runs(session, ids, chosen.day, narrowed)
        for person_id, requirement_id, version_id, state, starts_on, *dates in session.execute(
            statement.where(Phase.person_id.in_(ids))
        ):
            since, _until = longer.get((person_id, requirement_id), (starts_on, None))
            rows[person_id].append(StandingRow(asked[version_id], state, since, *dates))
        for found in rows.values():
            found.sort(key=lambda row: row.asked.code)
        yield from _employees(session, ids, rows, chosen.day)


def completions(session: BoundSession, viewer: Viewer, chosen: Filter) -> Iterator[Employee]:
    """Yield everyone with the completions that stand, up to the chosen day, the earliest first."""
    statement = _completions(chosen)
    versions = session.execute(
        select(CourseVersion.id, Course.code, CourseVersion.titles, CourseVersion.number).join(
            Course, Course.id == CourseVersion.course_id
        )
    )
    taught = {row[0]: Taught(*row) for row in versions}
    for ids in _people(session, viewer, chosen):
        rows: dict[int, list[CompletionRow]] = defaultdict(list)
        for row in session.execute(statement.where(Completion.person_id.in_(ids))):
            rows[row[0]].append(CompletionRow(taught[row[1]], *row[2:]))
        yield from _employees(session, ids, rows, chosen.day)


def _completions(chosen: Filter) -> Select[*tuple[Any, ...]]:
    statement: Select[*tuple[Any, ...]] = (
        select(
            Completion.person_id,
            Completion.course_version_id,
            Completion.completed_on,
            Completion.evidence,
            Completion.recorded_at,
            Certificate.code,
        )
        .outerjoin(Certificate, Certificate.completion_id == Completion.id)
        .where(stands(Completion), Completion.completed_on <= chosen.day)
        .order_by(Completion.completed_on, Completion.id)
    )
    if chosen.since is not None:
        statement = statement.where(Completion.completed_on >= chosen.since)
    if chosen.requirement_id is not None:
        courses = select(RequirementVersion.course_id).where(
            RequirementVersion.requirement_id == chosen.requirement_id, published()
        )
        accepted = select(CourseEquivalence.id).where(
            CourseEquivalence.course_id.in_(courses),
            CourseEquivalence.accepted_course_id == Completion.course_id,
            or_(CourseEquivalence.starts_on.is_(None), CourseEquivalence.starts_on <= Completion.completed_on),
            or_(CourseEquivalence.ends_on.is_(None), CourseEquivalence.ends_on >= Completion.completed_on),
            stands(CourseEquivalence),
        )
        statement = statement.where(or_(Completion.course_id.in_(courses), accepted.exists()))
    return statement


def _people(session: BoundSession, viewer: Viewer, chosen: Filter) -> Iterator[list[int]]:
    """Yield the ids of those visible to the viewer, employed on the day and in the unit if one is chosen, by name."""
    condition = visible_to(viewer, chosen.day) & employed_on(chosen.day)
    if chosen.unit_id is not None:
        there = and_(in_force(Employment, chosen.day), in_subtree(Employment.unit_id, [chosen.unit_id], chosen.day))
        condition &= Person.id.in_(select(Employment.person_id).where(there))
    ids = session.scalars(select(Person.id).where(condition).order_by(Person.sort_key, Person.id)).all()
    for start in range(0, len(ids), PEOPLE_AT_A_TIME):
        yield list(ids[start : start + PEOPLE_AT_A_TIME])


def _employees(session: BoundSession, ids: list[int], rows: dict[int, list[Any]], day: date) -> Iterator[Employee]:
    people = {row[0]: PersonRow(*row) for row in session.execute(select(*PERSON).where(Person.id.in_(ids)))}
    places = workplaces(session, ids, day)
    for number in ids:
        yield Employee(people[number], places.get(number, []), rows.get(number, []))


def requirement_choices(session: BoundSession, day: date) -> list[tuple[str, dict[str, str]]]:
    """Return the requirements that have taken effect by a day as (public id, titles by language)."""
    rows = session.execute(
        select(Requirement.public_id, RequirementVersion.titles)
        .join(RequirementVersion, RequirementVersion.requirement_id == Requirement.id)
        .where(published(), RequirementVersion.effective_from <= day)
        .order_by(Requirement.code, RequirementVersion.number)
    )
    return list({public_id: titles for public_id, titles in rows}.items())  # noqa: C416


def requirement_by_public_id(session: BoundSession, public_id: str) -> Requirement | None:
    """Return a requirement by its public id."""
    return session.scalars(select(Requirement).where(Requirement.public_id == public_id)).one_or_none()


@dataclass(frozen=True, slots=True)
class Taken:
    """An export that someone took."""

    entry: JournalEntry
    actor_name: str

    @property
    def narrowed(self) -> dict[str, str]:
        """What the list was narrowed to, by the journal's names; those not chosen are left out."""
        details = self.entry.details
        return {name: details[name] for name in ("unit", "requirement", "since", "states") if details.get(name)}


def taken(session: BoundSession, *, limit: int = 20) -> list[Taken]:
    """Return the exports taken last, newest first, with who took them."""
    rows = session.execute(
        select(JournalEntry, Account.display_name)
        .outerjoin(Account, Account.public_id == JournalEntry.actor)
        .where(JournalEntry.action.in_(["export.standing", "export.completions"]))
        .order_by(JournalEntry.number.desc())
        .limit(limit)
    )
    return [Taken(entry, name or entry.actor) for entry, name in rows]
