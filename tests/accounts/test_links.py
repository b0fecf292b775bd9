"""Invitations and forgotten passwords: a link works once, for a while, and only when its form is sent."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.accounts.conftest import PASSWORD
from tests.factories import sign_in
from tracker import clock
from tracker.accounts import operations, passwords
from tracker.accounts.models import Account, LinkPurpose, OneTimeLink
from tracker.audit.models import JournalEntry
from tracker.edge import transaction
from tracker.mail.models import OutgoingMail

NEW = "sju feta grisar i gräset"


@pytest.fixture(autouse=True)
def english(client):
    client.set_cookie("locale", "en")


@pytest.fixture
def make(database, cast):
    def make(name="anna", lasts=timedelta(hours=2), ago=timedelta()):
        now = clock.now() - ago
        with transaction(database, cast.kil, now=now) as session:
            account = session.get_one(Account, cast.accounts[name])
            return operations.make_link(session, account=account, lasts=lasts, now=now)

    return make


def choose(client, token, password=NEW, again=None):
    return client.post(f"/link/{token}", data={"password": password, "again": again or password})


def kept(database, cast, name="anna"):
    with database.bound(cast.kil) as session:
        return session.get_one(Account, cast.accounts[name]).password_hash


class TestUsingALink:
    def test_opening_it_uses_nothing_up(self, client, database, cast, make):
        token = make()
        for _ in range(3):
            answer = client.get(f"/link/{token}")
            assert answer.status_code == 200
            assert "Kils kommun" in answer.text
        client.head(f"/link/{token}")
        with database.bound(cast.kil) as session:
            assert session.scalars(select(OneTimeLink)).one().consumed_at is None
        assert kept(database, cast) is None
        assert choose(client, token).status_code == 302

    @pytest.mark.parametrize("password", ["anna.ny0@kil.example", "Anna.Ny0 2026!", "E-100234-100234"])
    def test_ones_own_address_and_number_are_no_passwords(self, client, database, cast, make, password):
        with transaction(database, cast.kil, now=clock.now()) as session:
            account = session.get_one(Account, cast.accounts["anna"])
            account.email, account.employee_number = "anna.ny0@kil.example", "E100234"
        assert choose(client, make(), password).status_code == 422
        assert kept(database, cast) is None

    def test_it_chooses_the_password_and_signs_in(self, client, database, cast, make):
        assert choose(client, make()).location == "/"
        assert "Anna Åkesson" in client.get("/account").text
        assert passwords.matches(kept(database, cast), NEW)
        with database.bound(cast.kil) as session:
            actions = session.scalars(select(JournalEntry.action).order_by(JournalEntry.number)).all()
        assert actions == ["account.password_chosen", "account.signed_in"]

    def test_it_works_once(self, client, app, database, cast, make):
        token = make()
        choose(client, token)
        for answer in (
            app.test_client().get(f"/link/{token}"),
            choose(app.test_client(), token, "nio svarta katter ute"),
        ):
            assert answer.status_code == 410
        assert passwords.matches(kept(database, cast), NEW)

    def test_it_ends_all_sessions_and_other_links(self, client, app, database, cast, make):
        elsewhere = sign_in(app.test_client(), database, cast, "anna")
        other = make()
        choose(client, make())
        assert elsewhere.get("/account").status_code == 302
        assert client.get(f"/link/{other}").status_code == 410

    @pytest.mark.parametrize("password", ["kort", "Kilskommun2026!", "qwertyuiop123"])
    def test_a_weak_password_does_not_use_it_up(self, client, database, cast, make, password):
        token = make()
        assert choose(client, token, password).status_code == 422
        assert choose(client, token, NEW, again="annat än det där").status_code == 422
        assert kept(database, cast) is None
        assert choose(client, token).status_code == 302

    def test_who_administers_accounts_needs_a_longer_one(self, client, cast, make):
        token = make("mona")
        assert "At least 15 characters" in client.get(f"/link/{token}").text
        assert choose(client, token, "fyra smala gås").status_code == 422
        assert choose(client, token, "fyra smala gäss").status_code == 302

    @pytest.mark.parametrize("what", ["unknown", "too old", "disabled"])
    def test_what_cannot_be_used_says_what_to_do(self, client, database, cast, make, what):
        token = "A" * 43
        if what == "too old":
            token = make(lasts=timedelta(hours=2), ago=timedelta(hours=2))
        elif what == "disabled":
            token = make()
            with database.bound(cast.kil) as session:
                session.get_one(Account, cast.accounts["anna"]).disabled_at = clock.now()
                session.commit()
        for answer in (client.get(f"/link/{token}"), choose(client, token)):
            assert answer.status_code == 410
            assert "Get a new link" in answer.text
        assert kept(database, cast) is None

    def test_who_is_signed_in_as_another_becomes_the_links_owner(self, client, database, cast, make):
        sign_in(client, database, cast, "bosse")
        with client.session_transaction() as cookie:
            bosses = cookie["_user_id"]
        assert choose(client, make()).status_code == 302
        assert "Anna Åkesson" in client.get("/account").text
        assert operations.signed_in_by(database, bosses, clock.now()) is None

    def test_the_secret_is_not_logged(self, client, cast, make, capsys):
        token = make()
        client.get(f"/link/{token}")
        choose(client, token)
        logged = "".join(capsys.readouterr())
        assert "/link/<token>" in logged
        assert token not in logged


class TestForgotten:
    def ask(self, client, identifier):
        return client.post("/forgotten", data={"identifier": identifier}, follow_redirects=True)

    def mails(self, database):
        with database.wide() as session:
            return session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)).all()

    @pytest.mark.parametrize("identifier", ["anna@kommun.example", "anna-1"])
    def test_the_mailed_link_works(self, client, database, cast, give_password, identifier):
        give_password("anna")
        assert self.ask(client, identifier).status_code == 200
        (mail,) = self.mails(database)
        assert (mail.kind, mail.address, mail.locale) == ("reset", "anna@kommun.example", "sv")
        (token,) = re.findall(r"http://localhost/link/([\w-]{43})", mail.text)
        assert token in mail.html
        assert passwords.matches(kept(database, cast), PASSWORD)
        assert choose(client, token).status_code == 302

    def test_who_never_had_a_password_is_invited(self, client, database, cast):
        self.ask(client, "anna-1")
        (mail,) = self.mails(database)
        assert mail.kind == "invitation"
        with database.bound(cast.kil) as session:
            link = session.scalars(select(OneTimeLink)).one()
        assert link.purpose is LinkPurpose.INVITATION
        assert link.token_hash not in mail.text

    def test_the_answer_is_the_same_for_everyone(self, client, database, cast):
        with database.bound(cast.kil) as session:
            session.get_one(Account, cast.accounts["bosse"]).disabled_at = clock.now()
            session.get_one(Account, cast.accounts["eva"]).email = None
            session.commit()
        answers = [self.ask(client, identifier) for identifier in ("anna-1", "bosse-1", "eva-1", "ingen@alls.example")]
        texts = {re.sub(r'(value="|CSRFToken": ")[\w.-]{40,}', "", answer.text) for answer in answers}
        assert [answer.status_code for answer in answers] == [200] * 4
        assert len(texts) == 1
        assert [mail.address for mail in self.mails(database)] == ["anna@kommun.example"]

    def test_it_does_not_end_earlier_links(self, client, cast, make):
        token = make()
        self.ask(client, "anna-1")
        assert client.get(f"/link/{token}").status_code == 200

    def test_in_both_municipalities_that_know_the_address(self, client, database, cast):
        with database.bound(cast.grums) as session:
            session.get_one(Account, cast.accounts["omar"]).email_key = "anna@kommun.example"
            session.commit()
        self.ask(client, "anna@kommun.example")
        assert {mail.municipality_id for mail in self.mails(database)} == {cast.kil, cast.grums}

    def test_asking_again_and_again_is_slowed_down(self, client, database, cast):
        assert [self.ask(client, "anna-1").status_code for _ in range(4)] == [200, 200, 200, 429]
        assert self.ask(client, "ingen-1").status_code == 200
        assert len(self.mails(database)) == 3
