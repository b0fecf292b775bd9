"""The register of IT systems, and who uses them."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.factories import acting, add_access, add_person, sign_in
from tests.organisation.test_organisation import queries_of
from tracker.edge import transaction
from tracker.people.queries import viewer_of
from tracker.systems.models import Access, Importance, ItSystem, SystemScope
from tracker.systems.operations import (
    CodeTakenError,
    Outcome,
    SystemDetails,
    add_system,
    change_system,
    end_access,
    grant_access,
)
from tracker.systems.queries import may_see_users, plan_overdue, register, users_page

TODAY = date(2026, 11, 23)
DETAILS = {
    "code": "post",
    "name": "Posten",
    "purpose": "E-post",
    "supplier": "Leverantören",
    "scope": SystemScope.MUNICIPALITY_WIDE,
    "importance": Importance.IMPORTANT,
    "security_plan_on": None,
}


def grant(session, cast, *numbers, starts_on=TODAY):
    system = session.get_one(ItSystem, cast.system_id)
    return grant_access(session, system=system, numbers=numbers, starts_on=starts_on, by=acting(cast), now=NOW)


class TestAccess:
    def test_each_number_is_told_what_became_of_it(self, in_kil, cast):
        with in_kil() as session:
            grant(session, cast, "bosse-1")
            outcomes = grant(session, cast, "anna-1", "bosse-1", "anna-1", "nobody", "omar-1")
        assert outcomes == [
            ("anna-1", Outcome.ADDED),
            ("bosse-1", Outcome.ALREADY),
            ("anna-1", Outcome.REPEATED),
            ("nobody", Outcome.UNKNOWN),
            ("omar-1", Outcome.UNKNOWN),
        ]
        with in_kil() as session:
            assert set(session.scalars(select(Access.person_id))) == {cast.people["anna"], cast.people["bosse"]}

    def test_a_new_access_touches_the_person(self, in_kil, cast):
        with in_kil() as session:
            grant(session, cast, "anna-1")
            assert session.touched.persons == {cast.people["anna"]}

    def test_ending_keeps_what_was_and_lets_one_come_back(self, in_kil, cast):
        with in_kil() as session:
            add_access(session, cast.people["anna"], cast.system_id, starts_on=date(2025, 1, 1), now=NOW)
            session.flush()
            access = session.scalars(select(Access)).one()
            end_access(session, access=access, ends_on=date(2026, 11, 22), by=acting(cast), now=NOW)
        with in_kil() as session:
            standing = session.scalars(select(Access).where(Access.retracted_at.is_(None))).one()
            assert (standing.starts_on, standing.ends_on) == (date(2025, 1, 1), date(2026, 11, 22))
            assert grant(session, cast, "anna-1") == [("anna-1", Outcome.ADDED)]


class TestRegister:
    @pytest.mark.parametrize(
        ("importance", "decided", "overdue"),
        [
            (Importance.ORDINARY, None, False),
            (Importance.IMPORTANT, None, True),
            (Importance.IMPORTANT, date(2025, 11, 23), False),
            (Importance.IMPORTANT, date(2025, 11, 22), True),
            (Importance.IMPORTANT, date(2027, 1, 1), True),
        ],
    )
    def test_security_plans_last_a_year(self, importance, decided, overdue):
        assert plan_overdue(ItSystem(importance=importance, security_plan_on=decided), TODAY) is overdue

    def test_lines(self, in_kil, cast):
        with in_kil() as session:
            add_system(session, details=SystemDetails(**DETAILS), by=acting(cast), now=NOW)
            grant(session, cast, "anna-1", "bosse-1")
            session.flush()
            lines = {
                line.system.name: (line.users, [owner.given_name for owner in line.owners], line.plan_overdue)
                for line in register(session, TODAY)
            }
            assert [line.system.code for line in register(session, TODAY, words="lever post")] == ["post"]
            assert [line.system.code for line in register(session, TODAY, scope=SystemScope.OPERATION_SPECIFIC)] == [
                "omsorg"
            ]
        assert lines == {"Omsorgsjournalen": (2, ["Eva"], False), "Posten": (0, [], True)}

    def test_changing(self, in_kil, cast):
        with in_kil() as session:
            system = add_system(session, details=SystemDetails(**DETAILS), by=acting(cast), now=NOW)
            session.flush()
            with pytest.raises(CodeTakenError):
                change_system(
                    session, system=system, details=SystemDetails(**DETAILS | {"code": "omsorg"}), by=acting(cast)
                )
            change_system(
                session, system=system, details=SystemDetails(**DETAILS | {"name": "Brevet"}), by=acting(cast)
            )
            assert (system.name, system.code) == ("Brevet", "post")


class TestWhoSees:
    def test_users_are_seen_by_owners_of_that_system(self, in_kil, cast):
        with in_kil() as session:
            other = add_system(session, details=SystemDetails(**DETAILS), by=acting(cast), now=NOW)
            session.flush()
            own = session.get_one(ItSystem, cast.system_id)
            seen = {
                name: [may_see_users(viewer_of(session, cast.accounts[name], TODAY), one) for one in (own, other)]
                for name in ("anna", "bosse", "cecilia", "david", "eva", "mona", "kim")
            }
        assert seen == {
            "anna": [False, False],
            "bosse": [False, False],
            "cecilia": [True, True],
            "david": [True, True],
            "eva": [True, False],
            "mona": [False, False],
            "kim": [False, False],
        }

    def test_the_owner_sees_names_but_not_records(self, client, database, cast):
        with transaction(database, cast.kil, now=NOW) as session:
            hidden = add_person(
                session,
                "Hemlig",
                "Hemlighetsson",
                unit_id=cast.units["11"],
                position_id=cast.position_id,
                now=NOW,
                protected_identity=True,
                employee_number="777",
            )
            for person_id in (cast.people["anna"], hidden.id):
                add_access(session, person_id, cast.system_id, starts_on=date(2025, 1, 1), now=NOW)
        sign_in(client, database, cast, "eva")
        shown = client.get(f"/systems/{cast.system_public_id}?day=2026-11-23")
        assert "Anna Åkesson" in shown.text
        assert f"/people/{cast.person_ids['anna']}" not in shown.text
        assert "Hemlig" not in shown.text
        assert "777" in shown.text
        sign_in(client, database, cast, "mona")
        assert "Anna" not in client.get(f"/systems/{cast.system_public_id}?day=2026-11-23").text

    @pytest.mark.parametrize("path", ["", "/{system}", "/new", "/{system}/edit", "/{system}/access"])
    def test_who_may(self, client, database, cast, path):
        address = "/systems" + path.format(system=cast.system_public_id)
        statuses = {}
        for name in ("anna", "bosse", "cecilia", "david", "eva", "mona", "olle", "kim", "omar"):
            sign_in(client, database, cast, name)
            statuses[name] = client.get(address).status_code
        viewing = path in ("", "/{system}")
        may = {"cecilia", "mona"} | ({"david", "eva"} if viewing else set())
        expected = {name: 200 if name in may else 403 for name in statuses}
        expected["omar"] = 404 if "{system}" in path else 200
        assert statuses == expected


class TestPages:
    @pytest.fixture
    def cecilia(self, client, database, cast):
        return sign_in(client, database, cast, "cecilia")

    @staticmethod
    def token(client, address):
        return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(address).text)[1]

    def test_adding_and_changing(self, cecilia, database, cast):
        token = self.token(cecilia, "/systems/new")
        says = {
            "csrf_token": token,
            "name": "Posten",
            "code": "post",
            "purpose": "",
            "supplier": "",
            "scope": "municipality_wide",
            "importance": "important",
            "security_plan_on": "",
        }
        added = cecilia.post("/systems/new", data=says)
        assert added.status_code == 302
        assert cecilia.post("/systems/new", data=says).status_code == 422
        changed = cecilia.post(f"{added.location}/edit", data=says | {"security_plan_on": "2026-10-01"})
        assert changed.status_code == 302
        with database.bound(cast.kil, reading=True) as session:
            system = session.scalars(select(ItSystem).where(ItSystem.code == "post")).one()
        assert system.security_plan_on == date(2026, 10, 1)

    def test_a_pasted_list(self, cecilia, cast):
        address = f"/systems/{cast.system_public_id}/access"
        token = self.token(cecilia, address)
        says = {"csrf_token": token, "starts_on": "2026-11-01", "numbers": "anna-1\r\nbosse-1; nobody,\tanna-1"}
        shown = cecilia.post(address, data=says)
        assert shown.status_code == 200
        assert shown.text.count('<th scope="row">') == 2
        assert "nobody" in shown.text
        assert "Bosse Berg" in cecilia.get(f"/systems/{cast.system_public_id}?day=2026-11-23").text

    def test_ending(self, cecilia, database, cast):
        with transaction(database, cast.kil, now=NOW) as session:
            add_access(session, cast.people["anna"], cast.system_id, starts_on=date(2025, 1, 1), now=NOW)
        with database.bound(cast.kil, reading=True) as session:
            access = session.scalars(select(Access)).one()
        address = f"/systems/{cast.system_public_id}/access/{access.id}/end"
        token = self.token(cecilia, address)
        assert cecilia.post(address, data={"csrf_token": token, "ends_on": ""}).status_code == 422
        assert cecilia.post(address, data={"csrf_token": token, "ends_on": "2026-11-01"}).status_code == 302
        assert "Anna" not in cecilia.get(f"/systems/{cast.system_public_id}?day=2026-11-23").text

    def test_query_counts_do_not_grow(self, cecilia, database, cast):
        def counts():
            return [
                queries_of(database, lambda address=address: cecilia.get(address))
                for address in ("/systems", f"/systems/{cast.system_public_id}")
            ]

        with transaction(database, cast.kil, now=NOW) as session:
            add_access(session, cast.people["anna"], cast.system_id, starts_on=date(2025, 1, 1), now=NOW)
        counts()
        before = counts()
        with transaction(database, cast.kil, now=NOW) as session:
            for number in range(30):
                person = add_person(
                    session,
                    "Person",
                    f"Nummer{number}",
                    unit_id=cast.units["11"],
                    position_id=cast.position_id,
                    now=NOW,
                    employee_number=f"n{number}",
                )
                add_access(session, person.id, cast.system_id, starts_on=date(2025, 1, 1), now=NOW)
                add_system(session, details=SystemDetails(**DETAILS | {"code": f"s{number}"}), by=acting(cast), now=NOW)
        assert counts() == before

    def test_users_come_a_page_at_a_time(self, in_kil, cast):
        with in_kil() as session:
            for number in range(60):
                person = add_person(
                    session,
                    "Person",
                    f"Nummer{number:02}",
                    unit_id=cast.units["11"],
                    position_id=cast.position_id,
                    now=NOW,
                    employee_number=f"n{number}",
                )
                add_access(session, person.id, cast.system_id, starts_on=date(2025, 1, 1), now=NOW)
            session.flush()
            viewer = viewer_of(session, cast.accounts["eva"], TODAY)
            system = session.get_one(ItSystem, cast.system_id)
            listed = users_page(session, viewer, system, TODAY, number=2)
        assert (listed.total, len(listed.rows), listed.rows[0].person.family_name) == (60, 10, "Nummer50")
