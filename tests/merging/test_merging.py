"""Two records of one person become one: no fact is lost."""

from datetime import date

import pytest
from sqlalchemy import func, select

from tests.conftest import NOW
from tests.domain.histories import facts_of as facts_known
from tests.factories import add_completion, add_request, add_upload, sign_in
from tests.hr.rosters import content, line
from tests.hr.test_pages import go_through, upload
from tests.merging.conftest import CODE, LATER, LATEST, TODAY, add_task_done, facts_of, merge_them, person, undo_it
from tracker.accounts.models import Account, RoleGrant
from tracker.audit.queries import verify
from tracker.bulk.models import Batch, BatchItem, Undone
from tracker.bulk.operations import undo as undo_batch
from tracker.catalogue.models import CourseVersion
from tracker.compliance.learners import load_learners
from tracker.compliance.operations import differences
from tracker.compliance.queries import employed_on, figures
from tracker.dashboards.queries.search import people
from tracker.db import Known
from tracker.edge import transaction
from tracker.learning.models import Completion, Enrolment
from tracker.merging.operations import AlreadyMergedError, HoldsRolesError, OwnMergeError, SamePersonError
from tracker.merging.preview import preview
from tracker.merging.treatment import MOVED
from tracker.people.models import Employment, Person
from tracker.people.queries import by_employee_number, people_page, viewer_of
from tracker.permissions import GivenRole
from tracker.programmes.models import TaskDone
from tracker.requirements.models import Assignment


