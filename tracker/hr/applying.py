"""Carrying a roster's plan out: in bulk, so that a large municipality takes little longer than writing its rows."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import select

from tracker.accounts.people import follow_people
from tracker.db import BoundSession, retract
from tracker.domain.periods import Days, later
from tracker.domain.roster import Plan
from tracker.domain.roster_facts import AwayTerms, ChangeKind, DutyTerms, EmploymentTerms, FactChange, Terms
from tracker.domain.roster_rows import PositionName
from tracker.domain.roster_units import UnitChange, UnitChangeKind
from tracker.domain.sorting import sort_key
from tracker.hr.queries import unit_key
from tracker.many_rows import insert_many
from tracker.organisation.models import OrgUnit, Position, UnitKind, UnitPlacement
from tracker.people.details import columns_of, differs, former_of, holder
from tracker.people.models import Absence, Duty, Employment, FormerDetails, Person
from tracker.permissions import Viewer
from tracker.tables import Fact, Owned

# SQLite takes at most 32,766 values in a statement.
AT_A_TIME = 1000

WHY = {
    ChangeKind.CORRECTED: "roster: other dates",
    ChangeKind.CHANGED: "roster: other terms",
    ChangeKind.ENDED: "roster: no longer there",
    ChangeKind.REMOVED: "roster: no longer there",
}

Row = TypeVar("Row", bound=Owned)


def apply_plan(session: BoundSession, plan: Plan, *, source: str, by: Viewer, now: datetime, today: date) -> None:
    """Change units, positions, people, their accounts and their facts as a plan says. Journalling is the caller's.

    What people were called before is kept.
    """
    mark = {"recorded_at": now, "recorded_by_id": by.account_id, "source": source}
    place_units(session, plan.units, source=source, by=by, now=now)
    _positions(session, plan)
    people = _people(session, plan, by=by, now=now, today=today)
    follow_people(session, [holder(one) for one in people], now=now)
    facts = (*plan.employments, *plan.absences, *plan.duties)
    if not facts:
        return
    columns = _Columns(session, plan)
    for model, changes in ((Employment, plan.employments), (Absence, plan.absences), (Duty, plan.duties)):
        _retract(session, model, changes, by, now)
        insert_many(session, model, [{**columns.of(terms), **mark} for change in changes for terms in change.adds])


def place_units(
    session: BoundSession, changes: Sequence[UnitChange], *, source: str, by: Viewer, now: datetime
) -> None:
    """Add units, and give those that are known their new names and places. Journalling is the caller's."""
    if not changes:
        return
    mark = {"recorded_at": now, "recorded_by_id": by.account_id, "source": source}
    new = [
        {"code": change.key, "kind": UnitKind(change.unit_kind)}
        for change in changes
        if change.kind is UnitChangeKind.NEW
    ]
    insert_many(session, OrgUnit, new)
    ids = _unit_ids(session)
    placements = []

    def place(key: str, name: str, parent: str | None, days: Days) -> None:
        placements.append(
            {
                "unit_id": ids[key],
                "parent_id": ids[parent] if parent is not None else None,
                "name": name,
                "sort_key": sort_key(name),
                "starts_on": days.starts_on,
                "ends_on": days.ends_on,
                **mark,
            }
        )

    replaced = []
    for change in changes:
        place(change.key, change.name, change.parent, change.days)
        if change.was is not None and change.was.placement_id is not None and change.was.days is not None:
            replaced.append(change.was.placement_id)
            until = later(change.days.starts_on, -1)
            if until >= change.was.days.starts_on:
                place(change.key, change.was.name, change.was.parent, Days(change.was.days.starts_on, until))
    for placement in _rows(session, UnitPlacement, replaced):
        retract([placement], now=now, by_id=by.account_id, why="roster: another name or place")
    insert_many(session, UnitPlacement, placements)


def _positions(session: BoundSession, plan: Plan) -> None:
    if plan.renamed_positions:
        known = {
            PositionName(position.code, position.title): position for position in session.scalars(select(Position))
        }
        for before, after in plan.renamed_positions:
            known[before].title = after.title
    insert_many(
        session, Position, [{"code": position.code, "title": position.title} for position in plan.new_positions]
    )


def _people(session: BoundSession, plan: Plan, *, by: Viewer, now: datetime, today: date) -> list[Person]:
    """Add and change people, and keep what they were called; return them."""
    insert_many(session, Person, [{**columns_of(details), "created_at": now} for details in plan.new_persons])
    after = {before.employee_number: (before, details) for before, details in plan.changed_persons}
    numbers = [details.employee_number for details in plan.new_persons] + list(after)
    people = list(_by_number(session, numbers))
    kept = []
    for person in people:
        if person.employee_number not in after:
            continue
        before, details = after[person.employee_number]
        if differs(before, details):
            kept.append(former_of(person, until=today, by=by, now=now))
        for name, value in columns_of(details).items():
            setattr(person, name, value)
    insert_many(session, FormerDetails, kept)
    return people


class _Columns:
    """What a plan calls by codes, as columns with ids."""

    def __init__(self, session: BoundSession, plan: Plan) -> None:
        self._units = _unit_ids(session)
        self._positions = {
            PositionName(code, title): position_id
            for position_id, code, title in session.execute(select(Position.id, Position.code, Position.title))
        }
        self._people: dict[str, int] = {
            number: person_id for person_id, number in session.execute(select(Person.id, Person.employee_number))
        }
        # A plan names people by the numbers they had before it.
        self._people |= {
            before.employee_number: self._people[after.employee_number] for before, after in plan.changed_persons
        }

    def of(self, terms: Terms) -> dict[str, Any]:
        """Return a fact's columns."""
        columns: dict[str, Any] = {
            "person_id": self._people[terms.employee_number],
            "starts_on": terms.days.starts_on,
            "ends_on": terms.days.ends_on,
        }
        match terms:
            case EmploymentTerms():
                columns |= {
                    "unit_id": self._units[terms.unit],
                    "position_id": self._positions[terms.position],
                    "kind": terms.kind,
                    "percent": terms.percent,
                }
            case DutyTerms():
                columns |= {"kind": terms.kind, "unit_id": self._units[terms.unit], "system_id": None}
            case AwayTerms():
                pass
        return columns


def _unit_ids(session: BoundSession) -> dict[str, int]:
    return {unit_key(code, unit_id): unit_id for unit_id, code in session.execute(select(OrgUnit.id, OrgUnit.code))}


def _retract(
    session: BoundSession, model: type[Fact], changes: Iterable[FactChange], by: Viewer, now: datetime
) -> None:
    why = {change.retract.id: WHY[change.kind] for change in changes if change.retract is not None}
    for fact in _rows(session, model, list(why)):
        retract([fact], now=now, by_id=by.account_id, why=why[fact.id])


def _rows(session: BoundSession, model: type[Row], ids: Sequence[int]) -> Iterator[Row]:
    for start in range(0, len(ids), AT_A_TIME):
        yield from session.scalars(select(model).where(model.id.in_(ids[start : start + AT_A_TIME])))


def _by_number(session: BoundSession, numbers: Sequence[str]) -> Iterator[Person]:
    for start in range(0, len(numbers), AT_A_TIME):
        yield from session.scalars(select(Person).where(Person.employee_number.in_(numbers[start : start + AT_A_TIME])))
