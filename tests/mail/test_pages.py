"""The operator's outbox pages."""

import pytest
from sqlalchemy import event, select

from tests.factories import sign_in
from tests.mail.test_outbox import put
from tracker.audit.models import JournalEntry
from tracker.mail.models import MailState, OutgoingMail


@pytest.fixture
def operator(client, database, cast):
    return sign_in(client, database, cast, "olle")


def put_in_state(app, in_kil, cast, state, key="test:1"):
    public_id = put(app, in_kil, cast, key=key)
    with in_kil() as session:
        session.scalars(select(OutgoingMail).where(OutgoingMail.public_id == public_id)).one().state = state
    return public_id


def test_the_outbox_lists_mails_of_all_municipalities_by_state(app, in_kil, cast, operator):
    put_in_state(app, in_kil, cast, MailState.CAUGHT, key="test:1")
    put_in_state(app, in_kil, cast, MailState.FAILED, key="test:2")
    everything = operator.get("/outbox/").text
    assert everything.count("bosse@kommun.example") == 2
    assert "Kils kommun" in everything
    failed = operator.get("/outbox/?state=failed").text
    assert failed.count("bosse@kommun.example") == 1


def test_an_empty_outbox_says_so(operator):
    assert "Inga mejl här" in operator.get("/outbox/").text


def test_the_list_takes_as_many_queries_for_thirty_mails_as_for_one(app, database, in_kil, cast, operator):
    def queries():
        seen = []

        def note(_connection, _cursor, statement, *_rest):
            seen.append(statement)

        event.listen(database.engine, "before_cursor_execute", note)
        operator.get("/outbox/")
        event.remove(database.engine, "before_cursor_execute", note)
        return len(seen)

    put(app, in_kil, cast, key="test:0")
    one = queries()
    for number in range(1, 30):
        put(app, in_kil, cast, key=f"test:{number}")
    assert queries() == one


def test_a_caught_mail_can_be_read_as_text_as_html_and_in_a_mail_program(app, in_kil, cast, operator):
    mail_id = put_in_state(app, in_kil, cast, MailState.CAUGHT)
    assert "http://localhost/team" in operator.get(f"/outbox/{mail_id}").text
    html = operator.get(f"/outbox/{mail_id}/html")
    assert html.text.startswith("<!DOCTYPE html>")
    policy = html.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script-src" not in policy
    source = operator.get(f"/outbox/{mail_id}/source")
    assert source.headers["Content-Disposition"].startswith("attachment")
    assert b"To: bosse@kommun.example" in source.data


def test_the_text_of_what_was_not_caught_is_never_shown(app, in_kil, cast, operator):
    for state in set(MailState) - {MailState.CAUGHT}:
        mail_id = put_in_state(app, in_kil, cast, state, key=state.value)
        shown = operator.get(f"/outbox/{mail_id}")
        assert shown.status_code == 200
        assert "http://localhost/team" not in shown.text
        assert operator.get(f"/outbox/{mail_id}/html").status_code == 404
        assert operator.get(f"/outbox/{mail_id}/source").status_code == 404


def test_trying_again_queues_the_mail_and_is_written_in_its_municipality_s_journal(
    app, database, in_kil, cast, operator
):
    mail_id = put_in_state(app, in_kil, cast, MailState.FAILED)
    answer = operator.post(f"/outbox/{mail_id}/retry", follow_redirects=True)
    assert "skickas igen" in answer.text
    with database.bound(cast.kil, reading=True) as session:
        assert session.scalars(select(OutgoingMail)).one().state is MailState.QUEUED
        entry = session.scalars(select(JournalEntry).where(JournalEntry.action == "mail.tried_again")).one()
        assert entry.subject == mail_id


def test_a_mail_that_left_meanwhile_is_not_sent_again(app, database, in_kil, cast, operator):
    mail_id = put_in_state(app, in_kil, cast, MailState.SENT)
    operator.post(f"/outbox/{mail_id}/retry")
    with database.bound(cast.kil, reading=True) as session:
        assert session.scalars(select(OutgoingMail)).one().state is MailState.SENT


def test_only_the_operator_gets_in(app, client, database, in_kil, cast):
    mail_id = put_in_state(app, in_kil, cast, MailState.CAUGHT)
    for name in set(cast.accounts) - {"olle", "omar"}:
        sign_in(client, database, cast, name)
        for path in ("/outbox/", f"/outbox/{mail_id}", f"/outbox/{mail_id}/html", f"/outbox/{mail_id}/source"):
            assert client.get(path).status_code == 403
        assert client.post(f"/outbox/{mail_id}/retry").status_code == 403


def test_a_mail_that_is_not_there_is_not_found(operator):
    assert operator.get("/outbox/01234567890123456789").status_code == 404
