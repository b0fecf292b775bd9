"""The register of IT systems, and who uses them."""

from datetime import date
from enum import StrEnum

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.tables import Day, Fact, Instant, Line, Owned, PublicId, period_check, refers_to, word


class SystemScope(StrEnum):
    """Whether the whole municipality uses a system or one operation does (IT strategy, section 2.1)."""

    MUNICIPALITY_WIDE = "municipality_wide"
    OPERATION_SPECIFIC = "operation_specific"


class Importance(StrEnum):
    """How much depends on a system. Important ones need a security plan (IT strategy, section 2.3)."""

    ORDINARY = "ordinary"
    IMPORTANT = "important"


class ItSystem(Owned):
    """An IT system of the register. Owner and administrators are duties."""

    public_id: Mapped[PublicId]
    code: Mapped[str] = mapped_column(String(60))
    name: Mapped[Line]
    purpose: Mapped[str] = mapped_column(String(1000), default="")
    supplier: Mapped[str] = mapped_column(String(200), default="")
    scope: Mapped[SystemScope] = mapped_column(word(SystemScope))
    importance: Mapped[Importance] = mapped_column(word(Importance), default=Importance.ORDINARY)
    course_id: Mapped[int | None] = refers_to("course", nullable=True)
    security_plan_on: Mapped[date | None] = mapped_column(comment="the day the security plan was last decided")
    created_at: Mapped[Instant]

    __table_args__ = (UniqueConstraint("municipality_id", "code"),)


class Access(Fact):
    """A person uses a system, from–until."""

    __touches__ = "person_id"

    person_id: Mapped[int] = refers_to("person")
    system_id: Mapped[int] = refers_to("it_system")
    starts_on: Mapped[Day]
    ends_on: Mapped[date | None]

    __table_args__ = (period_check(),)
