"""The scheduler: one active at a time; each job once, on its day, however often it is started, missed or fails."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.factories import add_course, add_requirement
from tracker import clock
from tracker.compliance.models import Phase
from tracker.jobs import operations
from tracker.jobs.models import JobRun, JobState, SchedulerLease
from tracker.jobs.operations import LeaseLostError, fenced, release_lease, take_lease
from tracker.jobs.queries import runs
from tracker.mail.models import OutgoingMail
from tracker.mail.transport import Catcher
from tracker.municipalities.models import Municipality
from tracker.people.models import Person
from tracker.scheduler import JOBS, Job, nightly, run_due_jobs, tick, weekly

MONDAY = date(2026, 11, 23)


def let_lease_run_out(database):
    with database.wide() as session:
        session.scalars(select(SchedulerLease)).one().expires_at = datetime(2000, 1, 1, tzinfo=UTC)
        session.commit()


def test_one_scheduler_is_active_and_the_others_stand_by(database):
    assert take_lease(database, "a") == 1
    assert take_lease(database, "b") is None
    assert take_lease(database, "a") == 1, "the active one stays so"


def test_another_takes_over_when_the_lease_has_run_out(database):
    take_lease(database, "a")
    let_lease_run_out(database)
    assert take_lease(database, "b") == 2
    assert take_lease(database, "a") is None


def test_another_takes_over_at_once_from_one_that_stepped_down(database):
    take_lease(database, "a")
    release_lease(database, "a")
    assert take_lease(database, "b") == 2


def test_one_that_is_not_active_cannot_step_down_for_the_other(database):
    take_lease(database, "a")
    release_lease(database, "b")
    assert take_lease(database, "b") is None


def test_readiness_tells_of_the_scheduler_and_does_not_depend_on_it(database, client):
    def says():
        answer = client.get("/readyz")
        return answer.status_code, answer.json["scheduler"]

    assert says() == (200, "none is active")
    take_lease(database, "a")
    assert says() == (200, "active")
    let_lease_run_out(database)
    assert says() == (200, "none is active")


def test_of_many_that_start_at_once_one_becomes_active(database):
    barrier = threading.Barrier(4)
    fences = []

    def start(name):
        barrier.wait()
        fences.append(take_lease(database, name))

    in_threads(*(lambda name=name: start(name) for name in "abcd"))
    assert sorted(fences, key=str) == [1, None, None, None]


def test_what_an_ousted_scheduler_was_doing_is_not_committed(database, cast):
    fence = take_lease(database, "a")
    let_lease_run_out(database)
    take_lease(database, "b")
    with database.bound(cast.kil) as session, pytest.raises(LeaseLostError):
        fenced(session, fence)


def test_nobody_takes_over_while_a_fenced_transaction_lasts(database, cast):
    """On PostgreSQL the lease is locked; on SQLite there is one writer at a time as it is."""
    fence = take_lease(database, "a")
    let_lease_run_out(database)
    taken = []
    with database.bound(cast.kil) as session:
        fenced(session, fence)
        thread = threading.Thread(target=lambda: taken.append(take_lease(database, "b")))
        thread.start()
        thread.join(0.3)
        assert taken == []
        session.rollback()
    thread.join()
    assert taken == [2]


def in_threads(*works):
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def at(day, hour, minute=0):
    """An instant, as a clock on the wall in Kil shows it."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo("Europe/Stockholm")).astimezone(UTC)


class Diary:
    """A job that notes for whom and which day it was run."""

    def __init__(self, due=nightly, fails=lambda _municipality_id: False):
        self.entries = []
        self.fails = fails
        self.job = Job("diary", due, self.run)

    def run(self, session, now, day):
        if self.fails(session.municipality_id):
            raise RuntimeError("no luck")
        self.entries.append((session.municipality_id, day))
        return "noted"


def test_a_job_is_run_once_for_each_municipality_and_day(app, database, cast):
    diary = Diary()
    for hour in (3, 4, 5, 12, 23):
        run_due_jobs(app, database, now=at(MONDAY, hour, 45), jobs=(diary.job,))
    run_due_jobs(app, database, now=at(MONDAY + timedelta(days=1), 9), jobs=(diary.job,))
    assert Counter(diary.entries) == Counter(
        (municipality, day) for municipality in (cast.kil, cast.grums) for day in (MONDAY, date(2026, 11, 24))
    )


def test_two_that_run_at_once_run_it_once(app, database, cast):
    diary = Diary()
    barrier = threading.Barrier(2)

    def run():
        barrier.wait()
        run_due_jobs(app, database, now=NOW, jobs=(diary.job,))

    in_threads(run, run)
    assert sorted(diary.entries) == [(cast.kil, MONDAY), (cast.grums, MONDAY)]
    with database.wide(reading=True) as session:
        assert {run.state for run in session.scalars(select(JobRun))} == {JobState.DONE}


