"""Recording completions for a list."""

from datetime import date, timedelta

from sqlalchemy import select

from tests.bulk.conftest import TODAY, complete, journal, listed, number_of, stands
from tests.conftest import NOW
from tests.factories import add_assignment, add_completion
from tracker.bulk.models import Outcome
from tracker.bulk.reading import ListRow
from tracker.domain.evidence import Evidence
from tracker.domain.facts import State
from tracker.learning.models import Certificate, Completion


class TestCompletions:
    def test_are_recorded_with_certificates_and_the_signer(self, in_kil, cast, acts, course, requirement_id):
        with in_kil() as session:
            add_assignment(session, cast.people["anna"], "system", starts_on=TODAY, now=NOW)
        rows = [ListRow(1, "anna-1", note="på länk"), ListRow(2, "bosse-1", TODAY - timedelta(days=2))]
        batch = acts.stage(complete(course), rows)
        with in_kil() as session:
            assert acts.batch(session, batch).summary["changes"] == [[requirement_id, "to_do", "valid", 1]]
        acts.apply(batch)
        assert stands(in_kil, cast)[0][0] is State.VALID
        with in_kil() as session:
            made = session.execute(
                select(Completion.completed_on, Completion.note, Completion.evidence, Certificate.holder)
                .join(Certificate, Certificate.completion_id == Completion.id)
                .order_by(Completion.id)
            ).all()
        assert journal(in_kil)[-2] == (
            "completion.recorded",
            {
                "person": cast.person_ids["bosse"],
                "batch": batch,
                "course": "system",
                "completed_on": (TODAY - timedelta(days=2)).isoformat(),
                "evidence": "attested",
            },
        )
        assert [tuple(one) for one in made] == [
            (TODAY, "Lena Lärare, på länk", Evidence.ATTESTED, "Anna Åkesson"),
            (TODAY - timedelta(days=2), "Lena Lärare", Evidence.ATTESTED, "Bosse Berg"),
        ]

    def test_what_keeps_a_row_from_being_recorded(self, in_kil, cast, acts, course):
        with in_kil() as session:
            session.add(course)
            add_completion(session, cast.people["eva"], course, on=TODAY, now=NOW)
            session.expunge_all()
        rows = [
            ListRow(1, "anna-1", unreadable="31/02/2026"),
            ListRow(2, "bosse-1", TODAY + timedelta(days=1)),
            ListRow(3, "cecilia-1", date(2001, 1, 1)),
            ListRow(4, "cecilia-1", date(2001, 1, 1), note="Tidigare arbetsgivare"),
            ListRow(5, "eva-1"),
            ListRow(6, "mona-1"),
            ListRow(7, "david-1"),
            ListRow(8, "olle-1", date(2026, 11, 2)),
            ListRow(9, "olle-1", date(2026, 11, 3)),
        ]
        batch = acts.stage(complete(course, signer="Mona Mård"), rows)
        assert acts.rows(batch) == [
            Outcome.UNREADABLE_DAY,
            Outcome.FUTURE_DAY,
            Outcome.BEFORE_EMPLOYMENT,
            Outcome.DUPLICATE,
            Outcome.ALREADY,
            Outcome.SIGNER,
            Outcome.ONESELF,
            Outcome.DONE,
            Outcome.DONE,
        ]

    def test_without_a_day_nothing_is_recorded(self, acts, course):
        assert acts.rows(acts.stage(complete(course, completed_on=None), listed("anna-1"))) == [Outcome.NO_DAY]

    def test_an_old_one_counts_if_the_note_says_why(self, acts, course):
        rows = [ListRow(1, "anna-1", date(2001, 1, 1), note="Tidigare arbetsgivare")]
        assert acts.rows(acts.stage(complete(course), rows)) == [Outcome.DONE]

    def test_what_was_undone_may_be_recorded_again(self, in_kil, acts, course):
        for _ in range(2):
            batch = acts.stage(complete(course), listed("anna-1"))
            assert acts.rows(batch) == [Outcome.DONE]
            acts.apply(batch)
            acts.undo(batch)
        assert number_of(in_kil, Completion) == 2
