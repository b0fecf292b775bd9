"""The managers' weekly mail: who gets it, when it stays away, and what it says."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.factories import (
    PASSWORD,
    add_absence,
    add_access,
    add_account,
    add_completion,
    add_duty,
    add_person,
    add_unit,
    set_password,
)
from tests.reminders.conftest import MONDAY
from tests.snapshots import is_as_in
from tracker import clock
from tracker.accounts.models import Account, RoleGrant
from tracker.audit.models import JournalEntry
from tracker.db import retract
from tracker.domain.facts import DutyKind
from tracker.mail.models import MailState, OutgoingMail
from tracker.mail.operations import deliver
from tracker.mail.transport import Catcher
from tracker.people.models import Duty, Person
from tracker.permissions import GivenRole
from tracker.reminders.operations import STALE_AFTER, still_wanted

BOSSE = "bosse@kommun.example"
WEEK = timedelta(days=7)
SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.mark.parametrize("locale", ["sv", "en"])
def test_what_the_mail_says(in_kil, cast, unit, mailed, locale):
    with in_kil() as session:
        session.get_one(Account, cast.accounts["bosse"]).locale = locale
    mailed(MONDAY - WEEK, NOW - WEEK)
    mail = mailed()[BOSSE]
    is_as_in(SNAPSHOTS / f"weekly_digest.{locale}.txt", f"{mail.subject}\n\n{mail.text}")


def test_html_and_text_tell_of_the_same_people(unit, mailed):
    mail = mailed()[BOSSE]
    names = ("Anna Åkesson", "Carl Carlsson", "Erik Eriksson", "Skyddad identitet (701)")
    for body in (mail.text, mail.html):
        assert [name for name in names if name in body] == list(names)
        assert "Fia Frisk" not in body


def test_a_long_list_is_cut_and_says_how_many_more(in_kil, cast, unit, mailed):
    with in_kil() as session:
        for number in range(12):
            add_person(
                session,
                f"Ny{number}",
                "Nysson",
                unit_id=cast.units["11"],
                position_id=cast.position_id,
                now=NOW,
            )
    mail = mailed()[BOSSE]
    assert mail.subject == "16 personer i ditt team behöver dig"
    assert "13 försenade" in mail.text
    assert "- och 3 till" in mail.text
    assert mail.text.count("Nysson") == 9


def test_a_protected_identity_is_never_named(unit, mailed):
    mail = mailed()[BOSSE]
    for part in (mail.subject, mail.text, mail.html):
        assert "Dina" not in part
        assert "Dold" not in part


def test_the_manager_s_own_training_is_not_in_it(in_kil, cast, unit, mailed):
    with in_kil() as session:
        add_access(session, cast.people["bosse"], cast.system_id, starts_on=MONDAY - 26 * WEEK, now=NOW)
    mail = mailed()[BOSSE]
    assert mail.subject.startswith("4 personer")
    assert "Bosse" not in mail.text


def test_no_mail_when_nobody_needs_anything(in_kil, cast, unit, mailed):
    with in_kil() as session:
        for person in (cast.people["anna"], unit.people["Dina"]):
            add_completion(session, person, unit.basics, on=MONDAY - timedelta(days=1), now=NOW)
        for given in ("Carl", "Erik"):
            add_absence(session, unit.people[given], starts_on=MONDAY - WEEK, ends_on=None, now=NOW)
    assert mailed() == {}


def test_what_lapsed_is_news_once(in_kil, cast, unit, mailed):
    """Carl and Erik have lapsed and nobody else needs anything: Bosse is told, and the week after he is not."""
    with in_kil() as session:
        for person in (cast.people["anna"], unit.people["Dina"]):
            add_completion(session, person, unit.basics, on=MONDAY - timedelta(days=1), now=NOW)
    assert set(mailed()) == {BOSSE}
    assert mailed(MONDAY + WEEK, NOW + WEEK) == {}


def test_running_the_same_mailing_again_adds_nothing(unit, mailed):
    assert set(mailed()) == {BOSSE}
    assert mailed() == {}
    assert mailed(MONDAY, NOW + timedelta(days=1)) == {}


def test_a_mailing_that_was_late_does_not_swallow_the_next(unit, mailed):
    """Planned for Thursday, sent on Monday; the one planned for the Thursday of that same week goes out too."""
    thursday = MONDAY - timedelta(days=4)
    assert set(mailed(thursday, NOW)) == {BOSSE}
    assert set(mailed(thursday + WEEK, NOW + timedelta(days=3))) == {BOSSE}


def test_a_manager_of_several_units_gets_one_mail_about_all(in_kil, cast, unit, mailed):
    with in_kil() as session:
        other = add_unit(session, "Nattpatrullen", parent_id=cast.units["10"], code="12", now=NOW)
        add_duty(session, cast.people["bosse"], DutyKind.UNIT_MANAGER, unit_id=other.id, now=NOW)
        add_duty(session, cast.people["bosse"], DutyKind.HEAD_OF_ADMINISTRATION, unit_id=cast.units["11"], now=NOW)
    mails = mailed()
    assert set(mails) == {BOSSE}
    assert mails[BOSSE].text.count("Anna Åkesson") == 1


def test_a_head_of_administration_is_told_of_all_units_below(in_kil, cast, unit, mailed):
    with in_kil() as session:
        add_duty(session, cast.people["eva"], DutyKind.HEAD_OF_ADMINISTRATION, unit_id=cast.units["10"], now=NOW)
    assert "Anna Åkesson" in mailed()["eva@kommun.example"].text


def test_a_manager_who_is_in_hr_too_is_told_of_their_own_units_only(in_kil, cast, unit, mailed):
    with in_kil() as session:
        other = add_unit(session, "Köket", parent_id=cast.units["10"], code="13", now=NOW)
        add_duty(session, cast.people["david"], DutyKind.UNIT_MANAGER, unit_id=other.id, now=NOW)
        assert session.scalars(
            select(RoleGrant).where(RoleGrant.account_id == cast.accounts["david"], RoleGrant.role == GivenRole.HR)
        ).one()
    assert set(mailed()) == {BOSSE}


def test_a_manager_on_leave_is_left_in_peace_and_told_when_back(in_kil, cast, unit, mailed):
    with in_kil() as session:
        add_absence(session, cast.people["bosse"], starts_on=MONDAY - WEEK, ends_on=MONDAY + WEEK, now=NOW)
    assert mailed() == {}
    back = mailed(MONDAY + 2 * WEEK, NOW + 2 * WEEK)
    assert "Carl Carlsson" in back[BOSSE].text


def test_a_disabled_account_gets_none(in_kil, cast, unit, mailed):
    with in_kil() as session:
        session.get_one(Account, cast.accounts["bosse"]).disabled_at = NOW
    assert mailed() == {}


def test_a_manager_without_an_address_gets_none(in_kil, cast, unit, mailed):
    with in_kil() as session:
        session.get_one(Account, cast.accounts["bosse"]).email = None
    assert mailed() == {}


def test_nobody_in_another_municipality_is_told_or_told_of(in_kil, cast, unit, mailed):
    mails = mailed()
    assert "omar@kommun.example" not in mails
    assert "Omar" not in mails[BOSSE].text


def test_every_mail_is_in_the_journal_without_a_name(database, cast, unit, mailed):
    mailed()
    with database.bound(cast.kil, reading=True) as session:
        entries = session.scalars(select(JournalEntry).where(JournalEntry.action == "reminder.decided")).all()
        account = session.get_one(Account, cast.accounts["bosse"])
    assert [(entry.actor, entry.subject, entry.details) for entry in entries] == [
        ("system:weekly_digest", account.public_id, {"planned_on": "2026-11-23"})
    ]


def became(database, cast, now=NOW):
    """Return what became of Bosse's mail when its turn came."""
    deliver(database, Catcher(), now=lambda: now, still_wanted=still_wanted)
    with database.bound(cast.kil, reading=True) as session:
        return session.scalars(select(OutgoingMail).where(OutgoingMail.address == BOSSE)).one().state


