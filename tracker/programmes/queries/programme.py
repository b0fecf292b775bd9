"""What the introduction programme says, to those who begin when."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import select

from tracker import clock
from tracker.db import BoundSession
from tracker.domain import programme as rules
from tracker.domain.periods import Days
from tracker.domain.programme import Layer
from tracker.municipalities.models import Municipality
from tracker.organisation.models import OrgUnit, Position
from tracker.organisation.queries import tree_on
from tracker.programmes.content import Written
from tracker.programmes.models import ProgrammeItem, ProgrammeItemVersion
from tracker.requirements.models import Requirement, RequirementVersion
from tracker.requirements.queries import published, subtrees
from tracker.tables import known_at


@dataclass(frozen=True, slots=True)
class LoadedItem:
    """An item with one of its versions, as rows and as the rules understand them."""

    item: ProgrammeItem
    version: ProgrammeItemVersion
    rule: rules.Item


class Said(NamedTuple):
    """What an item says, to those who begin on which days; and what those codes are that it names."""

    item: ProgrammeItem
    version: ProgrammeItemVersion
    days: Days
    requirement: str | None
    unit: str | None
    position: Position | None


def _said(session: BoundSession) -> list[Said]:
    """Return all that the items say to somebody, when they are due first, as decided by the instant that is asked about.

    One query.
    """
    rows = session.execute(
        select(ProgrammeItem, ProgrammeItemVersion, Requirement.code, OrgUnit.code, Position)
        .join(ProgrammeItemVersion, ProgrammeItemVersion.item_id == ProgrammeItem.id)
        .outerjoin(Requirement, Requirement.id == ProgrammeItem.requirement_id)
        .outerjoin(OrgUnit, OrgUnit.id == ProgrammeItem.unit_id)
        .outerjoin(Position, Position.id == ProgrammeItem.position_id)
        .where(ProgrammeItemVersion.recorded_at <= known_at())
        .order_by(ProgrammeItem.id, ProgrammeItemVersion.number)
    )
    found = []
    for _item, versions in groupby(rows, key=lambda row: row[0].id):
        decided = list(versions)
        turns = rules.in_turn([version.effective_from for _item, version, *_codes in decided])
        found += [
            Said(item, version, days, requirement, unit, position)
            for (item, version, requirement, unit, position), days in zip(decided, turns, strict=True)
            if days is not None and not version.ends
        ]
    return sorted(found, key=lambda one: one.version.offset_days)


def load_items(session: BoundSession) -> list[LoadedItem]:
    """Return every version of every item that is or was for somebody, in the order of their days. Three queries at most."""
    said = _said(session)
    units = subtrees(session, {one.item.unit_id for one in said if one.item.unit_id is not None})
    zone = session.get_one(Municipality, session.municipality_id).timezone
    return [
        LoadedItem(
            item,
            version,
            rules.Item(
                id=item.id,
                offset=version.offset_days,
                days=days,
                told_on=clock.local_date(version.recorded_at, zone),
                units=None if item.unit_id is None else units[item.unit_id],
                position_id=item.position_id,
            ),
        )
        for item, version, days, *_codes in said
    ]


@dataclass(frozen=True, slots=True)
class Line:
    """An item in the editor: what it says to those who begin on the day, or will say; and what it says after that.

    `last_day`: of those who begin and to whom it says so, if there is one. `waits`: nobody meets it yet, as its
    requirement is a draft.
    """

    item: ProgrammeItem
    version: ProgrammeItemVersion
    last_day: date | None
    next: ProgrammeItemVersion | None
    unit_name: str | None
    position_title: str | None
    waits: bool

    @property
    def coming(self) -> bool:
        """Whether it is only for those who begin later."""
        return self.next is self.version


def listed(session: BoundSession, day: date) -> dict[Layer, list[Line]]:
    """Return the programme as it stands for those who begin on a day, and what is to come, by layer. Three queries."""
    tree = tree_on(session, day)
    published_ids = set(session.scalars(select(RequirementVersion.requirement_id).where(published())))
    by_item: defaultdict[int, list[Said]] = defaultdict(list)
    for one in sorted(_said(session), key=lambda one: one.days.starts_on):
        if one.days.span[1] >= day:
            by_item[one.item.id].append(one)
    found: dict[Layer, list[Line]] = {layer: [] for layer in Layer}
    for said in by_item.values():
        now = said[0]
        ahead = next((one.version for one in said if one.days.starts_on > day), None)
        unit = tree.nodes.get(now.item.unit_id) if now.item.unit_id is not None else None
        position = now.position.title if now.position else None
        found[now.item.layer].append(
            Line(
                now.item,
                now.version,
                now.days.ends_on,
                ahead,
                unit.name if unit else None,
                position,
                waits=now.item.requirement_id is not None and now.item.requirement_id not in published_ids,
            )
        )
    for lines in found.values():
        lines.sort(key=lambda one: (one.unit_name or one.position_title or "", one.version.offset_days, one.item.id))
    return found


def item_by_public_id(session: BoundSession, public_id: str) -> ProgrammeItem | None:
    """Return an item."""
    return session.scalars(select(ProgrammeItem).where(ProgrammeItem.public_id == public_id)).one_or_none()


def versions_of(session: BoundSession, item_id: int) -> Sequence[ProgrammeItemVersion]:
    """Return all that has been decided about an item, in order."""
    return session.scalars(
        select(ProgrammeItemVersion)
        .where(ProgrammeItemVersion.item_id == item_id)
        .order_by(ProgrammeItemVersion.number)
        .execution_options(populate_existing=True)
    ).all()


def items_of(session: BoundSession, requirement_id: int) -> list[tuple[ProgrammeItem, ProgrammeItemVersion]]:
    """Return the items that name a requirement, with what was last decided about each."""
    items = session.scalars(select(ProgrammeItem).where(ProgrammeItem.requirement_id == requirement_id)).all()
    return [(item, versions_of(session, item.id)[-1]) for item in items]


def written(session: BoundSession, day: date) -> list[Written]:
    """Return the programme for those who begin on a day, as a file says it: see `content.write`. One query."""
    return [
        Written(
            code=item.code,
            owner=version.owner,
            offset=version.offset_days,
            titles=version.titles,
            helps=version.helps,
            requirement=requirement,
            unit=unit,
            position=(position.code, position.title) if position is not None else None,
        )
        for item, version, days, requirement, unit, position in _said(session)
        if day in days
    ]
