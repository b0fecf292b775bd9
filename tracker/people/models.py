"""People and the facts about their work."""

from datetime import date

from sqlalchemy import CheckConstraint, Index, Numeric, String, UniqueConstraint, column
from sqlalchemy.orm import Mapped, mapped_column

from tracker.domain.facts import DutyKind
from tracker.tables import SORT_KEY, Code, Day, Fact, Instant, Line, Owned, PublicId, period_check, refers_to, word


class Person(Owned):
    """A human in one municipality."""

    public_id: Mapped[PublicId]
    employee_number: Mapped[str] = mapped_column(String(40))
    given_name: Mapped[Line]
    family_name: Mapped[Line]
    sort_key: Mapped[str] = mapped_column(SORT_KEY, comment="family name, given name, in Swedish order")
    email: Mapped[str | None] = mapped_column(String(254))
    protected_identity: Mapped[bool] = mapped_column(
        default=False, comment="shown by employee number only, except to the person"
    )
    created_at: Mapped[Instant]

    __table_args__ = (
        UniqueConstraint("municipality_id", "employee_number"),
        Index(None, "municipality_id", "sort_key"),
    )


class FormerDetails(Owned):
    """What a person was called, and how they were reached, until a day. One row a change, so that they are still found."""

    person_id: Mapped[int] = refers_to("person")
    employee_number: Mapped[str] = mapped_column(String(40), index=True)
    given_name: Mapped[Line]
    family_name: Mapped[Line]
    sort_key: Mapped[str] = mapped_column(SORT_KEY)
    email: Mapped[str | None] = mapped_column(String(254))
    until: Mapped[Day] = mapped_column(comment="the day of the change")
    changed_at: Mapped[Instant]
    changed_by_id: Mapped[int | None] = refers_to("account", nullable=True, index=False)
    merge_id: Mapped[int | None] = refers_to("person_merge", nullable=True)
    number_passed_on: Mapped[bool] = mapped_column(
        default=False, comment="the number has been given to somebody else: it no longer leads here"
    )


class PersonMerge(Owned):
    """Two persons turned out to be one. The absorbed one's facts were retracted and added for the survivor."""

    public_id: Mapped[PublicId]
    survivor_id: Mapped[int] = refers_to("person")
    absorbed_id: Mapped[int] = refers_to("person")
    reason: Mapped[str] = mapped_column(String(500))
    merged_at: Mapped[Instant]
    merged_by_id: Mapped[int | None] = refers_to("account", nullable=True, index=False)
    disabled_account_id: Mapped[int | None] = refers_to("account", nullable=True, index=False)
    undone_at: Mapped[Instant | None]
    undone_by_id: Mapped[int | None] = refers_to("account", nullable=True, index=False)
    undone_why: Mapped[str | None] = mapped_column(String(500))

    __table_args__ = (
        CheckConstraint("survivor_id <> absorbed_id", name="two"),
        # Nobody is absorbed twice at once.
        Index(
            "uq_person_merge_standing",
            "municipality_id",
            "absorbed_id",
            unique=True,
            sqlite_where=column("undone_at").is_(None),
            postgresql_where=column("undone_at").is_(None),
        ),
    )


class MergedRow(Owned):
    """What a merge did with one row of the absorbed person's: a fact has a counterpart, any other row was moved."""

    merge_id: Mapped[int] = refers_to("person_merge")
    kind: Mapped[Code] = mapped_column(comment="the table of both rows")
    original: Mapped[int] = mapped_column(comment="the absorbed person's row")
    counterpart: Mapped[int | None] = mapped_column(comment="the survivor's fact that says the same; empty: moved")
    added: Mapped[bool] = mapped_column(default=False, comment="the counterpart was not there before")

    __table_args__ = (UniqueConstraint("municipality_id", "merge_id", "kind", "original"),)


class Employment(Fact):
    """A person works in a unit in a position, from–until."""

    __touches__ = "person_id"

    person_id: Mapped[int] = refers_to("person")
    unit_id: Mapped[int] = refers_to("org_unit")
    position_id: Mapped[int] = refers_to("position")
    kind: Mapped[Code] = mapped_column(comment="form of employment as HR writes it, such as Tillsvidare")
    percent: Mapped[float] = mapped_column(Numeric(5, 2, asdecimal=False), comment="extent, in percent of full time")
    starts_on: Mapped[Day]
    ends_on: Mapped[date | None]

    __table_args__ = (period_check(),)


class Duty(Fact):
    """A person holds a role from the strategy, for a unit, a system or the whole municipality, from–until."""

    __touches__ = "person_id"

    person_id: Mapped[int] = refers_to("person")
    kind: Mapped[DutyKind] = mapped_column(word(DutyKind))
    unit_id: Mapped[int | None] = refers_to("org_unit", nullable=True)
    system_id: Mapped[int | None] = refers_to("it_system", nullable=True)
    starts_on: Mapped[Day]
    ends_on: Mapped[date | None]

    __table_args__ = (period_check(),)


class Absence(Fact):
    """A person is away, from–until. Never why: the reason is sensitive, and nothing here needs it."""

    __touches__ = "person_id"

    person_id: Mapped[int] = refers_to("person")
    starts_on: Mapped[Day]
    ends_on: Mapped[date | None]

    __table_args__ = (period_check(),)
