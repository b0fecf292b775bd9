"""The pages that managers and the municipality look at, as the server answers them."""

from datetime import date, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import ColumnElement, Select, func, or_, select

from benchmarks.bench import Bench, Work
from benchmarks.municipality import BEGINNING, FACT, NOW, Invented, compute, invent
from tracker import clock, tokens
from tracker.accounts.models import Account, LoginSession, RoleGrant
from tracker.app import create_app
from tracker.compliance.models import Phase
from tracker.config import Config
from tracker.domain.facts import DutyKind
from tracker.edge import transaction
from tracker.people.models import Duty, Employment, Person
from tracker.permissions import GivenRole

TIMES = 5


def run(bench: Bench) -> None:
    """Measure a manager's team of 25, everyone's matrix, and the municipality's figures."""
    invented = invent(bench.database, people=bench.people)
    compute(bench.database, invented)
    app = create_app(Config(environment="test", log_level="ERROR"), bench.database)
    manager = _signed_in(bench, app.test_client(), invented, manages=invented.units[-1])
    hr = _signed_in(bench, app.test_client(), invented, role=GivenRole.HR)
    everybody = f"among {bench.people:,}"
    bench.measure("a manager's team of 25", _get(manager, "/team"), floor=_team(bench, invented), times=TIMES)
    bench.measure(f"HR's matrix, 50 {everybody}", _get(hr, "/team"), floor=_figures(bench, invented), times=TIMES)
    bench.measure(
        f"the figures of {bench.people:,}", _get(hr, "/municipality"), floor=_trend(bench, invented), times=TIMES
    )


def _get(client: FlaskClient, path: str) -> Work:
    def work() -> None:
        answer = client.get(path)
        assert answer.status_code == 200, answer.status

    return work


def _on_day(day: date) -> tuple[ColumnElement[bool], ...]:
    return Phase.starts_on <= day, or_(Phase.ends_on.is_(None), Phase.ends_on >= day)


def _team(bench: Bench, invented: Invented) -> Work:
    """Ask in bare SQL how the obligations of the unit's people stand today."""
    today = clock.local_date(clock.now(), "Europe/Stockholm")
    theirs = select(Employment.person_id).where(Employment.unit_id == invented.units[-1])
    statement = (
        select(Person.given_name, Person.family_name, Phase.requirement_id, Phase.state, Phase.due_on)
        .join(Phase, Phase.person_id == Person.id)
        .where(Person.id.in_(theirs), *_on_day(today))
    )
    return _bare(bench, invented, [statement])


def _figures(bench: Bench, invented: Invented) -> Work:
    """Ask in bare SQL how many obligations stand how today, by requirement."""
    today = clock.local_date(clock.now(), "Europe/Stockholm")
    statement = (
        select(Phase.requirement_id, Phase.state, func.count())
        .where(*_on_day(today))
        .group_by(Phase.requirement_id, Phase.state)
    )
    return _bare(bench, invented, [statement])


def _trend(bench: Bench, invented: Invented) -> Work:
    """Ask in bare SQL the same, for today and the ends of the 24 months before."""
    today = clock.local_date(clock.now(), "Europe/Stockholm")
    days = [today - timedelta(days=30 * month) for month in range(25)]
    statements = [select(Phase.state, func.count()).where(*_on_day(day)).group_by(Phase.state) for day in days]
    return _bare(bench, invented, statements)


def _bare(bench: Bench, invented: Invented, statements: list[Select[Any]]) -> Work:
    def work() -> None:
        with bench.database.bound(invented.municipality_id, reading=True) as session:
            for statement in statements:
                session.execute(statement).all()

    return work


def _signed_in(
    bench: Bench, client: FlaskClient, invented: Invented, *, manages: int | None = None, role: GivenRole | None = None
) -> FlaskClient:
    """Return a browser of someone who has signed in: a manager of a unit, or someone with a role."""
    token, now = tokens.one_time_token(), clock.now()
    person_id = invented.people[1 if manages else 2]
    with transaction(bench.database, invented.municipality_id, now=NOW) as session:
        account = Account(person_id=person_id, display_name="Prov Provsson", locale="sv", created_at=NOW)
        session.add(account)
        session.flush()
        if manages:
            duty = {"person_id": person_id, "kind": DutyKind.UNIT_MANAGER, "unit_id": manages, "starts_on": BEGINNING}
            session.add(Duty(**duty, **FACT))
        if role:
            session.add(RoleGrant(account_id=account.id, role=role, granted_at=NOW))
        session.add(
            LoginSession(
                account_id=account.id,
                token_hash=tokens.fingerprint(token),
                started_at=now,
                seen_at=now,
                expires_at=now + timedelta(hours=1),
                address="127.0.0.1",
                browser="benchmark",
            )
        )
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    return client