@pytest.mark.usefixtures("double")
class TestMerge:
    def test_the_one_has_the_facts_of_both(self, in_kil, cast):
        with in_kil() as session:
            before = [facts_of(session, cast.people[name]) for name in ("anna", "double")]
            assert all(before[1].values())  # a fact of every kind
        with in_kil() as session:
            merge_them(session, cast)
        with in_kil() as session:
            after = facts_of(session, cast.people["anna"])
            assert after == {kind: sorted(before[0][kind] + before[1][kind]) for kind in after}
            assert not any(facts_of(session, cast.people["double"]).values())
            assert differences(session) == []
            for kind in MOVED:
                assert (
                    session.scalars(select(kind.person_id).where(kind.person_id == cast.people["double"])).all() == []
                )
                assert session.scalars(select(kind.person_id).where(kind.person_id == cast.people["anna"])).all() != []
            assert verify(session).whole

    def test_who_vouched_for_a_fact_still_does(self, in_kil, cast):
        with in_kil() as session:
            version = session.scalars(select(CourseVersion)).first()
            add_completion(
                session,
                cast.people["double"],
                version,
                on=date(2026, 6, 1),
                now=NOW,
                attested_by=cast.accounts["bosse"],
            )
        with in_kil() as session:
            merge_them(session, cast)
            attested = session.scalars(
                select(Completion).where(
                    Completion.person_id == cast.people["anna"], Completion.completed_on == date(2026, 6, 1)
                )
            ).one()
            assert (attested.source, attested.recorded_by_id) == ("manager", cast.accounts["bosse"])
            assert attested.recorded_at == LATER

    def test_what_both_have_counts_once_and_both_papers_are_confirmed(self, client, in_kil, cast):
        with in_kil() as session:
            version = session.scalars(select(CourseVersion).order_by(CourseVersion.id)).first()
            own = add_completion(session, cast.people["anna"], version, on=date(2026, 5, 1), now=NOW).id
        with in_kil() as session:
            row = merge_them(session, cast)
            standing = select(Completion.id).where(
                Completion.person_id == cast.people["anna"], Completion.retracted_at.is_(None)
            )
            assert session.scalars(standing).all() == [own]
        assert "Anna Akesson" in client.get(f"/verify/{CODE}").text
        with in_kil() as session:
            undo_it(session, cast, row)
        assert "Återkallat" not in client.get(f"/verify/{CODE}").text
        with in_kil() as session:
            assert session.scalars(standing).all() == [own]

    def test_a_task_that_both_have_done_is_done_once(self, in_kil, cast):
        done = select(TaskDone.person_id, TaskDone.done_on).where(TaskDone.retracted_at.is_(None))
        own = (cast.people["anna"], date(2024, 1, 5))
        with in_kil() as session:
            add_task_done(session, own[0], session.scalars(select(TaskDone.item_id)).one(), on=own[1])
        with in_kil() as session:
            row = merge_them(session, cast)
        with in_kil() as session:
            assert session.execute(done).all() == [own]
            undo_it(session, cast, row)
        with in_kil() as session:
            assert set(session.execute(done)) == {own, (cast.people["double"], date(2024, 1, 2))}

    @pytest.mark.parametrize("undone", [False, True])
    def test_what_was_done_for_a_list_can_still_be_undone_as_one(self, in_kil, cast, undone):
        standing = select(Assignment).where(Assignment.retracted_at.is_(None))
        with in_kil() as session:
            row = merge_them(session, cast)
            if undone:
                undo_it(session, cast, row)
        with in_kil() as session:
            assert session.scalars(standing).one().person_id == cast.people["double" if undone else "anna"]
            by = viewer_of(session, cast.accounts["david"], TODAY)
            undo_batch(session, batch=session.scalars(select(Batch)).one(), why="Fel", by=by, now=LATEST, today=TODAY)
            assert session.scalars(select(BatchItem.undone)).one() is Undone.TAKEN_BACK
        with in_kil() as session:
            assert session.scalars(standing).all() == []

    def test_a_certificate_stays_confirmed_and_says_what_its_holder_is_called_now(self, client, in_kil, cast):
        def shown():
            text = client.get(f"/verify/{CODE}").text
            assert "Återkallat" not in text
            return text

        with in_kil() as session:
            row = merge_them(session, cast)
        assert "Anna Akesson" in shown()
        assert "Anna Åkesson" in shown()
        with in_kil() as session:
            undo_it(session, cast, row)
        assert "Anna Akesson" in shown()
        assert "Anna Åkesson" not in shown()

    def test_lists_and_figures_know_one(self, in_kil, cast):
        def counted(session):
            viewer = viewer_of(session, cast.accounts["david"], TODAY)
            everyone = people_page(session, viewer, day=TODAY, everyone=True).total
            return everyone, figures(session, employed_on(TODAY), TODAY).people

        with in_kil() as session:
            everyone, employed = counted(session)
            merge_them(session, cast)
        with in_kil() as session:
            assert counted(session) == (everyone - 1, employed - 1)
            viewer = viewer_of(session, cast.accounts["david"], TODAY)
            for words in ("anna-2", "Akesson", "anna-1", "Åkesson"):
                found = people(session, viewer, words, TODAY, limit=9)
                assert [one.id for one in found.shown] == [cast.people["anna"]], words
            assert by_employee_number(session, "anna-2").id == cast.people["anna"]

    def test_the_account_is_out_at_once_and_in_again(self, app, database, in_kil, cast):
        other = sign_in(app.test_client(), database, cast, "double")
        assert other.get("/me").status_code == 200
        with in_kil() as session:
            row = merge_them(session, cast)
        assert other.get("/me").status_code == 302
        with in_kil() as session:
            account = session.get_one(Account, cast.accounts["double"])
            assert (account.disabled_at, account.email) == (LATER, None)
            assert session.get_one(Account, cast.accounts["anna"]).email == "anna@kommun.example"
            undo_it(session, cast, row)
            assert (account.disabled_at, account.email) == (None, "anna.akesson@kommun.example")

    def test_an_account_that_was_out_before_stays_out(self, in_kil, cast):
        with in_kil() as session:
            session.get_one(Account, cast.accounts["double"]).disabled_at = NOW
            undo_it(session, cast, merge_them(session, cast))
            assert session.get_one(Account, cast.accounts["double"]).disabled_at == NOW

    def test_an_address_that_both_had_comes_to_the_one(self, in_kil, cast):
        with in_kil() as session:
            anna = session.get_one(Account, cast.accounts["anna"])
            anna.email = anna.email_key = None
            session.flush()
            other = session.get_one(Account, cast.accounts["double"])
            other.email = other.email_key = "anna@kommun.example"
            merge_them(session, cast)
            assert anna.email == "anna@kommun.example"

    def test_protected_if_either_is(self, in_kil, cast):
        with in_kil() as session:
            person(session, cast, "double").protected_identity = True
            row = merge_them(session, cast)
            assert person(session, cast, "anna").protected_identity
            undo_it(session, cast, row)
            assert person(session, cast, "anna").protected_identity

    def test_what_both_have_begun_waits(self, in_kil, cast):
        with in_kil() as session:
            theirs = session.scalars(select(Enrolment)).one()
            version = theirs.course_version_id
            session.add(Enrolment(person_id=cast.people["anna"], course_version_id=version, number=1, started_at=NOW))
            add_request(session, cast.people["anna"], "annan", now=NOW)
            course_id = session.get_one(CourseVersion, version).course_id
            add_upload(session, cast.people["anna"], course_id, by=cast.accounts["anna"], now=NOW)
            looked_at = preview(session, person(session, cast, "anna"), person(session, cast, "double"), TODAY)
            assert looked_at.begun_twice == 1
        with in_kil() as session:
            row = merge_them(session, cast)
            for kind in MOVED:
                count = select(func.count()).select_from(kind).where(kind.person_id == cast.people["anna"])
                assert session.scalar(count) == 1, kind
        with in_kil() as session:
            undo_it(session, cast, row)
            for kind in MOVED:
                count = select(func.count()).select_from(kind).where(kind.person_id == cast.people["double"])
                assert session.scalar(count) == 1, kind

    def test_what_is_recorded_for_the_other_in_the_same_moment_is_the_one_s(self, in_kil, cast):
        with in_kil() as session:
            merge_them(session, cast)
            merge_them(session, cast, "bosse", "anna")
        with in_kil() as session:  # as whoever found the person before the merge had been committed
            version = session.scalars(select(CourseVersion)).first()
            add_completion(session, cast.people["double"], version, on=date(2026, 8, 1), now=LATER)
        with in_kil() as session:
            standing = select(Completion.person_id).where(
                Completion.completed_on == date(2026, 8, 1), Completion.retracted_at.is_(None)
            )
            assert session.scalars(standing).all() == [cast.people["bosse"]]
            assert differences(session) == []

    def test_enrolments_are_numbered_on(self, in_kil, cast):
        with in_kil() as session:
            version = session.scalars(select(Enrolment.course_version_id)).one()
            for name, number in (("anna", 1), ("double", 2)):
                session.add(
                    Enrolment(
                        person_id=cast.people[name],
                        course_version_id=version,
                        number=number,
                        started_at=NOW,
                        finished_at=NOW,
                    )
                )
            row = merge_them(session, cast)
            numbers = select(Enrolment.number).where(Enrolment.course_version_id == version)
            own = numbers.where(Enrolment.person_id == cast.people["anna"]).order_by(Enrolment.number)
            assert session.scalars(own).all() == [1, 2, 3]
            undo_it(session, cast, row)
            assert session.scalars(own).all() == [1]


