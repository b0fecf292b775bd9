"""New hires, some of whom are yet to come, and how far their introductions have got. Everyone is invented."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, select, true

from tracker import tokens
from tracker.accounts.people import Holder, follow_people
from tracker.db import BoundSession
from tracker.demo.chance import between, share
from tracker.demo.towns import Town
from tracker.domain.facts import DutyKind
from tracker.domain.programme import Layer, Owner, working_day
from tracker.domain.sorting import sort_key
from tracker.many_rows import insert_many
from tracker.municipalities.calendar import HOLIDAYS
from tracker.organisation.queries import in_force
from tracker.people.models import Duty, Employment, Person
from tracker.permissions import Viewer
from tracker.programmes.models import TaskDone
from tracker.programmes.operations import Audience, Says, add_item
from tracker.programmes.queries import Introduction, introductions
from tracker.programmes.starter import load_starter

SOURCE = "demo"
# When the hires of each municipality begin, in working days from the day the demo is built.
_BEGINS = (-17, -8, -3, 0, 8, 18)
# How often something that was to be done has been.
_OFTEN = 0.85
_GIVEN = ("Alma", "Noel", "Selma", "Viggo", "Tilde", "Malte", "Ronja", "Elis", "Freja", "Ture", "Saga", "Ville")
_FAMILY = ("Skogsberg", "Älvdal", "Klarström", "Frykholm", "Värmborg", "Björkenlund", "Sandsjö", "Hagfeldt")


@dataclass(frozen=True, slots=True)
class _Place:
    unit_id: int
    position_id: int


def add_introductions(
    session: BoundSession, town: Town, *, by: Viewer, now: datetime, today: date, begins: date
) -> None:
    """Load the programme with some items of the municipality's own, add hires, and tick off most of what was to be done."""
    early = datetime.combine(begins, time(8), UTC)
    load_starter(session, by=by, now=early, effective_from=begins)
    places = _places(session, today)
    _add_items(session, places[0], by=by, now=early, begins=begins)
    _add_hires(session, town, places, now=now, today=today)
    session.flush()
    _tick_off(session, introductions(session, true(), today), today)


def _places(session: BoundSession, today: date) -> list[_Place]:
    """Return units with a manager and the position most have there, the largest units first."""
    managed = select(Duty.unit_id).where(Duty.kind == DutyKind.UNIT_MANAGER, in_force(Duty, today))
    number = func.count(Employment.id)
    rows = session.execute(
        select(Employment.unit_id, Employment.position_id)
        .where(in_force(Employment, today), Employment.unit_id.in_(managed))
        .group_by(Employment.unit_id, Employment.position_id)
        .order_by(number.desc(), Employment.unit_id, Employment.position_id)
    )
    found: dict[int, _Place] = {}
    for unit_id, position_id in rows:
        found.setdefault(unit_id, _Place(unit_id, position_id))
    return list(found.values())


def _add_items(session: BoundSession, largest: _Place, *, by: Viewer, now: datetime, begins: date) -> None:
    """Add what the municipality itself, its largest unit, and a position there have of their own."""
    for code, audience, owner, offset, swedish, english in (
        ("egen-kommunens-dag", Audience(Layer.MUNICIPALITY), Owner.HR, 30,
         "Bjud in till kommunens introduktionsdag", "Invite to the municipality’s introduction day"),
        ("egen-krisplan", Audience(Layer.MUNICIPALITY), Owner.LEARNER, 10,
         "Läs kommunens plan för kriser och avbrott", "Read the municipality’s plan for crises and outages"),
        ("egen-nycklar", Audience(Layer.UNIT, unit_id=largest.unit_id), Owner.MANAGER, 0,
         "Kvittera ut nycklar och arbetstelefon", "Sign out keys and a work phone"),
        ("egen-ga-bredvid", Audience(Layer.ROLE, position_id=largest.position_id), Owner.MANAGER, 3,
         "Gå bredvid en kollega i tre dagar", "Work beside a colleague for three days"),
    ):  # fmt: skip
        says = Says({"sv": swedish, "en": english}, owner, offset)
        add_item(session, says=says, audience=audience, effective_from=begins, by=by, now=now, code=code)


def _add_hires(session: BoundSession, town: Town, places: Sequence[_Place], *, now: datetime, today: date) -> None:
    """Add hires, every other in the largest unit, each known three weeks before the first day, or since today."""
    holders = []
    for number, offset in enumerate(_BEGINS):
        given = _GIVEN[between(0, len(_GIVEN) - 1, "given", town.slug) - number]
        family = _FAMILY[between(0, len(_FAMILY) - 1, "family", town.slug) - number]
        first_day = working_day(today, offset, HOLIDAYS)
        recorded_at = min(now, datetime.combine(first_day - timedelta(days=21), time(8), UTC))
        place = places[0] if number % 2 == 0 or len(places) == 1 else places[1 + number % (len(places) - 1)]
        person = Person(
            employee_number=f"9{town.code}{number:02}",
            given_name=given,
            family_name=family,
            sort_key=sort_key(family, given),
            email=f"{sort_key(given)}.ny{number}@{town.slug}.example",
            created_at=recorded_at,
        )
        session.add(person)
        session.flush()
        session.add(
            Employment(
                person_id=person.id,
                unit_id=place.unit_id,
                position_id=place.position_id,
                kind="Tillsvidare",
                percent=100,
                starts_on=first_day,
                recorded_at=recorded_at,
                source=SOURCE,
            )
        )
        holders.append(Holder(person.id, person.employee_number, f"{given} {family}", person.email))
    follow_people(session, holders, now=now)


def _tick_off(session: BoundSession, found: Sequence[Introduction], today: date) -> None:
    """Note as done most of what was to be done before today, on its day; the rest is late, or soon will be."""
    insert_many(
        session,
        TaskDone,
        [
            {
                "public_id": tokens.public_id(),
                "person_id": one.person.id,
                "item_id": task.item.id,
                "hired_on": one.hire.first_day,
                "done_on": day,
                "recorded_at": datetime.combine(day, time(9), UTC),
                "source": SOURCE,
            }
            for one in found
            for task in one.tasks
            if task.obligation is None
            and (day := working_day(one.hire.first_day, task.version.offset_days, HOLIDAYS)) < today
            and share("task", one.person.employee_number, task.item.code) < _OFTEN
        ],
    )
