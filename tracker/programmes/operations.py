"""Ticking tasks off, and what the programme says: items added, changed and ended.

An item never changes for those who have begun: a change is for those who begin from a later day on.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import delete, select

from tracker.audit.operations import record
from tracker.db import BoundSession, retract
from tracker.domain.programme import Layer, Owner
from tracker.organisation.models import OrgUnit, Position
from tracker.people.queries import take_turn
from tracker.permissions import Viewer
from tracker.programmes import queries
from tracker.programmes.content import ContentError, Texts, Written
from tracker.programmes.models import ProgrammeItem, ProgrammeItemVersion, TaskDone
from tracker.programmes.queries import Introduction, Task
from tracker.requirements.models import Requirement
from tracker.writing import Fault, Problem


class NotTheirsError(Exception):
    """The task is somebody else's to tick off."""


class AlreadyDoneError(Exception):
    """The task is done already, perhaps by somebody else just now."""


class NotDoneError(Exception):
    """The task is not done, or not any more."""


class BegunError(Exception):
    """People have begun under what the item says: it can change only for those who begin after today."""


@dataclass(frozen=True, slots=True)
class Says:
    """What an item says. A requirement's is always the learner's."""

    titles: Texts
    owner: Owner
    offset: int
    helps: Texts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Audience:
    """For whom an item is: everyone who begins (base, municipality), or those of a unit or a position."""

    layer: Layer
    unit_id: int | None = None
    position_id: int | None = None


def tick(session: BoundSession, *, one: Introduction, task: Task, today: date, by: Viewer, now: datetime) -> TaskDone:
    """Note that a task of somebody's introduction is done. Writes the journal. Raises NotTheirsError, AlreadyDoneError."""
    if not queries.may_tick(by, one, task):
        raise NotTheirsError(task.item.code)
    take_turn(session, one.person.id)  # Two may tick it off at once.
    if queries.standing_done(session, task.item.id, one.person.id, one.hire.first_day) is not None:
        raise AlreadyDoneError(task.item.code)
    done = TaskDone(
        person_id=one.person.id,
        item_id=task.item.id,
        hired_on=one.hire.first_day,
        done_on=today,
        recorded_at=now,
        recorded_by_id=by.account_id,
        source="learner" if by.person_id == one.person.id else "manual",
    )
    session.add(done)
    record(session, "task.done", subject=done, by=by, person=one.person.public_id, item=task.item.code)
    return done


def undo(session: BoundSession, *, one: Introduction, task: Task, why: str, by: Viewer, now: datetime) -> None:
    """Note that a task was not done after all, and why. Writes the journal. Raises NotTheirsError, NotDoneError."""
    if not queries.may_tick(by, one, task):
        raise NotTheirsError(task.item.code)
    if task.done is None or task.done.fact.retracted_at is not None:
        raise NotDoneError(task.item.code)
    retract([task.done.fact], now=now, by_id=by.account_id, why=why)
    record(session, "task.undone", subject=task.done.fact, by=by, person=one.person.public_id, item=task.item.code)


def add_item(
    session: BoundSession,
    *,
    says: Says,
    audience: Audience,
    effective_from: date,
    by: Viewer,
    now: datetime,
    requirement_id: int | None = None,
    code: str | None = None,
) -> ProgrammeItem:
    """Add a task, or a requirement, to the programme of those who begin on a day or later. Writes the journal.

    The day may have passed: who has begun since gets it too, and at least three working days for it.
    """
    item = ProgrammeItem(
        code=code or _free_code(session, says.titles["sv"]),
        layer=audience.layer,
        unit_id=audience.unit_id,
        position_id=audience.position_id,
        requirement_id=requirement_id,
        created_at=now,
    )
    session.add(item)
    session.flush()  # Its version names it.
    session.add(_version(item, 1, says, effective_from, now))
    record(session, "programme.item_added", subject=item, by=by, item=item.code, effective_from=str(effective_from))
    return item


def change_item(
    session: BoundSession,
    *,
    item: ProgrammeItem,
    says: Says,
    effective_from: date,
    by: Viewer,
    now: datetime,
    today: date,
) -> ProgrammeItemVersion:
    """Let an item say something else to those who begin on a day or later. Writes the journal. Raises BegunError."""
    number = _last(session, item, effective_from, today).number + 1
    version = _version(item, number, says, effective_from, now)
    session.add(version)
    record(session, "programme.item_changed", subject=item, by=by, item=item.code, effective_from=str(effective_from))
    return version


