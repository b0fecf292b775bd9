"""The tenant: one municipality, one employer."""

from typing import ClassVar

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from tracker.tables import Instant, Key, Line, Model, PublicId


class Municipality(Model):
    """A municipality, the employer whose promise is kept. Everything else belongs to one."""

    __shared__: ClassVar[bool] = True

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    code: Mapped[str] = mapped_column(
        String(4), unique=True, comment="Statistics Sweden's municipality code, such as 1715"
    )
    slug: Mapped[str] = mapped_column(
        String(60), unique=True, comment="its short name in commands and addresses, such as kil"
    )
    name: Mapped[Line]
    timezone: Mapped[str] = mapped_column(String(60), default="Europe/Stockholm")
    locale: Mapped[str] = mapped_column(String(5), default="sv", comment="language of those who have chosen none")
    digest_weekday: Mapped[int] = mapped_column(default=0, comment="day of the managers' weekly mail; 0 is Monday")
    digest_hour: Mapped[int] = mapped_column(default=7, comment="local hour of the managers' weekly mail")
    created_at: Mapped[Instant]

    __table_args__ = (
        CheckConstraint("digest_weekday BETWEEN 0 AND 6", name="digest_weekday_in_week"),
        # Between 01:00 and 04:00 an hour may happen twice or not at all when the clocks change.
        CheckConstraint("digest_hour BETWEEN 4 AND 23", name="digest_hour_safe"),
    )
