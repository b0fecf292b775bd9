"""Administering accounts: who may do what to whom, and that it takes effect at once."""

import re

import pytest
from sqlalchemy import event, select

from tests.factories import add_account, add_duty, add_person
from tracker import clock
from tracker.accounts.models import Account, LoginSession, OneTimeLink, RoleGrant
from tracker.audit.models import JournalEntry
from tracker.domain.facts import DutyKind
from tracker.edge import transaction
from tracker.mail.models import OutgoingMail
from tracker.people.models import Person
from tracker.permissions import GivenRole

NEW = "sju feta grisar i gräset"


def roles_of(database, cast, name):
    with database.bound(cast.grums if name == "omar" else cast.kil) as session:
        return set(
            session.scalars(
                select(RoleGrant.role).where(
                    RoleGrant.account_id == cast.accounts[name], RoleGrant.revoked_at.is_(None)
                )
            )
        )


def journal(database, cast):
    with database.bound(cast.kil) as session:
        return [
            (entry.action, entry.actor, entry.subject, entry.details)
            for entry in session.scalars(select(JournalEntry).order_by(JournalEntry.number))
        ]


class TestTheList:
    def names(self, client, **query):
        text = client.get("/administration/accounts", query_string=query).text
        return re.findall(r'<th scope="row"><a href="[^"]+">([^<]+)</a>', text)

    def test_everyone_in_swedish_order_and_nobody_else(self, as_):
        assert self.names(as_("mona")) == [
            "Bosse Berg", "Cecilia Ceder", "David Dahl", "Eva Ek", "Kim Karlsson", "Mona Mård", "Olle Olsson", "Anna Åkesson",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({"q": "åkesson"}, ["Anna Åkesson"]),
            ({"q": "ANNA åke"}, ["Anna Åkesson"]),
            ({"q": "bosse@kommun"}, ["Bosse Berg"]),
            ({"q": "david-1"}, ["David Dahl"]),
            ({"q": "%"}, []),
            ({"q": "omar"}, []),
            ({"role": "hr"}, ["David Dahl"]),
            ({"role": "unit_manager"}, ["Bosse Berg"]),
            ({"role": "system_owner"}, ["Eva Ek"]),
            ({"role": "system_administrator"}, []),
            ({"state": "disabled"}, ["Eva Ek"]),
            ({"state": "invited"}, ["David Dahl"]),
            ({"state": "active"}, ["Anna Åkesson"]),
        ],
    )
    def test_search_and_filters(self, as_, database, cast, ids, query, expected):
        mona = as_("mona")
        mona.post(f"/administration/accounts/{ids['eva']}/disable")
        mona.post(f"/administration/accounts/{ids['david']}/invite")
        with database.bound(cast.kil) as session:
            for account in session.scalars(select(Account)):
                account.password_hash = "x" if account.id == cast.accounts["anna"] else None
            session.commit()
        assert self.names(mona, **query) == expected

    def test_twenty_a_page_in_as_many_queries_as_one(self, as_, database, cast):
        mona = as_("mona")

        def counted(**query):
            statements = []
            note = lambda *of: statements.append(of[2])  # noqa: E731
            event.listen(database.engine, "before_cursor_execute", note)
            names = self.names(mona, **query)
            event.remove(database.engine, "before_cursor_execute", note)
            return len(names), len(
                [s for s in statements if s.startswith(("SELECT", "WITH")) and "set_config" not in s]
            )

        few, queries = counted(q="anna")
        assert few == 1
        now = clock.now()
        with transaction(database, cast.kil, now=now) as session:
            for number in range(30):
                person = add_person(
                    session,
                    f"Ny{number}",
                    "Nysson",
                    unit_id=cast.units["11"],
                    position_id=cast.position_id,
                    now=now,
                )
                add_account(session, person, now=now, roles=(GivenRole.HR,))
        assert counted() == (20, queries)
        assert counted(page=2) == (18, queries)
        assert counted(page=99) == (18, queries)

    def test_a_protected_name_is_neither_shown_nor_found(self, as_, database, cast):
        with database.bound(cast.kil) as session:
            session.get_one(Person, cast.people["anna"]).protected_identity = True
            session.commit()
        mona = as_("mona")
        assert self.names(mona, q="åkesson") == []
        assert self.names(mona, q="anna@kommun") == []
        assert self.names(mona, q="anna-1") == ["Protected identity (anna-1)"]
        assert "Åkesson" not in mona.get("/administration/accounts").text
        assert "anna@kommun.example" not in mona.get("/administration/accounts").text

    @pytest.mark.parametrize("name", ["anna", "bosse", "cecilia", "david", "eva", "kim"])
    def test_not_for_others(self, as_, ids, name):
        client = as_(name)
        assert client.get("/administration/accounts").status_code == 403
        assert client.get(f"/administration/accounts/{ids['anna']}").status_code == 403
        assert client.post(f"/administration/accounts/{ids['anna']}/disable").status_code == 403

    def test_not_for_omar(self, as_, ids, database, cast):
        omar = as_("omar")
        assert self.names(omar) == ["Omar Omarsson"]
        for act in ("", "/roles", "/roles/revoke", "/invite", "/hand-over", "/disable", "/enable", "/sessions/end"):
            address = f"/administration/accounts/{ids['anna']}{act}"
            answer = omar.post(address, data={"role": "hr"}) if act else omar.get(address)
            assert answer.status_code == 404
        assert journal(database, cast) == []


