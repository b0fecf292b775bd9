"""Introductions in lists: a team's new hires, what IT and HR are to do, and whom a change of the programme concerns."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import select

from tracker.compliance.queries.obligations import PERSON, PersonRow
from tracker.db import BoundSession
from tracker.domain import programme as rules
from tracker.domain.periods import Days, later
from tracker.domain.programme import Owner
from tracker.municipalities.calendar import HOLIDAYS
from tracker.paging import Page
from tracker.people.models import Employment, Person
from tracker.people.queries import in_name_order, named, served_or_coming, team_or_coming
from tracker.permissions import Role, Viewer
from tracker.programmes.queries.followed import may_be_followed
from tracker.programmes.queries.introductions import Introduction, Task, hires_of, introductions, may_tick, serves
from tracker.requirements.queries import subtrees
from tracker.tables import stands

PAGE_SIZE = 25
RECENT_DAYS = 14
"""What was done within so many days can still be seen, and taken back, in the list of tasks."""


class Filter(StrEnum):
    """Which new hires a list shows."""

    ALL = ""
    LATE = "late"
    COMING = "coming"


@dataclass(frozen=True, slots=True)
class Hires:
    """A page of introductions, and how many there are of each kind in all."""

    page: Page[Introduction]
    which: Filter
    counts: dict[Filter, int]


def hires_page(
    session: BoundSession, viewer: Viewer, day: date, *, words: str = "", which: Filter = Filter.ALL, number: int = 1
) -> Hires:
    """Return the new hires whom a viewer may see but themself: those coming or begun, the latest to begin first."""
    condition = team_or_coming(viewer, day) & named(words)
    if viewer.person_id is not None:
        condition &= Person.id != viewer.person_id
    found = introductions(session, condition, day)
    of_kind = {
        Filter.ALL: found,
        Filter.LATE: [one for one in found if one.late()],
        Filter.COMING: [one for one in found if one.coming],
    }
    rows = sorted(of_kind[which], key=lambda one: one.hire.first_day, reverse=which is not Filter.COMING)
    last = max(1, -(-len(rows) // PAGE_SIZE))
    number = min(max(1, number), last)
    shown = rows[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    return Hires(
        Page(shown, number, len(rows), PAGE_SIZE), which, {kind: len(those) for kind, those in of_kind.items()}
    )


@dataclass(frozen=True, slots=True)
class OwnTask:
    """A task that a viewer sees to, and whose introduction it is of."""

    one: Introduction
    task: Task


@dataclass(frozen=True, slots=True)
class OwnTasks:
    """What a viewer does for new hires as IT or HR: late, soon (within a week), after that; and what was done lately."""

    late: list[OwnTask]
    soon: list[OwnTask]
    later: list[OwnTask]
    done: list[OwnTask]


def tasks_for(session: BoundSession, viewer: Viewer, day: date) -> OwnTasks:
    """Return what a viewer is to do for new hires as IT or HR, in the order that it is due."""
    in_hr = Role.HR in viewer.roles
    scope = team_or_coming(viewer, day) if in_hr else served_or_coming(viewer, day)
    own = [
        OwnTask(one, task)
        for one in introductions(session, scope, day)
        for task in one.tasks
        if (task.owner is Owner.IT and serves(viewer, one)) or (task.owner is Owner.HR and in_hr)
    ]
    own = [each for each in own if may_tick(viewer, each.one, each.task)]
    unfinished = sorted((each for each in own if not each.task.finished), key=lambda each: each.task.due_on or date.max)
    done = [(each.task.done.fact.done_on, each) for each in own if each.task.done is not None]
    done.sort(key=lambda dated: dated[0], reverse=True)
    week = later(day, 7)
    return OwnTasks(
        late=[each for each in unfinished if each.task.late],
        soon=[each for each in unfinished if not each.task.late and (each.task.due_on or date.max) <= week],
        later=[each for each in unfinished if (each.task.due_on or date.max) > week],
        done=[each for done_on, each in done if done_on >= later(day, -RECENT_DAYS)],
    )


@dataclass(frozen=True, slots=True)
class Affected:
    """Somebody whom a change of the programme concerns, and when what it is about is due for them."""

    person: PersonRow
    first_day: date
    due_on: date | None


def affected(
    session: BoundSession,
    today: date,
    *,
    unit_id: int | None,
    position_id: int | None,
    offset: int,
    effective_from: date,
) -> list[Affected]:
    """Return who is known to begin, or has begun, among those whom an item would be for. Five queries at most."""
    units = subtrees(session, {unit_id}) if unit_id is not None else {}
    item = rules.Item(
        id=0,
        offset=offset,
        days=Days(effective_from),
        told_on=today,
        units=None if unit_id is None else units[unit_id],
        position_id=position_id,
    )
    starting = select(Employment.person_id).where(
        stands(Employment), Employment.starts_on >= effective_from, may_be_followed(today)
    )
    people = {
        row.id: PersonRow(*row)
        for row in session.execute(select(*PERSON).where(Person.id.in_(starting)).order_by(*in_name_order()))
    }
    latest = {person_id: hires[-1] for person_id, hires in hires_of(session, people).items()}
    found = [
        Affected(people[person_id], hire.first_day, rules.due_on(item, hire, HOLIDAYS))
        for person_id, hire in latest.items()
        if rules.is_for(item, hire) and min(rules.followed_until(hire), hire.days.span[1]) >= today
    ]
    return sorted(found, key=lambda one: one.first_day)
