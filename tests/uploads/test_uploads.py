"""Sending certificates from elsewhere and checking them: what comes of it, who may, and what is refused."""

import io
import threading
from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.factories import add_completion, add_course, add_person, add_requirement, add_upload, sign_in
from tests.uploads.samples import PDF, exif, jpeg, png
from tracker.accounts.models import Account, RoleGrant
from tracker.audit.models import JournalEntry
from tracker.catalogue.models import Course, CourseKind
from tracker.compliance.operations import differences
from tracker.compliance.queries import obligations_of
from tracker.config import Config
from tracker.domain.evidence import Evidence
from tracker.domain.facts import State
from tracker.edge import transaction
from tracker.learning.models import Certificate, Completion
from tracker.learning.operations import AlreadyCompletedError
from tracker.people.models import Person
from tracker.people.queries import viewer_of
from tracker.permissions import GivenRole, system
from tracker.uploads import operations, queries
from tracker.uploads.models import Outcome, UploadedCertificate, UploadedFile

TODAY = date(2026, 11, 23)
DONE = date(2026, 10, 1)


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def course(cast, in_kil):
    """Everyone employed was to take a course years ago, proved by a checked certificate; nobody has. Its public id."""
    with in_kil() as session:
        version = add_course(session, "it", now=NOW, title="IT-grunder")
        add_requirement(
            session, "it", course_id=version.course_id, now=NOW, validity_months=12, minimum_evidence=Evidence.VERIFIED
        )
        return session.scalars(select(Course.public_id)).one()


@pytest.fixture
def browser(app, database, cast):
    return lambda name: sign_in(app.test_client(), database, cast, name)


def form(chosen, content=PDF, filename="intyg.pdf", **says):
    return {
        "course": chosen,
        "file": (io.BytesIO(content), filename),
        "completed_on": DONE.isoformat(),
        "issuer": "Grums kommun",
        "note": "",
    } | says


@pytest.fixture
def sent(browser, course, in_kil):
    """Let someone send a certificate. Returns its public id."""

    def send(name="anna", content=PDF, **says):
        answer = browser(name).post("/certificates/from-elsewhere/new", data=form(course, content, **says))
        assert answer.location == "/certificates/from-elsewhere"
        with in_kil() as session:
            latest = select(UploadedCertificate.public_id).order_by(UploadedCertificate.id.desc()).limit(1)
            return session.scalars(latest).one()

    return send


def stands(in_kil, cast, name="anna"):
    with in_kil() as session:
        (one,) = obligations_of(session, cast.people[name], TODAY)
        assert differences(session) == []
        return one.state, one.valid_until


def acts(in_kil):
    with in_kil() as session:
        entries = session.scalars(select(JournalEntry).order_by(JournalEntry.number))
        return [entry.action for entry in entries if entry.action.startswith(("certificate", "completion"))]


def test_it_counts_once_somebody_else_has_checked_it(browser, cast, in_kil, course, sent):
    upload = sent(content=jpeg(exif(6)), filename="foto.exe")
    assert stands(in_kil, cast)[0] is State.OVERDUE, "nothing is proved by sending"
    bosse = browser("bosse")
    for page in ("/team", "/certificates/to-check"):
        assert "1 intyg att granska" in bosse.get(page).text
    address = f"/certificates/to-check/{upload}"
    assert "Grums kommun" in bosse.get(address).text
    answer = bosse.post(address, data={"decision": "accept", "words": "Tack!"})
    assert answer.location == "/certificates/to-check"
    assert stands(in_kil, cast) == (State.VALID, date(2027, 9, 30))
    with in_kil() as session:
        completion = session.scalars(select(Completion)).one()
        assert (completion.evidence, completion.source, completion.note) == (
            Evidence.VERIFIED,
            "certificate",
            "Grums kommun",
        )
        assert (completion.completed_on, completion.recorded_by_id) == (DONE, cast.accounts["bosse"])
        row = session.scalars(select(UploadedCertificate)).one()
        assert (row.outcome, row.completion_id, row.closed_by_id) == (
            Outcome.ACCEPTED,
            completion.id,
            cast.accounts["bosse"],
        )
        assert session.scalars(select(Certificate.completion_id)).all() == [completion.id]
    for page in ("/", "/me", "/certificates/from-elsewhere"):
        assert "Tack!" in browser("anna").get(page).text
    assert acts(in_kil) == ["certificate.uploaded", "completion.recorded", "certificate.accepted"]
    assert "Inget väntar" in bosse.get("/certificates/to-check").text
    assert "Anna Åkesson" in bosse.get("/certificates/to-check?decided=1").text


