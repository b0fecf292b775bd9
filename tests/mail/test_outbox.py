"""The outbox: decided once, never lost, and honest about how each mail fared. The SMTP server here is real."""

import socket
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from flask import g
from sqlalchemy import select

from tests.conftest import NOW
from tests.factories import acting
from tracker.accounts.models import Account
from tracker.config import Config
from tracker.mail.models import MailState, OutgoingMail
from tracker.mail.operations import BACK_OFF, LEASE, NotStuckError, deliver, enqueue, try_again
from tracker.mail.transport import Catcher, Outcome, Smtp

DIGEST = "weekly_digest"
CONTEXT = {"groups": [], "need": 1, "soon": 0, "today": NOW.date()}


class Inbox:
    """An SMTP server's handler that keeps what it gets, and answers as the test says."""

    def __init__(self):
        self.messages = []
        self.answers = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the name that aiosmtpd calls
        answer = self.answers.pop(0) if self.answers else "250 OK kept"
        if answer.startswith("250"):
            self.messages.append(envelope.content)
        return answer


@pytest.fixture
def smtp():
    """A mail server on a free port; yields its inbox and a transport that talks to it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield inbox, Smtp(Config(smtp_host="127.0.0.1", smtp_port=port, mail_from="Tracker <tracker@kil.example>"))
    controller.stop()


def always(_session, _mail, _now):
    return True


def put(app, in_kil, cast, key="test:1", who="bosse", kind="weekly_digest"):
    with app.app_context(), in_kil() as session:
        account = session.get_one(Account, cast.accounts[who])
        mail = enqueue(
            session,
            kind=kind,
            dedupe_key=key,
            account=account,
            template=DIGEST,
            context=CONTEXT,
            now=NOW,
        )
        session.flush()
        return mail.public_id if mail else None


def state(database, cast, key="test:1"):
    with database.bound(cast.kil, reading=True) as session:
        return session.scalars(select(OutgoingMail).where(OutgoingMail.dedupe_key == key)).one()


def test_a_mail_is_sent_once_with_text_and_html(database, app, in_kil, cast, smtp):
    inbox, transport = smtp
    put(app, in_kil, cast)
    assert deliver(database, transport, now=lambda: NOW, still_wanted=always) == {MailState.SENT: 1}
    assert deliver(database, transport, now=lambda: NOW + timedelta(hours=1), still_wanted=always) == {}
    mail = state(database, cast)
    assert (mail.state, mail.response, len(inbox.messages)) == (MailState.SENT, "250 OK kept", 1)
    message = inbox.messages[0].decode()
    assert f"Message-ID: {mail.message_id}" in message
    assert "text/plain" in message
    assert "text/html" in message
    assert "Auto-Submitted: auto-generated" in message


def test_the_same_reason_never_mails_twice(app, in_kil, cast):
    assert put(app, in_kil, cast) is not None
    assert put(app, in_kil, cast) is None


def test_two_that_decide_on_the_same_at_once_decide_on_it_once(database, app, in_kil, cast):
    barrier = threading.Barrier(2)
    decided = []

    def decide():
        barrier.wait()
        decided.append(put(app, in_kil, cast))

    threads = [threading.Thread(target=decide) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(decided) == 2, "neither transaction failed"
    assert sum(public_id is not None for public_id in decided) == 1
    assert state(database, cast) is not None


def test_the_unique_key_decides_when_both_looked_before_either_wrote(database, app, in_kil, cast):
    """The second sees nothing when it looks, then meets the first's row; the rest of its transaction survives."""
    if database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time: nobody can look before the other has written.")
    other = []
    with database.bound(cast.kil) as first, app.app_context():
        account = first.get_one(Account, cast.accounts["bosse"])
        assert enqueue(first, kind="x", dedupe_key="k", account=account, template=DIGEST, context=CONTEXT, now=NOW)

        def second():
            other.append(put(app, in_kil, cast, key="k"))
            put(app, in_kil, cast, key="another")

        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.5)
        assert thread.is_alive(), "it waits for the first to commit"
        first.commit()
        thread.join()
    assert other == [None]
    assert state(database, cast, key="another").state is MailState.QUEUED


def test_a_mail_made_while_a_page_is_served_leaves_the_request_as_it_was(app, in_kil, cast):
    with app.test_request_context("/?day=2026-03-01"):
        g.today, g.viewer = "untouched", "the viewer"
        with in_kil() as session:
            mail = enqueue(
                session,
                kind="reset",
                dedupe_key="reset:1",
                account=session.get_one(Account, cast.accounts["bosse"]),
                template="reset",
                context={"token": "abc", "until": NOW},
                now=NOW,
            )
        assert (g.today, g.viewer) == ("untouched", "the viewer")
    assert "http://localhost/link/abc" in mail.text


def test_without_an_address_nothing_is_queued(app, in_kil, cast):
    with in_kil() as session:
        session.get_one(Account, cast.accounts["bosse"]).email = None
    assert put(app, in_kil, cast) is None


