"""How the municipality stands, and how it came to stand so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Date, func, literal, select, union_all

from tracker.compliance.models import Phase
from tracker.compliance.queries import Figures, figures, figures_by_unit, phase_on
from tracker.dashboards.queries.units import Unit
from tracker.db import BoundSession
from tracker.domain.facts import State
from tracker.organisation.queries import in_force, subtree
from tracker.people.models import Employment, Person

TREND_MONTHS = 24


def month_ends(day: date, months: int) -> list[date]:
    """Return the last days of the months before a day, so many of them, in order; and the day itself."""
    ends = [day]
    for _ in range(months):
        ends.append(ends[-1].replace(day=1) - timedelta(days=1))
    return ends[::-1]


@dataclass(frozen=True, slots=True)
class Moment:
    """How it stood on one day, as known now."""

    day: date
    figures: Figures


def trend(session: BoundSession, day: date, unit_id: int | None) -> list[Moment]:
    """Return how a unit with all below it, or the whole municipality, stood at the end of each of the last months.

    Counts those employed on each day. The organisation is the one of `day`, so that the same units are compared.
    """
    days = month_ends(day, TREND_MONTHS)
    asked = union_all(*(select(literal(one, Date).label("day")) for one in days)).subquery("asked")
    employed = select(Employment.id).where(
        Employment.person_id == Phase.person_id,
        in_force(Employment, asked.c.day),  # ty: ignore[invalid-argument-type]
    )
    if unit_id is not None:
        employed = employed.where(Employment.unit_id.in_(select(subtree([unit_id], day).c.unit_id)))
    counted = (
        select(asked.c.day, Phase.state, func.count(Phase.id))
        .join(Phase, phase_on(asked.c.day))  # ty: ignore[invalid-argument-type]
        .where(employed.exists())
        .group_by(asked.c.day, Phase.state)
    )
    states = {one: dict[State, int]() for one in days}
    for one, state, number in session.execute(counted):
        states[one][state] = number
    return [Moment(one, Figures(states[one])) for one in days]


@dataclass(frozen=True, slots=True)
class Part:
    """A unit with everything below it; `direct` means only those who work in the unit itself."""

    unit: Unit
    figures: Figures
    direct: bool = False


def parts(
    session: BoundSession, scope: ColumnElement[bool], day: date, below: Sequence[Unit], unit: Unit | None
) -> list[Part]:
    """Return the units below one, and those who work in itself, with the most people behind first.

    Not by percentage: one person of two who is behind matters less than ten of fifty.
    """
    found = figures_by_unit(session, scope, day, [part.id for part in below])
    ranked = [Part(part, found[part.id]) for part in below if found[part.id].people]
    if unit is not None and below:
        itself = select(Employment.person_id).where(in_force(Employment, day), Employment.unit_id == unit.id)
        if (direct := figures(session, scope & Person.id.in_(itself), day)).people:
            ranked.append(Part(unit, direct, direct=True))
    return sorted(ranked, key=lambda part: (-part.figures.people_behind, -part.figures.people))
