"""Questions about the organisation, each on a day."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

from sqlalchemy import Boolean, ColumnElement, Select, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from tracker.db import BoundSession
from tracker.organisation.models import OrgUnit, Position, UnitKind, UnitPlacement
from tracker.tables import Fact, stands


def in_force(fact: type[Fact], day: date) -> ColumnElement[bool]:
    """Return the condition that a dated fact stands (is not retracted) and covers a day."""
    return (
        stands(fact)
        & (fact.starts_on <= day)  # ty: ignore[missing-attribute]
        & or_(fact.ends_on.is_(None), fact.ends_on >= day)  # ty: ignore[missing-attribute]
    )


def in_subtree(
    unit_id: ColumnElement[int] | InstrumentedAttribute[int], roots: Collection[int], day: date
) -> ColumnElement[bool]:
    """Return the condition that a unit, named by a column, is one of some units or lies below one on a day."""
    return _Among(unit_id, _subtree(roots, day).scalar_subquery())


def subtree_ids(session: BoundSession, roots: Collection[int], day: date) -> set[int]:
    """Return the ids of the units at and below some units on a day."""
    return set(session.scalars(_subtree(roots, day))) if roots else set()


def _subtree(roots: Collection[int], day: date) -> Select[int]:
    tree = select(OrgUnit.id.label("unit_id")).where(OrgUnit.id.in_(roots)).cte(recursive=True)
    child = aliased(UnitPlacement)
    below = select(child.unit_id).join(tree, child.parent_id == tree.c.unit_id).where(in_force(child, day))
    return select(tree.union(below).c.unit_id)


class _Among(FunctionElement[bool]):
    """The condition that a column's value is among those of a subquery, of which there are few.

    PostgreSQL cannot know how far a recursion goes. It takes a subtree to be half the organisation and looks through
    everybody's phases, unless the units are a list before it begins.
    """

    inherit_cache = True
    type = Boolean()

    def self_group(self, against: Any = None) -> Self:  # noqa: ARG002
        """Return it as it is: compared with 1, as SQLAlchemy does with what it does not know, no index would serve it."""
        return self


@compiles(_Among)
def _among(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, subquery = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN {subquery}"


@compiles(_Among, "postgresql")
def _among_list(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, subquery = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY (ARRAY{subquery})"


def unit_by_public_id(session: BoundSession, public_id: str) -> OrgUnit | None:
    """Return a unit by its public id."""
    return session.scalars(select(OrgUnit).where(OrgUnit.public_id == public_id)).one_or_none()


@dataclass(slots=True, eq=False)
class UnitNode:
    """A unit where it lies on a day, with what lies right below it, by name."""

    id: int
    public_id: str
    code: str | None
    kind: UnitKind
    name: str
    parent_id: int | None
    children: "list[UnitNode]" = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tree:
    """The organisation on a day."""

    nodes: dict[int, UnitNode]
    roots: list[UnitNode]

    def path(self, unit_id: int) -> list[UnitNode]:
        """Return a unit and all above it, topmost first; empty for one that does not lie in the tree that day."""
        found: list[UnitNode] = []
        node = self.nodes.get(unit_id)
        while node is not None:
            found.append(node)
            node = self.nodes.get(node.parent_id) if node.parent_id is not None else None
        return found[::-1]

    def in_order(self) -> Iterator[tuple[UnitNode, int]]:
        """Yield each unit after the one it lies below, siblings by name, with its depth."""
        waiting = [(node, 0) for node in reversed(self.roots)]
        while waiting:
            node, depth = waiting.pop()
            yield node, depth
            waiting += [(child, depth + 1) for child in reversed(node.children)]

    def names(self) -> dict[int, str]:
        """Return what to call each unit, by id, where all are listed: those that share a name are told apart by codes."""
        times = Counter(node.name for node in self.nodes.values())
        return {
            id_: f"{node.name} ({node.code})" if times[node.name] > 1 and node.code else node.name
            for id_, node in self.nodes.items()
        }

    def search(self, words: str) -> list[UnitNode]:
        """Return the units whose name or code holds every word, in order."""
        wanted = words.casefold().split()
        return [
            node
            for node, _depth in self.in_order()
            if all(w in f"{node.name} {node.code or ''}".casefold() for w in wanted)
        ]


def tree_on(session: BoundSession, day: date) -> Tree:
    """Return the organisation on a day, in one query. A unit below one that is not there that day is a root."""
    rows = session.execute(
        select(OrgUnit.id, OrgUnit.public_id, OrgUnit.code, OrgUnit.kind, UnitPlacement.name, UnitPlacement.parent_id)
        .join(UnitPlacement, UnitPlacement.unit_id == OrgUnit.id)
        .where(in_force(UnitPlacement, day))
        .order_by(UnitPlacement.sort_key, OrgUnit.id)
    )
    nodes = {row.id: UnitNode(*row) for row in rows}
    roots = []
    for node in nodes.values():
        siblings = nodes[node.parent_id].children if node.parent_id in nodes else roots
        siblings.append(node)
    return Tree(nodes, roots)


@dataclass(frozen=True, slots=True)
class Placed:
    """What a unit was called, and below what it lay, on some days."""

    name: str
    parent_name: str | None
    starts_on: date
    ends_on: date | None


def history(session: BoundSession, unit: OrgUnit) -> list[Placed]:
    """Return the names and places that a unit has had, latest first. A parent is called what it was called then."""
    placements = session.scalars(
        select(UnitPlacement)
        .where(UnitPlacement.unit_id == unit.id, stands(UnitPlacement))
        .order_by(UnitPlacement.starts_on.desc())
    ).all()
    parents = {placement.parent_id for placement in placements if placement.parent_id is not None}
    names: Sequence[UnitPlacement] = session.scalars(
        select(UnitPlacement)
        .where(UnitPlacement.unit_id.in_(parents), stands(UnitPlacement))
        .order_by(UnitPlacement.starts_on)
    ).all()

    def name_of(parent_id: int | None, day: date) -> str | None:
        known = [named for named in names if named.unit_id == parent_id]
        then = [named for named in known if named.starts_on <= day]
        return then[-1].name if then else known[0].name if known else None

    return [Placed(one.name, name_of(one.parent_id, one.starts_on), one.starts_on, one.ends_on) for one in placements]


def placement_on(session: BoundSession, unit: OrgUnit, day: date) -> UnitPlacement | None:
    """Return a unit's name and place on a day, or None if it was not there."""
    return session.scalars(
        select(UnitPlacement).where(UnitPlacement.unit_id == unit.id, in_force(UnitPlacement, day))
    ).one_or_none()


def position_by_public_id(session: BoundSession, public_id: str) -> Position | None:
    """Return a position by its public id."""
    return session.scalars(select(Position).where(Position.public_id == public_id)).one_or_none()


def positions(session: BoundSession) -> Sequence[Position]:
    """Return all positions, by title."""
    return session.scalars(select(Position).order_by(Position.title, Position.code)).all()
