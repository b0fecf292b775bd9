"""The database's tables: brought up to date by Alembic, guarded by the database itself, checked before serving."""

from collections.abc import Iterable
from datetime import datetime

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, func, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from tracker.assets import MIGRATIONS
from tracker.db import Database

# Tables that one municipality's rows fill carry this column; `protect` guards exactly those.
_OWNER = "municipality_id"
_THIS_TRANSACTION = True


def alembic_config(database: Database) -> AlembicConfig:
    """Return Alembic's configuration for a database."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["database"] = database
    return config


def upgrade(database: Database, *, application_url: str | None = None) -> None:
    """Bring the tables up to date, as their owner. Changes nothing when they are.

    On PostgreSQL, the role in `application_url` (the one that serves requests) is given what it needs and no more.
    """
    command.upgrade(alembic_config(database), "head")
    role = make_url(application_url).username if application_url else None
    if role and role != make_url(database.url).username and database.engine.dialect.name == "postgresql":
        with database.engine.begin() as connection:
            quoted = connection.dialect.identifier_preparer.quote(role)
            connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA public TO {quoted}")
            connection.exec_driver_sql(
                f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}"
            )
            connection.exec_driver_sql(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {quoted}")
            connection.exec_driver_sql(f"REVOKE UPDATE, DELETE ON journal_entry FROM {quoted}")
            connection.exec_driver_sql(f"GRANT EXECUTE ON FUNCTION gather_statistics TO {quoted}")


def revision(database: Database, *, message: str, now: datetime) -> str:
    """Write a migration that takes the database to what the models say. Returns the path of the file."""
    config = alembic_config(database)
    config.set_main_option("file_template", f"{now:%Y%m%d_%H%M}_%%(slug)s")
    written = command.revision(config, message=message, rev_id=f"{now:%Y%m%d_%H%M}", autogenerate=True)
    assert isinstance(written, Script)  # One revision was asked for.
    return written.path


def downgrade(database: Database, revision: str) -> None:
    """Take the tables back to an earlier revision, or to "base", which drops everything."""
    command.downgrade(alembic_config(database), revision)


def problem(database: Database) -> str | None:
    """Say in a few words what keeps the database from being used, or None when nothing does."""
    expected = ScriptDirectory.from_config(alembic_config(database)).get_current_head()
    try:
        with database.engine.connect() as connection:
            present = MigrationContext.configure(connection).get_current_revision()
    except OperationalError:
        return "the database does not answer"
    return None if present == expected else f"the database is at {present}, this version expects {expected}"


def protect(connection: Connection) -> None:
    """Let the database itself keep municipalities apart and the journal as it was written. Used by migrations.

    PostgreSQL: forced row-level security on every owned table; with no municipality set, no row is seen.
    Both: a journal entry cannot be changed or deleted.
    """
    if connection.dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER journal_entry_no_{act.lower()} BEFORE {act} ON journal_entry "
                "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
            )
        return
    keep_apart(connection, _owned_tables(connection))
    connection.exec_driver_sql(
        "CREATE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$"
    )
    connection.exec_driver_sql(
        "CREATE TRIGGER journal_entry_append_only BEFORE UPDATE OR DELETE ON journal_entry "
        "FOR EACH ROW EXECUTE FUNCTION journal_is_append_only()"
    )


def keep_apart(connection: Connection, tables: Iterable[str]) -> None:
    """Force row-level security on owned tables; on SQLite nothing. For migrations that add such tables."""
    if connection.dialect.name == "sqlite":
        return
    for table in tables:
        connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        connection.exec_driver_sql(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        connection.exec_driver_sql(
            f"CREATE POLICY own_municipality ON {table} USING ("
            f"{_OWNER} = NULLIF(current_setting('app.municipality', true), '')::integer "
            "OR current_setting('app.wide', true) = 'on')"
        )


def widen(connection: Connection) -> None:
    """Let this transaction of a migration reach the rows of every municipality. On SQLite nothing keeps it from them."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.set_config("app.wide", "on", _THIS_TRANSACTION)))


def let_statistics_be_gathered(connection: Connection) -> None:
    """Let the role that serves requests gather statistics about a table it has just filled. On SQLite nothing.

    Until there are any, PostgreSQL takes all rows of a municipality to be a few, and looks through them for every foreign
    key it checks: the first roster of 50,000 people would take an hour. Only the owner of a table may gather them.
    """
    if connection.dialect.name == "sqlite":
        return
    connection.exec_driver_sql(
        "CREATE FUNCTION gather_statistics(grown regclass, by_rows bigint) RETURNS void "
        "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ BEGIN "
        "IF NOT EXISTS (SELECT FROM pg_statistic WHERE starelid = grown) "
        "OR (SELECT reltuples FROM pg_class WHERE oid = grown) < by_rows THEN "
        "EXECUTE 'ANALYZE ' || grown; END IF; END $$"
    )
    connection.exec_driver_sql("REVOKE EXECUTE ON FUNCTION gather_statistics FROM PUBLIC")


def unprotect(connection: Connection) -> None:
    """Undo `protect`, so that the tables can be dropped."""
    if connection.dialect.name == "sqlite":
        for act in ("update", "delete"):
            connection.exec_driver_sql(f"DROP TRIGGER journal_entry_no_{act}")
        return
    for table in _owned_tables(connection):
        connection.exec_driver_sql(f"DROP POLICY own_municipality ON {table}")
    connection.exec_driver_sql("DROP TRIGGER journal_entry_append_only ON journal_entry")
    connection.exec_driver_sql("DROP FUNCTION journal_is_append_only")


def _owned_tables(connection: Connection) -> list[str]:
    inspector = inspect(connection)
    return [
        table
        for table in sorted(inspector.get_table_names())
        if any(column["name"] == _OWNER for column in inspector.get_columns(table))
    ]
