"""Every route, tried as every role and as Omar of the other municipality: none sees what it must not."""

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.addresses import Addresses, one_of_everything
from tests.factories import sign_in
from tracker import clock
from tracker.people.queries import viewer_of
from tracker.permissions import GRANTS, Permission

CAST = ("anna", "bosse", "cecilia", "david", "eva", "mona", "olle", "kim")
# Nobody's names but Kil's: if one of them shows up for Omar, something leaked.
KILS_OWN = ("Åkesson", "Bosse", "Cecilia", "David", "Mård", "Olsson", "Karlsson", "Hemtjänsten", "Omsorgsjournalen")


@pytest.fixture
def addresses(app, cast, in_kil) -> Addresses:
    """Kil, with one of everything that an address can name."""
    return one_of_everything(app, cast, in_kil)


def rules(app: Flask, method: str) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if method in rule.methods]


def permission_of(app: Flask, rule: Rule) -> Permission | None:
    return app.view_functions[rule.endpoint].permission


def test_nobody_signed_in_sees_only_what_is_public(app, client, addresses):
    for rule in rules(app, "GET"):
        answer = client.get(addresses.of(rule))
        if permission_of(app, rule) is None:
            assert answer.status_code < 500, rule
        else:
            assert answer.status_code == 302, rule
            assert "/sign-in?next=" in answer.location, rule
    for rule in rules(app, "POST"):
        answer = client.post(addresses.of(rule))
        if permission_of(app, rule) is not None:
            assert answer.status_code == 401, rule


@pytest.mark.parametrize("name", CAST)
def test_each_role_gets_what_its_permissions_say(app, database, cast, addresses, name):
    client = sign_in(app.test_client(), database, cast, name)
    with database.bound(cast.kil, reading=True) as session:
        viewer = viewer_of(session, cast.accounts[name], clock.local_date(clock.now(), "Europe/Stockholm"))
    for method in ("GET", "POST"):
        for rule in rules(app, method):
            if rule.endpoint in {"accounts.sign_out", "accounts.end_other_sessions", "web.preferences"}:
                continue
            permission = permission_of(app, rule)
            answer = client.open(addresses.of(rule), method=method)
            assert answer.status_code < 500, f"{method} {rule}"
            if permission is not None and not viewer.may(permission):
                assert answer.status_code == 403, f"{method} {rule}"
            elif permission is not None:
                assert answer.status_code != 401, f"{method} {rule}"
            answer.close()  # A file taken out is open until then.


def test_a_colleague_sees_nothing_of_a_colleague(app, database, cast, addresses):
    """Eva owns a system and manages nobody: Anna's record, courses and certificates do not exist for her."""
    client = sign_in(app.test_client(), database, cast, "eva")
    for rule in rules(app, "GET"):
        if not rule.arguments & {"person_id", "enrolment_id", "attempt_id", "certificate_id", "upload_id"}:
            continue
        answer = client.get(addresses.of(rule))
        assert answer.status_code in {403, 404}, rule
        assert "Åkesson" not in answer.get_data(as_text=True), rule


def test_omar_never_gets_in(app, database, cast, addresses):
    """Omar holds every role there is, in the other municipality."""
    assert permission_of(app, next(rule for rule in rules(app, "GET") if rule.endpoint == "audit.journal"))
    client = sign_in(app.test_client(), database, cast, "omar")
    # Across municipalities by design: figures side by side, all mail to the operator, and what a certificate itself says.
    across = {
        "dashboards.coordination",
        "mail.outbox",
        "mail.show",
        "mail.html",
        "mail.source",
        "mail.retry",
        "learning.verify",
    }
    for method in ("GET", "POST"):
        for rule in rules(app, method):
            if rule.endpoint in across or rule.endpoint in {"accounts.sign_out", "web.preferences"}:
                continue
            answer = client.open(addresses.of(rule), method=method)
            body = answer.get_data().decode(errors="replace")  # One answer is a zip.
            assert answer.status_code < 500, f"{method} {rule}"
            assert not [name for name in KILS_OWN if name in body], f"{method} {rule}"
            named = rule.arguments - {"token", "code", "lang", "pack_name", "on"}
            if named and permission_of(app, rule) is not None:
                assert answer.status_code in {403, 404}, f"{method} {rule}: {answer.status_code}"
            answer.close()


def test_the_coordination_page_names_no_person(app, database, cast, addresses):
    client = sign_in(app.test_client(), database, cast, "kim")
    body = client.get("/coordination").get_data(as_text=True)
    # Kim's own name stands in the header.
    assert not [name for name in KILS_OWN if name in body and name != "Karlsson"]


def test_every_permission_is_carried_by_some_role():
    carried = frozenset().union(*GRANTS.values()) | {Permission.SIGNED_IN}
    assert set(Permission) == carried
