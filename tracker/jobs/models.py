"""What the scheduler remembers: who leads, and which job has run for which day."""

from datetime import date
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import Date, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.tables import Code, Instant, Key, Model, Owned, word


class SchedulerLease(Model):
    """The one row that says which scheduler process is active, until when (database time)."""

    __shared__: ClassVar[bool] = True

    id: Mapped[Key]
    holder: Mapped[str | None] = mapped_column(String(100))
    fence: Mapped[int] = mapped_column(comment="grows by one each time the lease changes hands")
    expires_at: Mapped[Instant | None]


class JobState(StrEnum):
    """How a run of a job ended."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class JobRun(Owned):
    """One job, for one municipality and local day. The unique key is what makes running it twice harmless."""

    job: Mapped[Code]
    local_date: Mapped[date] = mapped_column(Date)
    state: Mapped[JobState] = mapped_column(word(JobState))
    attempts: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[Instant]
    finished_at: Mapped[Instant | None]
    detail: Mapped[str | None] = mapped_column(String(1000))

    __table_args__ = (UniqueConstraint("municipality_id", "job", "local_date"),)