class TestRoles:
    def give(self, client, account_id, role):
        return client.post(f"/administration/accounts/{account_id}/roles", data={"role": role})

    def revoke(self, client, account_id, role):
        return client.post(f"/administration/accounts/{account_id}/roles/revoke", data={"role": role})

    def test_giving_and_taking_back(self, as_, ids, database, cast):
        mona, anna = as_("mona"), as_("anna")
        assert self.give(mona, ids["anna"], "hr").status_code == 302
        assert roles_of(database, cast, "anna") == {GivenRole.HR}
        assert anna.get("/account").status_code == 302  # Signed out, to come back with the role.
        anna = as_("anna")
        assert self.revoke(mona, ids["anna"], "hr").status_code == 302
        assert roles_of(database, cast, "anna") == set()
        assert anna.get("/account").status_code == 302
        ended = ("account.sessions_ended", ids["mona"], ids["anna"], {"count": 1})
        assert journal(database, cast) == [
            ("role.given", ids["mona"], ids["anna"], {"role": "hr"}),
            ended,
            ("role.revoked", ids["mona"], ids["anna"], {"role": "hr"}),
            ended,
        ]

    def test_giving_twice_gives_once(self, as_, ids, database, cast):
        mona = as_("mona")
        self.give(mona, ids["anna"], "hr")
        self.give(mona, ids["anna"], "hr")
        assert [action for action, *_ in journal(database, cast)] == ["role.given"]

    @pytest.mark.parametrize("role", ["learner", "unit_manager", "system_owner", "system_administrator"])
    @pytest.mark.parametrize("name", ["mona", "olle"])
    def test_what_follows_from_facts_cannot_be_given(self, as_, ids, database, cast, role, name):
        answer = self.give(as_(name), ids["anna"], role)
        assert answer.status_code == 422
        assert "instead" in answer.text or "cannot be given by hand" in answer.text
        with database.bound(cast.kil) as session:
            assert len(session.scalars(select(RoleGrant)).all()) == 5  # those of the cast
        assert journal(database, cast) == []

    @pytest.mark.parametrize(
        ("name", "role", "allowed"),
        [
            ("mona", "hr", True),
            ("mona", "training_administrator", True),
            ("mona", "coordinator", False),
            ("mona", "operator", False),
            ("olle", "hr", True),
            ("olle", "coordinator", True),
            ("mona", "made_up", False),
            ("mona", "", False),
        ],
    )
    def test_only_roles_at_or_below_ones_own_level(self, as_, ids, database, cast, name, role, allowed):
        answer = self.give(as_(name), ids["anna"], role)
        assert answer.status_code == (302 if allowed else 422)
        assert roles_of(database, cast, "anna") == ({GivenRole(role)} if allowed else set())

    def test_never_to_oneself(self, as_, ids, database, cast):
        for name, role in (("mona", "hr"), ("olle", "municipality_administrator")):
            answer = self.give(as_(name), ids[name], role)
            assert answer.status_code == 422
            assert "yourself" in answer.text
        self.revoke(as_("mona"), ids["mona"], "municipality_administrator")
        assert roles_of(database, cast, "mona") == {GivenRole.MUNICIPALITY_ADMINISTRATOR}
        assert roles_of(database, cast, "olle") == {GivenRole.OPERATOR}

    def test_the_page_offers_only_what_may_be_given(self, as_, ids):
        offered = re.findall(
            r'<option[^>]*value="(\w+)"', as_("mona").get(f"/administration/accounts/{ids['david']}").text
        )
        assert offered == ["training_administrator", "municipality_administrator"]

    def test_each_role_is_shown_with_why(self, as_, ids, database, cast):
        mona = as_("mona")
        bosse = mona.get(f"/administration/accounts/{ids['bosse']}").text
        assert "manages Hemtjänsten" in bosse
        assert "owns Omsorgsjournalen" in mona.get(f"/administration/accounts/{ids['eva']}").text
        assert "Imports" not in bosse
        with transaction(database, cast.kil, now=clock.now()) as session:
            add_duty(
                session,
                cast.people["bosse"],
                DutyKind.HEAD_OF_ADMINISTRATION,
                unit_id=cast.units["10"],
                now=clock.now(),
            )
        assert "is head of Vård och omsorg" in mona.get(f"/administration/accounts/{ids['bosse']}").text