def test_it_leaves_when_its_turn_comes(database, cast, unit, mailed):
    mailed()
    assert became(database, cast) is MailState.CAUGHT


@pytest.mark.parametrize("what", ["disabled", "on leave", "no longer manager", "all done", "became protected"])
def test_what_changed_while_it_waited_keeps_it_from_being_sent(database, in_kil, cast, unit, mailed, what):
    mailed()
    with in_kil() as session:
        match what:
            case "disabled":
                session.get_one(Account, cast.accounts["bosse"]).disabled_at = NOW
            case "on leave":
                add_absence(session, cast.people["bosse"], starts_on=MONDAY, ends_on=None, now=NOW)
            case "no longer manager":
                duty = session.scalars(select(Duty).where(Duty.person_id == cast.people["bosse"])).one()
                retract([duty], now=NOW, by_id=cast.accounts["david"], why="test")
            case "all done":
                for person in (cast.people["anna"], unit.people["Dina"]):
                    add_completion(session, person, unit.basics, on=MONDAY, now=NOW)
                for given in ("Carl", "Erik"):
                    add_absence(session, unit.people[given], starts_on=MONDAY, ends_on=None, now=NOW)
            case "became protected":
                session.get_one(Person, cast.people["anna"]).protected_identity = True
    assert became(database, cast) is MailState.SUPPRESSED


