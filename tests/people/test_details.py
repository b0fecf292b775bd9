"""Changing what people are called and how they are reached: nothing is lost, and nobody is taken for somebody else."""

import re
from contextlib import contextmanager
from datetime import date

import pytest
from sqlalchemy import event, select

from tests.conftest import NOW
from tests.factories import add_completion, add_course, add_person, sign_in
from tests.hr.rosters import content, line
from tests.hr.test_pages import go_through, upload
from tracker.accounts.models import Account
from tracker.audit.models import JournalEntry
from tracker.dashboards.queries.search import people
from tracker.edge import transaction
from tracker.learning.operations import issue_certificate
from tracker.people.models import Employment, FormerDetails, Person
from tracker.people.queries import by_employee_number, by_employee_numbers, people_page, viewer_of
from tracker.systems.models import Access

TODAY = date(2026, 11, 23)
ANNA = {"given_name": "Anna", "family_name": "Åkesson", "employee_number": "anna-1", "email": "anna@kommun.example"}


@pytest.fixture
def david(client, database, cast):
    return sign_in(client, database, cast, "david")


def change(client, cast, name="anna", **says):
    return client.post(f"/people/{cast.person_ids[name]}/details", data=ANNA | says)


def person_of(database, cast, name="anna"):
    with database.bound(cast.kil, reading=True) as session:
        return session.get_one(Person, cast.people[name])


