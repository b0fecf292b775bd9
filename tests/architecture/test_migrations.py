"""Migrations lead to exactly the tables that the models say, on both databases, and back."""

from datetime import UTC, date, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, inspect, select
from sqlalchemy.exc import IntegrityError

from tests.factories import add_course, add_requirement
from tracker import schema
from tracker.bulk.models import Act, Batch, BatchItem, Outcome
from tracker.catalogue.models import Course, CourseKind
from tracker.compliance.models import Phase
from tracker.db import Database
from tracker.domain.due import Reason
from tracker.domain.facts import State
from tracker.models import metadata
from tracker.municipalities.models import Municipality
from tracker.people.models import Person
from tracker.requirements.models import Requirement


@pytest.fixture(params=["sqlite", "postgresql"])
def owner(request, tmp_path):
    """An empty database of our own, as the tables' owner."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path}/migrations.db")
        yield database
        database.engine.dispose()
        return
    server, _application = request.getfixturevalue("postgres")
    name = f"{server.engine.url.database}_migrations"
    with server.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    database = Database(server.engine.url.set(database=name).render_as_string(hide_password=False))
    yield database
    database.engine.dispose()
    with server.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def differences(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return compare_metadata(context, metadata)


def test_models_and_migrations_agree(owner):
    schema.upgrade(owner)
    assert differences(owner) == []
    assert schema.problem(owner) is None


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(owner):
    schema.upgrade(owner)
    schema.upgrade(owner)
    assert differences(owner) == []


def test_lists_keep_their_rows_when_more_can_be_done_for_a_list(owner):
    schema.upgrade(owner)
    now = datetime(2026, 11, 24, tzinfo=UTC)
    with owner.wide() as session:
        municipality = Municipality(code="1715", slug="kil", name="Kils kommun", created_at=now)
        session.add(municipality)
        session.flush()
        ours = {"municipality_id": municipality.id}
        course = Course(code="grund", kind=CourseKind.COURSE, created_at=now, **ours)
        requirement = Requirement(code="grund", created_at=now, **ours)
        session.add_all([course, requirement])
        session.flush()
        for number, act in enumerate((Act.COMPLETE, Act.EXTEND), 1):
            about = (
                {"course_id": course.id}
                if act is Act.COMPLETE
                else {"requirement_id": requirement.id, "due_on": now.date()}
            )
            batch = Batch(act=act, summary={}, created_at=now, **about, **ours)
            session.add(batch)
            session.flush()
            session.add(BatchItem(batch_id=batch.id, number=number, written="1", previewed=Outcome.DONE, **ours))
        session.commit()
    schema.downgrade(owner, "20261124_1210")
    schema.upgrade(owner)
    with owner.wide() as session:
        assert list(session.scalars(select(Batch.act))) == [Act.COMPLETE]
        assert list(session.scalars(select(BatchItem.number))) == [1]
        session.add(Batch(act=Act.EXTEND, requirement_id=requirement.id, summary={}, created_at=now, **ours))
        with pytest.raises(IntegrityError):
            session.flush()  # Nothing says until when.


def test_phases_are_taken_over_when_their_table_is_made_anew(owner):
    schema.upgrade(owner)
    now = datetime(2026, 11, 24, tzinfo=UTC)
    with owner.wide() as session:
        municipality = Municipality(code="1715", slug="kil", name="Kils kommun", created_at=now)
        session.add(municipality)
        session.commit()
    with owner.bound(municipality.id) as session:
        requirement = add_requirement(
            session, "grund", course_id=add_course(session, "grund", now=now).course_id, now=now
        )
        names = {"given_name": "Ny", "family_name": "Ny", "sort_key": "ny"}
        person = Person(employee_number="1", created_at=now, **names)
        session.add(person)
        session.flush()
        asked = {"requirement_id": requirement.requirement_id, "version_id": requirement.id, "person_id": person.id}
        why = {"reason": Reason.FIRST_DUE, "line_ids": "1 2"}
        session.add_all(
            [
                Phase(state=State.TO_DO, starts_on=day(1), ends_on=day(4), due_on=day(4), **asked, **why),
                Phase(state=State.OVERDUE, starts_on=day(5), due_on=day(4), **asked, **why),
                Phase(state=State.OVERDUE, starts_on=day(5), known_on=day(6), **asked, **why),
            ]
        )
        session.commit()
    assert len(before := _phases(owner)) == 3
    schema.downgrade(owner, "20261129_2230")
    schema.upgrade(owner)
    assert _phases(owner) == before


def _phases(owner):
    with owner.engine.connect() as connection:
        schema.widen(connection)
        phase = metadata.tables["phase"]
        return connection.execute(select(phase).order_by(phase.c.known_on, phase.c.starts_on)).all()


def test_every_step_can_be_taken_back_and_again(owner):
    schema.upgrade(owner)
    schema.downgrade(owner, "base")
    assert set(inspect(owner.engine).get_table_names()) <= {"alembic_version"}
    assert schema.problem(owner) is not None
    schema.upgrade(owner)
    assert differences(owner) == []


EARLY = datetime(2026, 9, 1, 8, tzinfo=UTC)
DECIDED = datetime(2026, 11, 20, 8, tzinfo=UTC)


def day(number):
    return date(2026, 12, number)


# First and last day of each version of an item; and what follows, as (first day, whether it ends the item).
ENDED = {
    "open": ([(1, None)], [(1, False)]),
    "changed": ([(1, 9), (10, None)], [(1, False), (10, False)]),
    "ended": ([(1, 9)], [(1, False), (10, True)]),
    "changed then ended before that": ([(1, 4), (10, 4)], [(1, False), (10, False), (5, True)]),
    "ended and begun again": ([(1, 4), (20, None)], [(1, False), (5, True), (20, False)]),
    "changed back": ([(1, 4), (10, 4), (5, None)], [(1, False), (10, False), (5, False)]),
}


def test_ends_of_programme_items_become_decisions_of_their_own_and_back(owner):
    schema.upgrade(owner)
    schema.downgrade(owner, "20261124_1201")
    with owner.engine.begin() as connection:
        schema.widen(connection)
        _add_items(connection)
    schema.upgrade(owner)
    with owner.engine.connect() as connection:
        schema.widen(connection)
        version = _tables(connection)["programme_item_version"]
        rows = connection.execute(select(version).order_by(version.c.item_id, version.c.number)).all()
    for item_id, (_before, after) in enumerate(ENDED.values(), start=1):
        found = [row for row in rows if row.item_id == item_id]
        assert [(row.effective_from.day, bool(row.ends)) for row in found] == after
        assert [row.number for row in found] == list(range(1, len(after) + 1))
        # What the journal knows of when it was decided; otherwise what has been shown so far.
        for row in found:
            known = row.ends and row.item_id == list(ENDED).index("ended") + 1
            assert row.recorded_at.replace(tzinfo=UTC) == (DECIDED if known else EARLY)
    schema.downgrade(owner, "20261124_1201")
    with owner.engine.connect() as connection:
        schema.widen(connection)
        version = _tables(connection)["programme_item_version"]
        rows = connection.execute(select(version).order_by(version.c.item_id, version.c.number)).all()
    for item_id, (before, _after) in enumerate(ENDED.values(), start=1):
        days = [(row.effective_from.day, row.effective_until) for row in rows if row.item_id == item_id]
        assert days == [(first, last and day(last)) for first, last in before]


def _tables(connection):
    reflected = MetaData()
    reflected.reflect(connection, only=["municipality", "programme_item", "programme_item_version", "journal_entry"])
    return reflected.tables


def _add_items(connection):
    tables = metadata.tables
    place = {"name": "Kil", "slug": "kil", "code": "1715", "created_at": EARLY, "public_id": "kil"}
    connection.execute(tables["municipality"].insert().values(place))
    owned = {"municipality_id": 1}
    version = _tables(connection)["programme_item_version"]
    for item_id, (before, _after) in enumerate(ENDED.values(), start=1):
        item = {"id": item_id, "public_id": f"item{item_id}", "code": str(item_id), "layer": "municipality"}
        connection.execute(tables["programme_item"].insert().values(owned | item | {"created_at": EARLY}))
        for number, (first, last) in enumerate(before, start=1):
            says = {"item_id": item_id, "number": number, "titles": {}, "helps": {}, "owner": "it", "offset_days": 0}
            days = {"effective_from": day(first), "effective_until": last and day(last)}
            recorded = EARLY.replace(tzinfo=None) if connection.dialect.name == "sqlite" else EARLY
            connection.execute(version.insert().values(owned | says | days | {"recorded_at": recorded}))
    entry = {
        "number": 1,
        "at": DECIDED,
        "actor": "x",
        "action": "programme.item_ended",
        "subject_type": "ProgrammeItem",
        "subject": "item3",
        "details": {"item": "3", "effective_from": day(10).isoformat()},
        "previous_hash": "",
        "hash": "",
    }
    connection.execute(tables["journal_entry"].insert().values(owned | entry))
