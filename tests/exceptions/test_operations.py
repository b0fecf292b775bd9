"""Granting, ending, asking and answering: what the rules then say, and what is refused."""

import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.factories import add_course, add_requirement
from tracker.audit.models import JournalEntry
from tracker.compliance.explain import explain
from tracker.compliance.operations import differences
from tracker.compliance.queries import obligations_of
from tracker.domain.exceptions import (
    AlreadyAssignedError,
    AlreadyExemptError,
    DoesNotApplyError,
    ExceptionKind,
    NothingDueError,
    NotLaterError,
)
from tracker.domain.explain import Step
from tracker.domain.facts import State
from tracker.edge import transaction
from tracker.exceptions import operations, queries
from tracker.people.models import Person
from tracker.people.queries import viewer_of
from tracker.requirements.models import ExceptionRequest, Exemption, Extension, Requirement

TODAY = date(2026, 11, 23)
LATER = TODAY + timedelta(days=30)


@pytest.fixture(autouse=True)
def in_app(app):
    """An answer is mailed, in words that the application has."""
    with app.app_context():
        yield


@pytest.fixture
def requirement(cast, in_kil):
    """Everyone employed was to take a course years ago; nobody has."""
    with in_kil() as session:
        version = add_course(session, "it", now=NOW)
        return add_requirement(session, "it", course_id=version.course_id, now=NOW).requirement_id


@pytest.fixture
def acting_as(cast, requirement):
    """Return a viewer and a case: `acting_as(session, "bosse", "anna")`."""

    def both(session, viewer, learner):
        person = session.get_one(Person, cast.people[learner])
        found = queries.cases(session, [person], session.get_one(Requirement, requirement))
        return viewer_of(session, cast.accounts[viewer], TODAY), found[0]

    return both


def stands(in_kil, cast, name="anna", day=TODAY):
    with in_kil() as session:
        (one,) = obligations_of(session, cast.people[name], day)
        assert differences(session) == []
        return one.state, one.due_on


def acts(in_kil):
    with in_kil() as session:
        entries = session.scalars(select(JournalEntry).order_by(JournalEntry.number))
        return [(entry.action, entry.subject_type) for entry in entries]


def test_an_extension_moves_the_due_date_from_today(cast, in_kil, acting_as, requirement):
    assert stands(in_kil, cast)[0] is State.OVERDUE
    with in_kil() as session:
        by, case = acting_as(session, "bosse", "anna")
        operations.grant_extension(
            session, case=case, due_on=LATER, reason="Mycket just nu", by=by, now=NOW, today=TODAY
        )
    assert stands(in_kil, cast) == (State.TO_DO, LATER)
    assert stands(in_kil, cast, day=TODAY - timedelta(days=1))[0] is State.OVERDUE
    assert stands(in_kil, cast, day=LATER + timedelta(days=1)) == (State.OVERDUE, LATER)
    assert acts(in_kil) == [("extension.granted", "Extension")]
    with in_kil() as session:
        anna = session.get_one(Person, cast.people["anna"])
        told = explain(session, anna, session.get_one(Requirement, requirement), TODAY).told
        assert (Step.EXTENDED, LATER) in [(step.step, step.due_on) for step in told.due_steps]


def test_taking_an_extension_back_undoes_it(cast, in_kil, acting_as):
    with in_kil() as session:
        by, case = acting_as(session, "bosse", "anna")
        operations.grant_extension(session, case=case, due_on=LATER, reason="Fel", by=by, now=NOW, today=TODAY)
    with in_kil() as session:
        by, case = acting_as(session, "david", "anna")
        extension = session.scalars(select(Extension)).one()
        operations.withdraw_extension(
            session, extension=extension, person=case.person, why="Fel person", by=by, now=NOW
        )
    assert stands(in_kil, cast)[0] is State.OVERDUE
    with in_kil() as session:
        taken_back = session.scalars(select(Extension)).one()
        assert (taken_back.retracted_why, taken_back.retracted_by_id) == ("Fel person", cast.accounts["david"])
    assert acts(in_kil)[-1] == ("extension.withdrawn", "Extension")


