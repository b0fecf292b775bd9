"""Every route, tried as every role and as Omar of the other municipality: none sees what it must not."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from tests.conftest import NOW
from tests.factories import acting, add_completion, add_requirement, sign_in
from tracker import clock
from tracker.accounts.models import Account, LoginSession
from tracker.catalogue.models import Course, CourseFile, CourseVersion, Module
from tracker.catalogue.starter import load_starter
from tracker.learning.models import Attempt, Enrolment
from tracker.learning.operations import issue_certificate, start_course
from tracker.mail.models import MailState, OutgoingMail
from tracker.organisation.models import OrgUnit
from tracker.people.models import Duty, Person
from tracker.permissions import GRANTS, Permission
from tracker.people.queries import viewer_of
from tracker.requirements.models import Requirement

CAST = ("anna", "bosse", "cecilia", "david", "eva", "mona", "olle", "kim")
# Nobody's names but Kil's: if one of them shows up for Omar, something leaked.
KILS_OWN = ("Åkesson", "Bosse", "Cecilia", "David", "Mård", "Olsson", "Karlsson", "Hemtjänsten", "Omsorgsjournalen")


@dataclass
class Addresses:
    """What to put in each route's placeholders: things of Kil's."""

    values: dict[str, str]

    def of(self, rule: Rule) -> str:
        missing = rule.arguments - self.values.keys()
        assert not missing, f"{rule}: say here what {missing} may be, so that the route is tried"
        return re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda match: self.values[match.group(1)], rule.rule)


@pytest.fixture
def addresses(database, app, cast, in_kil) -> Addresses:
    """Kil, with one of everything that an address can name."""
    today = clock.local_date(clock.now(), "Europe/Stockholm")
    by = acting(cast)
    with app.test_request_context(), in_kil() as session:
        load_starter(session, by=by, now=NOW, today=date(2025, 1, 1), codes=["grund-it-teori"])
        session.flush()
        course = session.scalars(select(Course)).one()
        version = session.scalars(select(CourseVersion)).one()
        add_requirement(session, "grund", course_id=course.id, now=NOW)
        enrolment = start_course(
            session, person_id=cast.people["anna"], course_id=course.id, by=by, now=NOW, today=today
        )
        module = session.scalars(select(Module).order_by(Module.position)).first()
        attempt = Attempt(enrolment_id=enrolment.id, module_id=module.id, number=1, started_at=NOW, answers={})
        completion = add_completion(session, cast.people["anna"], version, on=today - timedelta(days=9), now=NOW)
        anna = session.get_one(Person, cast.people["anna"])
        certificate = issue_certificate(session, completion=completion, person=anna, version=version, today=today)
        login = LoginSession(
            account_id=cast.accounts["anna"],
            token_hash="x",
            started_at=NOW,
            seen_at=NOW,
            expires_at=NOW + timedelta(hours=1),
            address="127.0.0.1",
            browser="test",
        )
        mail = OutgoingMail(
            dedupe_key="x",
            kind="weekly_digest",
            account_id=cast.accounts["bosse"],
            address="bosse@kommun.example",
            locale="sv",
            subject="Hemtjänsten",
            text="Åkesson",
            html="Åkesson",
            message_id="<x>",
            created_at=NOW,
            due_at=NOW,
            state=MailState.CAUGHT,
        )
        session.add_all([attempt, login, mail])
        session.flush()
        account = session.get_one(Account, cast.accounts["anna"])
        values = {
            "person_id": cast.person_ids["anna"],
            "account_id": account.public_id,
            "unit_id": cast.unit_ids["11"],
            "system_id": cast.system_public_id,
            "course_id": course.public_id,
            "requirement_id": session.scalars(select(Requirement)).one().public_id,
            "enrolment_id": enrolment.public_id,
            "module_id": module.public_id,
            "attempt_id": attempt.public_id,
            "certificate_id": certificate.public_id,
            "picture_id": session.scalars(select(CourseFile)).first().public_id,
            "session_id": login.public_id,
            "mail_id": mail.public_id,
            "duty_id": "0" * 20,
            "access_id": "0" * 20,
            "import_id": "0" * 20,
            "code": certificate.code,
            "token": "no-such-token",
        }
        assert session.scalars(select(OrgUnit)).first() is not None
        assert session.scalars(select(Enrolment)).one().public_id == enrolment.public_id
        assert session.scalars(select(Duty)).first() is not None
    return Addresses(values)


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


def test_a_colleague_sees_nothing_of_a_colleague(app, database, cast, addresses):
    """Eva owns a system and manages nobody: Anna's record, courses and certificates do not exist for her."""
    client = sign_in(app.test_client(), database, cast, "eva")
    for rule in rules(app, "GET"):
        if not rule.arguments & {"person_id", "enrolment_id", "attempt_id", "certificate_id"}:
            continue
        answer = client.get(addresses.of(rule))
        assert answer.status_code in {403, 404}, rule
        assert "Åkesson" not in answer.get_data(as_text=True), rule


def test_omar_never_gets_in(app, database, cast, addresses):
    """Omar holds every role there is, in the other municipality."""
    assert permission_of(app, next(rule for rule in rules(app, "GET") if rule.endpoint == "audit.journal"))
    client = sign_in(app.test_client(), database, cast, "omar")
    # Across municipalities by design: figures side by side, all mail to the operator, and what a certificate itself says.
    across = {"dashboards.coordination", "mail.outbox", "mail.show", "mail.html", "mail.source", "mail.retry", "learning.verify"}
    for method in ("GET", "POST"):
        for rule in rules(app, method):
            if rule.endpoint in across or rule.endpoint in {"accounts.sign_out", "web.preferences"}:
                continue
            answer = client.open(addresses.of(rule), method=method)
            body = answer.get_data(as_text=True)
            assert answer.status_code < 500, f"{method} {rule}"
            assert not [name for name in KILS_OWN if name in body], f"{method} {rule}"
            named = rule.arguments - {"token", "code", "lang"}
            if named and permission_of(app, rule) is not None:
                assert answer.status_code in {403, 404}, f"{method} {rule}: {answer.status_code}"


def test_the_coordination_page_names_no_person(app, database, cast, addresses):
    client = sign_in(app.test_client(), database, cast, "kim")
    body = client.get("/coordination").get_data(as_text=True)
    # Kim's own name stands in the header.
    assert not [name for name in KILS_OWN if name in body and name != "Karlsson"]


def test_every_permission_is_carried_by_some_role():
    carried = frozenset().union(*GRANTS.values()) | {Permission.SIGNED_IN}
    assert set(Permission) == carried
