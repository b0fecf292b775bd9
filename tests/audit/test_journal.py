"""The chain holds, and a break in it shows."""

import ast
import re
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, NoResultFound

from tests.conftest import NOW
from tests.factories import acting, sign_in
from tracker.accounts.models import Account
from tracker.administration.details import LABELS
from tracker.audit.chain import FIRST_HASH
from tracker.audit.models import JournalEntry, JournalHead
from tracker.audit.operations import record
from tracker.audit.queries import Head, head, verify
from tracker.edge import transaction


@pytest.fixture
def write(database, cast):
    def write(*actions: str, **details):
        for action in actions:
            with transaction(database, cast.kil, now=NOW) as session:
                anna = session.get_one(Account, cast.accounts["anna"])
                record(session, action, subject=anna, by=acting(cast), **details)

    return write


@pytest.fixture
def tamper(request, database):
    """Run a statement on the tables as who owns them might, with what guards the journal out of the way."""

    @contextmanager
    def unguarded(engine):
        with engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                for act in ("update", "delete"):
                    connection.execute(text(f"DROP TRIGGER journal_entry_no_{act}"))
            else:
                connection.execute(text("SELECT set_config('app.wide', 'on', true)"))
                connection.execute(text("ALTER TABLE journal_entry DISABLE TRIGGER journal_entry_append_only"))
            yield connection
            if engine.dialect.name != "sqlite":
                connection.execute(text("ALTER TABLE journal_entry ENABLE TRIGGER journal_entry_append_only"))

    def run(statement: str) -> None:
        sqlite = database.engine.dialect.name == "sqlite"
        engine = database.engine if sqlite else request.getfixturevalue("postgres")[0].engine
        with unguarded(engine) as connection:
            assert connection.execute(text(statement)).rowcount == 1

    return run


def found(database, cast, known=None):
    with database.bound(cast.kil, reading=True) as session:
        verification = verify(session, known=known)
    return verification.sound, verification.broken_at


