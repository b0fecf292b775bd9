"""Lists of people for whom something was done in one go."""

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.domain.facts import State
from tracker.learning.queries import LIST_SOURCE
from tracker.tables import Instant, Line, Owned, PublicId, refers_to, word


class Act(StrEnum):
    """What is done for everyone on a list."""

    ASSIGN = "assign"
    EXEMPT = "exempt"
    EXTEND = "extend"
    COMPLETE = "complete"


class BatchState(StrEnum):
    """How far a batch has come."""

    PREVIEWED = "previewed"
    APPLIED = "applied"
    UNDONE = "undone"


class Outcome(StrEnum):
    """What happens to a row, or why nothing does."""

    DONE = "done"  # in a preview: will be
    ALREADY = "already"  # assigned or exempt on some of the days, or completed on that day
    NOT_FOUND = "not_found"  # or not to be seen by who asks
    NAMELESS = "nameless"  # neither a number nor an address stands in the row
    AMBIGUOUS = "ambiguous"
    DUPLICATE = "duplicate"  # of a row before it
    ONESELF = "oneself"
    SIGNER = "signer"  # the learner signed the list
    NOT_EMPLOYED = "not_employed"
    NOT_IN_EFFECT = "not_in_effect"
    DOES_NOT_APPLY = "does_not_apply"
    NOTHING_DUE = "nothing_due"
    NOT_LATER = "not_later"
    STARTS_IN_PAST = "starts_in_past"
    UNREADABLE_DAY = "unreadable_day"
    NO_DAY = "no_day"
    FUTURE_DAY = "future_day"
    BEFORE_EMPLOYMENT = "before_employment"


class Undone(StrEnum):
    """What became of a row when its batch was undone."""

    TAKEN_BACK = "taken_back"
    GONE = "gone"  # ended or taken back already
    ONESELF = "oneself"
    NOT_SEEN = "not_seen"  # no longer among the people of who undoes it


class Batch(Owned):
    """One act for a list of people: what it says, and how far it has come. What became of each row is in its items."""

    public_id: Mapped[PublicId]
    act: Mapped[Act] = mapped_column(word(Act))
    state: Mapped[BatchState] = mapped_column(word(BatchState), default=BatchState.PREVIEWED)
    requirement_id: Mapped[int | None] = refers_to("requirement", nullable=True, index=False)
    course_id: Mapped[int | None] = refers_to("course", nullable=True, index=False)
    starts_on: Mapped[date | None] = mapped_column(comment="of an assignment or exemption")
    ends_on: Mapped[date | None]
    due_on: Mapped[date | None] = mapped_column(comment="of an extension")
    completed_on: Mapped[date | None] = mapped_column(comment="of completions whose row says no day")
    reason: Mapped[str] = mapped_column(String(500), default="", comment="of a decision about a requirement")
    signer: Mapped[Line] = mapped_column(default="", comment="who signed the attendance list")
    filename: Mapped[Line] = mapped_column(default="", comment="empty: the list was pasted")
    summary: Mapped[dict[str, Any]] = mapped_column(JSON, comment="counts of what it would change, or changed")
    created_at: Mapped[Instant]
    created_by_id: Mapped[int | None] = refers_to("account", nullable=True)
    applied_at: Mapped[Instant | None]
    undone_at: Mapped[Instant | None]
    undone_by_id: Mapped[int | None] = refers_to("account", nullable=True, index=False)
    undone_why: Mapped[str | None] = mapped_column(String(500))

    __table_args__ = (
        CheckConstraint("(act = 'complete') = (course_id IS NOT NULL)", name="course"),
        CheckConstraint("(act = 'complete') = (requirement_id IS NULL)", name="requirement"),
        CheckConstraint("(act IN ('assign', 'exempt')) = (starts_on IS NOT NULL)", name="starts_on"),
        CheckConstraint("(act = 'extend') = (due_on IS NOT NULL)", name="due_on"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ends_after_start"),
        CheckConstraint("(state = 'undone') = (undone_at IS NOT NULL)", name="undone"),
        CheckConstraint("state = 'previewed' OR applied_at IS NOT NULL", name="applied"),
    )

    @property
    def source(self) -> str:
        """Return what the facts that came of it name as their source."""
        return f"{LIST_SOURCE}{self.public_id}"


class BatchItem(Owned):
    """One row of a list: whom it means, what would be done, what was, and whether that was undone."""

    __referred__ = False

    batch_id: Mapped[int] = refers_to("batch", index=False)
    number: Mapped[int] = mapped_column(comment="of the row, as a spreadsheet numbers it")
    written: Mapped[Line] = mapped_column(comment="employee number or e-mail address as it stood in the list")
    person_id: Mapped[int | None] = refers_to("person", nullable=True)
    day: Mapped[date | None] = mapped_column(comment="on which the course was completed")
    day_written: Mapped[Line] = mapped_column(default="", comment="what stood there, if it is no day")
    note: Mapped[str] = mapped_column(String(500), default="")
    previewed: Mapped[Outcome] = mapped_column(word(Outcome, checked=False))
    outcome: Mapped[Outcome | None] = mapped_column(word(Outcome, checked=False), comment="empty until applied")
    undone: Mapped[Undone | None] = mapped_column(word(Undone, checked=False))
    # How the obligation stands without and with it, on the day it takes effect. Empty: the requirement does not apply.
    was: Mapped[State | None] = mapped_column(word(State, checked=False))
    becomes: Mapped[State | None] = mapped_column(word(State, checked=False))
    due_on: Mapped[date | None]
    valid_until: Mapped[date | None]

    __table_args__ = (UniqueConstraint("municipality_id", "batch_id", "number"),)