def test_an_exemption_lifts_the_requirement_and_its_end_gives_notice(cast, in_kil, acting_as):
    with in_kil() as session:
        by, case = acting_as(session, "david", "anna")
        operations.grant_exemption(
            session, case=case, starts_on=TODAY, ends_on=None, reason="Annan utbildning", by=by, now=NOW
        )
    assert stands(in_kil, cast) == (State.EXEMPT, None)
    with in_kil() as session:
        by, case = acting_as(session, "bosse", "anna")
        exemption = session.scalars(select(Exemption)).one()
        operations.end(
            session, fact=exemption, person=case.person, ends_on=TODAY, why="Åter", by=by, now=NOW, today=TODAY
        )
    assert stands(in_kil, cast) == (State.EXEMPT, None)
    assert stands(in_kil, cast, day=TODAY + timedelta(days=1)) == (State.TO_DO, TODAY + timedelta(days=15))
    assert acts(in_kil) == [("exemption.granted", "Exemption"), ("exemption.ended", "Exemption")]
    with in_kil() as session:
        rows = session.execute(select(Exemption.ends_on, Exemption.retracted_why).order_by(Exemption.id)).all()
    assert [tuple(row) for row in rows] == [(None, "Åter"), (TODAY, None)]


def test_an_exemption_may_be_taken_back_whole_and_only_made_shorter(cast, in_kil, acting_as):
    with in_kil() as session:
        by, case = acting_as(session, "david", "anna")
        operations.grant_exemption(session, case=case, starts_on=TODAY, ends_on=LATER, reason="Annat", by=by, now=NOW)
    with in_kil() as session:
        by, case = acting_as(session, "david", "anna")
        end = {
            "fact": session.scalars(select(Exemption)).one(),
            "person": case.person,
            "by": by,
            "now": NOW,
            "today": TODAY,
        }
        with pytest.raises(operations.NotEarlierError):
            operations.end(session, **end, ends_on=LATER, why="")
        with pytest.raises(operations.EndsBeforeStartError):
            operations.end(session, **end, ends_on=TODAY - timedelta(days=1), why="")
        operations.end(session, **end, ends_on=None, why="Fel")
    assert stands(in_kil, cast)[0] is State.OVERDUE


def test_days_that_were_exempt_stay_so(cast, in_kil, acting_as):
    with in_kil() as session:
        by, case = acting_as(session, "david", "anna")
        month_ago = TODAY - timedelta(days=30)
        exempt = operations.grant_exemption(
            session, case=case, starts_on=month_ago, ends_on=None, reason="Annat", by=by, now=NOW
        )
        end = {"fact": exempt, "person": case.person, "why": "Åter", "by": by, "now": NOW, "today": TODAY}
        with pytest.raises(operations.EndsInPastError):
            operations.end(session, **end, ends_on=month_ago)
    assert stands(in_kil, cast)[0] is State.EXEMPT


def test_what_is_refused(cast, in_kil, acting_as):
    with in_kil() as session:
        by, case = acting_as(session, "bosse", "anna")
        exempt = {"case": case, "reason": "x", "by": by, "now": NOW}
        with pytest.raises(NotLaterError):
            operations.grant_extension(session, **exempt, due_on=TODAY - timedelta(days=1), today=TODAY)
        with pytest.raises(operations.EndsBeforeStartError):
            operations.grant_exemption(session, **exempt, starts_on=TODAY, ends_on=TODAY - timedelta(days=1))
        with pytest.raises(DoesNotApplyError):
            operations.grant_exemption(session, **exempt, starts_on=date(2019, 1, 1), ends_on=date(2019, 2, 1))
        operations.grant_exemption(session, **exempt, starts_on=TODAY, ends_on=None)
    with in_kil() as session:
        by, case = acting_as(session, "bosse", "anna")
        with pytest.raises(AlreadyExemptError):
            operations.grant_exemption(session, case=case, starts_on=LATER, ends_on=None, reason="x", by=by, now=NOW)


