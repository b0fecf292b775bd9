"""One scheduler at a time, and each job once: for a municipality and a local day, in one transaction."""

from datetime import date, datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError

from tracker.db import BoundSession, Database
from tracker.jobs.models import JobRun, JobState, SchedulerLease
from tracker.jobs.queries import database_time

LEASE = timedelta(seconds=90)
# A job that failed is tried again after this long; after twice as long each time it fails again; at least once a day.
RETRY_AFTER = timedelta(minutes=15)
LONGEST_WAIT = timedelta(days=1)


class LeaseLostError(Exception):
    """Another scheduler has taken over; what this one was doing must not be committed."""


def take_lease(database: Database, holder: str) -> int | None:
    """Become or stay the active scheduler. Returns the fencing number, or None while another is active.

    Time is the database's, so that clocks of different machines need not agree. The number grows each time the lease
    changes hands: who holds an old one can no longer commit (see `fenced`).
    """
    with database.wide() as session:
        # Read before the row is locked: one who has to wait for it sees an earlier time, and so takes over no sooner.
        now = database_time(session)
        lease = session.scalars(select(SchedulerLease).with_for_update()).one_or_none()
        if lease is None:
            lease = SchedulerLease(id=1, holder=None, fence=0, expires_at=None)
            session.add(lease)
            try:
                session.flush()  # The primary key decides between two that are the first.
            except IntegrityError:
                return None
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


def claim(session: BoundSession, *, job: str, local_date: date, now: datetime) -> JobRun | None:
    """Return the run of a job for a local day, to be done in this transaction; None if it is done or must wait.

    The run is marked done with the work itself: committed together or not at all. A second scheduler that claims the
    same run waits for this transaction, then finds it done.
    """
    run = session.scalars(_run(job, local_date).with_for_update()).one_or_none()
    if run is None:
        run = JobRun(job=job, local_date=local_date, state=JobState.RUNNING, attempts=1, started_at=now)
        session.add(run)
        try:
            session.flush()  # The unique key decides between two schedulers here and now.
        except IntegrityError:
            session.rollback()
            return None
        return run
    if run.state is JobState.DONE or now < run.started_at + _wait(run.attempts):
        return None
    run.attempts += 1
    run.started_at = now
    return run


def _wait(attempts: int) -> timedelta:
    return min(RETRY_AFTER * 2 ** min(attempts - 1, 10), LONGEST_WAIT)


def _run(job: str, local_date: date) -> Select[JobRun]:
    return select(JobRun).where(JobRun.job == job, JobRun.local_date == local_date)


def note_failure(session: BoundSession, *, job: str, local_date: date, error: Exception, now: datetime) -> None:
    """Write down, in a transaction of its own, that a job failed: when, which time, and why.

    Nothing, if another scheduler has done it meanwhile.
    """
    run = session.scalars(_run(job, local_date).with_for_update()).one_or_none()
    if run is None:
        run = JobRun(job=job, local_date=local_date, attempts=0)
        session.add(run)
    elif run.state is JobState.DONE:
        return
    run.state = JobState.FAILED
    run.attempts += 1
    run.started_at = run.finished_at = now
    run.detail = f"{type(error).__name__}: {error}"[:1000]
