"""The phase table: a cache of what the rules say of the facts known now, or known on a past day."""

from datetime import date

from sqlalchemy import ForeignKeyConstraint, Integer, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.domain.due import Reason
from tracker.domain.facts import State
from tracker.tables import Computed, Day, Instant, Line, Owned, period_check, refers_to, word


class Phase(Computed):
    """A stretch of days during which one person's obligation has one state. Recomputed, never edited.

    There are millions, so it does with what is needed: no number of its own, no key that another one implies, and no index
    to count from: keeping one took a sixth of a rebuild, and figures were no faster for it.
    """

    municipality_id: Mapped[int] = mapped_column(Integer)  # The person's and the version's keys hold it.
    person_id: Mapped[int] = refers_to("person", index=False)
    requirement_id: Mapped[int]
    version_id: Mapped[int]
    starts_on: Mapped[Day]
    ends_on: Mapped[date | None]
    state: Mapped[State] = mapped_column(word(State, checked=False))
    due_on: Mapped[date | None]
    valid_until: Mapped[date | None]
    reason: Mapped[Reason] = mapped_column(word(Reason, checked=False), comment="what its date comes from")
    line_ids: Mapped[Line] = mapped_column(comment="the audience lines that matched, with blanks between")

    __table_args__ = (
        PrimaryKeyConstraint("municipality_id", "known_on", "person_id", "requirement_id", "starts_on"),
        ForeignKeyConstraint(
            ["municipality_id", "requirement_id", "version_id"],
            ["requirement_version.municipality_id", "requirement_version.requirement_id", "requirement_version.id"],
        ),
        period_check(),
        {"sqlite_with_rowid": False},  # SQLite keeps the rows in the order of the primary key, and once.
    )


class KnownDay(Owned):
    """A past day whose knowledge phases were computed from, for everybody."""

    known_on: Mapped[Day]
    computed_at: Mapped[Instant]

    __table_args__ = (UniqueConstraint("municipality_id", "known_on"),)
