"""Mails about what became of a certificate that was sent, or of a question about a requirement."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select

from tests.conftest import NOW
from tests.factories import (
    PASSWORD,
    add_course,
    add_request,
    add_requirement,
    add_upload,
    set_password,
    sign_in,
)
from tests.snapshots import is_as_in
from tracker import clock
from tracker.accounts.models import Account
from tracker.domain.exceptions import ExceptionKind
from tracker.mail.models import MailState, OutgoingMail
from tracker.mail.operations import deliver
from tracker.mail.transport import Catcher
from tracker.reminders.operations import still_wanted

TODAY = date(2026, 11, 23)
UNTIL = (TODAY + timedelta(days=20)).isoformat()
SNAPSHOTS = Path(__file__).parent / "snapshots"

YES = {"decision": "accept", "words": ""}
NO = {"decision": "decline", "words": "Det saknas en sida.\nSkicka båda & skriv <namnet> på dem."}


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def course_id(cast, in_kil):
    """A course that everyone was to take years ago; nobody has."""
    with in_kil() as session:
        version = add_course(session, "it", now=NOW, title="IT-grunder")
        add_requirement(
            session, "it", course_id=version.course_id, now=NOW, titles={"sv": "IT-grunder", "en": "IT basics"}
        )
        return version.course_id


@pytest.fixture
def bosse(app, database, cast):
    return sign_in(app.test_client(), database, cast, "bosse")


@pytest.fixture
def decided(bosse, cast, in_kil, course_id):
    """Let Anna have sent a certificate, and Bosse decide about it. Returns the answer to his form."""

    def decide(says):
        with in_kil() as session:
            sent = add_upload(session, cast.people["anna"], course_id, by=cast.accounts["anna"], now=NOW).public_id
        return bosse.post(f"/certificates/to-check/{sent}", data=says)

    return decide


@pytest.fixture
def answered(bosse, cast, in_kil, course_id):
    """Let Anna have asked for more time or to be left out, and Bosse answer. Returns the answer to his form."""

    def answer(kind, granted, until="", words=""):
        with in_kil() as session:
            request = add_request(session, cast.people["anna"], "it", now=NOW)
            request.kind = kind
            asked = request.public_id
        form = {"granted": "yes" if granted else "no", "until": until, "words": words}
        return bosse.post(f"/exceptions/requests/{asked}", data=form)

    return answer


def mails(in_kil):
    with in_kil() as session:
        return session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)).all()


@pytest.mark.parametrize("locale", ["sv", "en"])
def test_what_the_mails_say(in_kil, cast, decided, answered, locale):
    with in_kil() as session:
        session.get_one(Account, cast.accounts["anna"]).locale = locale
    for answer in (
        decided(NO),
        answered(ExceptionKind.EXTENSION, granted=False, words="Vi behöver dig utbildad till årsskiftet."),
        answered(ExceptionKind.EXTENSION, granted=True, until=UNTIL),
        answered(ExceptionKind.EXEMPTION, granted=False, words="Du använder systemet."),
        answered(ExceptionKind.EXEMPTION, granted=True, until=UNTIL, words="Tills du är tillbaka på heltid."),
        decided(YES),
    ):
        assert answer.status_code == 302
    sent = mails(in_kil)
    assert {(mail.address, mail.locale, mail.kind) for mail in sent} == {("anna@kommun.example", locale, "answer")}
    assert len({mail.message_id for mail in sent}) == 6
    is_as_in(SNAPSHOTS / f"answers.{locale}.txt", "\n\n".join(f"= {mail.subject}\n\n{mail.text}" for mail in sent))


def test_until_further_notice(in_kil, answered):
    answered(ExceptionKind.EXEMPTION, granted=True)
    (mail,) = mails(in_kil)
    assert "du är undantagen tills vidare" in mail.text


def test_html_says_the_same(in_kil, decided):
    decided(NO)
    (mail,) = mails(in_kil)
    assert "Det saknas en sida.<br>Skicka båda &amp; skriv &lt;namnet&gt; på dem." in mail.html
    said = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", mail.html))
    for line in mail.text.splitlines():
        if line and not line.startswith(("Skicka båda", "http", "--")):
            assert line.rstrip(":") in said, line
    assert re.search(r"http://localhost/certificates/from-elsewhere", mail.html)


@pytest.mark.parametrize("says", [YES, NO])
def test_a_decision_mails_once(in_kil, decided, bosse, says):
    decided(says)
    (mail,) = mails(in_kil)
    with in_kil() as session:
        key = session.scalars(select(OutgoingMail.dedupe_key)).one()
    assert key.startswith("answer:")
    again = bosse.post(f"/certificates/to-check/{key.removeprefix('answer:')}", data=NO)
    assert again.status_code == 422
    assert [one.id for one in mails(in_kil)] == [mail.id]


def test_nobody_is_told_of_what_is_refused(in_kil, decided):
    assert decided({"decision": "decline", "words": ""}).status_code == 422
    assert mails(in_kil) == []


def test_the_decision_stands_without_an_address_and_when_the_account_is_disabled(in_kil, cast, decided, answered):
    with in_kil() as session:
        account = session.get_one(Account, cast.accounts["anna"])
        account.email = account.email_key = None
    assert decided(NO).status_code == 302
    with in_kil() as session:
        account = session.get_one(Account, cast.accounts["anna"])
        account.email, account.email_key, account.disabled_at = "anna@kommun.example", "anna@kommun.example", NOW
    assert decided(NO).status_code == 302
    assert answered(ExceptionKind.EXTENSION, granted=True, until=UNTIL).status_code == 302
    with in_kil() as session:
        session.get_one(Account, cast.accounts["anna"]).person_id = None
    assert answered(ExceptionKind.EXTENSION, granted=False, words="Nej").status_code == 302
    assert mails(in_kil) == []


def test_it_is_not_sent_to_an_account_that_was_disabled_meanwhile(app, database, in_kil, cast, decided):
    decided(YES)
    decided(NO)
    transport = Catcher()

    def leaves(number):
        with app.app_context():
            return deliver(database, transport, now=clock.now, still_wanted=still_wanted, at_most=number)

    assert leaves(1) == {MailState.CAUGHT: 1}
    with in_kil() as session:
        session.get_one(Account, cast.accounts["anna"]).disabled_at = NOW
    assert leaves(1) == {MailState.SUPPRESSED: 1}


def test_its_link_leads_to_the_page_after_signing_in(app, client, database, in_kil, cast, decided):
    decided(NO)
    decided(YES)
    set_password(database, cast, now=NOW)
    for mail, shown in zip(mails(in_kil), ("Det saknas en sida.", "Anna Åkesson"), strict=True):
        path = re.search(r"http://localhost(/\S+)", mail.text).group(1)
        asked = client.get(path)
        assert asked.status_code == 302
        form = {"identifier": "anna@kommun.example", "password": PASSWORD}
        entered = client.post(asked.location, data=form)
        assert entered.location == path
        assert shown in client.get(path).text
        client.post("/sign-out")
