"""Two records of one person become one, and two again: no fact is lost."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event, func, select, update

from tests.conftest import NOW
from tests.domain.histories import facts_of as facts_known
from tests.factories import add_completion, add_person, add_request, add_upload, sign_in
from tests.hr.test_pages import go_through, upload
from tests.hr.test_roster_import import content, line
from tests.merging.conftest import CODE, TODAY, add_task_done, person
from tracker.accounts.models import Account, RoleGrant
from tracker.audit.models import JournalEntry
from tracker.audit.queries import verify
from tracker.bulk.models import Batch, BatchItem, Undone
from tracker.bulk.operations import undo as undo_batch
from tracker.catalogue.models import CourseVersion
from tracker.compliance.learners import load_learners
from tracker.compliance.models import Phase
from tracker.compliance.operations import COLUMNS, differences
from tracker.compliance.queries import employed_on, figures
from tracker.dashboards.queries.search import people
from tracker.db import Known, retract
from tracker.edge import transaction
from tracker.learning.models import Completion, Enrolment
from tracker.merging.operations import (
    AlreadyMergedError,
    AlreadyUndoneError,
    HoldsRolesError,
    LaterMergeError,
    OwnMergeError,
    SamePersonError,
    merge,
    undo_merge,
)
from tracker.merging.preview import preview
from tracker.merging.queries import Likeness, possible_duplicates
from tracker.merging.treatment import COPIED, MOVED, says
from tracker.people.models import Employment, FormerDetails, Person, PersonMerge
from tracker.people.queries import by_employee_number, people_page, viewer_of
from tracker.permissions import GivenRole
from tracker.programmes.models import TaskDone
from tracker.requirements.models import Assignment, ExceptionRequest

LATER = NOW + timedelta(hours=1)
LATEST = NOW + timedelta(hours=2)


def phases_of(session, person_id):
    columns = [getattr(Phase, name) for name in COLUMNS]
    statement = select(Phase.requirement_id, *columns).where(Phase.person_id == person_id)
    return sorted(map(tuple, session.execute(statement.order_by(Phase.requirement_id, Phase.starts_on))), key=repr)


def facts_of(session, person_id):
    """All that stands about a person, in a form that does not depend on rows."""
    return {
        kind.__name__: sorted(
            map(
                repr,
                map(
                    says, session.scalars(select(kind).where(kind.person_id == person_id, kind.retracted_at.is_(None)))
                ),
            )
        )
        for kind in COPIED
    }


def merge_them(session, cast, survivor="anna", absorbed="double", *, by="david", now=LATER):
    return merge(
        session,
        survivor=person(session, cast, survivor),
        absorbed=person(session, cast, absorbed),
        reason="Samma person",
        by=viewer_of(session, cast.accounts[by], TODAY),
        now=now,
        today=TODAY,
    )


def undo_it(session, cast, row, *, by="david", now=LATEST):
    row = session.get_one(PersonMerge, row.id)
    undo_merge(session, merge=row, why="Fel", by=viewer_of(session, cast.accounts[by], TODAY), now=now)


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


class TestPages:
    def test_from_one_page_to_the_other(self, david, in_kil, cast, double):
        address = f"/people/{cast.person_ids['anna']}"
        assert f"{address}/merge" in david.get(address).text
        assert david.post(f"{address}/merge", data={"number": "nobody"}).status_code == 422
        assert david.post(f"{address}/merge", data={"number": "anna-1"}).status_code == 422
        sent = david.post(f"{address}/merge", data={"number": "anna-2"})
        assert sent.location == f"{address}/merge/{double}"
        shown = david.get(sent.location).text
        assert "anna-2" in shown
        assert f"/people/{double}/merge/{cast.person_ids['anna']}" in shown  # the other way round
        assert david.post(sent.location, data={"reason": ""}).status_code == 422
        done = david.post(sent.location, data={"reason": "Samma personnummer"})
        assert done.location == address
        assert "Samma personnummer" in david.get(address).text
        gone = david.get(f"/people/{double}")
        assert gone.status_code == 200
        assert address in gone.text
        with in_kil() as session:
            row = session.scalars(select(PersonMerge)).one()
        undo = f"/merges/{row.public_id}/undo"
        assert undo in david.get(address).text
        assert undo in david.get("/people/duplicates").text
        assert david.get(undo).status_code == 200
        assert david.post(undo, data={"why": ""}).status_code == 422
        assert david.post(undo, data={"why": "Två kusiner"}).location == f"/people/{double}"
        assert "Två kusiner" in david.get("/people/duplicates").text
        assert david.post(undo, data={"why": "Igen"}).status_code == 422

    def test_the_preview_tells_what_changes(self, david, in_kil, cast, double):
        with in_kil() as session:
            looked_at = preview(session, person(session, cast, "anna"), person(session, cast, "double"), TODAY)
        stands = {one.titles["sv"]: (one.survivor, one.absorbed, one.together) for one in looked_at.obligations}
        assert stands == {
            "Krav grund": ("overdue", "valid", "valid"),
            "Krav annan": ("overdue", "exempt", "exempt"),
        }
        assert {kind.name: (kind.survivor, kind.absorbed, kind.together) for kind in looked_at.kinds}["employment"] == (
            1,
            1,
            2,
        )
        assert [held.place for held in looked_at.duties] == ["Vård och omsorg"]
        assert looked_at.overlaps == []
        assert not looked_at.attested

    def test_warnings(self, in_kil, cast, double):
        with in_kil() as session:
            version = session.scalars(select(CourseVersion)).first()
            add_completion(
                session, cast.people["anna"], version, on=TODAY, now=NOW, attested_by=cast.accounts["double"]
            )
            session.add(
                Employment(
                    person_id=cast.people["double"],
                    unit_id=cast.units["11"],
                    position_id=cast.position_id,
                    kind="Tillsvidare",
                    percent=50,
                    starts_on=date(2026, 1, 1),
                    recorded_at=NOW,
                    source="test",
                )
            )
            session.flush()
            looked_at = preview(session, person(session, cast, "anna"), person(session, cast, "double"), TODAY)
            assert looked_at.attested
            assert [(one.title, one.unit) for one in looked_at.overlaps] == [("Undersköterska", "Hemtjänsten")]

    def test_what_cannot_be_merged_says_why(self, david, cast):
        shown = david.get(f"/people/{cast.person_ids['anna']}/merge/{cast.person_ids['mona']}").text
        assert "roller" in shown
        assert 'name="reason"' not in shown
        sent = david.post(f"/people/{cast.person_ids['anna']}/merge/{cast.person_ids['mona']}", data={"reason": "x"})
        assert sent.status_code == 422

    def test_a_protected_name_is_not_shown(self, david, in_kil, cast, double):
        with in_kil() as session:
            person(session, cast, "double").protected_identity = True
            person(session, cast, "double").family_name = "Hemligsson"
        address = f"/people/{cast.person_ids['anna']}/merge/{double}"
        assert "Hemligsson" not in david.get(address).text
        david.post(address, data={"reason": "x"})
        for page in (f"/people/{cast.person_ids['anna']}", f"/people/{double}", "/people/duplicates"):
            assert "Hemligsson" not in david.get(page).text
        assert "anna.akesson" not in david.get(f"/people/{cast.person_ids['anna']}").text

    def test_who_may_see_the_one_is_led_there(self, app, database, cast, in_kil, double):
        with in_kil() as session:
            merge_them(session, cast)
        answers = {
            name: sign_in(app.test_client(), database, cast, name).get(f"/people/{double}").status_code
            for name in ("anna", "bosse", "cecilia", "david", "eva", "mona", "omar")
        }
        assert answers == {
            "anna": 200,
            "bosse": 200,
            "cecilia": 200,
            "david": 200,
            "eva": 404,
            "mona": 404,
            "omar": 404,
        }

    @pytest.mark.parametrize("name", ["anna", "bosse", "cecilia", "eva", "mona", "olle", "kim"])
    def test_others_may_not(self, client, database, cast, in_kil, double, name):
        with in_kil() as session:
            row = merge_them(session, cast).public_id
        sign_in(client, database, cast, name)
        for address in (
            f"/people/{cast.person_ids['anna']}/merge",
            f"/people/{cast.person_ids['anna']}/merge/{cast.person_ids['bosse']}",
            f"/merges/{row}/undo",
            "/people/duplicates",
        ):
            assert client.get(address).status_code == 403

    def test_nor_omar_nor_across(self, client, app, database, cast, in_kil, double):
        with in_kil() as session:
            row = merge_them(session, cast).public_id
        sign_in(client, database, cast, "omar")
        anna = cast.person_ids["anna"]
        for address in (
            f"/people/{anna}/merge",
            f"/people/{cast.person_ids['omar']}/merge/{anna}",
            f"/merges/{row}/undo",
        ):
            assert client.post(address, data={"reason": "x", "why": "x", "number": "x"}).status_code == 404
        assert anna not in client.get("/people/duplicates").text
        david = sign_in(app.test_client(), database, cast, "david")
        assert david.get(f"/people/{anna}/merge/{cast.person_ids['omar']}").status_code == 404


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


class TestDuplicates:
    def add(self, session, cast, given, family, number, **says):
        values = {"unit_id": cast.units["11"], "position_id": cast.position_id, "now": NOW}
        return add_person(session, given, family, employee_number=number, **(values | says))

    def test_who_looks_alike(self, in_kil, cast):
        with in_kil() as session:
            one = self.add(session, cast, "Anna", "Åkesson", "b", unit_id=cast.units["20"])
            two = self.add(session, cast, "Bosse", "Berg", "c")
            two.email = None
            three = self.add(session, cast, "Eva", "Ek", "d", unit_id=cast.units["20"])
            three.email = None  # the same name, another unit, at the same time: another Eva
            left = self.add(session, cast, "Siv", "Sjö", "e", ends_on=date(2024, 6, 1))
            long_ago = self.add(session, cast, "Siv", "Sjö", "g", unit_id=cast.units["10"], ends_on=date(2022, 1, 1))
            came = self.add(session, cast, "Siv", "Sjö", "f", unit_id=cast.units["20"], starts_on=date(2025, 1, 1))
            left.email = came.email = long_ago.email = None
            session.flush()
            viewer = viewer_of(session, cast.accounts["david"], TODAY)
            found = possible_duplicates(session, viewer)
            assert [({twins.person.id, twins.other.id}, twins.likeness) for twins in found] == [
                ({cast.people["anna"], one.id}, Likeness.ADDRESS),
                ({cast.people["bosse"], two.id}, Likeness.UNIT),
                ({left.id, came.id}, Likeness.FOLLOWING),
            ]
            assert (found[2].person.id, found[2].other.id) == (came.id, left.id)
            assert possible_duplicates(session, viewer_of(session, cast.accounts["bosse"], TODAY)) == []
            only = possible_duplicates(session, viewer, person_id=left.id)
            assert [twins.likeness for twins in only] == [Likeness.FOLLOWING]

    def test_a_new_name_and_number_but_the_address_from_before(self, in_kil, cast):
        with in_kil() as session:
            new = self.add(session, cast, "Anna", "Nygift", "n")
            person(session, cast, "anna").email = None
            session.add(
                FormerDetails(
                    person_id=cast.people["anna"],
                    employee_number="anna-1",
                    given_name="Anna",
                    family_name="Åkesson",
                    sort_key="",
                    email="anna@kommun.example",
                    until=TODAY,
                    changed_at=NOW,
                )
            )
            session.flush()
            viewer = viewer_of(session, cast.accounts["david"], TODAY)
            found = possible_duplicates(session, viewer)
            assert [{twins.person.id, twins.other.id} for twins in found] == [{cast.people["anna"], new.id}]

    def test_the_number_of_queries_does_not_grow(self, database, in_kil, cast):
        ran = []

        def note(_connection, _cursor, statement, *_rest):
            ran.append(statement)

        def queries():
            ran.clear()
            with database.bound(cast.kil, reading=True) as session:
                viewer = viewer_of(session, cast.accounts["david"], TODAY)
                event.listen(database.engine, "before_cursor_execute", note)
                found = len(possible_duplicates(session, viewer))
                event.remove(database.engine, "before_cursor_execute", note)
            return found, len([one for one in ran if one.startswith("SELECT") and "set_config" not in one])

        with in_kil() as session:
            self.add(session, cast, "Anna", "Åkesson", "b")
        one = queries()
        with in_kil() as session:
            for number in range(30):
                for copy in "ab":
                    self.add(session, cast, f"Par{number}", "Lika", f"{copy}{number}")
        many = queries()
        assert (one[0], many[0]) == (1, 31)
        assert one[1] == many[1]


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
