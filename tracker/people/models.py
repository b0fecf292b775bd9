"""People and the facts about their work."""

from datetime import date

from sqlalchemy import Index, Numeric, String, UniqueConstraint
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