def test_a_transaction_that_fails_queues_nothing(database, app, cast):
    with database.bound(cast.kil) as session, app.app_context():
        account = session.get_one(Account, cast.accounts["bosse"])
        assert enqueue(session, kind="x", dedupe_key="k", account=account, template=DIGEST, context=CONTEXT, now=NOW)
        session.rollback()
    with database.bound(cast.kil) as session:
        assert session.scalars(select(OutgoingMail)).all() == []


def test_later_is_tried_later_and_never_is_given_up(database, app, in_kil, cast, smtp):
    inbox, transport = smtp
    put(app, in_kil, cast)
    inbox.answers = ["451 busy", "554 no such person"]
    deliver(database, transport, now=lambda: NOW, still_wanted=always)
    mail = state(database, cast)
    assert (mail.state, mail.due_at) == (MailState.QUEUED, NOW + BACK_OFF[0])
    assert deliver(database, transport, now=lambda: NOW + timedelta(seconds=30), still_wanted=always) == {}
    assert state(database, cast).attempts == 1, "it waits for its turn"
    deliver(database, transport, now=lambda: NOW + BACK_OFF[0], still_wanted=always)
    mail = state(database, cast)
    assert (mail.state, mail.response) == (MailState.FAILED, "554 no such person")


def test_a_conversation_that_breaks_after_handing_over_is_uncertain_and_keeps_its_id(database, app, in_kil, cast, smtp):
    inbox, transport = smtp
    put(app, in_kil, cast)
    with _server_that_answers({".": None}) as port:
        broken = Smtp(Config(smtp_host="127.0.0.1", smtp_port=port))
        deliver(database, broken, now=lambda: NOW, still_wanted=always)
    mail = state(database, cast)
    assert mail.state is MailState.UNCERTAIN
    deliver(database, transport, now=lambda: NOW + BACK_OFF[0], still_wanted=always)
    assert state(database, cast).state is MailState.SENT
    assert f"Message-ID: {mail.message_id}" in inbox.messages[0].decode()


@pytest.mark.parametrize(
    ("step", "says", "expected"),
    [
        ("MAIL", b"550 who are you", MailState.QUEUED),
        ("RCPT", b"550 no such person", MailState.FAILED),
        ("RCPT", b"450 mailbox busy", MailState.QUEUED),
        ("DATA", b"554 not today", MailState.FAILED),
        (".", b"452 disk full", MailState.QUEUED),
        (".", b"554 looks like spam", MailState.FAILED),
        (".", b"what?", MailState.UNCERTAIN),
        (".", None, MailState.UNCERTAIN),
        ("QUIT", b"421 going down", MailState.SENT),
        ("QUIT", None, MailState.SENT),
    ],
)
def test_each_answer_of_a_server_means_one_thing(step, says, expected):
    mail = OutgoingMail(
        address="bosse@kommun.example",
        subject="Ämne",
        text="Text\n",
        html="<p>Text</p>",
        message_id="<1@tracker>",
        created_at=NOW,
        locale="sv",
    )
    with _server_that_answers({step: says}) as port:
        outcome = Smtp(Config(smtp_host="127.0.0.1", smtp_port=port)).send(mail)
    assert outcome.state is expected


def test_an_address_that_no_server_takes_fails_at_once(smtp):
    mail = OutgoingMail(
        address="åsa@kommun.example",
        subject="x",
        text="x",
        html="x",
        message_id="<1@tracker>",
        created_at=NOW,
        locale="sv",
    )
    assert smtp[1].send(mail).state is MailState.FAILED


@contextmanager
def _server_that_answers(answers):
    """An SMTP server of few words, some of which the test chooses; None drops the line."""
    listener = socket.create_server(("127.0.0.1", 0))

    def talk():
        connection, _ = listener.accept()
        with connection, connection.makefile("rwb", buffering=0) as line:
            line.write(b"220 test\r\n")
            in_data = False
            while read := line.readline():
                if in_data and read != b".\r\n":
                    continue
                command = "." if in_data else read[:4].decode().upper().strip()
                in_data = False
                answer = answers.get(
                    command, b"354 go" if command == "DATA" else b"221 bye" if command == "QUIT" else b"250 ok"
                )
                if answer is None:
                    connection.shutdown(socket.SHUT_RDWR)
                    return
                line.write(answer + b"\r\n")
                in_data = answer.startswith(b"354")
                if command == "QUIT":
                    return

    thread = threading.Thread(target=talk)
    thread.start()
    yield listener.getsockname()[1]
    thread.join(5)
    listener.close()


