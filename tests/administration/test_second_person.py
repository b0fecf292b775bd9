"""A high role takes two people: one who asks, and one who approves. Until then it carries nothing."""

import re
import threading
from datetime import timedelta
from functools import partial
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.administration.test_accounts import journal, roles_of
from tests.conftest import NOW
from tests.factories import add_account, add_person
from tests.snapshots import is_as_in
from tracker import clock
from tracker.accounts.models import Account, RoleGrant, RoleOutcome, RoleRequest
from tracker.accounts.operations import give_role
from tracker.administration.operations import NotWaitingError, approve_role, decline_role
from tracker.edge import transaction
from tracker.mail.models import OutgoingMail
from tracker.people.models import Person
from tracker.people.queries import viewer_of
from tracker.permissions import GRANTS, HIGH, GivenRole, Permission, Role, system

ADMINISTRATOR = "municipality_administrator"
ASKED = ("role.approval_asked", {"role": ADMINISTRATOR})


@pytest.fixture
def nora(database, cast):
    """A second municipality administrator of Kil's."""
    with transaction(database, cast.kil, now=NOW) as session:
        person = add_person(session, "Nora", "Norén", unit_id=cast.units["20"], position_id=cast.position_id, now=NOW)
        account = add_account(session, person, now=NOW, roles=(GivenRole.MUNICIPALITY_ADMINISTRATOR,))
        account.locale = "en"
        cast.accounts["nora"], cast.people["nora"] = account.id, person.id


def ask(client, account_id, role=ADMINISTRATOR):
    return client.post(f"/administration/accounts/{account_id}/roles", data={"role": role}, follow_redirects=True)


WHY = "Hon slutar i mars."


def answer(client, account_id, request_id, act, why=WHY):
    path = f"/administration/accounts/{account_id}/roles/{request_id}/{act}"
    return client.post(path, data={"why": why}, follow_redirects=True)


def text(answer):
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def requests(database, cast):
    with database.bound(cast.kil, reading=True) as session:
        return list(session.scalars(select(RoleRequest).order_by(RoleRequest.id)))