def test_what_another_decided_meanwhile_counts(cast, in_kil, acting_as):
    """A case that was read before they did is read again."""
    with in_kil() as session:
        by, case = acting_as(session, "bosse", "anna")
        before = case.learner
        operations.grant_exemption(session, case=case, starts_on=TODAY, ends_on=TODAY, reason="x", by=by, now=NOW)
        operations.assign(session, case=case, starts_on=LATER, ends_on=LATER, reason="x", by=by, now=NOW, today=TODAY)
    with in_kil() as session:
        by, case = acting_as(session, "david", "anna")
        stale = {"case": replace(case, learner=before), "reason": "x", "by": by, "now": NOW}
        with pytest.raises(AlreadyExemptError):
            operations.grant_exemption(session, **stale, starts_on=TODAY, ends_on=None)
        with pytest.raises(AlreadyAssignedError):
            operations.assign(session, **stale, starts_on=TODAY, ends_on=None, today=TODAY)
        with pytest.raises(NothingDueError):
            operations.grant_extension(session, **stale, due_on=LATER, today=TODAY)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_who_grant_at_the_same_time_one_is_told(app, database, cast, in_kil, acting_as):
    both_have_looked, told = threading.Barrier(2, timeout=30), []

    def grant(name):
        with app.app_context(), transaction(database, cast.kil, now=NOW) as session:
            by, case = acting_as(session, name, "anna")
            both_have_looked.wait()
            try:
                operations.grant_exemption(
                    session, case=case, starts_on=TODAY, ends_on=None, reason="x", by=by, now=NOW
                )
                told.append("granted")
            except AlreadyExemptError:
                told.append("told")

    at_once(grant)
    assert sorted(told) == ["granted", "told"]
    with in_kil() as session:
        assert len(session.scalars(select(Exemption)).all()) == 1


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_who_end_it_at_the_same_time_one_is_told(app, database, cast, in_kil, acting_as):
    with in_kil() as session:
        by, case = acting_as(session, "david", "anna")
        operations.grant_exemption(session, case=case, starts_on=TODAY, ends_on=None, reason="x", by=by, now=NOW)
    both_have_looked, told = threading.Barrier(2, timeout=30), []

    def end(name):
        with app.app_context(), transaction(database, cast.kil, now=NOW) as session:
            by, case = acting_as(session, name, "anna")
            fact = session.scalars(select(Exemption)).one()
            both_have_looked.wait()
            try:
                operations.end(
                    session, fact=fact, person=case.person, ends_on=TODAY, why="x", by=by, now=NOW, today=TODAY
                )
                told.append("ended")
            except operations.NotStandingError:
                told.append("told")

    at_once(end)
    assert sorted(told) == ["ended", "told"]
    with in_kil() as session:
        standing = session.scalars(select(Exemption.ends_on).where(Exemption.retracted_at.is_(None)))
        assert standing.all() == [TODAY]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_decision_does_not_wait_for_what_the_learner_is_doing(app, database, cast, in_kil, acting_as):
    """The learner's own act waits for the decision when it ends: each would wait for the other."""

    def grant():
        with app.app_context(), transaction(database, cast.kil, now=NOW) as session:
            by, case = acting_as(session, "bosse", "anna")
            operations.grant_exemption(session, case=case, starts_on=TODAY, ends_on=None, reason="x", by=by, now=NOW)

    with in_kil() as session:
        asks(session, acting_as, ExceptionKind.EXEMPTION, None)
        session.flush()
        deciding = threading.Thread(target=grant)
        deciding.start()
        deciding.join(timeout=20)
        assert not deciding.is_alive()
    assert stands(in_kil, cast)[0] is State.EXEMPT
    assert [action for action, _ in acts(in_kil)] == ["exemption.granted", "exception.asked"]


