"""The organisation as a tree, and positions."""

from datetime import date
from enum import StrEnum

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.tables import SORT_KEY, Code, Day, Fact, Line, Owned, PublicId, period_check, refers_to, word


class UnitKind(StrEnum):
    """What an organisational unit is (IT strategy, section 2.1)."""

    MUNICIPALITY = "municipality"
    COMMITTEE = "committee"
    ADMINISTRATION = "administration"
    COMPANY = "company"
    DEPARTMENT = "department"
    UNIT = "unit"


class OrgUnit(Owned):
    """A node of the organisation tree: the thing itself, which stays when its name or place changes."""

    public_id: Mapped[PublicId]
    code: Mapped[str | None] = mapped_column(String(60), comment="the HR system's code; names repeat, codes do not")
    kind: Mapped[UnitKind] = mapped_column(word(UnitKind), default=UnitKind.UNIT)

    __table_args__ = (UniqueConstraint("municipality_id", "code"),)


class UnitPlacement(Fact):
    """A unit had this name and lay under this parent, from–until. A rename or a move is a new placement."""

    __touches__ = "units"

    unit_id: Mapped[int] = refers_to("org_unit")
    parent_id: Mapped[int | None] = refers_to("org_unit", nullable=True)
    name: Mapped[Line]
    sort_key: Mapped[str] = mapped_column(SORT_KEY)
    starts_on: Mapped[Day]
    ends_on: Mapped[date | None]

    __table_args__ = (period_check(),)


class Position(Owned):
    """What one is employed as (befattning)."""

    public_id: Mapped[PublicId]
    code: Mapped[Code] = mapped_column(comment="the HR system's code")
    title: Mapped[Line]

    # One code may stand for several titles: HR codes are coarser than what people are called.
    __table_args__ = (UniqueConstraint("municipality_id", "code", "title"), Index(None, "municipality_id", "title"))