def mails(database, cast):
    with database.bound(cast.kil, reading=True) as session:
        return list(session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


def acts(database, cast):
    return [(action, details) for action, _actor, _subject, details in journal(database, cast)]


@pytest.fixture
def waiting(nora, as_, ids, database, cast):
    """Mona has asked that Anna be municipality administrator; the public id of what waits."""
    assert ask(as_("mona"), ids["anna"]).status_code == 200
    (asked,) = requests(database, cast)
    return asked.public_id


def test_high_are_the_roles_that_can_let_others_in():
    assert {GivenRole.MUNICIPALITY_ADMINISTRATOR, GivenRole.OPERATOR} == HIGH
    assert all(Permission.ACCOUNT_ADMIN not in GRANTS[Role(role)] for role in set(GivenRole) - HIGH)


def test_what_waits_carries_nothing(app, as_, ids, database, cast, waiting):
    anna = as_("anna")
    assert roles_of(database, cast, "anna") == set()
    with database.bound(cast.kil, reading=True) as session:
        viewer = viewer_of(session, cast.accounts["anna"], NOW.date())
    assert viewer.roles == {Role.LEARNER}
    demanding = [
        rule
        for rule in app.url_map.iter_rules()
        if not rule.arguments and "GET" in rule.methods
        and (permission := app.view_functions[rule.endpoint].permission) is not None
        and not viewer.may(permission)
    ]  # fmt: skip
    assert {"administration.accounts", "audit.journal"} <= {rule.endpoint for rule in demanding}
    assert {anna.get(rule.rule).status_code for rule in demanding} == {403}
    assert answer(anna, ids["anna"], waiting, "approve").status_code == 403
    listed = as_("mona").get("/administration/accounts", query_string={"role": ADMINISTRATOR}).text
    assert re.findall(r'<th scope="row"><a href="[^"]+">([^<]+)</a>', listed) == ["Mona Mård", "Nora Norén"]


def test_a_second_person_approves(as_, ids, database, cast, waiting):
    anna, nora = as_("anna"), as_("nora")
    shown = answer(nora, ids["anna"], waiting, "approve").text
    assert "The role is approved." in shown
    assert "Waits for a second person" not in shown
    assert roles_of(database, cast, "anna") == {GivenRole.MUNICIPALITY_ADMINISTRATOR}
    assert anna.get("/account").status_code == 302  # Signed out, to come back with the role.
    assert as_("anna").get("/administration/accounts").status_code == 200
    assert acts(database, cast) == [
        ASKED,
        ("role.given", {"role": ADMINISTRATOR, "asked_by": ids["mona"]}),
        ("account.sessions_ended", {"count": 1}),
    ]
    with database.bound(cast.kil) as session:
        grant = session.scalars(select(RoleGrant).where(RoleGrant.account_id == cast.accounts["anna"])).one()
        assert grant.granted_by_id == cast.accounts["nora"]
    (asked,) = requests(database, cast)
    assert (asked.outcome, asked.closed_by_id) == (RoleOutcome.APPROVED, cast.accounts["nora"])


def test_an_operator_is_a_second_person_too(as_, ids, database, cast, waiting):
    answer(as_("olle"), ids["anna"], waiting, "approve")
    assert roles_of(database, cast, "anna") == {GivenRole.MUNICIPALITY_ADMINISTRATOR}


def test_a_second_person_declines(as_, ids, database, cast, waiting):
    anna = as_("anna")
    assert "The role is declined." in answer(as_("nora"), ids["anna"], waiting, "decline").text
    assert roles_of(database, cast, "anna") == set()
    assert anna.get("/account").status_code == 200
    assert acts(database, cast) == [ASKED, ("role.declined", {"role": ADMINISTRATOR, "why": WHY})]
    ask(as_("mona"), ids["anna"])  # It can be asked for anew.
    assert [(asked.outcome, asked.declined_why) for asked in requests(database, cast)] == [
        (RoleOutcome.DECLINED, WHY),
        (None, None),
    ]


def test_a_no_says_why(as_, ids, database, cast, waiting):
    nora = as_("nora")
    asked_why = nora.get(f"/administration/accounts/{ids['anna']}/roles/{waiting}/decline")
    assert "Municipality administrator for Anna Åkesson" in text(asked_why)
    for why, said in (("  ", "Write why you decline it."), ("x" * 501, "Use at most 500 characters.")):
        refused = answer(nora, ids["anna"], waiting, "decline", why)
        assert (refused.status_code, said in refused.text) == (422, True)
    assert acts(database, cast) == [ASKED]


def test_who_asked_and_who_would_have_got_it_read_why(as_, ids, database, cast, waiting):
    answer(as_("nora"), ids["anna"], waiting, "decline")
    mona, nora, anna = as_("mona"), as_("nora"), as_("anna")
    account = f"/administration/accounts/{ids['anna']}"
    for client, path in ((mona, "/administration/accounts"), (mona, account), (nora, account), (anna, "/account")):
        said = text(client.get(path))
        assert re.search(r"Nora Norén declined it on [^:]+:\d\d: Hon slutar i mars\.", said), path
    assert re.search(r"Role declined .*Why:? Hon slutar i mars\.", text(nora.get("/journal")))
    for client, path in ((nora, "/administration/accounts"), (nora, "/account"), (as_("kim"), "/account")):
        assert WHY not in text(client.get(path)), path
    ask(mona, ids["anna"])  # What is asked for anew is no longer declined.
    for client, path in ((mona, account), (mona, "/administration/accounts"), (anna, "/account")):
        assert WHY not in text(client.get(path)), path


@pytest.mark.parametrize("locale", ["sv", "en"])
def test_who_asked_gets_a_mail_once(as_, ids, in_kil, database, cast, waiting, locale):
    nora, mona = as_("nora"), as_("mona")
    with in_kil() as session:
        session.get_one(Account, cast.accounts["mona"]).locale = locale
    said = "Hon slutar i mars.\nFråga <Olle> & mig igen då."
    for _ in range(2):
        answer(nora, ids["anna"], waiting, "decline", said)
        answer(nora, ids["anna"], waiting, "approve")
    ask(mona, ids["anna"])
    answer(nora, ids["anna"], requests(database, cast)[1].public_id, "approve")
    no, yes = mails(database, cast)
    assert {(mail.address, mail.locale, mail.kind) for mail in (no, yes)} == {("mona@kommun.example", locale, "answer")}
    snapshot = Path(__file__).parent / "snapshots" / f"role_answers.{locale}.txt"
    is_as_in(snapshot, "\n\n".join(f"= {mail.subject}\n\n{mail.text}" for mail in (no, yes)))
    assert "Hon slutar i mars.<br>Fråga &lt;Olle&gt; &amp; mig igen då." in no.html
    for mail in (no, yes):
        assert f"/administration/accounts/{ids['anna']}" in mail.text
        assert not re.search("Anna|Åkesson|Nora|Norén", mail.text + mail.html)


def test_who_asked_is_told_too_when_a_command_gives_the_role(app, in_kil, database, cast, waiting):
    with app.app_context(), in_kil() as session:
        anna = session.get_one(Account, cast.accounts["anna"])
        for _ in range(2):
            give_role(session, account=anna, role=GivenRole(ADMINISTRATOR), by=system(cast.kil, "command"), now=NOW)
    (mail,) = mails(database, cast)
    assert (mail.address, mail.subject) == ("mona@kommun.example", "The role is approved: Municipality administrator")


def test_the_answer_stands_when_who_asked_has_no_address_and_taking_back_mails_nobody(
    as_, ids, in_kil, database, cast, waiting
):
    answer(as_("mona"), ids["anna"], waiting, "withdraw")
    ask(as_("mona"), ids["anna"])
    with in_kil() as session:
        account = session.get_one(Account, cast.accounts["mona"])
        account.email = account.email_key = None
    answer(as_("nora"), ids["anna"], requests(database, cast)[1].public_id, "approve")
    assert roles_of(database, cast, "anna") == {GivenRole.MUNICIPALITY_ADMINISTRATOR}
    assert mails(database, cast) == []


def test_what_was_declined_long_ago_is_shown_no_longer(as_, ids, in_kil, waiting):
    answer(as_("nora"), ids["anna"], waiting, "decline")
    with in_kil() as session:
        asked = session.scalars(select(RoleRequest)).one()
        asked.closed_at -= timedelta(days=31)
    assert WHY not in text(as_("anna").get("/account"))
    assert WHY not in text(as_("mona").get("/administration/accounts"))


def test_who_is_to_get_it_sees_that_it_waits_and_for_whom(as_, ids, in_kil, cast, waiting):
    anna = as_("anna")
    shown = text(anna.get("/account"))
    assert "Roles asked for you Municipality administrator Mona Mård asked for it on " in shown
    assert "It waits for a second person. These can approve it: Nora Norén, Olle Olsson." in shown
    for name in ("mona", "nora", "david"):
        assert "Roles asked for you" not in text(as_(name).get("/account"))
    with in_kil() as session:
        session.get_one(Account, cast.accounts["olle"]).disabled_at = NOW
        session.get_one(Person, cast.people["nora"]).protected_identity = True
    shown = text(anna.get("/account"))
    assert "Norén" not in shown
    assert "These can approve it: Protected identity (nora-1)." in shown
    with in_kil() as session:
        session.get_one(Account, cast.accounts["nora"]).disabled_at = NOW
    assert "nobody here can approve it at present" in text(anna.get("/account"))
    answer(as_("mona"), ids["anna"], waiting, "withdraw")
    assert "Roles asked for you" not in text(anna.get("/account"))


def test_an_account_that_nobody_has_used_approves_nothing(as_, ids, in_kil, cast, nora):
    """Olle and Nora have been invited and never chosen a password: Mona must not be told to wait for them."""
    mona = as_("mona")
    for name, who in (("nora", "once asked: Olle Olsson."), ("olle", "Nobody else here can approve it.")):
        with in_kil() as session:
            session.get_one(Account, cast.accounts[name]).password_hash = None
        assert who in text(mona.get(f"/administration/accounts/{ids['anna']}"))
    refused = ask(mona, ids["anna"])
    assert (refused.status_code, "Nobody else here can approve this role" in refused.text) == (422, True)


def test_who_asked_takes_it_back_and_cannot_answer(as_, ids, database, cast, waiting):
    mona = as_("mona")
    for act in ("approve", "decline"):
        assert "somebody else answers" in answer(mona, ids["anna"], waiting, act).text
    assert "Only who asked" in answer(as_("nora"), ids["anna"], waiting, "withdraw").text
    assert acts(database, cast) == [ASKED]
    assert "no longer asked for" in answer(mona, ids["anna"], waiting, "withdraw").text
    assert acts(database, cast) == [ASKED, ("role.approval_withdrawn", {"role": ADMINISTRATOR})]
    assert roles_of(database, cast, "anna") == set()
    assert "Somebody was before you" in answer(as_("nora"), ids["anna"], waiting, "approve").text
    assert roles_of(database, cast, "anna") == set()


def test_who_gets_it_cannot_answer(as_, ids, database, cast, nora):
    """Mona administers, and is to become operator as well: two operators decide that, not she."""
    with transaction(database, cast.kil, now=NOW) as session:
        give_role(
            session,
            account=session.get_one(Account, cast.accounts["kim"]),
            role=GivenRole.OPERATOR,
            by=system(cast.kil, "test"),
            now=NOW,
        )
    ask(as_("olle"), ids["mona"], "operator")
    (asked,) = requests(database, cast)
    for name, why in (("mona", "your own account"), ("nora", "more than you can decide about")):
        assert why in answer(as_(name), ids["mona"], asked.public_id, "approve").text
    assert roles_of(database, cast, "mona") == {GivenRole.MUNICIPALITY_ADMINISTRATOR}
    for name in ("mona", "nora"):
        assert "waits for your approval" not in as_(name).get("/").text
    assert "1 role waits for your approval" in as_("kim").get("/").text
    answer(as_("kim"), ids["mona"], asked.public_id, "approve")
    assert roles_of(database, cast, "mona") == {GivenRole.MUNICIPALITY_ADMINISTRATOR, GivenRole.OPERATOR}


def test_it_does_not_exist_for_another_municipality(as_, ids, database, cast, waiting):
    omar = as_("omar")
    for act in ("approve", "decline", "withdraw"):
        assert answer(omar, ids["anna"], waiting, act).status_code == 404
        assert answer(omar, ids["omar"], waiting, act).status_code == 404
        assert answer(as_("nora"), ids["bosse"], waiting, act).status_code == 404
    assert "Anna" not in omar.get("/administration/accounts").text
    assert acts(database, cast) == [ASKED]


def test_everyone_concerned_sees_what_waits(as_, ids, waiting):
    mona, nora, olle = as_("mona"), as_("nora"), as_("olle")
    for client in (mona, nora, olle):
        listed = client.get("/administration/accounts").text
        assert "Municipality administrator for Anna Åkesson" in listed
        for shown in (listed, client.get(f"/administration/accounts/{ids['anna']}").text):
            assert "Mona Mård asked for it on " in shown
    path = f'(?:action|href)="/administration/accounts/{ids["anna"]}/roles/{waiting}/'
    offered = lambda client: re.findall(  # noqa: E731
        path + '([a-z]+)"', client.get(f"/administration/accounts/{ids['anna']}").text
    )
    assert (offered(mona), offered(nora)) == (["withdraw"], ["approve", "decline"])
    for client in (nora, olle):
        assert "1 role waits for your approval" in client.get("/").text
    for client in (mona, as_("anna"), as_("david")):
        assert "waits for your approval" not in client.get("/").text
    answer(nora, ids["anna"], waiting, "decline")
    assert "waits for your approval" not in olle.get("/").text
    assert "Waits for a second person" not in mona.get("/administration/accounts").text


def test_asking_twice_asks_once(as_, ids, database, cast, waiting):
    for name in ("mona", "nora"):
        assert "is asked for" in ask(as_(name), ids["anna"]).text
    assert acts(database, cast) == [ASKED]


def test_the_page_tells_beforehand_who_can_approve(as_, ids, nora):
    shown = as_("mona").get(f"/administration/accounts/{ids['anna']}").text
    assert "Municipality administrator takes two people" in shown
    assert "once asked: Nora Norén, Olle Olsson." in shown


def test_the_page_tells_beforehand_that_nobody_can(as_, ids, database, cast):
    with database.bound(cast.kil) as session:
        session.get_one(Account, cast.accounts["olle"]).disabled_at = clock.now()
        session.commit()
    mona = as_("mona")
    shown = mona.get(f"/administration/accounts/{ids['anna']}").text
    assert "Nobody else here can approve it." in shown
    assert "tracker account give-role" in shown
    assert f'value="{ADMINISTRATOR}"' not in shown
    refused = ask(mona, ids["anna"])
    assert (refused.status_code, "Nobody else here can approve this role" in refused.text) == (422, True)
    assert requests(database, cast) == []


def test_what_a_command_gives_waits_no_longer(app, as_, ids, database, cast, waiting):
    with app.app_context(), transaction(database, cast.kil, now=NOW) as session:
        anna = session.get_one(Account, cast.accounts["anna"])
        give_role(
            session,
            account=anna,
            role=GivenRole.MUNICIPALITY_ADMINISTRATOR,
            by=system(cast.kil, "command"),
            now=NOW,
        )
    assert requests(database, cast)[0].outcome is RoleOutcome.APPROVED
    assert "Waits for a second person" not in as_("mona").get("/administration/accounts").text


def test_nobody_makes_their_own_second_person_with_a_link(as_, ids, database, cast, nora):
    """Mona could otherwise choose Nora's password, and approve as Nora what Mona asked for."""
    with database.wide() as session:
        ids["nora"] = session.get_one(Account, cast.accounts["nora"]).public_id
    mona = as_("mona")
    assert f"{ids['nora']}/hand-over" not in mona.get(f"/administration/accounts/{ids['nora']}").text
    refused = mona.post(f"/administration/accounts/{ids['nora']}/hand-over", follow_redirects=True)
    assert "Whoever has the link could act as an administrator." in refused.text
    assert journal(database, cast) == []


def test_the_journal_tells_it_in_words(as_, ids, waiting):
    nora = as_("nora")
    answer(nora, ids["anna"], waiting, "approve")
    shown = text(nora.get("/journal"))
    assert "Approval of a role asked for" in shown
    assert re.search(r"Role given .*Role:? Municipality administrator.*Asked for by:? Mona Mård", shown)


@pytest.mark.parametrize("other", [approve_role, partial(decline_role, why=WHY)])
def test_two_answer_at_once_and_one_act_comes_of_it(app, database, cast, waiting, other):
    barrier = threading.Barrier(2)
    told = []

    def work(name, act):
        barrier.wait()
        try:
            with app.app_context(), transaction(database, cast.kil, now=NOW) as session:
                by = viewer_of(session, cast.accounts[name], NOW.date())
                asked = session.scalars(select(RoleRequest)).one()
                act(session, asked=asked, by=by, now=NOW)
        except NotWaitingError:
            told.append(name)

    threads = [
        threading.Thread(target=work, args=("nora", approve_role)),
        threading.Thread(target=work, args=("olle", other)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 1
    assert [action for action, _details in acts(database, cast) if action in {"role.given", "role.declined"}] in (
        ["role.given"],
        ["role.declined"],
    )
    given = roles_of(database, cast, "anna")
    assert given == (
        {GivenRole.MUNICIPALITY_ADMINISTRATOR} if requests(database, cast)[0].outcome is RoleOutcome.APPROVED else set()
    )
    assert len(mails(database, cast)) == 1
