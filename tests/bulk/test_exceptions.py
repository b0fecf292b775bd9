"""Exempting a list, and giving it more time."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.bulk.conftest import SOON, TODAY, journal, listed, stands
from tests.conftest import NOW
from tests.factories import add_course, add_exemption, add_extension, add_person, add_requirement
from tracker.bulk.models import Act, BatchItem, Outcome
from tracker.bulk.operations import Terms
from tracker.domain.facts import State
from tracker.exceptions.operations import AskedUntilPastError
from tracker.requirements.models import Exemption, Extension, Requirement


def add_karin(session, cast):
    """Karin, number 9, does not work here yet."""
    works = {"unit_id": cast.units["11"], "position_id": cast.position_id}
    add_person(session, "Kommande", "Karin", **works, now=NOW, starts_on=SOON, employee_number="9")


def test_a_list_is_exempted(in_kil, cast, acts):
    with in_kil() as session:
        version = add_course(session, "it", now=NOW)
        add_requirement(session, "it", course_id=version.course_id, now=NOW)
        add_exemption(session, cast.people["bosse"], "it", starts_on=TODAY, ends_on=None, now=NOW)
        add_karin(session, cast)
        requirement_id = session.scalars(select(Requirement.id)).one()
    terms = Terms(Act.EXEMPT, requirement_id=requirement_id, starts_on=TODAY, ends_on=TODAY, reason="Annan utbildning")
    batch = acts.stage(terms, listed("anna-1", "bosse-1", "9"))
    assert acts.rows(batch) == [Outcome.DONE, Outcome.ALREADY, Outcome.DOES_NOT_APPLY]
    with in_kil() as session:
        assert acts.batch(session, batch).summary["excused"] == {"people": 0, "days": 0}, "no day before today"
    acts.apply(batch)
    assert stands(in_kil, cast) == [(State.EXEMPT, None)]
    acts.undo(batch)
    assert stands(in_kil, cast)[0][0] is State.OVERDUE
    with in_kil() as session:
        (fact,) = session.scalars(select(Exemption).where(Exemption.person_id == cast.people["anna"]))
        assert (fact.retracted_why, fact.retracted_by_id) == ("Fel lista", cast.accounts["david"])


class TestExtensions:
    @pytest.fixture
    def required(self, in_kil, cast):
        """Everyone has long been overdue; Eva is exempt, and Bosse has been given until then already."""
        with in_kil() as session:
            version = add_course(session, "it", now=NOW)
            requirement = add_requirement(session, "it", course_id=version.course_id, now=NOW)
            add_exemption(session, cast.people["eva"], "it", starts_on=TODAY, ends_on=None, now=NOW)
            add_extension(session, cast.people["bosse"], "it", granted_on=TODAY, due_on=SOON, now=NOW)
            add_karin(session, cast)
            return requirement.requirement_id

    def extend(self, requirement_id, due_on=SOON):
        return Terms(Act.EXTEND, requirement_id=requirement_id, due_on=due_on, reason="Kursen är inställd")

    def test_a_list_is_given_more_time(self, in_kil, cast, acts, required):
        batch = acts.stage(self.extend(required), listed("anna-1", "bosse-1", "eva-1", "9", "david-1"))
        assert acts.rows(batch) == [
            Outcome.DONE,
            Outcome.NOT_LATER,
            Outcome.NOTHING_DUE,
            Outcome.DOES_NOT_APPLY,
            Outcome.ONESELF,
        ]
        assert acts.rows(batch, BatchItem.due_on)[0] == SOON
        assert stands(in_kil, cast)[0][0] is State.OVERDUE
        acts.apply(batch)
        assert stands(in_kil, cast) == [(State.TO_DO, SOON)]
        said = {"person": cast.person_ids["anna"], "batch": batch}
        assert journal(in_kil)[-2] == (
            "extension.granted",
            said | {"requirement": "it", "due_on": SOON.isoformat()},
        )
        acts.undo(batch)
        assert stands(in_kil, cast)[0][0] is State.OVERDUE
        assert journal(in_kil)[-2] == ("extension.withdrawn", said)

    def test_it_runs_from_the_day_it_is_done(self, in_kil, cast, acts, required):
        batch = acts.stage(self.extend(required), listed("anna-1"))
        tomorrow = TODAY + timedelta(days=1)
        acts.apply(batch, today=tomorrow)
        with in_kil() as session:
            fact = session.scalars(select(Extension).where(Extension.source == f"batch:{batch}")).one()
            assert (fact.granted_on, fact.due_on, fact.reason) == (tomorrow, SOON, "Kursen är inställd")

    def test_not_to_a_day_that_has_passed(self, acts, required):
        with pytest.raises(AskedUntilPastError):
            acts.stage(self.extend(required, TODAY - timedelta(days=1)), listed("anna-1"))
        batch = acts.stage(self.extend(required), listed("anna-1"))
        acts.apply(batch, today=SOON + timedelta(days=1))
        assert acts.rows(batch, BatchItem.outcome) == [Outcome.NOT_LATER]
