"""Questions about what the scheduler has done."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import func, select

from tracker.db import WideSession
from tracker.jobs.models import JobRun, SchedulerLease
from tracker.municipalities.models import Municipality


@dataclass(frozen=True, slots=True)
class Run:
    """The latest run of a job in a municipality."""

    municipality: str
    job: str
    local_date: date
    state: str
    detail: str | None


def runs(session: WideSession) -> list[Run]:
    """Return the latest run of each job in each municipality."""
    latest = (
        select(JobRun.municipality_id, JobRun.job, func.max(JobRun.local_date).label("local_date"))
        .group_by(JobRun.municipality_id, JobRun.job)
        .subquery()
    )
    rows = session.execute(
        select(Municipality.slug, JobRun)
        .join(Municipality, Municipality.id == JobRun.municipality_id)
        .join(
            latest,
            (latest.c.municipality_id == JobRun.municipality_id)
            & (latest.c.job == JobRun.job)
            & (latest.c.local_date == JobRun.local_date),
        )
        .order_by(Municipality.slug, JobRun.job)
    )
    return [Run(slug, run.job, run.local_date, run.state.value, run.detail) for slug, run in rows]


def database_time(session: WideSession) -> datetime:
    """Return the instant that the database's clock shows, to the second; on PostgreSQL, as the transaction began."""
    instant = session.scalar(select(func.current_timestamp()))
    assert instant is not None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def scheduler_is_active(session: WideSession) -> bool:
    """Say whether a scheduler holds the lease: whether jobs are run and mail is sent."""
    lease = session.scalars(select(SchedulerLease)).one_or_none()
    return lease is not None and lease.expires_at is not None and lease.expires_at > database_time(session)
