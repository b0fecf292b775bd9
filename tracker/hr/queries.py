"""Questions about rosters: what is known before one is loaded, and which have been."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from sqlalchemy import or_, select

from tracker.accounts.models import Account
from tracker.db import BoundSession
from tracker.domain.facts import DutyKind
from tracker.domain.periods import Days
from tracker.domain.roster import Known
from tracker.domain.roster_facts import AwayTerms, DutyTerms, EmploymentTerms, KnownFact
from tracker.domain.roster_numbers import EarlierNumber, PersonDetails
from tracker.domain.roster_rows import PositionName
from tracker.domain.roster_units import KnownUnit
from tracker.hr.models import ImportState, RosterImport
from tracker.organisation.models import OrgUnit, Position, UnitPlacement
from tracker.people.models import Absence, Duty, Employment, FormerDetails, Person
from tracker.people.queries import absorbed
from tracker.tables import stands

ROSTER_SOURCE = "roster:"


def unit_key(code: str | None, unit_id: int) -> str:
    """Return how a plan names a unit: by HR's code, or by a key of our own where it has none."""
    return code if code is not None else f"#{unit_id}"


def known_before(session: BoundSession, today: date) -> Known:
    """Return all that a roster could change, in eight queries whatever the size of the municipality.

    Who was merged into another person is not there; their number is one that the other had before.
    """
    keys = _unit_keys(session)
    positions = {
        position_id: PositionName(code, title)
        for position_id, code, title in session.execute(select(Position.id, Position.code, Position.title))
    }
    people = session.execute(
        select(
            Person.id,
            Person.employee_number,
            Person.given_name,
            Person.family_name,
            Person.email,
            Person.protected_identity,
        )
        .where(~absorbed())
        .order_by(Person.id)
    ).all()
    numbers = {row.id: row.employee_number for row in people}
    persons = {row.employee_number: PersonDetails(*row[1:]) for row in people}
    return Known(
        units=_units(session, keys, today),
        positions=set(positions.values()),
        persons=persons,
        earlier=_earlier_numbers(session, numbers, persons),
        employments=[
            KnownFact(
                row.id,
                EmploymentTerms(
                    numbers[row.person_id],
                    keys[row.unit_id],
                    positions[row.position_id],
                    row.kind,
                    float(row.percent),
                    Days(row.starts_on, row.ends_on),
                ),
                row.source.startswith(ROSTER_SOURCE),
            )
            for row in session.execute(
                select(
                    Employment.id,
                    Employment.person_id,
                    Employment.unit_id,
                    Employment.position_id,
                    Employment.kind,
                    Employment.percent,
                    Employment.starts_on,
                    Employment.ends_on,
                    Employment.source,
                )
                .where(stands(Employment))
                .order_by(Employment.id)
            )
        ],
        absences=[
            KnownFact(
                row.id,
                AwayTerms(numbers[row.person_id], Days(row.starts_on, row.ends_on)),
                row.source.startswith(ROSTER_SOURCE),
            )
            for row in session.execute(
                select(Absence.id, Absence.person_id, Absence.starts_on, Absence.ends_on, Absence.source)
                .where(stands(Absence))
                .order_by(Absence.id)
            )
        ],
        duties=[
            KnownFact(
                row.id,
                DutyTerms(numbers[row.person_id], row.kind, keys[row.unit_id], Days(row.starts_on, row.ends_on)),
                row.source.startswith(ROSTER_SOURCE),
            )
            for row in session.execute(
                select(Duty.id, Duty.person_id, Duty.kind, Duty.unit_id, Duty.starts_on, Duty.ends_on, Duty.source)
                .where(
                    stands(Duty),
                    Duty.unit_id.is_not(None),
                    Duty.kind.in_((DutyKind.UNIT_MANAGER, DutyKind.HEAD_OF_ADMINISTRATION)),
                )
                .order_by(Duty.id)
            )
        ],
    )


def _earlier_numbers(
    session: BoundSession, numbers: dict[int, str], persons: dict[str, PersonDetails]
) -> dict[str, list[EarlierNumber]]:
    """Return the numbers that are nobody's now and that people had before, but for those given to somebody else since."""
    names: defaultdict[int, set[tuple[str, str]]] = defaultdict(set)
    had: defaultdict[str, set[int]] = defaultdict(set)
    for row in session.execute(
        select(
            FormerDetails.person_id,
            FormerDetails.employee_number,
            FormerDetails.given_name,
            FormerDetails.family_name,
            FormerDetails.number_passed_on,
        ).order_by(FormerDetails.id)
    ):
        if row.person_id not in numbers:
            continue
        names[row.person_id].add((row.given_name.casefold(), row.family_name.casefold()))
        if row.employee_number not in persons and not row.number_passed_on:
            had[row.employee_number].add(row.person_id)
    return {
        number: [
            EarlierNumber(numbers[id_], frozenset(names[id_] | {persons[numbers[id_]].name})) for id_ in sorted(ids)
        ]
        for number, ids in had.items()
    }


def known_units(session: BoundSession, today: date) -> dict[str, KnownUnit]:
    """Return every unit with its name and place today, by code or our own key."""
    return _units(session, _unit_keys(session), today)


def _unit_keys(session: BoundSession) -> dict[int, str]:
    return {unit_id: unit_key(code, unit_id) for unit_id, code in session.execute(select(OrgUnit.id, OrgUnit.code))}


def _units(session: BoundSession, keys: dict[int, str], today: date) -> dict[str, KnownUnit]:
    """Return every unit with its name and place today, and the day of its next placement."""
    units = {key: KnownUnit(key) for key in keys.values()}
    ahead: defaultdict[str, list[date]] = defaultdict(list)
    for placement in session.scalars(
        select(UnitPlacement).where(
            stands(UnitPlacement),
            or_(UnitPlacement.ends_on.is_(None), UnitPlacement.ends_on >= today),
        )
    ):
        key = keys[placement.unit_id]
        if placement.starts_on > today:
            ahead[key].append(placement.starts_on)
            continue
        units[key] = KnownUnit(
            key,
            placement.name,
            keys[placement.parent_id] if placement.parent_id is not None else None,
            placement.id,
            Days(placement.starts_on, placement.ends_on),
        )
    for key, days in ahead.items():
        if units[key].days is None:
            units[key] = KnownUnit(key, next_starts_on=min(days))
    return units


def latest_imports(session: BoundSession, limit: int = 50) -> Sequence[tuple[RosterImport, str | None]]:
    """Return the rosters that were loaded or previewed, latest first, each with the name of who did it.

    The files themselves are not fetched.
    """
    return [
        (row, name)
        for row, name in session.execute(
            select(RosterImport, Account.display_name)
            .outerjoin(Account, Account.id == RosterImport.uploaded_by_id)
            .order_by(RosterImport.uploaded_at.desc(), RosterImport.id.desc())
            .limit(limit)
        )
    ]


def import_by_public_id(session: BoundSession, public_id: str) -> RosterImport | None:
    """Return a roster import."""
    return session.scalars(select(RosterImport).where(RosterImport.public_id == public_id)).one_or_none()


def applied_before(session: BoundSession, sha256: str) -> RosterImport | None:
    """Return the latest import that applied the very same file, if any has."""
    return session.scalars(
        select(RosterImport)
        .where(RosterImport.sha256 == sha256, RosterImport.state == ImportState.APPLIED)
        .order_by(RosterImport.applied_at.desc())
        .limit(1)
    ).first()
