"""Who gets in, who does not, and what an onlooker can tell from the answer."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.accounts.conftest import PASSWORD
from tests.factories import sign_in as already_signed_in
from tracker import clock
from tracker.accounts import operations, passwords, throttling
from tracker.accounts.models import Account, FailedSignIn, LoginSession
from tracker.audit.models import JournalEntry

REFUSED = "E-postadressen"


def enter(client, identifier, password=PASSWORD, to="/sign-in", **more):
    return client.post(to, data={"identifier": identifier, "password": password, **more})


@pytest.fixture(autouse=True)
def english(client):
    client.set_cookie("locale", "en")


class TestWhoGetsIn:
    @pytest.mark.parametrize("identifier", ["anna@kommun.example", " Anna@KOMMUN.example ", "anna-1"])
    def test_by_address_in_any_case_or_by_number(self, client, database, cast, give_password, identifier):
        give_password("anna")
        answer = enter(client, identifier)
        assert (answer.status_code, answer.location) == (302, "/")
        assert client.get("/account").status_code == 200

    def test_a_number_that_two_municipalities_use(self, client, database, cast, give_password):
        with database.bound(cast.grums) as session:
            session.get_one(Account, cast.accounts["omar"]).employee_number = "anna-1"
            session.commit()
        give_password("anna")
        give_password("omar", password="sju feta grisar i gräs")
        assert enter(client, "anna-1", "sju feta grisar i gräs").status_code == 302
        assert b"Grums kommun" in client.get("/account").data

    def test_the_same_password_in_two_municipalities_asks_which(self, client, database, cast, give_password):
        with database.bound(cast.grums) as session:
            session.get_one(Account, cast.accounts["omar"]).employee_number = "anna-1"
            session.commit()
        give_password("anna", "omar")
        answer = enter(client, "anna-1")
        assert answer.status_code == 422
        assert b"several municipalities" in answer.data
        assert b'value="grums"' in answer.data
        assert enter(client, "anna-1", municipality="grums").status_code == 302
        assert b"Grums kommun" in client.get("/account").data

    def test_a_new_session_and_a_new_cookie_each_time(self, client, database, cast, give_password):
        give_password("anna")
        enter(client, "anna-1")
        with client.session_transaction() as cookie:
            first = cookie["_user_id"]
            cookie["left behind"] = "x"
        enter(client, "anna-1")
        with client.session_transaction() as cookie:
            assert cookie["_user_id"] != first
            assert "left behind" not in cookie
        assert operations.signed_in_by(database, first, clock.now()) is None

    def test_the_database_keeps_a_fingerprint_and_little_of_the_browser(self, client, database, cast, give_password):
        give_password("anna")
        client.post(
            "/sign-in",
            data={"identifier": "anna-1", "password": PASSWORD},
            headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"},
        )
        with client.session_transaction() as cookie:
            token = cookie["_user_id"]
        with database.bound(cast.kil) as session:
            login = session.scalars(select(LoginSession)).one()
        assert login.token_hash != token
        assert (login.browser, login.address) == ("Firefox · Windows", "127.0.0.1")
        assert login.expires_at - login.started_at == timedelta(hours=10)

    def test_an_old_hash_is_made_anew(self, client, database, cast, give_password, monkeypatch):
        give_password("anna")
        stronger = passwords.PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
        monkeypatch.setattr(passwords, "_hasher", stronger)
        enter(client, "anna-1")
        with database.bound(cast.kil) as session:
            assert "t=2" in session.get_one(Account, cast.accounts["anna"]).password_hash
        assert enter(client, "anna-1").status_code == 302

    def test_it_is_in_the_journal(self, client, database, cast, give_password):
        give_password("anna")
        enter(client, "anna-1")
        client.post("/sign-out")
        with database.bound(cast.kil) as session:
            anna = session.get_one(Account, cast.accounts["anna"]).public_id
            entries = session.execute(select(JournalEntry.action, JournalEntry.actor, JournalEntry.subject)).all()
        assert entries == [("account.signed_in", anna, anna), ("account.signed_out", anna, anna)]


class TestWhoDoesNot:
    @pytest.mark.parametrize(
        ("identifier", "password"),
        [("anna-1", "fel lösenord helt"), ("ingen-1", PASSWORD), ("bosse-1", PASSWORD), ("eva-1", PASSWORD)],
        ids=["wrong password", "nobody", "disabled", "never invited"],
    )
    def test_every_refusal_reads_the_same(self, client, database, cast, give_password, identifier, password):
        give_password("anna", "bosse")
        with database.bound(cast.kil) as session:
            session.get_one(Account, cast.accounts["bosse"]).disabled_at = clock.now()
            session.commit()
        answer = enter(client, identifier, password)
        assert answer.status_code == 422
        assert answer.data.count(b"do not belong together") == 1
        assert client.get("/account").status_code == 302
        with database.bound(cast.kil) as session:
            assert session.scalars(select(JournalEntry)).all() == []
            assert session.scalars(select(LoginSession)).all() == []

    @pytest.mark.parametrize("identifier", ["anna-1", "ingen-1", "eva-1"])
    def test_one_password_is_compared_whoever_it_is(self, client, cast, give_password, monkeypatch, identifier):
        give_password("anna")
        compared = []
        really = passwords.matches
        monkeypatch.setattr(passwords, "matches", lambda *of: compared.append(of) or really(*of))
        enter(client, identifier, "fel lösenord helt")
        assert len(compared) == 1

    def test_empty_fields(self, client, cast):
        answer = enter(client, "", "")
        assert answer.status_code == 422
        assert b"Write your password." in answer.data


class TestOnwards:
    @pytest.mark.parametrize(
        "elsewhere",
        [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example/",
            "\\\\evil.example",
            "/\t/evil.example",
            "/%0d%0aSet-Cookie:x=1\r\n",
            "javascript:alert(1)",
            "evil.example",
            "http:evil.example",
        ],
    )
    def test_never_leads_elsewhere(self, client, cast, give_password, elsewhere):
        give_password("anna")
        answer = client.post(
            "/sign-in", query_string={"next": elsewhere}, data={"identifier": "anna-1", "password": PASSWORD}
        )
        assert (answer.status_code, answer.location) == (302, "/")

    def test_leads_to_where_one_was_heading(self, client, cast, give_password):
        give_password("anna")
        turned_away = client.get("/account?day=2026-01-01")
        assert turned_away.status_code == 302
        answer = enter(client, "anna-1", to=turned_away.location)
        assert answer.location == "/account?day=2026-01-01"

    def test_who_is_signed_in_already_goes_on(self, client, database, cast):
        already_signed_in(client, database, cast, "anna")
        assert client.get("/sign-in?next=/account").location == "/account"


class TestSlowingDown:
    def fail(self, client, times, identifier="anna-1"):
        return [enter(client, identifier, "fel lösenord helt").status_code for _ in range(times)]

    def test_the_sixth_attempt_waits_even_with_the_right_password(self, client, cast, give_password):
        give_password("anna")
        assert self.fail(client, 5) == [422] * 5
        answer = enter(client, "anna-1")
        assert answer.status_code == 429
        assert b"Try again in 15 minutes." in answer.data
        assert answer.headers["Retry-After"] == "900"
        assert client.get("/account").status_code == 302

    def test_others_are_let_in_meanwhile(self, client, cast, give_password):
        give_password("bosse")
        self.fail(client, 6)
        assert enter(client, "bosse-1").status_code == 302

    def test_nobody_is_locked_out_for_good(self, database, cast, give_password):
        give_password("anna")
        now = clock.now()

        def attempt(minutes, password):
            return operations.authenticated(
                database,
                identifier="anna-1",
                password=password,
                address="192.0.2.1",
                now=now + timedelta(minutes=minutes),
            )

        for _ in range(5):
            with pytest.raises(operations.SignInRefusedError):
                attempt(0, "fel")
        for minutes in (1, 5, 14):  # Attempts that are refused do not make the wait longer.
            with pytest.raises(throttling.TooManyAttemptsError) as waiting:
                attempt(minutes, PASSWORD)
            assert waiting.value.minutes == 15 - minutes
        assert attempt(15, PASSWORD).id == cast.accounts["anna"]

    def test_success_clears_the_slate(self, client, cast, give_password):
        give_password("anna")
        self.fail(client, 4)
        assert enter(client, "anna-1").status_code == 302
        client.post("/sign-out")
        assert self.fail(client, 4) == [422] * 4
        assert enter(client, "anna-1").status_code == 302

    def test_one_address_and_one_identifier_have_limits_of_their_own(self, database, cast):
        now = clock.now()
        budget = throttling.Budget("x", timedelta(minutes=15), identifier_from_address=2, identifier=3, address=4)

        def attempt(identifier, address):
            throttling.count_attempt(database, budget, identifier=identifier, address=address, now=now)

        attempt("a", "1")
        attempt("a", "2")
        attempt("a", "3")
        with pytest.raises(throttling.TooManyAttemptsError):
            attempt("a", "4")
        for identifier in ("b", "c", "d"):
            attempt(identifier, "1")
        with pytest.raises(throttling.TooManyAttemptsError):
            attempt("e", "1")

    def test_what_is_kept_is_no_address_and_goes_after_a_day(self, client, database, cast):
        self.fail(client, 1)
        with database.wide() as session:
            kept = session.scalars(select(FailedSignIn.key)).all()
            assert len(kept) == 3
            assert not any("anna" in key or "127" in key for key in kept)
        throttling.count_attempt(
            database, throttling.RESET, identifier="x", address="y", now=clock.now() + timedelta(hours=25)
        )
        with database.wide() as session:
            assert not set(kept) & set(session.scalars(select(FailedSignIn.key)))


class TestSigningOut:
    def test_ends_the_session_here_and_in_the_database(self, client, database, cast, give_password):
        give_password("anna")
        enter(client, "anna-1")
        with client.session_transaction() as cookie:
            token = cookie["_user_id"]
        answer = client.post("/sign-out")
        assert (answer.status_code, answer.location) == (302, "/sign-in")
        assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
        assert operations.signed_in_by(database, token, clock.now()) is None
        assert client.get("/account").status_code == 302

    def test_by_who_has_been_signed_out_already(self, client, cast):
        assert client.post("/sign-out").location == "/sign-in"

    def test_not_by_a_link(self, client, cast):
        assert client.get("/sign-out").status_code == 405
