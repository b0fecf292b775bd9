"""Nothing is open by accident."""

import ast
from pathlib import Path

import pytest
from flask import Blueprint

import tracker
from tests.factories import sign_in
from tracker import app as application
from tracker.administration.words import ACTIONS
from tracker.app import create_app
from tracker.config import Config
from tracker.permissions import Permission
from tracker.web.access import UndeclaredEndpointError, public

# Whoever adds an endpoint that anyone may use adds it here too, and says so in review.
PUBLIC = {
    "accounts.forgotten",
    "accounts.forgotten_sent",
    "accounts.link",
    "accounts.sign_in",
    "accounts.sign_out",
    "learning.verify",
    "learning.verify_form",
    "web.healthz",
    "web.preferences",
    "web.readyz",
}


@pytest.fixture
def guarded_app(database):
    """The application as it is served: with CSRF protection."""
    return create_app(Config(environment="test", base_url="http://localhost"), database)


def address(app, rule):
    values = {name: "0" * 20 if name.endswith("_id") else "1" for name in rule.arguments}
    with app.test_request_context():
        return app.url_map.bind("localhost").build(rule.endpoint, values, method="POST")


def test_every_endpoint_declares_who_may_use_it(guarded_app):
    for endpoint, view in guarded_app.view_functions.items():
        assert view.permission is None or isinstance(view.permission, Permission), endpoint


def test_what_is_public_is_listed(guarded_app):
    assert {name for name, view in guarded_app.view_functions.items() if view.permission is None} == PUBLIC


def test_an_endpoint_that_declares_nothing_keeps_the_application_from_starting(database, monkeypatch):
    forgetful = Blueprint("forgetful", __name__)
    forgetful.get("/forgetful")(lambda: "open to all")
    monkeypatch.setattr(application, "BLUEPRINTS", (*application.BLUEPRINTS, forgetful))
    with pytest.raises(UndeclaredEndpointError, match="forgetful"):
        create_app(Config(environment="test"), database)


def test_one_that_declares_itself_public_does_not(database, monkeypatch):
    careful = Blueprint("careful", __name__)
    careful.get("/careful")(public(lambda: "open to all"))
    monkeypatch.setattr(application, "BLUEPRINTS", (*application.BLUEPRINTS, careful))
    assert create_app(Config(environment="test"), database).test_client().get("/careful").text == "open to all"


def test_nothing_is_posted_without_a_token(guarded_app, database, cast):
    posting = [rule for rule in guarded_app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    assert posting
    for rule in posting:
        for client in (guarded_app.test_client(), sign_in(guarded_app.test_client(), database, cast, "omar")):
            assert client.post(address(guarded_app, rule)).status_code == 400, rule.endpoint


def test_nothing_but_get_head_options_and_post_is_answered(guarded_app):
    for rule in guarded_app.url_map.iter_rules():
        assert (rule.methods or set()) <= {"GET", "HEAD", "OPTIONS", "POST"}, rule.endpoint


def test_who_is_not_signed_in_is_asked_to(guarded_app, cast):
    client = guarded_app.test_client()
    for rule in guarded_app.url_map.iter_rules():
        if rule.endpoint in PUBLIC or "GET" not in (rule.methods or ()):
            continue
        values = {name: "0" * 20 if name.endswith("_id") else "1" for name in rule.arguments}
        with guarded_app.test_request_context():
            target = guarded_app.url_map.bind("localhost").build(rule.endpoint, values, method="GET")
        answer = client.get(target)
        assert answer.status_code == 302, rule.endpoint
        assert answer.location.startswith("/sign-in?next="), rule.endpoint


def test_every_act_in_the_journal_has_words():
    """Finds `record(session, "thing.done", …)` in the source, and what the journal's page calls it."""
    acts = set()
    for path in Path(tracker.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "record":
                acts |= {
                    argument.value
                    for argument in node.args[1:2]
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
                }
    assert "account.signed_in" in acts
    assert acts - set(ACTIONS) == set()
