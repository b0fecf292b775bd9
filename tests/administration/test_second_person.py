"""A high role takes two people: one who asks, and one who approves. Until then it carries nothing."""

import re
import threading
from html import unescape

import pytest
from sqlalchemy import select

from tests.administration.test_accounts import journal, roles_of
from tests.conftest import NOW
from tests.factories import add_account, add_person
from tracker import clock
from tracker.accounts.models import Account, RoleGrant, RoleOutcome, RoleRequest
from tracker.accounts.operations import give_role
from tracker.administration.operations import NotWaitingError, approve_role, decline_role
from tracker.edge import transaction
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


def answer(client, account_id, request_id, act):
    path = f"/administration/accounts/{account_id}/roles/{request_id}/{act}"
    return client.post(path, follow_redirects=True)


def requests(database, cast):
    with database.bound(cast.kil, reading=True) as session:
        return list(session.scalars(select(RoleRequest).order_by(RoleRequest.id)))


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
    assert acts(database, cast) == [ASKED, ("role.declined", {"role": ADMINISTRATOR})]
    ask(as_("mona"), ids["anna"])  # It can be asked for anew.
    assert [asked.outcome for asked in requests(database, cast)] == [RoleOutcome.DECLINED, None]


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
    path = f'action="/administration/accounts/{ids["anna"]}/roles/{waiting}/'
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


def test_what_a_command_gives_waits_no_longer(as_, ids, database, cast, waiting):
    with transaction(database, cast.kil, now=NOW) as session:
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
    shown = unescape(re.sub(r"<[^>]+>|\s+", " ", nora.get("/journal").text))
    shown = re.sub(r"\s+", " ", shown)
    assert "Approval of a role asked for" in shown
    assert re.search(r"Role given .*Role:? Municipality administrator.*Asked for by:? Mona Mård", shown)


@pytest.mark.parametrize("other", [approve_role, decline_role])
def test_two_answer_at_once_and_one_act_comes_of_it(database, cast, waiting, other):
    barrier = threading.Barrier(2)
    told = []

    def work(name, act):
        barrier.wait()
        try:
            with transaction(database, cast.kil, now=NOW) as session:
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
