"""The table of jobs, and the process that runs them. The only file that knows APScheduler.

APScheduler is nothing but the timer. What is due is decided from the calendar and the `job_run` table, so a missed
night or Monday is caught up, and running twice does no harm.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from time import sleep

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from tracker import clock, tokens
from tracker.compliance.jobs import verify_sample
from tracker.db import BoundSession, Database
from tracker.domain.reminders import digest_day, is_working_day
from tracker.edge import finish
from tracker.jobs.models import JobState
from tracker.jobs.operations import LeaseLostError, claim, fenced, note_failure, release_lease, take_lease
from tracker.mail.operations import deliver
from tracker.mail.transport import Transport, transport_for
from tracker.municipalities.calendar import HOLIDAYS
from tracker.municipalities.models import Municipality
from tracker.municipalities.queries import everyone
from tracker.reminders.jobs import remind_of_newcomer_tasks, send_weekly_digests
from tracker.reminders.operations import still_wanted
from tracker.serving import signals_to_stop

log = structlog.get_logger()

TICK_SECONDS = 20
# So few that sending them seldom takes longer than the lease, and that being told to stop is heeded soon.
MAILS_AT_A_TIME = 10


@dataclass(frozen=True, slots=True)
class Job:
    """Something done once per municipality and local day.

    `due` answers, for a municipality and its wall-clock time, which local day's run should have been done by now, or
    None. No job runs between 01:00 and 04:00, when clocks change. `run` is told the instant and the day that it is the
    run of, and returns a few words on what it did.
    """

    name: str
    due: Callable[[Municipality, datetime], date | None]
    run: Callable[[BoundSession, datetime, date], str]


def weekly(municipality: Municipality, local: datetime) -> date | None:
    """Return which weekly mailing should be out by now, named by the day it was planned for.

    One that fell on a holiday, or was missed, goes out on the next working day at its hour.
    """
    day = digest_day(local.date(), municipality.digest_weekday, HOLIDAYS)
    return day if local.hour >= municipality.digest_hour else None


def on_working_days(municipality: Municipality, local: datetime) -> date | None:
    """Return today, if people work, once it is the hour of the mailings."""
    return local.date() if local.hour >= municipality.digest_hour and is_working_day(local.date(), HOLIDAYS) else None


def nightly(_municipality: Municipality, local: datetime) -> date | None:
    """Return today, once it is past half past four in the morning."""
    return local.date() if local.time() >= time(4, 30) else None


JOBS = (
    Job("weekly_digest", weekly, send_weekly_digests),
    # After the weekly mail: who gets that one today gets no other.
    Job("newcomer_tasks", on_working_days, remind_of_newcomer_tasks),
    Job("verify_phases", nightly, verify_sample),
)


def run_due_jobs(
    app: Flask,
    database: Database,
    *,
    now: datetime,
    fence: int | None = None,
    jobs: tuple[Job, ...] = JOBS,
) -> int:
    """Run what is due in every municipality. Returns how many jobs ran to their end.

    Each job has a transaction of its own; one that fails is written down and the next goes on.

    Raises LeaseLostError if another scheduler has taken over.
    """
    with database.wide(reading=True) as session:
        municipalities = everyone(session)
    done = 0
    for municipality in municipalities:
        for job in jobs:
            local = clock.local_time(now, municipality.timezone)
            day = job.due(municipality, local)
            if day is not None and not 1 <= local.hour < 4:
                done += _run(app, database, municipality, job, day, now=now, fence=fence)
    return done


def _run(
    app: Flask, database: Database, municipality: Municipality, job: Job, day: date, *, now: datetime, fence: int | None
) -> bool:
    try:
        with app.app_context(), database.bound(municipality.id) as session:
            if fence is not None:
                fenced(session, fence)
            run = claim(session, job=job.name, local_date=day, now=now)
            if run is None:
                return False
            run.detail = job.run(session, now, day)
            run.state = JobState.DONE
            run.finished_at = clock.now()
            finish(session, now)
    except LeaseLostError:
        raise
    except Exception as error:
        log.exception("job.failed", job=job.name, municipality=municipality.slug, local_date=str(day))
        with database.bound(municipality.id) as session:
            note_failure(session, job=job.name, local_date=day, error=error, now=now)
            session.commit()
        return False
    log.info("job.done", job=job.name, municipality=municipality.slug, local_date=str(day), detail=run.detail)
    return True


def tick(app: Flask, database: Database, transport: Transport, *, holder: str, stopping: threading.Event) -> bool:
    """Do what is due, if this is the active scheduler. Returns whether it is, to the end.

    Stops in between when told to. Mail stays in the outbox while mailing is paused.
    """
    fence = take_lease(database, holder)
    if fence is None:
        return False
    try:
        run_due_jobs(app, database, now=clock.now(), fence=fence)
    except LeaseLostError:
        log.warning("scheduler.lease_lost", holder=holder)
        return False
    if app.extensions["tracker"].config.mail_paused:
        return True
    while not stopping.is_set() and deliver(
        database, transport, now=clock.now, still_wanted=still_wanted, at_most=MAILS_AT_A_TIME
    ):
        if take_lease(database, holder) != fence:
            log.warning("scheduler.lease_lost", holder=holder)
            return False
    return True


def serve(app: Flask) -> None:
    """Run until told to stop (SIGTERM or SIGINT). Any number may be started; one is active, the rest stand by."""
    edge = app.extensions["tracker"]
    holder = f"{socket.gethostname()}:{os.getpid()}:{tokens.public_id()[:6]}"
    transport = transport_for(edge.config)
    stopping = threading.Event()

    def beat() -> None:
        try:
            tick(app, edge.database, transport, holder=holder, stopping=stopping)
        except Exception:
            log.exception("scheduler.tick_failed", holder=holder)  # A database that is away comes back; go on.

    told = signals_to_stop()
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # That a beat outlasts its interval is no news.
    timer = BackgroundScheduler(timezone="UTC")
    timer.add_job(beat, "interval", seconds=TICK_SECONDS, next_run_time=clock.now(), misfire_grace_time=None)
    log.info("scheduler.started", holder=holder)
    timer.start()
    while not told:
        sleep(0.2)
    stopping.set()
    timer.shutdown()  # Waits for the beat under way.
    release_lease(edge.database, holder)
    log.info("scheduler.stopped", holder=holder)