class TestByHand:
    def test_the_account_follows_and_what_was_is_kept(self, david, database, cast):
        shown = david.get(f"/people/{cast.person_ids['anna']}")
        assert f"/people/{cast.person_ids['anna']}/details" in shown.text
        assert david.get(f"/people/{cast.person_ids['anna']}/details").status_code == 200
        answer = change(david, cast, family_name="Berg", employee_number="900", email="anna.berg@kommun.example")
        assert answer.location == f"/people/{cast.person_ids['anna']}"
        with database.bound(cast.kil, reading=True) as session:
            anna = session.get_one(Person, cast.people["anna"])
            assert (anna.family_name, anna.employee_number) == ("Berg", "900")
            account = session.get_one(Account, cast.accounts["anna"])
            assert (account.display_name, account.employee_number) == ("Anna Berg", "900")
            assert account.email_key == "anna.berg@kommun.example"
            former = session.scalars(select(FormerDetails)).one()
            assert (former.person_id, former.employee_number, former.family_name, former.email) == (
                anna.id,
                "anna-1",
                "Åkesson",
                "anna@kommun.example",
            )
            entry = session.scalars(select(JournalEntry).where(JournalEntry.action == "person.changed")).one()
            assert entry.subject == cast.person_ids["anna"]
            assert entry.details == {"changed": ["employee_number", "family_name", "email"]}
            assert session.scalars(select(Employment.id).where(Employment.person_id == anna.id)).one()
        shown = david.get(answer.location).text
        assert "anna-1, Anna Åkesson, anna@kommun.example" in shown

    def test_old_names_and_numbers_still_lead_to_the_person(self, david, database, cast):
        change(david, cast, family_name="Berg", employee_number="900")
        change(david, cast, family_name="Carlsson", employee_number="901")
        with database.bound(cast.kil, reading=True) as session:
            viewer = viewer_of(session, cast.accounts["david"], TODAY)
            for words in ("Anna Åkesson", "anna-1", "900", "901", "Berg anna", "Carlsson"):
                found = people(session, viewer, words, TODAY, limit=9)
                assert cast.people["anna"] in [one.id for one in found.shown], words
                listed = people_page(session, viewer, day=TODAY, words=words)
                assert cast.people["anna"] in [one.person.id for one in listed.rows], words
            numbers = by_employee_numbers(session, ["anna-1", "900", "901", "bosse-1", "nobody"])
            assert {number: person.id for number, person in numbers.items()} == {
                "anna-1": cast.people["anna"],
                "900": cast.people["anna"],
                "901": cast.people["anna"],
                "bosse-1": cast.people["bosse"],
            }

    def test_a_list_with_old_and_new_numbers_names_nobody_twice(self, david, database, cast):
        change(david, cast, employee_number="900")
        with transaction(database, cast.kil, now=NOW) as session:
            from tracker.systems.models import ItSystem
            from tracker.systems.operations import Outcome, grant_access

            system = session.get_one(ItSystem, cast.system_id)
            by = viewer_of(session, cast.accounts["david"], TODAY)
            outcomes = grant_access(
                session, system=system, numbers=["anna-1", "900", "x"], starts_on=TODAY, by=by, now=NOW
            )
        assert outcomes == [("anna-1", Outcome.ADDED), ("900", Outcome.REPEATED), ("x", Outcome.UNKNOWN)]
        with database.bound(cast.kil, reading=True) as session:
            assert session.scalars(select(Access.person_id)).all() == [cast.people["anna"]]

    def test_nothing_changed_keeps_nothing(self, david, database, cast):
        assert change(david, cast).status_code == 302
        with database.bound(cast.kil, reading=True) as session:
            assert session.scalars(select(FormerDetails)).all() == []
            assert session.scalars(select(JournalEntry).where(JournalEntry.action == "person.changed")).all() == []

    @pytest.mark.parametrize(
        ("says", "told"),
        [
            ({"employee_number": "bosse-1"}, "Bosse Berg"),
            ({"email": "BOSSE@kommun.example"}, "Bosse Berg"),
            ({"email": "anna at kommun"}, "anna@kommun.example"),
            ({"given_name": " "}, "given_name"),
            ({"family_name": ""}, "family_name"),
            ({"employee_number": ""}, "employee_number"),
            ({"employee_number": "9" * 41}, "employee_number"),
        ],
    )
    def test_what_is_refused(self, david, database, cast, says, told):
        answer = change(david, cast, **says)
        assert answer.status_code == 422
        assert told in answer.text
        assert person_of(database, cast).employee_number == "anna-1"

    def test_a_number_that_was_somebody_s_is_taken_only_if_one_says_so(self, david, database, cast):
        change(david, cast, employee_number="900")
        bosse = {"given_name": "Bosse", "family_name": "Berg", "email": "bosse@kommun.example"}
        refused = change(david, cast, "bosse", employee_number="anna-1", **bosse)
        assert refused.status_code == 422
        assert "Anna Åkesson" in refused.text
        assert 'name="passes_number_on"' in refused.text
        taken = change(david, cast, "bosse", employee_number="anna-1", passes_number_on="y", **bosse)
        assert taken.status_code == 302
        with database.bound(cast.kil, reading=True) as session:
            assert by_employee_number(session, "anna-1").id == cast.people["bosse"]
            assert by_employee_number(session, "900").id == cast.people["anna"]

    def test_the_address_of_who_holds_a_given_role_stays(self, david, database, cast):
        says = {"given_name": "Mona", "family_name": "Mård", "employee_number": "mona-1", "email": "mine@x.example"}
        assert "roller" in david.get(f"/people/{cast.person_ids['mona']}/details").text
        assert change(david, cast, "mona", **says).status_code == 302
        with database.bound(cast.kil, reading=True) as session:
            assert session.get_one(Person, cast.people["mona"]).email == "mine@x.example"
            assert session.get_one(Account, cast.accounts["mona"]).email == "mona@kommun.example"

    def test_a_protected_name_is_not_shown_to_who_changes_it(self, david, database, cast):
        change(david, cast, protected_identity="y", employee_number="900")
        form = david.get(f"/people/{cast.person_ids['anna']}/details")
        assert "Åkesson" not in form.text
        assert "anna@kommun" not in form.text
        blank = {"given_name": "", "family_name": "", "email": "", "protected_identity": "y"}
        assert change(david, cast, employee_number="901", **blank).status_code == 302
        anna = person_of(database, cast)
        assert (anna.employee_number, anna.family_name, anna.email) == ("901", "Åkesson", "anna@kommun.example")
        shown = david.get(f"/people/{cast.person_ids['anna']}").text
        assert "900" in shown
        assert "Åkesson" not in shown
        assert cast.person_ids["anna"] not in david.get("/search?q=Åkesson").text
        assert cast.person_ids["anna"] in david.get("/search?q=900").text

    def test_certificates_still_say_what_was_so(self, david, client, database, cast):
        with transaction(database, cast.kil, now=NOW) as session:
            version = add_course(session, "grund", now=NOW)
            completion = add_completion(session, cast.people["anna"], version, on=date(2026, 5, 1), now=NOW)
            anna = session.get_one(Person, cast.people["anna"])
            code = issue_certificate(session, completion=completion, person=anna, version=version, today=TODAY).code
        change(david, cast, family_name="Berg")
        shown = client.get(f"/verify/{code}").text
        assert "Anna Åkesson" in shown

    @pytest.mark.parametrize("name", ["anna", "bosse", "cecilia", "eva", "mona", "olle", "kim"])
    def test_others_may_not(self, client, database, cast, name):
        sign_in(client, database, cast, name)
        assert change(client, cast, family_name="Berg").status_code == 403
        assert person_of(database, cast).family_name == "Åkesson"

    def test_nor_omar(self, client, database, cast):
        sign_in(client, database, cast, "omar")
        assert change(client, cast, family_name="Berg").status_code == 404
        assert client.get(f"/people/{cast.person_ids['anna']}/details").status_code == 404


