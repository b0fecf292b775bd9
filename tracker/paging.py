"""Lists that come a page at a time, counted and cut by the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, TypeVarTuple

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; pages count from 1. An empty list has one, empty, page."""

    rows: list[T]
    number: int
    total: int
    size: int

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.total // self.size))

    @property
    def has_previous(self) -> bool:
        """Whether there is an earlier page."""
        return self.number > 1

    @property
    def has_next(self) -> bool:
        """Whether there is a later page."""
        return self.number < self.pages


def cut(rows: Sequence[T], *, number: int, size: int) -> tuple[Sequence[T], int]:
    """Return those of some rows that are on a page, and its number; past the end, those of the last page."""
    number = min(max(1, number), max(1, -(-len(rows) // size)))
    return rows[(number - 1) * size : number * size], number


def page_of(session: Session, statement: Select[*Ts], *, number: int, size: int) -> Page[Row[*Ts]]:
    """Return a page of an ordered statement's rows, in two queries. A number past the end answers the last page."""
    total = session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    number = min(max(1, number), max(1, -(-total // size)))
    rows = session.execute(statement.limit(size).offset((number - 1) * size)).all()
    return Page(list(rows), number, total, size)
