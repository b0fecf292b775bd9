"""Reminders of what is late: who gets which, how often, and what they say."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.factories import BEGINNING, add_absence, add_account, add_completion, add_duty, add_person
from tests.programmes.conftest import BEGINS, EARLY, TODAY, add
from tracker import clock
from tracker.accounts.models import Account
from tracker.audit.models import JournalEntry
from tracker.catalogue.models import CourseVersion
from tracker.domain.facts import DutyKind
from tracker.domain.programme import Layer, Owner
from tracker.jobs.models import JobRun
from tracker.mail.models import MailState, OutgoingMail
from tracker.mail.operations import deliver
from tracker.mail.transport import Catcher
from tracker.people.models import Person
from tracker.programmes.models import TaskDone
from tracker.programmes.operations import Audience
from tracker.programmes.queries import item_by_public_id
from tracker.reminders.newcomers import NEWCOMERS, WEEKLY, late_by_account, of_managers
from tracker.reminders.operations import STALE_AFTER, send_weekly_digests, still_wanted
from tracker.scheduler import run_due_jobs

WEDNESDAY = NOW + timedelta(days=2)


@pytest.fixture
def trained(cast, in_kil, programme):
    """Everyone has completed the course that all of Kil must have: nothing but newcomers' tasks calls for mail."""
    with in_kil() as session:
        version = session.scalars(select(CourseVersion)).one()
        for person_id in session.scalars(select(Person.id)):
            add_completion(session, person_id, version, on=date(2026, 11, 20), now=NOW)
    return programme


@pytest.fixture
def run(app, database):
    """Run what is due at an instant, and return the new mails of a kind to Kil's people, by first name."""

    def run(now=NOW, kind=NEWCOMERS):
        with database.wide(reading=True) as session:
            before = set(session.scalars(select(OutgoingMail.id)))
        run_due_jobs(app, database, now=now)
        with database.wide(reading=True) as session:
            mails = session.scalars(select(OutgoingMail).where(OutgoingMail.id.not_in(before))).all()
        return {mail.address.partition("@")[0]: mail for mail in mails if mail.kind == kind}

    return run


def done(session, cast, name, item_id, on=TODAY):
    session.add(
        TaskDone(
            person_id=cast.people[name],
            item_id=item_id,
            hired_on=BEGINS[name],
            done_on=on,
            recorded_at=NOW,
            source="test",
        )
    )


def test_each_owner_is_told_of_their_own_late_tasks(run, trained):
    """Nils began last Monday, Nora today: the computer and the contract of both are late, and Nils's own things."""
    mails = run()
    assert set(mails) == {"ida", "david", "nils"}
    assert mails["ida"].subject == "2 uppgifter för nya medarbetare är försenade"
    assert "Ordna dator" in mails["ida"].text
    assert "Nora Norén, började 23 november" in mails["ida"].text
    assert "Ordna avtal" not in mails["ida"].text
    assert "Ordna avtal" in mails["david"].text
    assert "Kalle" not in mails["ida"].text, "nothing is late for him yet"
    assert mails["nils"].subject == "2 saker i din introduktion är försenade"
    assert "/introduction\n" in mails["nils"].text
    assert "/introduction-tasks\n" in mails["ida"].text
    for mail in mails.values():
        assert "Norén" not in mail.subject
        for words in ("Ordna", "försenad"):
            assert words in mail.html


def test_in_english_to_who_reads_english(run, cast, in_kil, trained):
    with in_kil() as session:
        session.get_one(Account, cast.accounts["ida"]).locale = "en"
    mail = run()["ida"]
    assert mail.subject == "2 tasks for new colleagues are late"
    assert "See to dator\n  Should have been done 9 November (14 days ago)" in mail.text


def test_running_twice_sends_once_and_the_same_things_are_told_again_after_a_week(run, trained):
    assert set(run()) == {"ida", "david", "nils"}
    assert run() == {}
    days = [NOW + timedelta(days=number) for number in range(1, 8)]
    told = [sorted(run(day)) for day in days]
    # On Tuesday Nora's own first day has passed, and the Monday after, her first week.
    assert told == [["nora"], [], [], [], [], [], ["david", "ida", "nils", "nora"]]


def test_what_was_missed_is_caught_up_on_the_next_working_day(run, trained):
    """No scheduler ran on the Monday; on the Tuesday each is told, once, of what is late by then."""
    mails = run(NOW + timedelta(days=1))
    assert set(mails) == {"ida", "david", "nils", "nora"}
    assert run(NOW + timedelta(days=1, hours=2)) == {}


@pytest.mark.parametrize(
    "instant",
    [
        datetime(2026, 11, 28, 12, tzinfo=UTC),  # a Saturday
        datetime(2026, 12, 24, 12, tzinfo=UTC),  # Christmas Eve
        datetime(2026, 11, 24, 4, 0, tzinfo=UTC),  # five in the morning
    ],
)
def test_nobody_is_told_on_a_day_of_rest_or_at_night(run, trained, instant):
    assert run(instant) == {}


