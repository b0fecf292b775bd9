"""The introduction programme: its items, what they say, and what has been done."""

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, column
from sqlalchemy.orm import Mapped, mapped_column

from tracker.domain.programme import Layer, Owner
from tracker.tables import Code, Day, Fact, Instant, Owned, PublicId, refers_to, word


class ProgrammeItem(Owned):
    """Something that new hires meet: a task, or a requirement. For whom it is never changes; what it says is in versions."""

    public_id: Mapped[PublicId]
    code: Mapped[Code]
    layer: Mapped[Layer] = mapped_column(word(Layer))
    unit_id: Mapped[int | None] = refers_to("org_unit", nullable=True)  # and all below it
    position_id: Mapped[int | None] = refers_to("position", nullable=True)
    requirement_id: Mapped[int | None] = refers_to("requirement", nullable=True)  # empty: a task
    created_at: Mapped[Instant]

    __table_args__ = (
        UniqueConstraint("municipality_id", "code"),
        CheckConstraint("(layer = 'unit') = (unit_id IS NOT NULL)", name="unit_layer"),
        CheckConstraint("(layer = 'role') = (position_id IS NOT NULL)", name="role_layer"),
    )


class ProgrammeItemVersion(Owned):
    """What an item says to those who begin on a day or later, in place of all that was decided before. It never changes."""

    item_id: Mapped[int] = refers_to("programme_item")
    number: Mapped[int]
    titles: Mapped[dict[str, str]] = mapped_column(JSON, comment="by language: sv, en")
    helps: Mapped[dict[str, str]] = mapped_column(JSON, comment="a few words more, by language; may be empty")
    owner: Mapped[Owner] = mapped_column(word(Owner), comment="who sees to it that it is done")
    offset_days: Mapped[int] = mapped_column(comment="due: working days from the first day; below 0 before it")
    effective_from: Mapped[Day] = mapped_column(comment="for those who begin on this day or later")
    ends: Mapped[bool] = mapped_column(
        default=False, comment="the item is left out for them; what it says is what it said last"
    )
    recorded_at: Mapped[Instant]

    __table_args__ = (
        UniqueConstraint("municipality_id", "item_id", "number"),
        CheckConstraint("offset_days BETWEEN -60 AND 120", name="offset"),
    )


class TaskDone(Fact):
    """A task of a person's introduction was done on a day."""

    public_id: Mapped[PublicId]
    person_id: Mapped[int] = refers_to("person")
    item_id: Mapped[int] = refers_to("programme_item")
    hired_on: Mapped[Day] = mapped_column(comment="the first day, as known then, of the hire it was done for")
    done_on: Mapped[Day]

    __table_args__ = (
        # Two who tick it off at once have done it once.
        Index(
            "uq_task_done_standing",
            "municipality_id",
            "person_id",
            "item_id",
            "hired_on",
            unique=True,
            sqlite_where=column("retracted_at").is_(None),
            postgresql_where=column("retracted_at").is_(None),
        ),
    )
