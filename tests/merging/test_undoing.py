"""Of one person two again: each as before, and what came after where it was done."""

from datetime import date

import pytest
from sqlalchemy import select, update

from tests.factories import add_completion
from tests.merging.conftest import LATER, LATEST, facts_of, merge_them, phases_of, undo_it
from tracker.audit.models import JournalEntry
from tracker.catalogue.models import CourseVersion
from tracker.compliance.operations import differences
from tracker.db import retract
from tracker.learning.models import Completion, Enrolment
from tracker.merging.operations import AlreadyUndoneError, LaterMergeError
from tracker.people.models import FormerDetails
from tracker.people.queries import by_employee_number
from tracker.requirements.models import ExceptionRequest


@pytest.mark.usefixtures("double")
class TestUndo:
    def test_each_stands_as_before(self, in_kil, cast):
        with in_kil() as session:
            before = {name: (facts_of(session, id_), phases_of(session, id_)) for name, id_ in cast.people.items()}
            row = merge_them(session, cast)
        with in_kil() as session:
            assert phases_of(session, cast.people["anna"]) != before["anna"][1]
            undo_it(session, cast, row)
        with in_kil() as session:
            assert {n: (facts_of(session, i), phases_of(session, i)) for n, i in cast.people.items()} == before
            assert differences(session) == []
            assert session.scalars(select(FormerDetails)).all() == []
            assert session.scalars(select(Enrolment.person_id)).one() == cast.people["double"]
            assert session.scalars(select(ExceptionRequest.person_id)).one() == cast.people["double"]
            acts = session.scalars(
                select(JournalEntry.action)
                .where(JournalEntry.subject == cast.person_ids["anna"])
                .order_by(JournalEntry.id)
            ).all()
            assert acts == ["person.merged", "person.merge_undone"]

    def test_what_came_after_stays_and_what_was_taken_back_is_not_brought_back(self, in_kil, cast):
        with in_kil() as session:
            row = merge_them(session, cast)
        with in_kil() as session:
            version = session.scalars(select(CourseVersion).order_by(CourseVersion.id)).first()
            new = add_completion(session, cast.people["anna"], version, on=date(2026, 7, 1), now=LATER).id
            copy = session.scalars(
                select(Completion).where(
                    Completion.person_id == cast.people["anna"], Completion.completed_on == date(2026, 5, 1)
                )
            ).one()
            retract([copy], now=LATER, by_id=None, why="Fel kurs")
        with in_kil() as session:
            undo_it(session, cast, row)
        with in_kil() as session:
            standing = select(Completion.id, Completion.person_id).where(Completion.retracted_at.is_(None))
            assert session.execute(standing).all() == [(new, cast.people["anna"])]
            assert differences(session) == []

    def test_what_the_survivor_finished_is_theirs(self, in_kil, cast):
        with in_kil() as session:
            row = merge_them(session, cast)
        with in_kil() as session:
            session.execute(update(Enrolment).values(finished_at=LATEST))
            undo_it(session, cast, row)
            assert session.scalars(select(Enrolment.person_id)).one() == cast.people["anna"]

    def test_chains_are_undone_from_the_end(self, in_kil, cast):
        with in_kil() as session:
            before = {name: phases_of(session, cast.people[name]) for name in ("double", "anna", "bosse")}
            first = merge_them(session, cast)
            second = merge_them(session, cast, "bosse", "anna")
            for words in ("anna-1", "anna-2"):
                assert by_employee_number(session, words).id == cast.people["bosse"]
        with in_kil() as session, pytest.raises(LaterMergeError):
            undo_it(session, cast, first)
        with in_kil() as session:
            undo_it(session, cast, second)
        with in_kil() as session:
            undo_it(session, cast, first)
        with in_kil() as session:
            assert {name: phases_of(session, cast.people[name]) for name in before} == before
            assert differences(session) == []

    def test_two_into_one_are_undone_from_the_end(self, in_kil, cast):
        """The second has a fact that the first brought; undoing the first alone would take it from both."""
        with in_kil() as session:
            before = {name: phases_of(session, cast.people[name]) for name in ("double", "anna", "kim")}
            first = merge_them(session, cast)
            second = merge_them(session, cast, "anna", "bosse")
            with pytest.raises(LaterMergeError):
                undo_it(session, cast, first)
            undo_it(session, cast, second)
            undo_it(session, cast, first)
        with in_kil() as session:
            assert {name: phases_of(session, cast.people[name]) for name in before} == before

    def test_once(self, in_kil, cast):
        with in_kil() as session:
            row = merge_them(session, cast)
            undo_it(session, cast, row)
            with pytest.raises(AlreadyUndoneError):
                undo_it(session, cast, row)
            again = merge_them(session, cast, "double", "anna", now=LATEST)
            undo_it(session, cast, again, now=LATEST)
