"""The phase table: a cache of what the rules say of the facts known now."""

from datetime import date

from sqlalchemy import JSON, Index
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Day, Owned, period_check, refers_to, word
from tracker.domain.due import Reason
from tracker.domain.facts import State


class Phase(Owned):
    """A stretch of days during which one person's obligation has one state. Recomputed, never edited."""

    person_id: Mapped[int] = refers_to("person", index=False)
    requirement_id: Mapped[int] = refers_to("requirement", index=False)
    version_id: Mapped[int] = refers_to("requirement_version", index=False)
    starts_on: Mapped[Day]
    ends_on: Mapped[date | None]
    state: Mapped[State] = mapped_column(word(State))
    due_on: Mapped[date | None]
    valid_until: Mapped[date | None]
    reason: Mapped[Reason] = mapped_column(word(Reason), comment="what its date comes from")
    line_ids: Mapped[list[int]] = mapped_column(JSON, comment="the audience lines that matched")

    __table_args__ = (
        period_check(),
        Index(None, "municipality_id", "person_id", "requirement_id", "starts_on", unique=True),
        Index(None, "municipality_id", "requirement_id", "state", "starts_on"),
    )
