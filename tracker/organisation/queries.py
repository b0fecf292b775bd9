"""Questions about the organisation, each on a day."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import CTE, ColumnElement, or_, select
from sqlalchemy.orm import aliased

from tracker.db import BoundSession, Fact
from tracker.organisation.models import OrgUnit, UnitPlacement


def in_force(fact: type[Fact], day: date) -> ColumnElement[bool]:
    """Return the condition that a dated fact stands (is not retracted) and covers a day."""
    return (
        fact.retracted_at.is_(None)
        & (fact.starts_on <= day)  # ty: ignore[unresolved-attribute]
        & or_(fact.ends_on.is_(None), fact.ends_on >= day)  # ty: ignore[unresolved-attribute]
    )


def subtree(roots: Collection[int], day: date) -> CTE:
    """Return the units at and below some units on a day, as a common table with one column, `unit_id`.

    Use it as `Employment.unit_id.in_(select(subtree(roots, day).c.unit_id))`.
    """
    tree = select(OrgUnit.id.label("unit_id")).where(OrgUnit.id.in_(roots)).cte("subtree", recursive=True)
    child = aliased(UnitPlacement)
    return tree.union(
        select(child.unit_id).join(tree, child.parent_id == tree.c.unit_id).where(in_force(child, day))  # ty: ignore[invalid-argument-type]
    )


def subtree_ids(session: BoundSession, roots: Collection[int], day: date) -> set[int]:
    """Return the ids of the units at and below some units on a day."""
    return set(session.scalars(select(subtree(roots, day).c.unit_id))) if roots else set()


def unit_by_public_id(session: BoundSession, public_id: str) -> OrgUnit | None:
    """Return a unit by its public id."""
    return session.scalars(select(OrgUnit).where(OrgUnit.public_id == public_id)).one_or_none()