class TestAboveOnesLevel:
    """An administrator of a municipality could otherwise become an operator by taking an operator's account over."""

    @pytest.mark.parametrize("act", ["invite", "hand-over", "disable", "enable", "sessions/end"])
    @pytest.mark.parametrize("name", ["olle", "kim", "mona"])
    def test_nothing_is_done(self, as_, ids, database, cast, act, name):
        theirs = as_(name)
        mona = as_("mona")
        answer = mona.post(f"/administration/accounts/{ids[name]}/{act}", follow_redirects=True)
        assert "link/" not in answer.text
        assert journal(database, cast) == []
        assert theirs.get("/account").status_code == 200
        with database.bound(cast.kil) as session:
            assert session.scalars(select(OneTimeLink)).all() == []
            assert session.get_one(Account, cast.accounts[name]).disabled_at is None

    def test_nor_to_one_session(self, as_, ids, database, cast):
        olle, mona = as_("olle"), as_("mona")
        with database.bound(cast.kil) as session:
            login = session.scalars(select(LoginSession).where(LoginSession.account_id == cast.accounts["olle"])).one()
        mona.post(f"/administration/accounts/{ids['olle']}/sessions/{login.public_id}/end")
        assert olle.get("/account").status_code == 200

    def test_the_page_offers_nothing(self, as_, ids):
        mona = as_("mona")
        for name in ("olle", "mona"):
            page = mona.get(f"/administration/accounts/{ids[name]}").text
            assert f'action="/administration/accounts/{ids[name]}' not in page


