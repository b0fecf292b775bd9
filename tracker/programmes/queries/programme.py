"""What the introduction programme says, to those who begin when."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, or_, select

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
from tracker.requirements.models import Requirement
from tracker.requirements.queries import subtrees
from tracker.tables import known_at


@dataclass(frozen=True, slots=True)
class LoadedItem:
    """An item with one of its versions, as rows and as the rules understand them."""

    item: ProgrammeItem
    version: ProgrammeItemVersion
    rule: rules.Item


def load_items(session: BoundSession) -> list[LoadedItem]:
    """Return every version of every item that is or was for somebody, in the order of their days. Three queries at most."""
    rows = session.execute(
        select(ProgrammeItem, ProgrammeItemVersion)
        .join(ProgrammeItemVersion, ProgrammeItemVersion.item_id == ProgrammeItem.id)
        .where(_for_somebody(), ProgrammeItemVersion.recorded_at <= known_at())
        .order_by(ProgrammeItemVersion.offset_days, ProgrammeItem.id, ProgrammeItemVersion.number)
    ).all()
    units = subtrees(session, {item.unit_id for item, _version in rows if item.unit_id is not None})
    zone = session.get_one(Municipality, session.municipality_id).timezone
    return [
        LoadedItem(
            item,
            version,
            rules.Item(
                id=item.id,
                offset=version.offset_days,
                days=Days(version.effective_from, version.effective_until),
                told_on=clock.local_date(version.recorded_at, zone),
                units=None if item.unit_id is None else units[item.unit_id],
                position_id=item.position_id,
            ),
        )
        for item, version in rows
    ]


def _for_somebody() -> ColumnElement[bool]:
    """Return the condition that a version is for some days: one that was replaced before its time is for none."""
    return or_(
        ProgrammeItemVersion.effective_until.is_(None),
        ProgrammeItemVersion.effective_until >= ProgrammeItemVersion.effective_from,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """An item in the editor: what it says to those who begin on the day, or will say; and what it says after that."""

    item: ProgrammeItem
    version: ProgrammeItemVersion
    next: ProgrammeItemVersion | None
    unit_name: str | None
    position_title: str | None

    @property
    def coming(self) -> bool:
        """Whether it is only for those who begin later."""
        return self.next is self.version


def listed(session: BoundSession, day: date) -> dict[Layer, list[Line]]:
    """Return the programme as it stands for those who begin on a day, and what is to come, by layer. Two queries."""
    rows = session.execute(
        select(ProgrammeItem, ProgrammeItemVersion, Position.title)
        .join(ProgrammeItemVersion, ProgrammeItemVersion.item_id == ProgrammeItem.id)
        .outerjoin(Position, Position.id == ProgrammeItem.position_id)
        .where(
            _for_somebody(),
            or_(ProgrammeItemVersion.effective_until.is_(None), ProgrammeItemVersion.effective_until >= day),
        )
        .order_by(ProgrammeItem.id, ProgrammeItemVersion.number)
    ).all()
    tree = tree_on(session, day)
    versions: defaultdict[int, list[ProgrammeItemVersion]] = defaultdict(list)
    titles = {}
    for item, version, title in rows:
        versions[item.id].append(version)
        titles[item.id] = (item, title)
    found: dict[Layer, list[Line]] = {layer: [] for layer in Layer}
    for item_id, said in versions.items():
        item, title = titles[item_id]
        ahead = next((one for one in said if one.effective_from > day), None)
        unit = tree.nodes.get(item.unit_id) if item.unit_id is not None else None
        found[item.layer].append(Line(item, said[0], ahead, unit.name if unit else None, title))
    for lines in found.values():
        lines.sort(key=lambda one: (one.unit_name or one.position_title or "", one.version.offset_days, one.item.id))
    return found


def item_by_public_id(session: BoundSession, public_id: str) -> ProgrammeItem | None:
    """Return an item."""
    return session.scalars(select(ProgrammeItem).where(ProgrammeItem.public_id == public_id)).one_or_none()


def versions_of(session: BoundSession, item_id: int) -> Sequence[ProgrammeItemVersion]:
    """Return all that an item has said and will say, in order."""
    return session.scalars(
        select(ProgrammeItemVersion)
        .where(ProgrammeItemVersion.item_id == item_id)
        .order_by(ProgrammeItemVersion.number)
        .execution_options(populate_existing=True)
    ).all()


def written(session: BoundSession, day: date) -> list[Written]:
    """Return the programme for those who begin on a day, as a file says it: see `content.write`. One query."""
    rows = session.execute(
        select(ProgrammeItem, ProgrammeItemVersion, Requirement.code, OrgUnit.code, Position.code, Position.title)
        .join(ProgrammeItemVersion, ProgrammeItemVersion.item_id == ProgrammeItem.id)
        .outerjoin(Requirement, Requirement.id == ProgrammeItem.requirement_id)
        .outerjoin(OrgUnit, OrgUnit.id == ProgrammeItem.unit_id)
        .outerjoin(Position, Position.id == ProgrammeItem.position_id)
        .where(
            ProgrammeItemVersion.effective_from <= day,
            or_(ProgrammeItemVersion.effective_until.is_(None), ProgrammeItemVersion.effective_until >= day),
        )
        .order_by(ProgrammeItemVersion.offset_days, ProgrammeItem.id)
    )
    return [
        Written(
            code=item.code,
            owner=version.owner,
            offset=version.offset_days,
            titles=version.titles,
            helps=version.helps,
            requirement=requirement,
            unit=unit,
            position=(position, title) if position is not None else None,
        )
        for item, version, requirement, unit, position, title in rows
    ]
