"""How the municipality stands, and how it came to stand so."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import le, lt
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, and_, case, func, literal, or_, select, true, union_all

from tracker.compliance.models import Phase
from tracker.compliance.queries import Figures, figures, figures_by_unit
from tracker.dashboards.queries.units import Unit
from tracker.db import BoundSession
from tracker.domain.facts import State
from tracker.many_rows import past_index
from tracker.organisation.queries import in_force, in_subtree
from tracker.people.models import Employment, Person
from tracker.tables import stands

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
    units = true() if unit_id is None else in_subtree(past_index(Employment.unit_id), [unit_id], day)
    states = {one: defaultdict[State, int](int) for one in days}
    for state, first, last, number in session.execute(_throughout(days, units)):
        for one in days[first:last]:
            states[one][state] += number
    for one, state, number in session.execute(_partly(days, units)):
        states[one][state] += number
    return [Moment(one, Figures(dict(states[one]))) for one in days]


def _throughout(days: Sequence[date], units: ColumnElement[bool]) -> Select[State, int, int, int]:
    """Count the phases that lie within one employment, by state and the days of theirs: from one place, to before another.

    Nearly all do, and each is looked at once instead of once a day.
    """
    phases = (
        select(
            Phase.state,
            _place(Phase.starts_on, days, le).label("first"),
            _place(func.coalesce(Phase.ends_on, date.max), days, lt).label("last"),
        )
        .where(Phase.starts_on <= days[-1], or_(Phase.ends_on.is_(None), Phase.ends_on >= days[0]), _within(units))
        .subquery()
    )
    columns = (phases.c.state, phases.c.first, phases.c.last)
    return select(*columns, func.count()).group_by(*columns)


def _partly(days: Sequence[date], units: ColumnElement[bool]) -> Select[date, State, int]:
    """Count the other phases on each day on which the person is employed."""
    ever = select(Employment.id).where(Employment.person_id == Phase.person_id, units, stands(Employment))
    phases = (
        select(Phase.person_id, Phase.state, Phase.starts_on, func.coalesce(Phase.ends_on, date.max).label("ends_on"))
        .where(Phase.starts_on <= days[-1], or_(Phase.ends_on.is_(None), Phase.ends_on >= days[0]))
        .where(~_within(units), ever.exists())
        .cte()
        .prefix_with("MATERIALIZED")  # Found once, not once a day.
    )
    asked = union_all(*(select(literal(one, Date).label("day")) for one in days)).subquery("asked")
    then = select(Employment.id).where(
        Employment.person_id == phases.c.person_id,
        units,
        in_force(Employment, asked.c.day),  # ty: ignore[invalid-argument-type]
    )
    return (
        select(asked.c.day, phases.c.state, func.count())
        .join(phases, and_(phases.c.starts_on <= asked.c.day, phases.c.ends_on >= asked.c.day))
        .where(then.exists())
        .group_by(asked.c.day, phases.c.state)
    )


def _within(units: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that one employment covers the whole phase."""
    covers = and_(
        Employment.person_id == Phase.person_id,
        Employment.starts_on <= Phase.starts_on,
        or_(Employment.ends_on.is_(None), Employment.ends_on >= Phase.ends_on),
    )
    return select(Employment.id).where(covers, units, stands(Employment)).exists()


def _place(column: Any, days: Sequence[date], before: Callable[[Any, Any], Any], at: int = 0) -> Any:
    """Return where a column's day belongs among days in order: after so many of them. Found by halving."""
    if not days:
        return literal(at)
    middle = len(days) // 2
    return case(
        (before(column, days[middle]), _place(column, days[:middle], before, at)),
        else_=_place(column, days[middle + 1 :], before, at + middle + 1),
    )


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