def test_a_no_says_why_and_another_can_be_sent(browser, cast, in_kil, sent):
    address = f"/certificates/to-check/{sent()}"
    david = browser("david")
    assert david.post(address, data={"decision": "decline", "words": ""}).status_code == 422
    assert david.post(address, data={}).status_code == 422
    assert david.post(address, data={"decision": "decline", "words": "Intyget är oläsligt"}).status_code == 302
    assert "Intyget är oläsligt" in browser("anna").get("/").text
    assert stands(in_kil, cast)[0] is State.OVERDUE
    with in_kil() as session:
        assert session.scalars(select(Completion)).all() == []
    sent()
    assert acts(in_kil) == ["certificate.uploaded", "certificate.declined", "certificate.uploaded"]


def test_the_first_of_two_decisions_holds(browser, in_kil, sent):
    address = f"/certificates/to-check/{sent()}"
    assert browser("bosse").post(address, data={"decision": "decline", "words": "Nej"}).status_code == 302
    late = browser("david").post(address, data={"decision": "accept", "words": ""})
    assert late.status_code == 422
    assert "Någon har redan beslutat" in late.text
    with in_kil() as session:
        assert session.scalars(select(UploadedCertificate.outcome)).one() is Outcome.DECLINED
        assert session.scalars(select(Completion)).all() == []