class TestLettingIn:
    def test_an_invitation_is_mailed_and_works(self, as_, app, ids, database, cast):
        mona = as_("mona")
        assert mona.post(f"/administration/accounts/{ids['anna']}/invite").status_code == 302
        with database.bound(cast.kil) as session:
            (mail,) = session.scalars(select(OutgoingMail)).all()
        assert (mail.kind, mail.address) == ("invitation", "anna@kommun.example")
        assert "Anna" not in mail.subject
        (token,) = re.findall(r"/link/([\w-]{43})", mail.text)
        assert app.test_client().get(f"/link/{token}").status_code == 200
        assert journal(database, cast) == [("account.link_mailed", ids["mona"], ids["anna"], {})]

    def test_a_new_one_ends_the_earlier(self, as_, app, ids, database, cast):
        mona = as_("mona")
        for _ in range(2):
            mona.post(f"/administration/accounts/{ids['anna']}/invite")
        with database.bound(cast.kil) as session:
            mails = session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)).all()
        tokens = [re.findall(r"/link/([\w-]{43})", mail.text)[0] for mail in mails]
        assert [app.test_client().get(f"/link/{token}").status_code for token in tokens] == [410, 200]

    def test_a_link_to_hand_over_is_shown_once_and_works(self, as_, app, ids, database, cast):
        mona = as_("mona")
        answer = mona.post(f"/administration/accounts/{ids['anna']}/hand-over")
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        (token,) = re.findall(r"http://localhost/link/([\w-]{43})", answer.text)
        assert token not in mona.get(f"/administration/accounts/{ids['anna']}").text
        assert journal(database, cast) == [("account.link_handed_over", ids["mona"], ids["anna"], {})]
        with database.bound(cast.kil) as session:
            assert session.scalars(select(OutgoingMail)).all() == []
        anna = app.test_client()
        assert anna.post(f"/link/{token}", data={"password": NEW, "again": NEW}).status_code == 302
        assert "Anna Åkesson" in anna.get("/account").text

    def test_who_has_no_address_is_handed_a_link(self, as_, ids, database, cast):
        with database.bound(cast.kil) as session:
            session.get_one(Account, cast.accounts["anna"]).email = None
            session.commit()
        mona = as_("mona")
        answer = mona.post(f"/administration/accounts/{ids['anna']}/invite", follow_redirects=True)
        assert "no e-mail address" in answer.text
        assert journal(database, cast) == []
        assert f"{ids['anna']}/invite" not in mona.get(f"/administration/accounts/{ids['anna']}").text


class TestKeepingOut:
    def test_disabled_is_out_at_once_and_enabled_is_in_again(self, as_, app, ids, database, cast):
        mona, anna = as_("mona"), as_("anna")
        mona.post(f"/administration/accounts/{ids['anna']}/invite")
        with database.bound(cast.kil) as session:
            token = re.findall(r"/link/([\w-]{43})", session.scalars(select(OutgoingMail.text)).one())[0]
        assert mona.post(f"/administration/accounts/{ids['anna']}/disable").status_code == 302
        assert anna.get("/account").status_code == 302
        assert app.test_client().get(f"/link/{token}").status_code == 410
        for act in ("invite", "hand-over"):
            answer = mona.post(f"/administration/accounts/{ids['anna']}/{act}", follow_redirects=True)
            assert "Enable it first" in answer.text
        mona.post(f"/administration/accounts/{ids['anna']}/enable")
        assert anna.get("/account").status_code == 302  # The old session stays dead.
        assert as_("anna").get("/account").status_code == 200
        assert [action for action, *_ in journal(database, cast)] == [
            "account.link_mailed",
            "account.disabled",
            "account.sessions_ended",
            "account.enabled",
        ]

    def test_sessions_are_listed_and_ended(self, as_, ids, database, cast):
        mona, phone, desk = as_("mona"), as_("anna"), as_("anna")
        with database.bound(cast.kil) as session:
            first, _second = session.scalars(
                select(LoginSession).where(LoginSession.account_id == cast.accounts["anna"]).order_by(LoginSession.id)
            ).all()
        page = mona.get(f"/administration/accounts/{ids['anna']}").text
        assert page.count("127.0.0.1") == 2
        mona.post(f"/administration/accounts/{ids['anna']}/sessions/{first.public_id}/end")
        assert [phone.get("/account").status_code, desk.get("/account").status_code] == [302, 200]
        mona.post(f"/administration/accounts/{ids['anna']}/sessions/end")
        assert desk.get("/account").status_code == 302
        assert mona.post(f"/administration/accounts/{ids['bosse']}/sessions/{first.public_id}/end").status_code == 404
