"""Who uses a system untrained: the requirements for its users, and how they stand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select

from tracker.compliance.models import Phase
from tracker.compliance.queries import (
    RequirementFigures,
    Standing,
    as_standing,
    figures_by_requirement,
    ids_of,
    phase_on,
    standing,
)
from tracker.db import BoundSession
from tracker.domain.facts import State
from tracker.organisation.queries import in_force
from tracker.people.models import Person
from tracker.requirements.models import AudienceLine, RequirementVersion
from tracker.systems.models import Access, ItSystem

UNTRAINED = (State.LAPSED, State.OVERDUE, State.GRACE, State.TO_DO)
"""In these states a user has no training for the system that is in force."""

MOST = 25


@dataclass(frozen=True, slots=True)
class Training:
    """How the users of a system stand with what is required of its users."""

    requirements: list[RequirementFigures]
    untrained: list[Standing]
    """The first of those who use it untrained: overdue first, then by date."""
    people: int
    """How many use it untrained."""


def training(session: BoundSession, system: ItSystem, day: date) -> Training:
    """Return how a system's users stand on a day with the requirements that name it. Five queries."""
    users = Person.id.in_(select(Access.person_id).where(Access.system_id == system.id, in_force(Access, day)))
    asked = select(AudienceLine.requirement_version_id).where(
        AudienceLine.system_id == system.id, ~AudienceLine.excludes, AudienceLine.duty.is_(None)
    )
    requirement_ids = set(
        session.scalars(select(RequirementVersion.requirement_id).where(RequirementVersion.id.in_(asked)))
    )
    figures = [one for one in figures_by_requirement(session, users, day) if one.id in requirement_ids]
    theirs = Phase.version_id.in_(asked) & Phase.state.in_(UNTRAINED)
    rows = session.execute(
        standing(users, day, states=UNTRAINED)
        .where(theirs)
        .order_by(None)
        .order_by(Phase.due_on, Person.sort_key, Person.id)
        .limit(MOST)
    )
    return Training(figures, _urgent_first(as_standing(rows)), _number(session, users, day, theirs))


def _urgent_first(rows: Iterable[Standing]) -> list[Standing]:
    return sorted(rows, key=lambda row: row.obligation.urgency)


def _number(session: BoundSession, users: ColumnElement[bool], day: date, theirs: ColumnElement[bool]) -> int:
    counted = select(func.count(Phase.person_id.distinct()))
    return session.scalars(counted.where(phase_on(day), theirs, Phase.person_id.in_(ids_of(users)))).one()