class TestRosters:
    def test_a_new_name_is_followed_and_the_old_one_kept(self, david, database, cast):
        sent = upload(david, content(line("anna-1", "Anna", "Berg", unit="11")))
        go_through(david, sent.location)
        with database.bound(cast.kil, reading=True) as session:
            former = session.scalars(select(FormerDetails).where(FormerDetails.family_name == "Åkesson")).one()
            assert former.person_id == cast.people["anna"]
            assert session.get_one(Account, cast.accounts["anna"]).display_name == "Anna Berg"

    def test_an_old_number_in_a_file_finds_the_same_person(self, david, database, cast):
        change(david, cast, employee_number="900")
        sent = upload(david, content(line("anna-1", unit="11", unit_name="Hemtjänsten", parent="10")))
        go_through(david, sent.location)
        with database.bound(cast.kil, reading=True) as session:
            assert session.scalars(select(Person.employee_number).where(Person.family_name == "Åkesson")).all() == [
                "900"
            ]

    def test_an_old_number_by_another_name_joins_nobody(self, david, database, cast):
        change(david, cast, employee_number="900")
        data = content(line("anna-1", "Nils", "Ny", unit="11"), line("5", "Eva", "Annan", unit="11"))
        sent = upload(david, data)
        assert "anna-1" in david.get(sent.location).text
        go_through(david, sent.location)
        with database.bound(cast.kil, reading=True) as session:
            assert session.scalars(select(Person).where(Person.family_name == "Ny")).all() == []
        page = david.get(f"/people/{cast.person_ids['anna']}").text
        address = re.search(r'action="([^"]+/pass-on)"', page)[1]
        assert david.post(address).status_code == 302
        sent = upload(david, data)
        go_through(david, sent.location)
        with database.bound(cast.kil, reading=True) as session:
            nils = session.scalars(select(Person).where(Person.family_name == "Ny")).one()
            assert nils.employee_number == "anna-1"
            assert nils.id != cast.people["anna"]
            assert by_employee_number(session, "anna-1").id == nils.id

    @pytest.fixture
    def loaded(self, david):
        """A roster has been loaded: Stina has number 500."""
        stina = {"unit": "11", "email": "stina@x.example"}
        go_through(david, upload(david, content(line("500", "Stina", "Ström", **stina))).location)
        return content(line("600", "Stina", "Ström", **stina))

    def test_a_new_number_is_pointed_out_and_decided(self, david, database, cast, loaded):
        sent = upload(david, loaded)
        shown = david.get(sent.location).text
        assert "Stina Ström (500 → 600)" in shown
        go_through(david, sent.location, same="600")
        with database.bound(cast.kil, reading=True) as session:
            stina = session.scalars(select(Person).where(Person.family_name == "Ström")).one()
            assert stina.employee_number == "600"
            assert by_employee_number(session, "500").id == stina.id
            employment = session.scalars(select(Employment).where(Employment.person_id == stina.id)).one()
            assert (employment.ends_on, employment.retracted_at) == (None, None)
            assert session.scalars(select(Account).where(Account.employee_number == "600")).one().person_id == stina.id

    def test_a_new_number_is_somebody_new_unless_one_decides(self, david, database, cast, loaded):
        go_through(david, upload(david, loaded).location, same="999")
        with database.bound(cast.kil, reading=True) as session:
            assert set(session.scalars(select(Person.employee_number).where(Person.family_name == "Ström"))) == {
                "500",
                "600",
            }

    def test_a_protected_name_is_not_in_the_preview(self, david, cast):
        says = {"unit": "11", "protected": "J"}
        go_through(david, upload(david, content(line("500", "Hemlig", "Hemligsson", **says))).location)
        shown = david.get(upload(david, content(line("600", "Hemlig", "Hemligsson", **says))).location).text
        assert "(500 → 600)" in shown
        assert "Hemlig" not in shown


@contextmanager
def counted(database):
    """Count the statements that are run."""
    ran = []

    def note(_connection, _cursor, statement, *_rest):
        ran.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield ran
    event.remove(database.engine, "before_cursor_execute", note)


def test_numbers_are_looked_up_together(in_kil, database, cast):
    with in_kil() as session:
        viewer = viewer_of(session, cast.accounts["david"], TODAY)
        for number in range(30):
            person = add_person(
                session,
                "Ny",
                f"Namn{number}",
                unit_id=cast.units["11"],
                position_id=cast.position_id,
                now=NOW,
                employee_number=f"n{number}",
            )
            session.add(
                FormerDetails(
                    person_id=person.id,
                    employee_number=f"old{number}",
                    given_name="Ny",
                    family_name="Gammal",
                    sort_key="gammal ny",
                    until=TODAY,
                    changed_at=NOW,
                )
            )
        session.flush()
        for numbers in (["old1"], [f"old{number}" for number in range(30)]):
            with counted(database) as ran:
                assert len(by_employee_numbers(session, numbers)) == len(numbers)
            assert len(ran) == 2
        assert people_page(session, viewer, day=TODAY, words="gammal").total == 30