def test_a_mail_that_waited_too_long_is_not_sent(database, cast, unit, mailed):
    mailed()
    assert became(database, cast, NOW + STALE_AFTER) is MailState.SUPPRESSED


def test_after_a_mail_that_was_never_sent_its_news_are_still_news(database, in_kil, cast, unit, mailed):
    with in_kil() as session:
        for person in (cast.people["anna"], unit.people["Dina"]):
            add_completion(session, person, unit.basics, on=MONDAY - timedelta(days=1), now=NOW)
    mailed()
    assert became(database, cast, NOW + STALE_AFTER) is MailState.SUPPRESSED
    assert "Carl Carlsson" in mailed(MONDAY + WEEK, NOW + WEEK)[BOSSE].text


def test_links_lead_through_the_sign_in_to_the_page(database, cast, unit, mailed, client):
    set_password(database, cast, now=clock.now())
    mail = mailed()[BOSSE]
    links = {
        link.removeprefix("http://localhost") for link in re.findall(r'href="(http://localhost/[^"]+)"', mail.html)
    }
    assert "/team" in links
    assert f"/people/{cast.person_ids['anna']}" in links
    for link in sorted(links):
        asked = client.get(link)
        assert asked.status_code == 302
        arrived = client.post(
            asked.headers["Location"], data={"identifier": BOSSE, "password": PASSWORD}, follow_redirects=True
        )
        assert (arrived.status_code, arrived.request.path) == (200, link)
        client.post("/sign-out")


def test_it_takes_as_many_queries_for_thirty_people_as_for_one(in_kil, cast, unit, mailed, counted):
    mailed()
    few = counted(lambda: mailed(MONDAY + WEEK, NOW + WEEK))
    with in_kil() as session:
        for number in range(30):
            add_person(
                session, f"Ny{number}", "Nysson", unit_id=cast.units["11"], position_id=cast.position_id, now=NOW
            )
    many = counted(lambda: mailed(MONDAY + 2 * WEEK, NOW + 2 * WEEK))
    assert many == few


def test_an_account_without_a_language_gets_the_municipality_s(in_kil, cast, unit, mailed):
    with in_kil() as session:
        session.get_one(Account, cast.accounts["bosse"]).locale = None
    assert "i ditt team behöver dig" in mailed()[BOSSE].subject


def test_two_managers_of_one_unit_get_one_each(in_kil, cast, unit, mailed):
    with in_kil() as session:
        second = add_person(session, "Berit", "Bo", unit_id=cast.units["11"], position_id=cast.position_id, now=NOW)
        add_account(session, second, now=NOW)
        add_duty(session, second.id, DutyKind.UNIT_MANAGER, unit_id=cast.units["11"], now=NOW)
    assert set(mailed()) == {BOSSE, "berit@kommun.example"}
