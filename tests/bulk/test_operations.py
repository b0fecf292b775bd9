"""Batches: what a list means, what is done, what became of each row, and that it can be undone."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.factories import (
    add_assignment,
    add_completion,
    add_course,
    add_duty,
    add_exemption,
    add_extension,
    add_person,
    add_requirement,
)
from tracker.audit.models import JournalEntry
from tracker.audit.queries import verify
from tracker.bulk import operations, queries
from tracker.bulk.models import Act, Batch, BatchItem, BatchState, Outcome, Undone
from tracker.bulk.operations import AlreadyAppliedError, NotAppliedError, Terms
from tracker.bulk.reading import ListRow
from tracker.compliance.operations import differences
from tracker.compliance.queries import obligations_of
from tracker.db import retract
from tracker.domain.evidence import Evidence
from tracker.domain.facts import DutyKind, State
from tracker.exceptions.operations import AskedUntilPastError, EndsBeforeStartError, StartsInPastError
from tracker.learning.models import Certificate, Completion
from tracker.people.models import Duty, Employment, Person
from tracker.people.queries import viewer_of
from tracker.requirements.models import Assignment, Exemption, Extension, Requirement

TODAY = date(2026, 11, 23)
SOON = TODAY + timedelta(days=30)


@pytest.fixture
def course(in_kil, cast):
    """A course that only users of the system must take, whom there are none of. Its version."""
    with in_kil() as session:
        version = add_course(session, "system", now=NOW)
        add_requirement(session, "system", course_id=version.course_id, now=NOW, lines=({"system_id": cast.system_id},))
        session.expunge_all()
        return version


@pytest.fixture
def requirement_id(in_kil, course):
    with in_kil() as session:
        return session.scalars(select(Requirement.id)).one()


def listed(*written, **fields):
    return [ListRow(number, one, **fields) for number, one in enumerate(written, 1)]


@pytest.fixture
def acts(in_kil, cast):
    """Stage, apply and undo as somebody, each in a transaction of its own."""

    class Acting:
        def stage(self, terms, rows, by="david"):
            with in_kil() as session:
                viewer = viewer_of(session, cast.accounts[by], TODAY)
                batch = operations.stage(session, terms=terms, rows=rows, by=viewer, now=NOW, today=TODAY)
                return batch.public_id

        def apply(self, public_id, by="david", today=TODAY):
            with in_kil() as session:
                viewer = viewer_of(session, cast.accounts[by], today)
                operations.apply(session, batch=self.batch(session, public_id), by=viewer, now=NOW, today=today)

        def undo(self, public_id, by="david", why="Fel lista"):
            with in_kil() as session:
                viewer = viewer_of(session, cast.accounts[by], TODAY)
                batch = self.batch(session, public_id)
                operations.undo(session, batch=batch, why=why, by=viewer, now=NOW, today=TODAY)

        def batch(self, session, public_id):
            return session.scalars(select(Batch).where(Batch.public_id == public_id)).one()

        def rows(self, public_id, column=BatchItem.previewed):
            with in_kil() as session:
                batch = self.batch(session, public_id)
                return list(
                    session.scalars(select(column).where(BatchItem.batch_id == batch.id).order_by(BatchItem.number))
                )

    return Acting()


def assign(requirement_id, starts_on=TODAY, ends_on=None):
    return Terms(Act.ASSIGN, requirement_id=requirement_id, starts_on=starts_on, ends_on=ends_on, reason="Ny journal")


def complete(course, completed_on=TODAY, signer="Lena Lärare"):
    return Terms(Act.COMPLETE, course_id=course.course_id, completed_on=completed_on, signer=signer)


def stands(in_kil, cast, name="anna"):
    with in_kil() as session:
        assert differences(session) == []
        return [(one.state, one.due_on) for one in obligations_of(session, cast.people[name], TODAY)]


def journal(in_kil):
    with in_kil() as session:
        return [
            (entry.action, entry.details) for entry in session.scalars(select(JournalEntry).order_by(JournalEntry.id))
        ]


def number_of(in_kil, model):
    with in_kil() as session:
        return session.scalar(select(func.count()).select_from(model))


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
