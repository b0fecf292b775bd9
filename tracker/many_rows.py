"""Writing many rows at once, past the session's own way of one object at a time but through the same belts."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import any_, cast, column, delete, func, insert, select, table
from sqlalchemy.dialects.postgresql import ARRAY, REGCLASS

from tracker.db import BoundSession, ForeignMunicipalityError
from tracker.tables import Owned

_MANY_ROWS = 1_000
"""From so many new rows on, what a database knows of a table may not be what it was."""


def gather_statistics(session: BoundSession, model: type[Owned], rows: int) -> None:
    """Let PostgreSQL look at a table that has just got so many rows, if they are many beside what it knew of.

    It does so by itself, but not before the end of a transaction.
    """
    connection = session.connection()
    if rows >= _MANY_ROWS and connection.dialect.name == "postgresql":
        connection.execute(select(func.gather_statistics(cast(model.__tablename__, REGCLASS), rows)))


def insert_many(session: BoundSession, model: type[Owned], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows at once, stamped with the session's municipality; facts touch their persons."""
    if not rows:
        return
    stamped = []
    for row in rows:
        if row.get("municipality_id", session.municipality_id) != session.municipality_id:
            raise ForeignMunicipalityError(f"{model.__name__} belongs to {row['municipality_id']}.")
        stamped.append({**row, "municipality_id": session.municipality_id})
    session.flush()  # Rows that these refer to may be pending.
    session.connection().execute(insert(model), stamped)
    gather_statistics(session, model, len(rows))
    if model.__touches__ is None:
        return
    counting = [row for row in rows if model.__published__ is None or row.get(model.__published__) is not None]
    if counting:
        session.touched.add(model, lambda column: [row[column] for row in counting])


def insert_plain(
    session: BoundSession, model: type[Owned], columns: Sequence[str], rows: Sequence[tuple[Any, ...]], **same: Any
) -> None:
    """Insert very many rows that touch nothing, stamped with the session's municipality.

    `rows` hold what the database keeps: days as ISO text, members of enumerations as their values. Every column is named.
    `same`: what all of them hold in the columns that are left.
    """
    if not rows:
        return
    session.flush()  # Rows that these refer to may be pending.
    connection = session.connection()
    names = ("municipality_id", *same, *columns)
    if connection.dialect.name == "sqlite":
        # The driver takes rows as they are, in half the time it takes to look at each value's type.
        statement = insert(table(model.__tablename__, *map(column, names)))
        first = (session.municipality_id, *same.values())
        compiled = str(statement.compile(dialect=connection.dialect))
        connection.exec_driver_sql(compiled, [first + row for row in rows])
        return
    # One statement, with a list for each column.
    types = {one.name: one.type for one in model.metadata.tables[model.__tablename__].columns}
    lists = [
        cast(list(values), ARRAY(types[name])) for name, values in zip(columns, zip(*rows, strict=True), strict=True)
    ]
    found = func.unnest(*lists).table_valued(*columns).render_derived()
    constant = {"municipality_id": session.municipality_id} | same
    values = [cast(value, types[name]) for name, value in constant.items()] + [found.c[name] for name in columns]
    connection.execute(insert(model).from_select(names, select(*values), include_defaults=False))


def delete_plain(session: BoundSession, model: type[Owned], ids: Sequence[int]) -> None:
    """Delete rows that touch nothing, by id. They are the municipality's or stay."""
    if not ids:
        return
    session.flush()  # As in insert_plain.
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        # One by one: given a list, SQLite looks through all that the municipality has, taking that to be a few rows.
        statement = f"DELETE FROM {model.__tablename__} WHERE id = ? AND municipality_id = ?"  # noqa: S608 - our own name
        connection.exec_driver_sql(statement, [(id_, session.municipality_id) for id_ in ids])
        return
    theirs = model.id == any_(cast(list(ids), ARRAY(model.id.type)))
    connection.execute(delete(model).where(theirs, model.municipality_id == session.municipality_id))