def test_a_server_that_is_away_loses_nothing(database, app, in_kil, cast):
    put(app, in_kil, cast)
    nowhere = Smtp(Config(smtp_host="127.0.0.1", smtp_port=1))
    instant = NOW
    for wait in BACK_OFF:
        deliver(database, nowhere, now=lambda instant=instant: instant, still_wanted=always)
        assert state(database, cast).state is MailState.QUEUED
        instant += wait
    deliver(database, nowhere, now=lambda: instant, still_wanted=always)
    assert state(database, cast).state is MailState.FAILED
    with in_kil() as session:
        try_again(session, session.scalars(select(OutgoingMail)).one(), by=acting(cast), now=instant)
    assert deliver(database, Catcher(), now=lambda: instant, still_wanted=always) == {MailState.CAUGHT: 1}


def test_a_sender_that_dies_leaves_a_lease_that_runs_out(database, app, in_kil, cast, smtp):
    inbox, transport = smtp
    put(app, in_kil, cast)

    class Killed(BaseException):
        pass

    class Dying:
        def send(self, mail):
            raise Killed

    with pytest.raises(Killed):
        deliver(database, Dying(), now=lambda: NOW, still_wanted=always)
    assert state(database, cast).state is MailState.SENDING
    assert deliver(database, transport, now=lambda: NOW + timedelta(minutes=1), still_wanted=always) == {}
    assert deliver(database, transport, now=lambda: NOW + LEASE + timedelta(seconds=1), still_wanted=always) == {
        MailState.SENT: 1
    }
    assert len(inbox.messages) == 1


def test_two_senders_never_send_the_same(database, app, in_kil, cast, smtp):
    inbox, transport = smtp
    for number in range(12):
        put(app, in_kil, cast, key=f"test:{number}")
    barrier = threading.Barrier(2)

    def send():
        barrier.wait()
        deliver(database, transport, now=lambda: NOW, still_wanted=always)

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(inbox.messages) == 12


def test_a_sender_that_dies_on_the_last_attempt_leaves_nothing_in_between(database, app, in_kil, cast, smtp):
    put(app, in_kil, cast)
    with in_kil() as session:
        mail = session.scalars(select(OutgoingMail)).one()
        mail.state, mail.attempts = MailState.SENDING, len(BACK_OFF) + 1
        mail.lease, mail.lease_until = "gone", NOW
    smtp[0].answers = ["451 busy"]
    deliver(database, smtp[1], now=lambda: NOW + timedelta(seconds=1), still_wanted=always)
    assert state(database, cast).state is MailState.FAILED


def test_one_mail_that_goes_wrong_does_not_stop_the_next(database, app, in_kil, cast, smtp):
    put(app, in_kil, cast, key="test:1")
    put(app, in_kil, cast, key="test:2")

    def wanted(_session, mail, _now):
        return mail.dedupe_key == "test:2" or {}["a mistake of ours"]

    assert deliver(database, smtp[1], now=lambda: NOW, still_wanted=wanted) == {MailState.QUEUED: 1, MailState.SENT: 1}
    assert state(database, cast, "test:1").response == "KeyError: 'a mistake of ours'"


def test_a_sender_whose_lease_ran_out_does_not_overwrite_what_became_of_the_mail(database, app, in_kil, cast):
    put(app, in_kil, cast)

    class Slow:
        def send(self, mail):
            later = NOW + LEASE + timedelta(seconds=1)
            deliver(database, Catcher(), now=lambda: later, still_wanted=always)
            return Outcome(MailState.FAILED, "too late to matter")

    deliver(database, Slow(), now=lambda: NOW, still_wanted=always)
    assert state(database, cast).state is MailState.CAUGHT


def test_what_is_no_longer_called_for_is_suppressed(database, app, in_kil, cast, smtp):
    inbox, transport = smtp
    put(app, in_kil, cast)
    deliver(database, transport, now=lambda: NOW, still_wanted=lambda *_: False)
    assert state(database, cast).state is MailState.SUPPRESSED
    assert inbox.messages == []


def test_secret_links_do_not_linger(database, app, in_kil, cast, smtp):
    put(app, in_kil, cast, kind="reset")
    deliver(database, smtp[1], now=lambda: NOW, still_wanted=always)
    mail = state(database, cast)
    assert (mail.state, mail.text, mail.html) == (MailState.SENT, "–", "–")


def test_a_secret_link_that_could_not_be_sent_is_gone_and_cannot_be_tried_again(database, app, in_kil, cast, smtp):
    put(app, in_kil, cast, kind="reset")
    smtp[0].answers = ["554 no"]
    deliver(database, smtp[1], now=lambda: NOW, still_wanted=always)
    assert state(database, cast).text == "–"
    with in_kil() as session, pytest.raises(NotStuckError):
        try_again(session, session.scalars(select(OutgoingMail)).one(), by=acting(cast), now=NOW)


def test_line_breaks_cannot_add_headers(database, app, in_kil, cast):
    with in_kil() as session:
        session.get_one(Account, cast.accounts["bosse"]).email = "bosse@kommun.example\r\nBcc: all@kommun.example"
    put(app, in_kil, cast)
    deliver(database, Smtp(Config(smtp_host="127.0.0.1", smtp_port=1)), now=lambda: NOW, still_wanted=always)
    assert state(database, cast).state is MailState.FAILED
