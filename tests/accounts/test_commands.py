"""The commands with which a new installation begins, and those that check the journal."""

import re

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from tests.conftest import NOW
from tracker import schema
from tracker.accounts.models import Account, RoleRequest
from tracker.app import create_app
from tracker.audit.models import JournalEntry
from tracker.cli import main
from tracker.config import Config
from tracker.db import Database
from tracker.mail.models import OutgoingMail
from tracker.permissions import GivenRole

NEW = "sju feta grisar i gräset"


@pytest.fixture
def url(tmp_path):
    url = f"sqlite:///{tmp_path / 'tracker.db'}"
    database = Database(url)
    schema.upgrade(database)
    database.engine.dispose()
    return url


@pytest.fixture
def tracker(url):
    def run(*arguments):
        environment = {"DATABASE_URL": url, "TRACKER_BASE_URL": "http://localhost", "TRACKER_ENVIRONMENT": "test"}
        return CliRunner().invoke(main, arguments, env=environment)

    return run


def add_kil(tracker):
    return tracker("municipality", "add", "--code", "1715", "--slug", "kil", "--name", "Kils kommun")


def create(tracker, *more):
    return tracker(
        "account", "create", "--municipality", "kil", "--name", "Olle", "--email", "olle@kil.example", "--role", "operator",
        *more,
    )  # fmt: skip


def test_a_new_installation_begins(tracker, url):
    assert add_kil(tracker).exit_code == 0
    made = create(tracker)
    assert made.exit_code == 0
    (token,) = re.findall(r"^http://localhost/link/([\w-]{43})$", made.output, re.MULTILINE)
    app = create_app(Config(environment="test", base_url="http://localhost"), Database(url))
    app.config["WTF_CSRF_ENABLED"] = False
    olle = app.test_client()
    assert olle.post(f"/link/{token}", data={"password": NEW, "again": NEW}).status_code == 302
    assert olle.get("/administration/accounts").status_code == 200
    app.extensions["tracker"].database.engine.dispose()


@pytest.mark.parametrize(
    ("code", "slug"),
    [("171", "kil"), ("17155", "kil"), ("17a5", "kil"), ("1715", "Kil"), ("1715", ""), ("1715", "k l")],
)
def test_a_municipality_needs_a_code_and_a_short_name(tracker, code, slug):
    answer = tracker("municipality", "add", "--code", code, "--slug", slug, "--name", "Kils kommun")
    assert answer.exit_code == 1


def test_neither_is_added_twice(tracker):
    add_kil(tracker)
    assert "already" in add_kil(tracker).output
    create(tracker)
    again = create(tracker)
    assert (again.exit_code, "already" in again.output) == (1, True)


def test_an_account_needs_something_to_sign_in_with_and_a_municipality(tracker):
    add_kil(tracker)
    assert tracker("account", "create", "--municipality", "kil", "--name", "Olle").exit_code == 2
    nowhere = tracker("account", "create", "--municipality", "sunne", "--name", "Olle", "--email", "o@x.example")
    assert (nowhere.exit_code, "sunne" in nowhere.output) == (1, True)


def test_a_role_that_follows_from_facts_is_no_choice(tracker):
    add_kil(tracker)
    assert create(tracker, "--role", "unit_manager").exit_code == 2


def test_the_journal_is_checked(tracker, url):
    add_kil(tracker)
    create(tracker)
    whole = tracker("journal", "verify")
    assert (whole.exit_code, whole.output) == (0, "kil: 4 entries, chain whole\n")
    kept = tracker("journal", "head").output.strip()
    assert re.fullmatch(r"kil 4 [0-9a-f]{64}", kept)
    assert tracker("journal", "verify", "--head", kept).exit_code == 0
    assert tracker("journal", "verify", "--head", "kil 4 " + "f" * 64).exit_code == 1
    assert tracker("journal", "verify", "--head", "nonsense").exit_code == 2

    database = Database(url)
    with database.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER journal_entry_no_update"))
        connection.execute(text("UPDATE journal_entry SET actor = 'system:other' WHERE number = 3"))
    database.engine.dispose()
    broken = tracker("journal", "verify", "--municipality", "kil")
    assert (broken.exit_code, broken.output) == (1, "kil: 2 entries, chain BROKEN at entry 3\n")


def test_a_command_gives_a_high_role_alone_and_the_journal_says_so(tracker, url):
    add_kil(tracker)
    create(tracker)
    give = ("account", "give-role", "--municipality", "kil", "--role", "municipality_administrator")
    given = tracker(*give, "--email", "Olle@kil.example")
    assert (given.exit_code, given.output) == (
        0,
        "Olle has the role municipality_administrator, from the next sign-in.\n",
    )
    unknown = tracker(*give, "--employee-number", "4711")
    assert (unknown.exit_code, "no account with 4711" in unknown.output) == (1, True)
    assert tracker(*give).exit_code == 2
    database = Database(url)
    with database.wide() as session:
        entry = session.scalars(select(JournalEntry).order_by(JournalEntry.number.desc())).first()
        assert (entry.action, entry.actor) == ("role.given", "system:command")
        assert entry.details == {"role": "municipality_administrator"}
    database.engine.dispose()


def test_who_had_asked_for_the_role_gets_a_mail(tracker, url):
    add_kil(tracker)
    create(tracker)
    tracker("account", "create", "--municipality", "kil", "--name", "Mona", "--email", "mona@kil.example")
    database = Database(url)
    with database.wide() as session:
        olle, mona = session.scalars(select(Account).order_by(Account.id))
        role = GivenRole.MUNICIPALITY_ADMINISTRATOR
        asked = {"account_id": olle.id, "role": role, "asked_at": NOW, "asked_by_id": mona.id}
        session.add(RoleRequest(municipality_id=olle.municipality_id, **asked))
        session.commit()
    give = ("account", "give-role", "--municipality", "kil", "--role", role.value, "--email", "olle@kil.example")
    assert [tracker(*give).exit_code for _ in range(2)] == [0, 0]
    with database.wide() as session:
        (mail,) = session.scalars(select(OutgoingMail))
        assert (mail.address, mail.subject) == ("mona@kil.example", "Rollen är godkänd: Kommunadministratör")
        assert "http://localhost/administration/accounts/" in mail.text
    database.engine.dispose()
