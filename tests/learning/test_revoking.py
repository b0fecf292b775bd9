"""Taking back a completion that should not count."""

from datetime import date

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.factories import add_requirement
from tracker.audit.models import JournalEntry
from tracker.compliance.operations import differences
from tracker.compliance.queries import obligations_of
from tracker.domain.evidence import Evidence
from tracker.domain.facts import State
from tracker.learning import operations
from tracker.learning.models import Certificate, Completion
from tracker.people.models import Person
from tracker.people.queries import viewer_of

TODAY = NOW.date()


@pytest.fixture
def attested(in_kil, cast, course):
    """Bosse attested that Anna completed the course that everybody must. Its public id and the certificate's code."""
    with in_kil() as session:
        add_requirement(session, "krav", course_id=course.id, now=NOW)
        completion = operations.record_completion(
            session,
            person=session.get_one(Person, cast.people["anna"]),
            course_id=course.id,
            completed_on=date(2026, 3, 1),
            evidence=Evidence.ATTESTED,
            by=viewer_of(session, cast.accounts["bosse"], TODAY),
            now=NOW,
            today=TODAY,
        )
        return completion.public_id, session.scalars(select(Certificate.code)).one()


def state(in_kil, cast):
    with in_kil() as session:
        assert differences(session) == []
        return obligations_of(session, cast.people["anna"], TODAY)[0].state


@pytest.mark.parametrize("name", ["bosse", "david", "cecilia"])
def test_it_no_longer_counts_and_its_certificate_is_withdrawn(browser, client, in_kil, cast, attested, name):
    public_id, code = attested
    assert state(in_kil, cast) is State.VALID
    visitor = browser(name)
    assert f"/completions/{public_id}/revoke" in visitor.get(f"/people/{cast.person_ids['anna']}").text
    asked = visitor.get(f"/completions/{public_id}/revoke").text
    assert "Anna Åkesson</dd>" in asked.replace("\n", "").replace("  ", "")
    assert visitor.post(f"/completions/{public_id}/revoke", data={"why": ""}).status_code == 422
    answer = visitor.post(f"/completions/{public_id}/revoke", data={"why": "Fel person på listan"})
    assert answer.location == f"/people/{cast.person_ids['anna']}"
    assert state(in_kil, cast) is State.OVERDUE
    assert "Återkallat" in client.get(f"/verify/{code}").text
    assert "Fel person på listan" in visitor.get(answer.location).text
    assert visitor.get(f"/completions/{public_id}/revoke").status_code == 404
    with in_kil() as session:
        entry = session.scalars(select(JournalEntry).where(JournalEntry.action == "completion.revoked")).one()
        assert (entry.actor, entry.subject) == (viewer_of(session, cast.accounts[name], TODAY).actor, public_id)


@pytest.mark.usefixtures("attested")
def test_who_did_not_attest_it_may_not(browser, in_kil, cast):
    with in_kil() as session:
        other = operations.record_completion(
            session,
            person=session.get_one(Person, cast.people["anna"]),
            course_id=session.scalars(select(Completion.course_id)).one(),
            completed_on=date(2026, 4, 1),
            evidence=Evidence.VERIFIED,
            by=viewer_of(session, cast.accounts["david"], TODAY),
            now=NOW,
            today=TODAY,
        ).public_id
    statuses = {
        name: browser(name).post(f"/completions/{other}/revoke", data={"why": "x"}).status_code
        for name in ("anna", "eva", "bosse", "omar")
    }
    assert statuses == {"anna": 403, "eva": 403, "bosse": 403, "omar": 404}
    assert state(in_kil, cast) is State.VALID


def test_nobody_takes_back_their_own(browser, in_kil, cast, course):
    with in_kil() as session:
        own = operations.record_completion(
            session,
            person=session.get_one(Person, cast.people["david"]),
            course_id=course.id,
            completed_on=date(2026, 4, 1),
            evidence=Evidence.VERIFIED,
            by=viewer_of(session, cast.accounts["cecilia"], TODAY),
            now=NOW,
            today=TODAY,
        )
        with pytest.raises(operations.NotRevocableError):
            operations.revoke_completion(
                session,
                completion=own,
                person=session.get_one(Person, cast.people["david"]),
                why="x",
                by=viewer_of(session, cast.accounts["david"], TODAY),
                now=NOW,
            )
    assert browser("david").get(f"/completions/{own.public_id}/revoke").status_code == 403


def test_who_comes_second_changes_nothing(in_kil, cast, attested):
    """What the first wrote stands, and the journal says it once."""
    for name, why in (("bosse", "Fel person"), ("david", "Fel dag")):
        with in_kil() as session:
            operations.revoke_completion(
                session,
                completion=session.scalars(select(Completion)).one(),
                person=session.get_one(Person, cast.people["anna"]),
                why=why,
                by=viewer_of(session, cast.accounts[name], TODAY),
                now=NOW,
            )
    with in_kil() as session:
        assert session.scalars(select(Completion.retracted_why)).one() == "Fel person"
        revoked = select(JournalEntry).where(JournalEntry.action == "completion.revoked")
        assert len(session.scalars(revoked).all()) == 1