def at_once(act):
    threads = [threading.Thread(target=act, args=(name,)) for name in ("bosse", "david")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("name", ["bosse", "david", "cecilia"])
def test_nobody_decides_about_themself(cast, in_kil, acting_as, name):
    with in_kil() as session:
        by, case = acting_as(session, name, name)
        with pytest.raises(operations.OwnCaseError):
            operations.grant_extension(session, case=case, due_on=LATER, reason="x", by=by, now=NOW, today=TODAY)
        with pytest.raises(operations.OwnCaseError):
            operations.grant_exemption(session, case=case, starts_on=TODAY, ends_on=None, reason="x", by=by, now=NOW)
        boss, _ = acting_as(session, "cecilia" if name == "david" else "david", name)
        operations.grant_exemption(session, case=case, starts_on=TODAY, ends_on=None, reason="x", by=boss, now=NOW)
        session.flush()
        with pytest.raises(operations.OwnCaseError):
            operations.end(
                session,
                fact=session.scalars(select(Exemption)).one(),
                person=case.person,
                ends_on=TODAY,
                why="x",
                by=by,
                now=NOW,
                today=TODAY,
            )


def asks(session, acting_as, kind, until, **changes):
    by, case = acting_as(session, "anna", "anna")
    values = {"case": case, "kind": kind, "wanted_until": until, "message": "Hinner inte", "by": by, "now": NOW}
    return operations.ask(session, **(values | changes), today=TODAY)


def answers(session, acting_as, name, **given):
    by, case = acting_as(session, name, "anna")
    request = session.scalars(select(ExceptionRequest)).one()
    operations.answer(session, request=request, case=case, words="Det går bra", by=by, now=NOW, today=TODAY, **given)


def test_a_yes_grants_more_time(cast, in_kil, acting_as):
    with in_kil() as session:
        asks(session, acting_as, ExceptionKind.EXTENSION, LATER)
    assert stands(in_kil, cast)[0] is State.OVERDUE, "asking decides nothing"
    with in_kil() as session:
        answers(session, acting_as, "bosse", granted=True, until=LATER - timedelta(days=10))
    assert stands(in_kil, cast) == (State.TO_DO, LATER - timedelta(days=10))
    assert [action for action, _ in acts(in_kil)] == ["exception.asked", "extension.granted", "exception.answered"]
    with in_kil() as session:
        (request,) = queries.requests_of(session, cast.people["anna"])
        assert (request.granted, request.answer, request.answered_by_id) == (
            True,
            "Det går bra",
            cast.accounts["bosse"],
        )
        assert session.scalars(select(Extension.reason)).one() == "Hinner inte"
        with pytest.raises(operations.AlreadyAnsweredError):
            answers(session, acting_as, "david", granted=False, until=None)


def test_a_yes_exempts_until_further_notice_and_a_no_changes_nothing(cast, in_kil, acting_as):
    with in_kil() as session:
        asks(session, acting_as, ExceptionKind.EXEMPTION, None)
    with in_kil() as session:
        answers(session, acting_as, "bosse", granted=False, until=None)
    assert stands(in_kil, cast)[0] is State.OVERDUE
    with in_kil() as session:
        asks(session, acting_as, ExceptionKind.EXEMPTION, None)
        session.flush()
        request = queries.requests_of(session, cast.people["anna"])[0]
        by, case = acting_as(session, "david", "anna")
        operations.answer(
            session, request=request, case=case, granted=True, until=None, words="", by=by, now=NOW, today=TODAY
        )
    assert stands(in_kil, cast) == (State.EXEMPT, None)


def test_what_is_refused_of_asking_and_answering(cast, in_kil, acting_as):
    with in_kil() as session:
        with pytest.raises(operations.AskedUntilPastError):
            asks(session, acting_as, ExceptionKind.EXTENSION, TODAY - timedelta(days=1))
        asks(session, acting_as, ExceptionKind.EXTENSION, LATER)
    with in_kil() as session:
        with pytest.raises(operations.AlreadyAskedError):
            asks(session, acting_as, ExceptionKind.EXEMPTION, None)
        with pytest.raises(operations.OwnCaseError):
            answers(session, acting_as, "anna", granted=True, until=LATER)
        with pytest.raises(operations.UntilMissingError):
            answers(session, acting_as, "bosse", granted=True, until=None)