def test_a_municipality_that_fails_does_not_stop_the_others(app, database, cast):
    diary = Diary(fails=lambda municipality_id: municipality_id == cast.grums)
    assert run_due_jobs(app, database, now=NOW, jobs=(diary.job,)) == 1
    assert diary.entries == [(cast.kil, MONDAY)]
    with database.wide(reading=True) as session:
        listed = {line.municipality: line for line in runs(session)}
    assert (listed["kil"].state, listed["kil"].detail) == ("done", "noted")
    assert (listed["grums"].state, listed["grums"].detail) == ("failed", "RuntimeError: no luck")


def test_what_a_job_did_before_it_failed_is_undone(app, database, cast):
    def half(session, _now, _day):
        session.get_one(Person, cast.people["anna"]).given_name = "Half"
        session.flush()
        raise RuntimeError

    run_due_jobs(app, database, now=NOW, jobs=(Job("half", nightly, half),))
    with database.bound(cast.kil, reading=True) as session:
        assert session.get_one(Person, cast.people["anna"]).given_name == "Anna"


def test_a_job_that_failed_is_tried_again_later_and_later(app, database, cast):
    failing = {"yes"}
    diary = Diary(fails=lambda _municipality_id: bool(failing))
    tries = []

    def run(session, now, day):
        if session.municipality_id == cast.kil:
            tries.append(now)
        return diary.run(session, now, day)

    job = Job("diary", nightly, run)
    start = at(MONDAY, 5)
    for minutes in range(0, 240, 5):
        run_due_jobs(app, database, now=start + timedelta(minutes=minutes), jobs=(job,))
    assert [(one - start) // timedelta(minutes=1) for one in tries] == [0, 15, 45, 105, 225]
    failing.clear()
    run_due_jobs(app, database, now=start + timedelta(minutes=470), jobs=(job,))
    assert (cast.kil, MONDAY) in diary.entries
    with database.bound(cast.kil, reading=True) as session:
        run = session.scalars(select(JobRun)).one()
    assert (run.state, run.attempts, run.detail) == (JobState.DONE, 6, "noted")


def test_a_failure_noted_late_does_not_undo_what_another_has_done(app, database, cast):
    run_due_jobs(app, database, now=NOW, jobs=(Diary().job,))
    with database.bound(cast.kil) as session:
        operations.note_failure(session, job="diary", local_date=MONDAY, error=RuntimeError("late"), now=NOW)
        session.commit()
    with database.bound(cast.kil, reading=True) as session:
        assert session.scalars(select(JobRun)).one().state is JobState.DONE


def days_run(app, database, cast, job, instants):
    """Return, for each day that the job was run of, when it was: the scheduler was up at these instants only."""
    found = {}

    def run(session, now, day):
        if session.municipality_id == cast.kil:
            assert day not in found
            found[day] = clock.local_time(now, "Europe/Stockholm").strftime("%a %d %H:%M")
        return ""

    for instant in instants:
        run_due_jobs(app, database, now=instant, jobs=(Job("job", job, run),))
    return found


def hours(first, last, *, minutes=60):
    """Every hour between two instants, or more often."""
    while first < last:
        yield first
        first += timedelta(minutes=minutes)


def test_the_weekly_mail_goes_out_on_its_day_at_its_hour(app, database, cast):
    found = days_run(app, database, cast, weekly, hours(at(date(2026, 11, 23), 0), at(date(2026, 11, 30), 0)))
    assert found == {MONDAY: "Mon 23 07:00"}


def test_a_missed_monday_is_caught_up_on_tuesday(app, database, cast):
    found = days_run(app, database, cast, weekly, hours(at(date(2026, 11, 24), 0), at(date(2026, 11, 30), 0)))
    assert found == {MONDAY: "Tue 24 07:00"}


def test_a_monday_that_is_a_holiday_is_caught_up_on_the_next_working_day(app, database, cast):
    """Easter Monday is 29 March 2027."""
    found = days_run(app, database, cast, weekly, hours(at(date(2027, 3, 28), 0), at(date(2027, 4, 1), 0)))
    assert found == {date(2027, 3, 29): "Tue 30 07:00"}


def test_nothing_is_mailed_on_days_of_rest(app, database, cast):
    """The scheduler was down from Monday to Friday, and comes back on the Saturday."""
    found = days_run(app, database, cast, weekly, hours(at(date(2026, 11, 28), 0), at(date(2026, 11, 30), 0)))
    assert found == {}


def test_a_municipality_decides_on_its_own_day_and_hour(app, database, cast):
    with database.wide() as session:
        kil = session.get_one(Municipality, cast.kil)
        kil.digest_weekday, kil.digest_hour = 3, 15
        session.commit()
    found = days_run(app, database, cast, weekly, hours(at(date(2026, 11, 23), 16), at(date(2026, 11, 28), 0)))
    assert found == {date(2026, 11, 19): "Mon 23 16:00", date(2026, 11, 26): "Thu 26 15:00"}


@pytest.mark.parametrize("day", [date(2026, 10, 25), date(2027, 3, 28)])
def test_a_day_on_which_the_clocks_change_has_one_run_and_none_while_they_do(app, database, cast, day):
    """The hour between two and three happens twice in October, and not at all in March."""
    found = days_run(app, database, cast, nightly, hours(at(day, 0), at(day, 12), minutes=30))
    assert found == {day: f"Sun {day.day} 04:30"}


@pytest.mark.parametrize("day", [date(2026, 10, 25), date(2027, 3, 28)])
def test_nothing_is_run_between_one_and_four_whatever_is_due(app, database, cast, day):
    asked = []

    def always(_municipality, local):
        return local.date() + timedelta(days=len(asked))

    def run(_session, now, _day):
        asked.append(clock.local_time(now, "Europe/Stockholm").hour)
        return ""

    for instant in hours(at(day, 0), at(day, 6), minutes=30):
        run_due_jobs(app, database, now=instant, jobs=(Job("always", always, run),))
    assert set(asked) == {0, 4, 5}


@pytest.fixture
def overdue(cast, in_kil):
    """Everyone in Kil is overdue, so that Bosse is to be told."""
    with in_kil() as session:
        course = add_course(session, "it", now=NOW)
        add_requirement(session, "it", course_id=course.course_id, now=NOW)


def test_the_real_jobs_are_run_and_say_what_they_did(app, database, overdue):
    assert run_due_jobs(app, database, now=NOW) == 6
    with database.wide(reading=True) as session:
        details = {(line.municipality, line.job): line.detail for line in runs(session)}
    assert details == {
        ("grums", "newcomer_tasks"): "0 mails decided",
        ("grums", "verify_phases"): "1 people, 0 differences",
        ("grums", "weekly_digest"): "0 mails decided",
        ("kil", "newcomer_tasks"): "0 mails decided",
        ("kil", "verify_phases"): "8 people, 0 differences",
        ("kil", "weekly_digest"): "1 mails decided",
    }


def test_phases_that_are_not_what_the_rules_give_make_the_check_fail(app, database, cast, overdue):
    with database.bound(cast.kil) as session:
        session.scalars(select(Phase).where(Phase.person_id == cast.people["anna"])).first().due_on = date(2001, 1, 1)
        session.commit()
    run_due_jobs(app, database, now=NOW, jobs=[job for job in JOBS if job.name == "verify_phases"])
    with database.bound(cast.kil, reading=True) as session:
        run = session.scalars(select(JobRun)).one()
    assert run.state is JobState.FAILED
    assert run.detail.startswith("PhasesDifferError: 1 differences")


def test_two_schedulers_that_tick_at_once_send_each_mail_once(app, database, cast, overdue, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    sent = []

    class Noting(Catcher):
        def send(self, mail):
            sent.append(mail.message_id)
            return super().send(mail)

    barrier = threading.Barrier(2)

    def run(name):
        barrier.wait()
        for _ in range(3):
            tick(app, database, Noting(), holder=name, stopping=threading.Event())

    in_threads(lambda: run("a"), lambda: run("b"))
    with database.wide(reading=True) as session:
        decided = session.scalars(select(OutgoingMail.message_id)).all()
    assert len(decided) == 1
    assert sent == decided


def test_while_mail_is_paused_it_is_decided_on_and_waits(app, database, cast, overdue, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    app.extensions["tracker"] = paused = _with(app.extensions["tracker"], mail_paused=True)
    assert tick(app, database, Catcher(), holder="a", stopping=threading.Event())
    with database.wide(reading=True) as session:
        assert session.scalars(select(OutgoingMail)).one().state.value == "queued"
    app.extensions["tracker"] = _with(paused, mail_paused=False)
    tick(app, database, Catcher(), holder="a", stopping=threading.Event())
    with database.wide(reading=True) as session:
        assert session.scalars(select(OutgoingMail)).one().state.value == "caught"


def _with(edge, **settings):
    return replace(edge, config=replace(edge.config, **settings))


def test_a_scheduler_that_was_ousted_leaves_the_rest_to_the_next(app, database, cast):
    diary = Diary()
    fence = take_lease(database, "a")
    let_lease_run_out(database)
    take_lease(database, "b")
    with pytest.raises(LeaseLostError):
        run_due_jobs(app, database, now=NOW, fence=fence, jobs=(diary.job,))
    assert diary.entries == []
    assert run_due_jobs(app, database, now=NOW, fence=2, jobs=(diary.job,)) == 2