class TestTheChain:
    def test_is_whole_from_the_first_entry_on(self, database, cast, write):
        assert found(database, cast) == (0, None)
        write("a.done", "b.done", detail="åäö", figures=[1, 2.5, None], nested={"b": 1, "a": True})
        assert found(database, cast) == (2, None)
        with database.bound(cast.kil) as session:
            first, second = session.scalars(select(JournalEntry).order_by(JournalEntry.number)).all()
            assert first.previous_hash == FIRST_HASH
            assert second.previous_hash == first.hash
            assert head(session) == Head(2, second.hash)

    def test_is_each_municipalitys_own(self, database, cast, write):
        write("a.done")
        with transaction(database, cast.grums, now=NOW) as session:
            omar = session.get_one(Account, cast.accounts["omar"])
            record(session, "x.done", subject=omar, by=acting(cast))
        with database.bound(cast.grums) as session:
            assert session.scalars(select(JournalEntry.number)).all() == [1]
            assert verify(session).whole
        assert found(database, cast) == (1, None)

    def test_holds_what_was_done_only_if_it_was(self, database, cast, write):
        write("a.done")

        def fail():
            with transaction(database, cast.kil, now=NOW) as session:
                record(session, "b.done", subject=session.get_one(Account, cast.accounts["anna"]), by=acting(cast))
                session.get_one(Account, 0)

        with pytest.raises(NoResultFound):
            fail()
        assert found(database, cast) == (1, None)

    def test_stays_one_chain_under_concurrent_writers(self, database, cast, write):
        failed = []
        start = threading.Barrier(4)

        def writer():
            try:
                start.wait()
                write("a.done", "b.done", "c.done", "d.done", "e.done")
            except Exception as error:  # noqa: BLE001
                failed.append(error)

        threads = [threading.Thread(target=writer) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        assert found(database, cast) == (20, None)


class TestABreak:
    @pytest.fixture(autouse=True)
    def _entries(self, write):
        write("a.done", "b.done", "c.done", "d.done")

    @pytest.mark.parametrize(
        "change",
        [
            "action = 'x.done'",
            "actor = 'system:other'",
            "subject = 'other'",
            "details = '{\"x\": 1}'",
            "hash = 'f'",
            "previous_hash = 'f'",
            "number = 9",
        ],
    )
    def test_a_changed_entry(self, database, cast, tamper, change):
        tamper(f"UPDATE journal_entry SET {change} WHERE number = 2")
        assert found(database, cast) == (1, 2)

    def test_an_entry_taken_away(self, database, cast, tamper):
        tamper("DELETE FROM journal_entry WHERE number = 3")
        assert found(database, cast) == (2, 3)

    def test_the_end_cut_off(self, database, cast, tamper):
        tamper("DELETE FROM journal_entry WHERE number = 4")
        assert found(database, cast) == (3, 4)

    def test_the_end_cut_off_and_hidden_shows_against_a_head_kept_outside(self, database, cast, tamper):
        with database.bound(cast.kil) as session:
            known = head(session)
        tamper("DELETE FROM journal_entry WHERE number = 4")
        with database.bound(cast.kil) as session:
            third = session.scalars(select(JournalEntry).where(JournalEntry.number == 3)).one()
            last = session.scalars(select(JournalHead)).one()
            last.number, last.hash = third.number, third.hash
            session.commit()
        assert found(database, cast) == (3, None)
        assert found(database, cast, known) == (3, 4)
        assert found(database, cast, Head(3, third.hash)) == (3, None)

    def test_a_chain_written_anew_shows_against_a_head_kept_outside(self, database, cast):
        assert found(database, cast, Head(2, "f" * 64)) == (1, 2)

    def test_the_application_itself_cannot(self, database, cast):
        def run(statement):
            with database.engine.begin() as connection:
                if connection.dialect.name == "postgresql":
                    connection.execute(text("SELECT set_config('app.wide', 'on', true)"))
                connection.execute(text(statement))

        for statement in ("UPDATE journal_entry SET action = 'x'", "DELETE FROM journal_entry"):
            with pytest.raises(DBAPIError):
                run(statement)
        assert found(database, cast) == (4, None)


class TestThePage:
    def test_says_who_did_what_in_words(self, app, database, cast, write):
        write("account.disabled")
        mona = sign_in(app.test_client(), database, cast, "mona")
        swedish = mona.get("/journal")
        assert swedish.status_code == 200
        assert "Anna Åkesson" in swedish.text
        mona.post("/preferences", data={"locale": "en"})
        english = mona.get("/journal").text
        assert "Account disabled" in english
        assert "The system (test)" in english

    def test_says_the_details_in_words(self, app, database, cast, write):
        write(
            "test.done",
            completed_on="2025-03-01",
            evidence="read_and_acknowledged",
            states="overdue lapsed",
            unit=cast.unit_ids["11"],
            person=cast.person_ids["bosse"],
            changes={"units_new": 2, "later": 1},
            changed={"name": ["Lex", "Lexis"]},
            steps=["one", "two"],
            granted=True,
            known="",
            unheard_of="as_it_is",
        )
        mona = sign_in(app.test_client(), database, cast, "mona")
        facts = dict(re.findall(r"<div><dt>(.*?)</dt><dd>(.*?)</dd></div>", mona.get("/journal").text))
        assert facts["Genomförd"] == "1 mars 2025"
        mona.post("/preferences", data={"locale": "en"})
        facts = dict(re.findall(r"<div><dt>(.*?)</dt><dd>(.*?)</dd></div>", mona.get("/journal").text))
        assert list(facts.items())[:11] == [
            ("Completed on", "1 March 2025"),
            ("Evidence", "Read and acknowledged"),
            ("States", "Overdue, Lapsed"),
            ("Unit", "Hemtjänsten"),
            ("Person", "Bosse Berg"),
            ("Changes", "2 new units, later: 1"),
            ("Changed", "Name: Lex → Lexis"),
            ("Exercises", "one, two"),
            ("Granted", "Yes"),
            ("As it was known on", "–"),
            ("unheard_of", "as_it_is"),
        ]

    def test_every_detail_has_a_word(self):
        named = set()
        for file in Path(record.__code__.co_filename).parents[1].rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "record":
                    named |= {each.arg for each in node.keywords if each.arg}
                elif (
                    isinstance(node, ast.Assign)
                    and isinstance(node.value, ast.Dict)
                    and ast.unparse(node.targets[0]) == "details"
                ):
                    named |= {ast.literal_eval(key) for key in node.value.keys}
        assert len(named) > 40
        assert named - {"subject", "by"} <= LABELS.keys()

    def test_filters(self, app, database, cast, write):
        write("account.disabled", "account.enabled")
        mona = sign_in(app.test_client(), database, cast, "mona")

        def numbers(**query):
            return re.findall(r'<th scope="row" class="num">(\d+)</th>', mona.get("/journal", query_string=query).text)

        assert numbers() == ["2", "1"]
        assert numbers(action="account.enabled") == ["2"]
        assert numbers(who="system:test") == ["2", "1"]
        assert numbers(who="mona") == []
        assert numbers(on="2026-11-23") == ["2", "1"]
        assert numbers(on="2026-11-22") == []
        assert numbers(on="not a day") == ["2", "1"]

    @pytest.mark.parametrize("name", ["anna", "bosse", "cecilia", "david", "eva", "olle", "kim"])
    def test_not_for_others(self, app, database, cast, name):
        assert sign_in(app.test_client(), database, cast, name).get("/journal").status_code == 403

    def test_omar_sees_his_own_only(self, app, database, cast, write):
        write("account.disabled")
        omar = sign_in(app.test_client(), database, cast, "omar")
        answer = omar.get("/journal")
        assert answer.status_code == 200
        assert "Anna" not in answer.text
        assert 'scope="row"' not in answer.text
