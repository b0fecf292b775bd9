"""Lists of people, and duties given and ended by hand."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.factories import BEGINNING, acting, add_duty, add_person, sign_in
from tracker.audit.models import JournalEntry
from tracker.domain.facts import DutyKind
from tracker.edge import transaction
from tracker.organisation.models import OrgUnit
from tracker.people.models import Duty, Person
from tracker.people.operations import (
    AlreadyHeldError,
    EndsBeforeStartError,
    NeedsSystemError,
    NeedsUnitError,
    OwnDutyError,
    TakesNoSystemError,
    TakesNoUnitError,
    end_duty,
)
from tracker.people.operations import (
    add_duty as give,
)
from tracker.people.queries import people_page, viewer_of

TODAY = date(2026, 11, 23)


def page(session, cast, name, **asked):
    viewer = viewer_of(session, cast.accounts[name], TODAY)
    return people_page(session, viewer, day=TODAY, **asked)


def names(listed):
    return [line.person.given_name for line in listed.rows]


class TestLists:
    def test_in_swedish_order(self, in_kil, cast):
        with in_kil() as session:
            listed = page(session, cast, "david")
        assert names(listed) == [
            "Bosse",
            "Cecilia",
            "David",
            "Eva",
            "Kim",
            "Mona",
            "Olle",
            "Anna",
        ]  # Mård, Olsson, Åkesson

    def test_a_manager_sees_their_own(self, in_kil, cast):
        with in_kil() as session:
            assert names(page(session, cast, "bosse")) == ["Bosse", "Anna"]

    def test_a_learner_and_an_administrator_of_accounts_see_themselves(self, in_kil, cast):
        with in_kil() as session:
            assert names(page(session, cast, "anna")) == ["Anna"]
            assert names(page(session, cast, "mona")) == ["Mona"]

    def test_by_unit_takes_what_lies_below(self, in_kil, cast):
        with in_kil() as session:
            unit = session.get_one(OrgUnit, cast.units["10"])
            assert names(page(session, cast, "david", unit=unit)) == ["Bosse", "Eva", "Anna"]

    def test_by_words(self, in_kil, cast):
        with in_kil() as session:
            assert names(page(session, cast, "david", words="åke an")) == ["Anna"]
            assert names(page(session, cast, "david", words="anna-1")) == ["Anna"]
            assert names(page(session, cast, "david", words="%")) == []

    def test_who_has_left(self, in_kil, cast):
        with in_kil() as session:
            add_person(
                session,
                "Gammal",
                "Anställd",
                unit_id=cast.units["11"],
                position_id=cast.position_id,
                now=NOW,
                ends_on=date(2026, 1, 1),
            )
            assert "Gammal" not in names(page(session, cast, "david"))
            assert "Gammal" in names(page(session, cast, "david", everyone=True))
            assert "Gammal" not in names(page(session, cast, "bosse", everyone=True))

    def test_a_protected_name_is_not_found_nor_given_away_by_its_place(self, in_kil, cast):
        with in_kil() as session:
            add_person(
                session,
                "Hemlig",
                "Aaa",
                unit_id=cast.units["11"],
                position_id=cast.position_id,
                now=NOW,
                protected_identity=True,
                employee_number="777",
            )
            assert names(page(session, cast, "david"))[-1] == "Hemlig"
            assert names(page(session, cast, "david", words="hemlig")) == []
            assert names(page(session, cast, "david", words="777")) == ["Hemlig"]

    def test_the_page(self, client, database, cast):
        sign_in(client, database, cast, "david")
        shown = client.get(f"/people?unit={cast.unit_ids['10']}&q=anna")
        assert "Anna Åkesson" in shown.text
        assert f"/people/{cast.person_ids['anna']}" in shown.text
        assert client.get(f"/people?unit={cast.unit_ids['grums']}").status_code == 404
        assert client.get("/people?day=2019-01-01").status_code == 200

    def test_protected_on_the_page(self, client, database, cast):
        with transaction(database, cast.kil, now=NOW) as session:
            add_person(
                session,
                "Hemlig",
                "Hemlighetsson",
                unit_id=cast.units["11"],
                position_id=cast.position_id,
                now=NOW,
                protected_identity=True,
                employee_number="777",
            )
        for name in ("david", "bosse"):
            sign_in(client, database, cast, name)
            for address in ("/people", f"/organisation/{cast.unit_ids['11']}"):
                shown = client.get(address)
                assert "Hemlig" not in shown.text
                assert "777" in shown.text or shown.status_code == 403

    def test_who_may(self, client, database, cast):
        statuses = {}
        for name in ("anna", "bosse", "cecilia", "david", "eva", "mona", "olle", "kim"):
            sign_in(client, database, cast, name)
            statuses[name] = client.get("/people").status_code
        assert {name for name, status in statuses.items() if status == 200} == {"bosse", "cecilia", "david"}
        sign_in(client, database, cast, "omar")
        assert "Anna" not in client.get("/people").text


def given(session, cast, kind, **says):
    person = session.get_one(Person, cast.people[says.pop("to", "anna")])
    values = {"unit_id": None, "system_id": None, "starts_on": TODAY, "ends_on": None, "by": acting(cast)} | says
    return give(session, person=person, kind=kind, now=NOW, **values)


class TestDuties:
    @pytest.mark.parametrize(
        ("kind", "says", "error"),
        [
            (DutyKind.SYSTEM_OWNER, {}, NeedsSystemError),
            (DutyKind.SYSTEM_OWNER, {"system": True, "unit": True}, TakesNoUnitError),
            (DutyKind.UNIT_MANAGER, {}, NeedsUnitError),
            (DutyKind.UNIT_MANAGER, {"unit": True, "system": True}, TakesNoSystemError),
            (DutyKind.IT_MANAGER, {"unit": True}, TakesNoUnitError),
            (DutyKind.IT_MANAGER, {"system": True}, TakesNoSystemError),
            (DutyKind.IT_MANAGER, {"ends_on": date(2026, 11, 22)}, EndsBeforeStartError),
            (DutyKind.IT_MANAGER, {}, None),
            (DutyKind.LOCAL_IT_RESOURCE_PERSON, {}, None),
            (DutyKind.LOCAL_IT_RESOURCE_PERSON, {"unit": True}, None),
            (DutyKind.HEAD_OF_ADMINISTRATION, {"unit": True}, None),
            (DutyKind.SYSTEM_ADMINISTRATOR, {"system": True}, None),
        ],
    )
    def test_what_a_duty_is_held_for(self, in_kil, cast, kind, says, error):
        says = dict(says)
        for name, value in (("unit", cast.units["11"]), ("system", cast.system_id)):
            if says.pop(name, False):
                says[f"{name}_id"] = value
        with in_kil() as session:
            if error is None:
                given(session, cast, kind, **says)
            else:
                with pytest.raises(error):
                    given(session, cast, kind, **says)

    def test_not_twice_on_the_same_days(self, in_kil, cast):
        with in_kil() as session:
            given(session, cast, DutyKind.IT_MANAGER, ends_on=date(2026, 12, 31))
            with pytest.raises(AlreadyHeldError):
                given(session, cast, DutyKind.IT_MANAGER, starts_on=date(2026, 12, 31))
            given(session, cast, DutyKind.IT_MANAGER, starts_on=date(2027, 1, 1))
            given(session, cast, DutyKind.IT_MANAGER, to="bosse")

    def test_nobody_gives_a_duty_to_themself(self, in_kil, cast):
        with in_kil() as session:
            by = viewer_of(session, cast.accounts["mona"], TODAY)
            with pytest.raises(OwnDutyError):
                given(session, cast, DutyKind.IT_MANAGER, to="mona", by=by)

    def test_ending_keeps_what_was(self, in_kil, cast):
        with in_kil() as session:
            duty = add_duty(session, cast.people["anna"], DutyKind.IT_MANAGER, now=NOW)
            end_duty(session, duty=duty, ends_on=TODAY, by=acting(cast), now=NOW)
        with in_kil() as session:
            standing = session.scalars(
                select(Duty).where(Duty.kind == DutyKind.IT_MANAGER, Duty.retracted_at.is_(None))
            ).one()
            assert (standing.starts_on, standing.ends_on) == (BEGINNING, TODAY)
            assert "duty.ended" in session.scalars(select(JournalEntry.action)).all()

    def test_ending_before_it_began_means_it_never_was(self, in_kil, cast):
        with in_kil() as session:
            duty = given(session, cast, DutyKind.IT_MANAGER, starts_on=date(2027, 1, 1))
            session.flush()
            end_duty(session, duty=duty, ends_on=TODAY, by=acting(cast), now=NOW)
        with in_kil() as session:
            assert not session.scalars(
                select(Duty).where(Duty.kind == DutyKind.IT_MANAGER, Duty.retracted_at.is_(None))
            ).all()

    def test_the_role_follows_at_once(self, in_kil, cast):
        with in_kil() as session:
            given(session, cast, DutyKind.UNIT_MANAGER, to="eva", unit_id=cast.units["10"])
            session.flush()
            assert names(page(session, cast, "eva")) == ["Bosse", "Eva", "Anna"]


class TestDutyPages:
    def test_giving_and_ending(self, client, database, cast):
        sign_in(client, database, cast, "mona")
        address = f"/duties/new?kind=unit_manager&unit={cast.unit_ids['10']}"
        shown = client.get(address)
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', shown.text)[1]
        says = {"csrf_token": token, "kind": "unit_manager", "unit": cast.unit_ids["10"], "system": "", "ends_on": ""}
        unknown = client.post(address, data=says | {"employee_number": "nobody", "starts_on": "2026-11-23"})
        assert unknown.status_code == 422
        own = client.post(address, data=says | {"employee_number": "mona-1", "starts_on": "2026-11-23"})
        assert own.status_code == 422
        assert (
            client.post(address, data=says | {"employee_number": "eva-1", "starts_on": "2026-11-23"}).status_code == 302
        )
        assert "Eva Ek" in client.get("/duties?day=2026-11-23").text
        with database.bound(cast.kil, reading=True) as session:
            duty = session.scalars(select(Duty).where(Duty.unit_id == cast.units["10"])).one()
        ended = client.post(f"/duties/{duty.id}/end", data={"csrf_token": token, "ends_on": "2026-12-31"})
        assert ended.status_code == 302
        with database.bound(cast.kil, reading=True) as session:
            standing = session.scalars(
                select(Duty).where(Duty.unit_id == cast.units["10"], Duty.retracted_at.is_(None))
            ).one()
            assert standing.ends_on == date(2026, 12, 31)

    @pytest.mark.parametrize("path", ["/duties", "/duties/new"])
    def test_who_may(self, client, database, cast, path):
        statuses = {}
        for name in ("anna", "bosse", "cecilia", "david", "eva", "mona", "olle", "kim"):
            sign_in(client, database, cast, name)
            statuses[name] = client.get(path).status_code
        assert {name for name, status in statuses.items() if status == 200} == {"david", "mona"}

    def test_omar_cannot_end_kils_duties(self, client, database, cast):
        with database.bound(cast.kil, reading=True) as session:
            duty = session.scalars(select(Duty).where(Duty.person_id == cast.people["bosse"])).one()
        sign_in(client, database, cast, "omar")
        assert client.get(f"/duties/{duty.id}/end").status_code == 404
        assert "Bosse" not in client.get("/duties").text
