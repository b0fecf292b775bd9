"""One scheduler at a time, and each job once: for a municipality and a local day, in one transaction."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from tracker.db import BoundSession, Database
from tracker.jobs.models import JobRun, JobState, SchedulerLease

LEASE = timedelta(seconds=90)
# A job that failed is tried again after this long, this many times in all.
RETRY_AFTER = timedelta(minutes=15)
MOST_ATTEMPTS = 8


class LeaseLostError(Exception):
    """Another scheduler has taken over; what this one was doing must not be committed."""


def take_lease(database: Database, holder: str) -> int | None:
    """Become or stay the active scheduler. Returns the fencing number, or None while another is active.

    Time is the database's, so that clocks of different machines need not agree. The number grows each time the lease
    changes hands: who holds an old one can no longer commit (see `fenced`).
    """
    with database.wide() as session:
        now = _database_time(session.scalar(select(func.current_timestamp())))
        lease = session.scalars(select(SchedulerLease).with_for_update()).one_or_none()
        if lease is None:
            try:
                session.execute(insert(SchedulerLease).values(id=1, holder=None, fence=0, expires_at=None))
            except IntegrityError:
                return None  # Another scheduler was first to create the row; it is the active one.
            lease = session.scalars(select(SchedulerLease).with_for_update()).one()
        if lease.holder != holder:
            if lease.expires_at is not None and lease.expires_at > now:
                return None
            lease.holder = holder
            lease.fence += 1
        lease.expires_at = now + LEASE
        session.commit()
        return lease.fence


def release_lease(database: Database, holder: str) -> None:
    """Step down, so that another scheduler need not wait for the lease to run out."""
    with database.wide() as session:
        lease = session.scalars(select(SchedulerLease).with_for_update()).one_or_none()
        if lease is not None and lease.holder == holder:
            lease.expires_at = None
            lease.holder = None
            session.commit()


def fenced(session: BoundSession, fence: int) -> None:
    """Hold on, until this transaction ends, to being the active scheduler.

    Raises LeaseLostError if another has taken over.
    """
    lease = session.scalars(select(SchedulerLease).with_for_update(read=True)).one()
    if lease.fence != fence:
        raise LeaseLostError


def _database_time(value: datetime | str | None) -> datetime:
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    assert instant is not None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def claim(session: BoundSession, *, job: str, local_date: date, now: datetime) -> JobRun | None:
    """Return the run of a job for a local day, to be done in this transaction; None if it is done or must wait.

    The run is marked done with the work itself: committed together or not at all. A second scheduler that claims the
    same run waits for this transaction, then finds the unique key taken.
    """
    run = session.scalars(
        select(JobRun).where(JobRun.job == job, JobRun.local_date == local_date).with_for_update()
    ).one_or_none()
    if run is None:
        run = JobRun(job=job, local_date=local_date, state=JobState.RUNNING, attempts=1, started_at=now)
        session.add(run)
        try:
            session.flush()  # The unique key decides between two schedulers here and now.
        except IntegrityError:
            session.rollback()
            return None
        return run
    if run.state is JobState.DONE or run.attempts >= MOST_ATTEMPTS or now < run.started_at + RETRY_AFTER:
        return None
    run.attempts += 1
    run.started_at = now
    return run


def note_failure(session: BoundSession, *, job: str, local_date: date, error: Exception, now: datetime) -> None:
    """Write down, in a transaction of its own, that a job failed: when, which time, and why."""
    run = session.scalars(select(JobRun).where(JobRun.job == job, JobRun.local_date == local_date)).one_or_none()
    if run is None:
        run = JobRun(job=job, local_date=local_date, state=JobState.FAILED, attempts=0, started_at=now)
        session.add(run)
    run.state = JobState.FAILED
    run.attempts += 1
    run.started_at = now
    run.finished_at = now
    run.detail = f"{type(error).__name__}: {error}"[:1000]