def test_of_two_who_decide_at_the_same_time_one_is_told(app, database, cast, in_kil, sent):
    upload = sent()
    both_ready, told = threading.Barrier(2, timeout=30), []

    def decide(name):
        both_ready.wait()
        with app.app_context(), transaction(database, cast.kil, now=NOW) as session:
            viewer = viewer_of(session, cast.accounts[name], TODAY)
            one = queries.checkable_upload(session, viewer, upload, TODAY)
            try:
                operations.accept(
                    session,
                    certificate=one.certificate,
                    person=one.person,
                    words="",
                    by=viewer,
                    now=NOW,
                    today=TODAY,
                )
                told.append("accepted")
            except operations.AlreadyClosedError:
                told.append("told")

    threads = [threading.Thread(target=decide, args=(name,)) for name in ("bosse", "david")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["accepted", "told"]
    with in_kil() as session:
        assert session.scalar(select(func.count(Completion.id))) == 1


def test_nobody_checks_their_own(browser, app, database, cast, in_kil, course, sent):
    """Not as oneself, not through an account with one's own marks, not the account that sent it."""
    own = sent("bosse")
    bosse = browser("bosse")
    assert bosse.get(f"/certificates/to-check/{own}").status_code == 404
    assert bosse.post(f"/certificates/to-check/{own}", data={"decision": "accept"}).status_code == 404
    assert "Inget väntar" in bosse.get("/certificates/to-check").text
    with in_kil() as session:
        row = session.scalars(select(UploadedCertificate)).one()
        person = session.get_one(Person, cast.people["bosse"])
        # Bosse's e-mail address is that of an account of HR's which is tied to no person.
        account = session.get_one(Account, cast.accounts["bosse"])
        account.email = account.email_key = None
        session.flush()
        other = Account(
            display_name="HR", email="bosse@kommun.example", email_key="bosse@kommun.example", created_at=NOW
        )
        session.add(other)
        session.flush()
        session.add(RoleGrant(account_id=other.id, role=GivenRole.HR, granted_at=NOW))
        session.flush()
        for by in (viewer_of(session, account.id, TODAY), viewer_of(session, other.id, TODAY), system(cast.kil, "job")):
            with pytest.raises(operations.OwnCertificateError):
                operations.accept(session, certificate=row, person=person, words="", by=by, now=NOW, today=TODAY)
            with pytest.raises(operations.OwnCertificateError):
                operations.decline(session, certificate=row, person=person, words="Nej", by=by, now=NOW)
    with in_kil() as session:
        assert session.scalars(select(Completion)).all() == []


def test_who_is_out_of_reach_does_not_exist(browser, cast, sent):
    upload = sent("david")
    for name, status in (("bosse", 404), ("omar", 404), ("anna", 403), ("eva", 403), ("mona", 403)):
        client = browser(name)
        address = f"/certificates/to-check/{upload}"
        assert client.get(address).status_code == status, name
        assert client.post(address, data={"decision": "decline", "words": "x"}).status_code == status, name
        assert client.get(f"/certificates/from-elsewhere/{upload}/file").status_code == 404, name
        assert client.post(f"/certificates/from-elsewhere/{upload}/withdraw").status_code == 404, name
    assert browser("cecilia").get(f"/certificates/to-check/{upload}").status_code == 200


def test_the_file_comes_as_a_download_that_can_do_nothing_and_opening_it_is_noted(browser, in_kil, cast, sent):
    upload = sent(content=jpeg(exif(1)))
    address = f"/certificates/from-elsewhere/{upload}/file"
    own = browser("anna").get(address)
    assert own.data == jpeg()
    assert acts(in_kil) == ["certificate.uploaded"], "one's own is one's own business"
    answer = browser("bosse").get(address)
    assert (answer.status_code, answer.data, answer.content_type) == (200, jpeg(), "image/jpeg")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["Cache-Control"] == "no-store"
    assert acts(in_kil) == ["certificate.uploaded", "certificate.opened"]
    with in_kil() as session:
        noted = session.scalars(select(JournalEntry).where(JournalEntry.action == "certificate.opened")).one()
        account = session.get_one(Account, cast.accounts["bosse"])
        assert (noted.actor, noted.subject) == (account.public_id, upload)


def test_a_file_that_was_altered_is_not_shown(app, database, browser, in_kil, sent):
    upload = sent()
    with in_kil() as session:
        session.scalars(select(UploadedFile)).one().content = PDF.replace(b"200 100", b"999 999")
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert browser("bosse").get(f"/certificates/from-elsewhere/{upload}/file").status_code == 500


def test_one_that_was_disposed_of_is_still_on_record(browser, in_kil, sent):
    upload = sent()
    with in_kil() as session:
        session.delete(session.scalars(select(UploadedFile)).one())
    bosse = browser("bosse")
    assert bosse.get(f"/certificates/from-elsewhere/{upload}/file").status_code == 404
    assert "Filen är gallrad" in bosse.get(f"/certificates/to-check/{upload}").text


@pytest.mark.parametrize(
    ("says", "field"),
    [
        ({"completed_on": (TODAY + timedelta(days=1)).isoformat()}, "completed_on"),
        ({"completed_on": "1989-12-31"}, "completed_on"),
        ({"completed_on": "i går"}, "completed_on"),
        ({"course": ""}, "course"),
        ({"course": "0" * 20}, "course"),
        ({"issuer": " "}, "issuer"),
        ({"issuer": "x" * 201}, "issuer"),
        ({"note": "x" * 501}, "note"),
        ({"content": b""}, "file"),
        ({"content": b"MZ\x90\0"}, "file"),
        ({"content": b"", "filename": ""}, "file"),
    ],
)
def test_what_is_refused_is_said_at_its_field(browser, course, in_kil, says, field):
    answer = browser("anna").post("/certificates/from-elsewhere/new", data=form(course, **says))
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    with in_kil() as session:
        assert session.scalars(select(UploadedCertificate)).all() == []


def test_a_large_file_is_refused_with_its_size(database, cast, course, in_kil):
    from tracker.app import create_app

    small = create_app(Config(environment="test", base_url="http://localhost", max_certificate_bytes=100_000), database)
    small.config["WTF_CSRF_ENABLED"] = False
    anna = sign_in(small.test_client(), database, cast, "anna")
    answer = anna.post("/certificates/from-elsewhere/new", data=form(course, png() + b"x" * 400_000))
    assert answer.status_code == 422
    assert "Filen är 0,4 MB. Den får vara högst 0,1 MB." in answer.text


def test_sending_twice_sends_once(browser, course, in_kil, sent):
    sent()
    again = browser("anna").post("/certificates/from-elsewhere/new", data=form(course))
    assert again.status_code == 422
    assert "väntar på granskning" in again.text
    with in_kil() as session:
        assert session.scalar(select(func.count(UploadedFile.id))) == 1


def test_there_is_an_end_to_how_much_one_can_send(browser, course, in_kil, sent, monkeypatch):
    monkeypatch.setattr(operations, "MOST_A_DAY", 2)
    anna = browser("anna")
    for _ in range(2):
        assert anna.post(f"/certificates/from-elsewhere/{sent()}/withdraw").status_code == 302
    refused = anna.post("/certificates/from-elsewhere/new", data=form(course))
    assert refused.status_code == 422
    assert "många intyg" in refused.text


def test_taking_back_works_until_it_is_decided(browser, in_kil, sent):
    first = sent()
    anna = browser("anna")
    assert anna.post(f"/certificates/from-elsewhere/{first}/withdraw").status_code == 302
    late = browser("bosse").post(f"/certificates/to-check/{first}", data={"decision": "accept"})
    assert late.status_code == 422
    second = sent()
    browser("bosse").post(f"/certificates/to-check/{second}", data={"decision": "decline", "words": "Nej"})
    assert anna.post(f"/certificates/from-elsewhere/{second}/withdraw").status_code == 302
    with in_kil() as session:
        outcomes = session.scalars(select(UploadedCertificate.outcome).order_by(UploadedCertificate.id)).all()
    assert outcomes == [Outcome.WITHDRAWN, Outcome.DECLINED]
    assert "certificate.withdrawn" in acts(in_kil)


def test_a_stronger_proof_of_the_same_day_counts_and_an_equal_one_is_refused(browser, cast, in_kil, course, sent):
    with in_kil() as session:
        version = session.scalars(select(Course)).one()
        graded = add_course(session, "annan", now=NOW)
        graded.course_id = version.id
        graded.number = 2
        session.flush()
        add_completion(session, cast.people["anna"], graded, on=DONE, now=NOW)
    upload = sent()
    assert browser("bosse").post(f"/certificates/to-check/{upload}", data={"decision": "accept"}).status_code == 302
    assert stands(in_kil, cast)[0] is State.VALID
    again = sent()
    refused = browser("bosse").post(f"/certificates/to-check/{again}", data={"decision": "accept"})
    assert refused.status_code == 422
    assert "samma dag" in refused.text
    with in_kil() as session:
        viewer = viewer_of(session, cast.accounts["bosse"], TODAY)
        one = queries.checkable_upload(session, viewer, again, TODAY)
        assert one.open, "it can still be answered"
        with pytest.raises(AlreadyCompletedError):
            operations.accept(
                session, certificate=one.certificate, person=one.person, words="", by=viewer, now=NOW, today=TODAY
            )


def test_taking_the_completion_back_keeps_the_record_and_says_so(browser, cast, in_kil, sent):
    upload = sent()
    bosse = browser("bosse")
    bosse.post(f"/certificates/to-check/{upload}", data={"decision": "accept"})
    with in_kil() as session:
        completion = session.scalars(select(Completion.public_id)).one()
    assert bosse.post(f"/completions/{completion}/revoke", data={"why": "Förfalskat"}).status_code == 302
    assert stands(in_kil, cast)[0] is State.OVERDUE
    for page in (f"/certificates/to-check/{upload}", "/certificates/to-check?decided=1"):
        assert "togs tillbaka" in bosse.get(page).text
    assert "togs tillbaka" in browser("anna").get("/certificates/from-elsewhere").text


def test_a_protected_identity_is_checked_by_hr_and_never_named(browser, cast, in_kil, sent):
    upload = sent()
    with in_kil() as session:
        session.get_one(Person, cast.people["anna"]).protected_identity = True
    assert "Bara HR" in browser("anna").get("/certificates/from-elsewhere/new").text
    bosse = browser("bosse")
    assert bosse.get(f"/certificates/to-check/{upload}").status_code == 404
    assert bosse.get(f"/certificates/from-elsewhere/{upload}/file").status_code == 404
    assert "Inget väntar" in bosse.get("/certificates/to-check").text
    david = browser("david")
    for page in ("/certificates/to-check", f"/certificates/to-check/{upload}"):
        shown = david.get(page).text
        assert "Åkesson" not in shown
        assert "Skyddad identitet (anna-1)" in shown
    assert "<img" not in david.get(f"/certificates/to-check/{upload}").text.split("<main")[1]
    assert david.get(f"/certificates/from-elsewhere/{upload}/file").status_code == 200


def test_the_obligation_leads_to_the_form(browser, course, sent):
    anna = browser("anna")
    link = f"/certificates/from-elsewhere/new?course={course}"
    assert link in anna.get("/me").text
    assert f'<option selected value="{course}">' in anna.get(link).text
    sent()
    assert link not in anna.get("/me").text, "it waits already"


def test_a_document_has_no_certificate_from_elsewhere(browser, course, in_kil):
    with in_kil() as session:
        session.scalars(select(Course)).one().kind = CourseKind.DOCUMENT
    anna = browser("anna")
    assert "from-elsewhere/new?course" not in anna.get("/me").text
    assert anna.post("/certificates/from-elsewhere/new", data=form(course)).status_code == 422


def test_lists_take_as_many_queries_for_thirty_as_for_one(browser, counted, cast, in_kil, course):
    def fill(number):
        with in_kil() as session:
            course_id = session.scalars(select(Course.id)).one()
            for place in range(number):
                person = add_person(
                    session,
                    f"P{number}-{place}",
                    "Person",
                    unit_id=cast.units["11"],
                    position_id=cast.position_id,
                    now=NOW,
                )
                add_upload(session, person.id, course_id, by=cast.accounts["anna"], now=NOW)

    def statements(address):
        client = browser("bosse")

        def ask():
            assert client.get(address).status_code == 200

        return counted(ask)

    fill(1)
    few = statements("/certificates/to-check")
    fill(30)
    assert statements("/certificates/to-check") == few
    assert "31 intyg att granska" in browser("bosse").get("/certificates/to-check").text
