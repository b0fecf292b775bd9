"""The phase table: a cache of what the rules say of the facts known now."""

from datetime import date
from typing import Any

from sqlalchemy import JSON, Index
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Day, Owned, period_check, refers_to, word
from tracker.domain.facts import State


class Phase(Owned):
    """A stretch of days during which one person's obligation has one state. Recomputed, never edited."""

    person_id: Mapped[int] = refers_to("person", index=False)
    requirement_id: Mapped[int] = refers_to("requirement", index=False)
    starts_on: Mapped[Day]
    ends_on: Mapped[date | None]
    state: Mapped[State] = mapped_column(word(State))
    due_on: Mapped[date | None]
    valid_until: Mapped[date | None]
    because: Mapped[Any] = mapped_column(JSON, comment="codes and ids from the rules; words come with explain")

    __table_args__ = (
        period_check(),
        Index(None, "municipality_id", "person_id", "requirement_id", "starts_on"),
        Index(None, "municipality_id", "requirement_id", "state", "starts_on"),
    )
