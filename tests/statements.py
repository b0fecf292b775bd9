"""What a database is asked, and how SQLite would look for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from tracker.db import Database

Asked = list[tuple[str, Any]]
"""Statements with their parameters, as the driver is given them."""


@contextmanager
def asking(database: Database) -> Iterator[Asked]:
    """Keep what is asked in a block: `with asking(database) as asked: …; len(asked)`."""
    asked: Asked = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def planned(database: Database, asked: Asked) -> Iterator[tuple[str, str]]:
    """Yield each step of how SQLite looks for what some statements ask for, with the statement."""
    with database.engine.connect() as connection:
        for statement, parameters in asked:
            if statement.startswith(("SELECT", "WITH")):
                for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):
                    yield step[-1], statement
