"""Two real scheduler processes on one database, the active one of which is killed at the worst moment."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from tests.conftest import NOW
from tests.factories import add_account, add_course, add_duty, add_person, add_requirement
from tracker.audit.models import JournalEntry
from tracker.domain.facts import DutyKind
from tracker.jobs.models import JobRun, JobState, SchedulerLease
from tracker.mail.models import MailState, OutgoingMail

MANAGERS = 8
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Inbox:
    """Keeps what it gets; takes the third message too, but never says so."""

    def __init__(self):
        self.received = []
        self.third_taken = threading.Event()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the name that aiosmtpd calls
        self.received.append(re.search(rb"^Message-ID: (.+?)\r?$", envelope.content, re.MULTILINE)[1].decode())
        if len(self.received) == 3:
            self.third_taken.set()
            await asyncio.sleep(600)
        return "250 OK kept"


@pytest.fixture
def inbox():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    inbox.port = port
    yield inbox
    controller.stop()


@pytest.fixture
def start(database, inbox):
    """Start scheduler processes; they are gone when the test ends."""
    started = []

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.scheduler_process", NOW.isoformat(), *arguments],
            env={
                **os.environ,
                "TRACKER_ENVIRONMENT": "test",
                "DATABASE_URL": database.url,
                "SMTP_HOST": "127.0.0.1",
                "SMTP_PORT": str(inbox.port),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def managers(cast, in_kil):
    """Eight managers of one unit, whose people are all overdue."""
    with in_kil() as session:
        course = add_course(session, "it", now=NOW)
        add_requirement(session, "it", course_id=course.course_id, now=NOW)
        for number in range(MANAGERS - 1):
            manager = add_person(
                session, f"Chef{number}", "Chefsson", unit_id=cast.units["11"], position_id=cast.position_id, now=NOW
            )
            add_account(session, manager, now=NOW)
            add_duty(session, manager.id, DutyKind.UNIT_MANAGER, unit_id=cast.units["11"], now=NOW)


def wait_until(true, what):
    for _ in range(600):
        if true():
            return
        time.sleep(0.1)
    pytest.fail(f"It never came that {what}.")


def active_process(database):
    """Return the number of the process that holds the lease, or None."""
    with database.wide(reading=True) as session:
        lease = session.scalars(select(SchedulerLease)).one_or_none()
    return int(lease.holder.split(":")[1]) if lease and lease.holder else None


def let_time_pass(database):
    """What the killed one had in hand is let go of, as time would do."""
    with database.wide() as session:
        session.scalars(select(SchedulerLease)).one().expires_at = LONG_AGO
        for mail in session.scalars(select(OutgoingMail).where(OutgoingMail.state == MailState.SENDING)):
            mail.lease_until = LONG_AGO
        session.commit()


def states(database):
    with database.wide(reading=True) as session:
        return Counter(session.scalars(select(OutgoingMail.state)))


def test_killed_while_it_sends(database, cast, managers, inbox, start):
    """Nothing is lost, and one mail at most comes twice: the one whose receipt was on its way."""
    processes = {process.pid: process for process in (start(), start())}
    assert inbox.third_taken.wait(60), "two mails have been sent, and a third taken"
    active = active_process(database)
    os.kill(active, signal.SIGKILL)
    processes.pop(active).wait()
    assert states(database) == {MailState.SENT: 2, MailState.SENDING: 1, MailState.QUEUED: MANAGERS - 3}

    let_time_pass(database)
    wait_until(lambda: states(database) == {MailState.SENT: MANAGERS}, "every mail is sent")
    (survivor,) = processes
    assert active_process(database) == survivor
    with database.wide(reading=True) as session:
        decided = set(session.scalars(select(OutgoingMail.message_id)))
    copies = Counter(inbox.received)
    assert set(copies) == decided
    assert copies.total() == MANAGERS + 1, "one of them twice, under the same Message-ID"

    processes[survivor].send_signal(signal.SIGTERM)
    assert processes[survivor].wait(30) == 0
    assert active_process(database) is None, "it stepped down"


def test_killed_while_it_decides(database, cast, managers, inbox, start):
    """What it had half done is undone, and the other does it whole."""
    inbox.third_taken.set()
    inbox.received = ["", "", ""]  # This inbox says yes to everything.
    first = start("hang")
    assert "hanging" in next(line for line in first.stdout if "hanging" in line)
    second = start()
    first.kill()
    first.wait()
    let_time_pass(database)
    wait_until(lambda: states(database) == {MailState.SENT: MANAGERS}, "every mail is sent")
    assert Counter(Counter(inbox.received[3:]).values()) == {1: MANAGERS}
    with database.bound(cast.kil, reading=True) as session:
        run = session.scalars(select(JobRun).where(JobRun.job == "weekly_digest")).one()
        entries = session.scalars(select(JournalEntry).where(JournalEntry.action == "reminder.decided")).all()
    assert (run.state, run.attempts, len(entries)) == (JobState.DONE, 1, MANAGERS)
    second.send_signal(signal.SIGINT)
    assert second.wait(30) == 0