@pytest.mark.usefixtures("double")
class TestRefusals:
    def test_who_cannot_be_merged(self, in_kil, cast):
        with in_kil() as session:
            with pytest.raises(SamePersonError):
                merge_them(session, cast, "anna", "anna")
            with pytest.raises(OwnMergeError):
                merge_them(session, cast, "david", "anna")
            with pytest.raises(OwnMergeError):
                merge_them(session, cast, "anna", "david")
            with pytest.raises(HoldsRolesError):
                merge_them(session, cast, "anna", "mona")
            row = merge_them(session, cast)
            with pytest.raises(AlreadyMergedError):
                merge_them(session, cast, "bosse", "double")
            with pytest.raises(AlreadyMergedError):
                merge_them(session, cast, "double", "bosse")
            undo_it(session, cast, row)

    def test_who_was_merged_does_not_undo_it(self, in_kil, cast):
        with in_kil() as session:
            row = merge_them(session, cast)
            session.add(RoleGrant(account_id=cast.accounts["anna"], role=GivenRole.HR, granted_at=NOW))
            session.flush()
            with pytest.raises(OwnMergeError):
                undo_it(session, cast, row, by="anna")


class TestRosters:
    def test_the_other_number_finds_the_one(self, david, in_kil, cast, double):
        with in_kil() as session:
            merge_them(session, cast)
        unit = {"unit": "11", "unit_name": "Hemtjänsten", "parent": "10"}
        rows = (
            line("anna-1", **unit),
            line("anna-2", family="Akesson", starts="2024-05-01", email="ny@x.example", **unit),
        )
        go_through(david, upload(david, content(*rows)).location)
        with in_kil() as session:
            assert session.scalar(select(func.count(Person.id)).where(Person.given_name == "Anna")) == 2
            loaded = select(Employment.person_id).where(
                Employment.source.startswith("roster:"), Employment.retracted_at.is_(None)
            )
            assert set(session.scalars(loaded)) == {cast.people["anna"]}
            assert not any(facts_of(session, cast.people["double"]).values())
            assert person(session, cast, "anna").family_name == "Åkesson"


@pytest.mark.usefixtures("double")
def test_what_was_known_before_the_merge_stays_two(database, in_kil, cast):
    at = Known(NOW.date(), NOW)

    def known():
        with database.bound(cast.kil, reading=True) as session:
            viewer = viewer_of(session, cast.accounts["david"], TODAY)
            session.known = at
            everyone = people_page(session, viewer, day=TODAY).total
            learners = load_learners(session, [cast.people["anna"], cast.people["double"]])
            plain = {id_: sorted(map(repr, facts_known(learner))) for id_, learner in learners.items()}
            return everyone, plain

    before = known()
    with transaction(database, cast.kil, now=LATER) as session:
        row = merge_them(session, cast)
    assert known() == before
    with transaction(database, cast.kil, now=LATEST) as session:
        undo_it(session, cast, row)
    assert known() == before
