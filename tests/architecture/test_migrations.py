"""Migrations lead to exactly the tables that the models say, on both databases, and back."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from tracker import schema
from tracker.db import Database
from tracker.models import metadata


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


def test_every_step_can_be_taken_back_and_again(owner):
    schema.upgrade(owner)
    schema.downgrade(owner, "base")
    assert set(inspect(owner.engine).get_table_names()) <= {"alembic_version"}
    assert schema.problem(owner) is not None
    schema.upgrade(owner)
    assert differences(owner) == []
