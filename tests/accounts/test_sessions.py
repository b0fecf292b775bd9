"""How long a session lives, and who ends it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.accounts.conftest import PASSWORD
from tests.factories import sign_in
from tracker import clock
from tracker.accounts import operations, passwords
from tracker.accounts.models import Account, LoginSession

NEW = "sju feta grisar i gräset"


@pytest.fixture
def anna(client, database, cast, give_password):
    give_password("anna")
    client.set_cookie("locale", "en")
    return sign_in(client, database, cast, "anna")


def token_of(client):
    with client.session_transaction() as cookie:
        return cookie["_user_id"]


class TestHowLong:
    def test_idle_for_half_an_hour(self, database, cast, anna):
        token, now = token_of(anna), clock.now()
        assert operations.signed_in_by(database, token, now + timedelta(minutes=29)) is not None
        # Being asked was use: another 29 minutes are fine, 31 are not.
        assert operations.signed_in_by(database, token, now + timedelta(minutes=58)) is not None
        assert operations.signed_in_by(database, token, now + timedelta(minutes=89)) is None

    def test_ten_hours_however_busy(self, database, cast, anna):
        token, start = token_of(anna), clock.now()
        for minutes in range(0, 599, 20):
            assert operations.signed_in_by(database, token, start + timedelta(minutes=minutes)) is not None
        assert operations.signed_in_by(database, token, start + timedelta(hours=10, seconds=1)) is None

    def test_a_disabled_account_is_out_at_once(self, database, cast, anna):
        assert anna.get("/account").status_code == 200
        with database.bound(cast.kil) as session:
            session.get_one(Account, cast.accounts["anna"]).disabled_at = clock.now()
            session.commit()
        assert anna.get("/account").status_code == 302


class TestMyAccount:
    def test_shows_me_and_where_i_am_signed_in(self, anna):
        answer = anna.get("/account").text
        assert "Anna Åkesson" in answer
        assert "anna@kommun.example" in answer
        assert "127.0.0.1" in answer

    def test_i_end_another_of_my_sessions(self, app, database, cast, anna):
        phone = sign_in(app.test_client(), database, cast, "anna")
        with database.bound(cast.kil) as session:
            login = session.scalars(select(LoginSession).order_by(LoginSession.id.desc()).limit(1)).one()
        assert anna.post(f"/account/sessions/{login.public_id}/end").status_code == 302
        assert phone.get("/account").status_code == 302
        assert anna.get("/account").status_code == 200

    def test_nobody_else_ends_it(self, app, database, cast, anna):
        with database.bound(cast.kil) as session:
            login = session.scalars(select(LoginSession)).one()
        for name in ("bosse", "mona", "omar"):
            other = sign_in(app.test_client(), database, cast, name)
            assert other.post(f"/account/sessions/{login.public_id}/end").status_code == 404
        assert anna.get("/account").status_code == 200

    def test_i_end_all_others(self, app, database, cast, anna):
        others = [sign_in(app.test_client(), database, cast, "anna") for _ in range(2)]
        bosse = sign_in(app.test_client(), database, cast, "bosse")
        assert anna.post("/account/sessions/end-others").status_code == 302
        assert [other.get("/account").status_code for other in others] == [302, 302]
        assert [anna.get("/account").status_code, bosse.get("/account").status_code] == [200, 200]


class TestChangingThePassword:
    def change(self, client, present=PASSWORD, new=NEW, again=None):
        return client.post("/account", data={"present": present, "password": new, "again": again or new})

    def test_signs_out_everywhere_else(self, app, database, cast, anna):
        phone = sign_in(app.test_client(), database, cast, "anna")
        assert self.change(anna).status_code == 302
        assert phone.get("/account").status_code == 302
        assert anna.get("/account").status_code == 200
        with database.bound(cast.kil) as session:
            kept = session.get_one(Account, cast.accounts["anna"]).password_hash
        assert passwords.matches(kept, NEW)

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            ({"present": "fel"}, "not your present password"),
            ({"new": "kort"}, "at least 12 characters"),
            ({"new": "Kilskommun2026!"}, "easy to guess"),
            ({"again": "någonting annat"}, "not the same"),
        ],
    )
    def test_what_is_refused_changes_nothing(self, database, cast, anna, data, message):
        with database.bound(cast.kil) as session:
            session.get_one(Account, cast.accounts["anna"]).locale = "en"
            session.commit()
        answer = self.change(anna, **data)
        assert answer.status_code == 422
        assert message in answer.text
        with database.bound(cast.kil) as session:
            kept = session.get_one(Account, cast.accounts["anna"]).password_hash
        assert passwords.matches(kept, PASSWORD)

    def test_guesses_at_the_present_one_are_slowed_down(self, anna):
        assert [self.change(anna, present="fel").status_code for _ in range(6)] == [422] * 5 + [429]
        assert self.change(anna).status_code == 429