def end_item(
    session: BoundSession, *, item: ProgrammeItem, effective_from: date, by: Viewer, now: datetime, today: date
) -> None:
    """Take an item out of the programme of those who begin on a day or later. Writes the journal. Raises BegunError."""
    last = _last(session, item, effective_from, today)
    said = Says(last.titles, last.owner, last.offset_days, last.helps)
    session.add(_version(item, last.number + 1, said, effective_from, now, ends=True))
    record(session, "programme.item_ended", subject=item, by=by, item=item.code, effective_from=str(effective_from))


def drop_items_of(session: BoundSession, *, requirement_id: int, by: Viewer) -> None:
    """Drop the items of a requirement that never was published, before it goes: nobody has met them. Writes the journal."""
    for item, _said in queries.items_of(session, requirement_id):
        record(session, "programme.item_dropped", subject=item, by=by, item=item.code)
        session.execute(delete(ProgrammeItemVersion).where(ProgrammeItemVersion.item_id == item.id))
        session.delete(item)
    session.flush()


def _last(session: BoundSession, item: ProgrammeItem, ahead: date, today: date) -> ProgrammeItemVersion:
    """Return what was last decided about an item, which is to change for those who begin on a day ahead."""
    if ahead <= today:
        raise BegunError(ahead)
    # Taking the item's lock puts two who change it at once in a line.
    session.scalars(select(ProgrammeItem).where(ProgrammeItem.id == item.id).with_for_update()).one()
    return queries.versions_of(session, item.id)[-1]


def _version(
    item: ProgrammeItem, number: int, says: Says, effective_from: date, now: datetime, *, ends: bool = False
) -> ProgrammeItemVersion:
    return ProgrammeItemVersion(
        item_id=item.id,
        number=number,
        titles=says.titles,
        helps=says.helps,
        owner=says.owner if item.requirement_id is None else Owner.LEARNER,
        offset_days=says.offset,
        effective_from=effective_from,
        ends=ends,
        recorded_at=now,
    )


def _free_code(session: BoundSession, title: str) -> str:
    """Return a code that no item has, made from a title: "Hämta nycklar" is hamta-nycklar."""
    plain = unicodedata.normalize("NFKD", title.casefold()).encode("ascii", "ignore").decode()
    words = "".join(letter if letter.isalnum() else " " for letter in plain).split()
    stem = "-".join(words)[:50].strip("-") or "punkt"
    taken = set(session.scalars(select(ProgrammeItem.code).where(ProgrammeItem.code.startswith(stem, autoescape=True))))
    return next(code for code in (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))) if code not in taken)


def load_items(
    session: BoundSession,
    written: Sequence[Written],
    *,
    by: Viewer,
    now: datetime,
    effective_from: date,
    layer: Layer = Layer.MUNICIPALITY,
) -> list[ProgrammeItem]:
    """Add items as a file says them, for those who begin on a day or later. Those whose code is there are left alone.

    `layer`: of the items that name no unit or position. Returns what was added. Writes the journal. Raises ContentError,
    before anything is added, for requirements, units and positions that the municipality does not have.
    """
    requirements = {code: id_ for code, id_ in session.execute(select(Requirement.code, Requirement.id))}  # noqa: C416
    units = {code: id_ for code, id_ in session.execute(select(OrgUnit.code, OrgUnit.id))}  # noqa: C416
    positions = {
        (code, title): id_ for code, title, id_ in session.execute(select(Position.code, Position.title, Position.id))
    }
    known = set(session.scalars(select(ProgrammeItem.code)))
    new = [one for one in written if one.code not in known]
    problems = [
        Problem(one.code, Fault.UNKNOWN, {"name": kind, "value": value if isinstance(value, str) else " ".join(value)})
        for one in new
        for kind, value, there in (
            ("requirement", one.requirement, requirements),
            ("unit", one.unit, units),
            ("position", one.position, positions),
        )
        if value is not None and value not in there
    ]
    if problems:
        raise ContentError(problems)
    return [
        add_item(
            session,
            says=Says(one.titles, one.owner, one.offset, one.helps),
            audience=Audience(
                Layer.UNIT if one.unit else Layer.ROLE if one.position else layer,
                units[one.unit] if one.unit else None,
                positions[one.position] if one.position else None,
            ),
            effective_from=effective_from,
            by=by,
            now=now,
            requirement_id=requirements[one.requirement] if one.requirement else None,
            code=one.code,
        )
        for one in new
    ]