def test_who_is_away_is_not_told(run, cast, in_kil, trained):
    with in_kil() as session:
        add_absence(session, cast.people["ida"], starts_on=TODAY, ends_on=TODAY, now=NOW)
    assert "ida" not in run()
    assert "ida" in run(NOW + timedelta(days=1))


def test_a_manager_s_tasks_stand_in_the_weekly_mail(run, trained):
    mails = run(kind=WEEKLY)
    assert set(mails) == {"bosse"}
    mail = mails["bosse"]
    assert mail.subject == "2 nya medarbetare har uppgifter som väntar på dig", "the team's page counts them apart, too"
    for words in (
        "2 nya medarbetare har uppgifter som väntar på dig",
        "- Nils Ny, började 16 november",
        "Ordna moete: Skulle ha varit klart 16 november (för 7 dagar sedan)",
        "Ordna nycklar: Senast 24 november (i morgon)",
    ):
        assert words in mail.text
    assert "Ordna dator" not in mail.text
    assert "Ordna samtal" not in mail.text, "due in a month"
    assert f"/people/{trained.people['nora']}/introduction" in mail.html


def test_the_weekly_mail_tells_of_who_will_begin_within_the_week(app, cast, in_kil, trained):
    week = NOW + timedelta(days=14)
    with app.app_context(), in_kil() as session:
        send_weekly_digests(session, planned_on=week.date(), now=week)
        mail = session.scalars(select(OutgoingMail)).one()
    assert "Kalle Kommande, började 7 december" in mail.text


def test_one_mail_a_person_a_day(run, cast, in_kil, trained):
    """Bosse is new himself: the weekly mail on the Monday, and his own late things on the Tuesday."""
    with in_kil() as session:
        add(session, cast, "egen", Owner.LEARNER, 0, Audience(Layer.MUNICIPALITY), effective_from=BEGINNING)
        boss = add_person(
            session,
            "Bella",
            "Boss",
            unit_id=cast.units["11"],
            position_id=cast.position_id,
            now=EARLY,
            starts_on=BEGINS["nils"],
        )
        add_account(session, boss, now=NOW)
        add_duty(session, boss.id, DutyKind.UNIT_MANAGER, unit_id=cast.units["11"], now=NOW)
    run()
    with in_kil() as session:
        kinds = select(OutgoingMail.kind).where(OutgoingMail.address.startswith("bella"))
        assert list(session.scalars(kinds)) == [WEEKLY]
    assert "bella" in run(NOW + timedelta(days=1))


def test_a_protected_identity_is_never_named(run, cast, in_kil, trained):
    with in_kil() as session:
        session.get_one(Person, cast.people["nora"]).protected_identity = True
    mail = run()["ida"]
    assert "Skyddad identitet (nora-1)" in mail.text
    for part in (mail.subject, mail.text, mail.html):
        assert "Norén" not in part


def test_what_was_done_meanwhile_is_not_sent(app, run, database, cast, in_kil, trained):
    mails = run()
    with in_kil() as session:
        computer = item_by_public_id(session, trained.items["dator"])
        for name in ("nils", "nora"):
            done(session, cast, name, computer.id)
        session.get_one(Person, cast.people["nils"]).protected_identity = True
    with in_kil() as session:
        wanted = {name: still_wanted(session, mail, NOW) for name, mail in mails.items()}
    assert wanted == {"ida": False, "david": False, "nils": True}, "done; and Nils must not be named any more"
    outcomes = deliver(database, Catcher(), now=lambda: NOW, still_wanted=still_wanted, at_most=20)
    assert outcomes == {MailState.SUPPRESSED: 3, MailState.CAUGHT: 1}, "Bosse's weekly mail names Nils"


def test_what_waited_too_long_is_not_sent(run, in_kil, trained):
    mails = run()
    with in_kil() as session:
        assert still_wanted(session, mails["ida"], NOW + STALE_AFTER - timedelta(seconds=1))
        assert not still_wanted(session, mails["ida"], NOW + STALE_AFTER)


def test_each_decision_is_in_the_journal_and_the_job_in_its_ledger(run, in_kil, trained):
    run()
    with in_kil() as session:
        decided = select(func.count()).where(JournalEntry.action == "newcomer_tasks.reminded")
        assert session.scalar(decided) == 3
        job = session.scalars(select(JobRun).where(JobRun.job == "newcomer_tasks")).one()
        assert (job.local_date, job.detail) == (TODAY, "3 mails decided")


def test_grums_is_told_nothing_of_kil(run, cast, database, trained):
    run()
    with database.bound(cast.grums, reading=True) as session:
        assert session.scalar(select(func.count()).select_from(OutgoingMail)) == 0


def test_deciding_takes_as_many_queries_for_thirty_as_for_one(app, cast, in_kil, trained, counted):
    def decide():
        with in_kil() as session:
            late_by_account(session, TODAY)
            of_managers(session, TODAY)

    before = counted(decide)
    with in_kil() as session:
        for number in range(30):
            add_person(
                session,
                f"Ny{number}",
                "Nysson",
                unit_id=cast.units["11"],
                position_id=cast.position_id,
                now=EARLY,
                starts_on=BEGINS["nils"],
            )
    assert counted(decide) == before
    assert clock.local_date(NOW, "Europe/Stockholm") == TODAY
