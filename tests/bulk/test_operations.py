"""Batches: what a list means, what is done, what became of each row, and that it can be undone."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.bulk.conftest import SOON, TODAY, assign, complete, journal, listed, number_of, stands
from tests.conftest import NOW
from tests.factories import add_assignment, add_person, add_requirement
from tracker.audit.queries import verify
from tracker.bulk import operations, queries
from tracker.bulk.models import Act, Batch, BatchItem, BatchState, Outcome, Undone
from tracker.bulk.operations import AlreadyAppliedError, NotAppliedError, Terms
from tracker.db import retract
from tracker.domain.facts import State
from tracker.exceptions.operations import EndsBeforeStartError, StartsInPastError
from tracker.learning.models import Certificate, Completion
from tracker.people.models import Duty, Employment, Person
from tracker.people.queries import viewer_of
from tracker.requirements.models import Assignment


def test_a_requirement_is_assigned_to_a_list(in_kil, cast, acts, requirement_id):
    batch = acts.stage(
        assign(requirement_id), listed("anna-1", "bosse@kommun.example", "BOSSE@kommun.example", "nobody")
    )
    assert acts.rows(batch) == [Outcome.DONE, Outcome.DONE, Outcome.DUPLICATE, Outcome.NOT_FOUND]
    assert (number_of(in_kil, Assignment), stands(in_kil, cast)) == (0, [])
    with in_kil() as session:
        staged = acts.batch(session, batch)
        assert staged.summary["changes"] == [[requirement_id, None, "to_do", 2]]
        assert (staged.summary["rows"], staged.summary["done"]) == (4, 2)
    assert acts.rows(batch, BatchItem.due_on)[0] == TODAY + timedelta(days=30)
    acts.apply(batch)
    assert stands(in_kil, cast) == [(State.TO_DO, TODAY + timedelta(days=30))]
    assert stands(in_kil, cast, "bosse") == [(State.TO_DO, TODAY + timedelta(days=30))]
    assert acts.rows(batch, BatchItem.outcome) == acts.rows(batch)
    with in_kil() as session:
        facts = session.scalars(select(Assignment)).all()
        assert {(fact.source, fact.reason, fact.recorded_by_id) for fact in facts} == {
            (f"batch:{batch}", "Ny journal", cast.accounts["david"])
        }
    said = {"requirement": "system", "starts_on": TODAY.isoformat(), "ends_on": None, "batch": batch}
    assert journal(in_kil) == [
        ("batch.staged", {"act": "assign", "rows": 4}),
        ("assignment.made", said | {"person": cast.person_ids["anna"]}),
        ("assignment.made", said | {"person": cast.person_ids["bosse"]}),
        ("batch.applied", {"act": "assign", "done": 2}),
    ]
    with in_kil() as session:
        assert verify(session).whole


def test_applying_twice_does_it_once(in_kil, acts, requirement_id):
    batch = acts.stage(assign(requirement_id), listed("anna-1"))
    acts.apply(batch)
    with pytest.raises(AlreadyAppliedError):
        acts.apply(batch)
    assert number_of(in_kil, Assignment) == 1


def test_what_changed_since_the_preview_is_left_out_and_told(in_kil, cast, acts, requirement_id):
    batch = acts.stage(assign(requirement_id), listed("anna-1", "bosse-1", "eva-1"))
    with in_kil() as session:
        add_assignment(session, cast.people["anna"], "system", starts_on=TODAY, now=NOW)
        job = session.scalars(select(Employment).where(Employment.person_id == cast.people["bosse"])).one()
        retract([job], now=NOW, by_id=None, why="Slutat")
    acts.apply(batch)
    assert acts.rows(batch) == [Outcome.DONE] * 3
    assert acts.rows(batch, BatchItem.outcome) == [Outcome.ALREADY, Outcome.NOT_EMPLOYED, Outcome.DONE]
    with in_kil() as session:
        assert queries.differing(session, acts.batch(session, batch)) == [Outcome.ALREADY, Outcome.NOT_EMPLOYED]
    assert stands(in_kil, cast, "eva") == [(State.TO_DO, TODAY + timedelta(days=30))]


def test_a_list_that_is_applied_the_day_after_its_first_day_does_nothing(in_kil, acts, requirement_id):
    batch = acts.stage(assign(requirement_id), listed("anna-1"))
    acts.apply(batch, today=TODAY + timedelta(days=1))
    assert acts.rows(batch, BatchItem.outcome) == [Outcome.STARTS_IN_PAST]
    assert number_of(in_kil, Assignment) == 0


def test_what_cannot_be_meant_is_refused(acts, requirement_id):
    with pytest.raises(StartsInPastError):
        acts.stage(assign(requirement_id, TODAY - timedelta(days=1)), listed("anna-1"))
    with pytest.raises(EndsBeforeStartError):
        acts.stage(assign(requirement_id, SOON, TODAY), listed("anna-1"))


def test_oneself_is_left_out(acts, requirement_id):
    assert acts.rows(acts.stage(assign(requirement_id), listed("david-1"))) == [Outcome.ONESELF]


def test_several_with_one_address_must_be_told_by_number(in_kil, cast, acts, requirement_id):
    with in_kil() as session:
        session.get_one(Person, cast.people["anna"]).email = "delad@kommun.example"
        session.get_one(Person, cast.people["bosse"]).email = "delad@kommun.example"
    assert acts.rows(acts.stage(assign(requirement_id), listed("delad@kommun.example", "anna-1"))) == [
        Outcome.AMBIGUOUS,
        Outcome.DONE,
    ]


def test_a_protected_identity_is_found_by_number_only(in_kil, cast, acts, requirement_id):
    with in_kil() as session:
        session.get_one(Person, cast.people["anna"]).protected_identity = True
    assert acts.rows(acts.stage(assign(requirement_id), listed("anna@kommun.example", "anna-1"))) == [
        Outcome.NOT_FOUND,
        Outcome.DONE,
    ]


def test_a_manager_reaches_their_own_team_only(in_kil, cast, acts, requirement_id):
    batch = acts.stage(assign(requirement_id), listed("anna-1", "david-1", "bosse-1", "omar-1"), by="bosse")
    assert acts.rows(batch) == [Outcome.DONE, Outcome.NOT_FOUND, Outcome.ONESELF, Outcome.NOT_FOUND]
    acts.apply(batch, by="bosse")
    assert number_of(in_kil, Assignment) == 1


def test_who_is_out_of_reach_when_it_is_applied_is_left_out(in_kil, cast, acts, requirement_id):
    batch = acts.stage(assign(requirement_id), listed("anna-1"), by="bosse")
    with in_kil() as session:
        duty = session.scalars(select(Duty).where(Duty.person_id == cast.people["bosse"])).one()
        retract([duty], now=NOW, by_id=None, why="Annan chef")
    acts.apply(batch, by="bosse")
    assert acts.rows(batch, BatchItem.outcome) == [Outcome.NOT_FOUND]
    assert number_of(in_kil, Assignment) == 0


class TestUndoing:
    def test_takes_back_what_stands_and_says_what_does_not(self, in_kil, cast, acts, requirement_id):
        batch = acts.stage(assign(requirement_id), listed("anna-1", "bosse-1", "cecilia-1", "nobody"))
        acts.apply(batch)
        with in_kil() as session:
            fact = session.scalars(select(Assignment).where(Assignment.person_id == cast.people["bosse"])).one()
            retract([fact], now=NOW, by_id=None, why="Behövs inte")
        acts.undo(batch, by="cecilia")
        assert acts.rows(batch, BatchItem.undone) == [Undone.TAKEN_BACK, Undone.GONE, Undone.ONESELF, None]
        assert stands(in_kil, cast) == []
        assert stands(in_kil, cast, "cecilia") != []
        with in_kil() as session:
            undone = acts.batch(session, batch)
            assert (undone.state, undone.undone_why) == (BatchState.UNDONE, "Fel lista")
        assert journal(in_kil)[-2:] == [
            ("assignment.ended", {"person": cast.person_ids["anna"], "batch": batch}),
            ("batch.undone", {"act": "assign", "taken_back": 1, "gone": 1, "oneself": 1}),
        ]

    def test_withdraws_certificates(self, in_kil, acts, course):
        batch = acts.stage(complete(course), listed("anna-1"))
        acts.apply(batch)
        acts.undo(batch)
        with in_kil() as session:
            retracted_at = select(Completion.retracted_at).join(Certificate, Certificate.completion_id == Completion.id)
            assert session.scalars(retracted_at).one() is not None

    def test_is_done_once_and_only_of_what_was_applied(self, acts, requirement_id):
        batch = acts.stage(assign(requirement_id), listed("anna-1"))
        with pytest.raises(NotAppliedError):
            acts.undo(batch)
        acts.apply(batch)
        acts.undo(batch)
        with pytest.raises(NotAppliedError):
            acts.undo(batch)


def test_what_is_thrown_away_leaves_nothing_but_the_journal(in_kil, cast, acts, requirement_id):
    batch = acts.stage(assign(requirement_id), listed("anna-1"))
    with in_kil() as session:
        by = viewer_of(session, cast.accounts["david"], TODAY)
        operations.discard(session, batch=acts.batch(session, batch), by=by)
    assert (number_of(in_kil, Batch), number_of(in_kil, BatchItem)) == (0, 0)
    assert [action for action, _ in journal(in_kil)] == ["batch.staged", "batch.discarded"]


def test_thirty_rows_ask_as_much_as_one(in_kil, counted, cast, acts, requirement_id, course):
    with in_kil() as session:
        for number in range(30):
            add_person(
                session,
                f"Person{number}",
                "Många",
                unit_id=cast.units["11"],
                position_id=cast.position_id,
                now=NOW,
                employee_number=f"70{number}",
            )
    many = listed(*(f"70{number}" for number in range(30)))

    def asked(act):
        found = []
        number = counted(lambda: found.append(act()))
        return found[0], number

    with in_kil() as session:
        everyone = add_requirement(session, "alla", course_id=course.course_id, now=NOW).requirement_id
    more_time = Terms(Act.EXTEND, requirement_id=everyone, due_on=SOON, reason="Kursen är inställd")
    for terms in (assign(requirement_id), more_time, complete(course)):
        one, few = asked(lambda terms=terms: acts.stage(terms, listed("anna-1")))
        all_, more = asked(lambda terms=terms: acts.stage(terms, many))
        assert more <= few
        _, few = asked(lambda batch=one: acts.apply(batch))
        _, more = asked(lambda batch=all_: acts.apply(batch))
        assert more <= few
        _, few = asked(lambda batch=one: acts.undo(batch))
        _, more = asked(lambda batch=all_: acts.undo(batch))
        assert more <= few
