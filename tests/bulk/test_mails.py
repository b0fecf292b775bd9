"""What a list would change of the managers' weekly mails."""

from datetime import timedelta

import pytest

from tests.bulk.conftest import TODAY, assign, complete, listed
from tests.conftest import NOW
from tests.factories import add_course, add_duty, add_requirement
from tracker.bulk.models import Act
from tracker.bulk.operations import Terms
from tracker.bulk.reading import ListRow
from tracker.domain.facts import DutyKind


class TestMails:
    """What is said of the managers' weekly mails. Bosse manages Anna; Mona manages everyone."""

    @pytest.fixture
    def mails(self, in_kil, cast, acts):
        with in_kil() as session:
            add_duty(session, cast.people["mona"], DutyKind.UNIT_MANAGER, unit_id=cast.units["1"], now=NOW)

        def mails(terms, *written):
            batch = acts.stage(terms, listed(*written))
            with in_kil() as session:
                return acts.batch(session, batch).summary["mails"]

        return mails

    @pytest.fixture
    def it(self, in_kil, cast):
        """A requirement for Anna and Bosse alone, who are long overdue. Its id, and its course version."""
        with in_kil() as session:
            version = add_course(session, "it", now=NOW)
            requirement = add_requirement(
                session, "it", course_id=version.course_id, now=NOW, lines=({"unit_id": cast.units["11"]},)
            )
            session.flush()
            session.expunge_all()
            return requirement.requirement_id, version

    def test_what_is_assigned_is_reminded_of(self, mails, requirement_id):
        told = mails(assign(requirement_id), "anna-1")
        assert told == {"added": 2, "dropped": 0, "more": 1, "fewer": 0}

    def test_but_not_of_whom_they_are_reminded_anyway(self, mails, requirement_id, it):
        assert mails(assign(requirement_id), "anna-1") == {"added": 0, "dropped": 0, "more": 0, "fewer": 0}

    def test_what_is_completed_is_reminded_of_no_longer(self, mails, it):
        _, version = it
        assert mails(complete(version), "anna-1") == {"added": 0, "dropped": 1, "more": 0, "fewer": 1}
        assert mails(complete(version), "anna-1", "bosse-1") == {"added": 0, "dropped": 2, "more": 0, "fewer": 2}

    def test_nor_is_what_is_exempted(self, mails, it):
        terms = Terms(Act.EXEMPT, requirement_id=it[0], starts_on=TODAY, reason="Annan utbildning")
        assert mails(terms, "anna-1", "bosse-1") == {"added": 0, "dropped": 2, "more": 0, "fewer": 2}

    def test_more_time_puts_it_off(self, mails, it):
        far = TODAY + timedelta(days=90)
        terms = Terms(Act.EXTEND, requirement_id=it[0], due_on=far, reason="Kursen är inställd")
        assert mails(terms, "anna-1") == {"added": 0, "dropped": 1, "more": 0, "fewer": 1}

    def test_two_rows_about_one_person_count_together(self, in_kil, cast, acts, it):
        rows = [ListRow(1, "anna-1", TODAY), ListRow(2, "anna-1", TODAY - timedelta(days=400))]
        batch = acts.stage(complete(it[1]), rows)
        with in_kil() as session:
            summary = acts.batch(session, batch).summary
        assert summary["changes"] == [[it[0], "overdue", "valid", 1], [it[0], "valid", "valid", 1]]
        assert summary["mails"]["fewer"] == 1
