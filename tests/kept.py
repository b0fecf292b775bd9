"""The cast, built once and then copied: copying its rows takes a tenth of the time."""

import shutil
from pathlib import Path

from sqlalchemy import text

from tests.factories import Cast
from tracker.db import Database
from tracker.tables import Model


def replace_file(database: Database, template: Path) -> None:
    """Let an SQLite database be a copy of a file, whatever it was."""
    database.engine.dispose()
    path = Path(database.engine.url.database or "")
    for name in ("tracker.db-wal", "tracker.db-shm"):
        path.with_name(name).unlink(missing_ok=True)
    fresh = path.with_name("fresh.db")
    shutil.copy(template, fresh)
    fresh.replace(path)  # Never written over: something of an earlier test may still hold the old file open.


class KeptInFile:
    """The cast on SQLite: a copy of the file it was built in."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.cast: Cast | None = None

    def keep(self, database: Database, cast: Cast) -> None:
        """Remember a cast that has just been built."""
        database.engine.dispose()  # The last connection to close folds the write-ahead log into the file.
        shutil.copy(database.engine.url.database or "", self.file)
        self.cast = cast

    def give_back(self, database: Database) -> None:
        """Let an empty database hold the cast."""
        replace_file(database, self.file)


class KeptInSchema:
    """The cast on PostgreSQL: copies of the tables, in a schema of their own that only the owner sees."""

    def __init__(self, owner: Database) -> None:
        self.owner = owner
        self.cast: Cast | None = None
        self.tables: list[str] = []

    def keep(self, database: Database, cast: Cast) -> None:
        """Remember a cast that has just been built."""
        with self.owner.engine.begin() as connection:
            connection.execute(text("CREATE SCHEMA kept"))
            for table in Model.metadata.tables:
                if connection.execute(text(f"SELECT EXISTS (SELECT FROM {table})")).scalar():
                    connection.execute(text(f"CREATE TABLE kept.{table} AS TABLE {table}"))
                    self.tables.append(table)
        self.cast = cast

    def give_back(self, database: Database) -> None:
        """Let an empty database hold the cast."""
        with self.owner.engine.begin() as connection:
            # The rows have passed triggers and keys once.
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text("; ".join(f"INSERT INTO {name} TABLE kept.{name}" for name in self.tables)))
