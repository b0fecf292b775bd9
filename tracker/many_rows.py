"""Many rows at once, past the session's own way of one object at a time but through the same belts."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    TableValuedAlias,
    any_,
    bindparam,
    cast,
    column,
    delete,
    func,
    insert,
    literal_column,
    select,
    table,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, REGCLASS
from sqlalchemy.orm import InstrumentedAttribute

from tracker.db import BoundSession, ForeignMunicipalityError
from tracker.tables import Confined

_MANY_ROWS = 1_000
"""From so many new rows on, what a database knows of a table may not be what it was."""


def gather_statistics(session: BoundSession, model: type[Confined], rows: int) -> None:
    """Let PostgreSQL look at a table that has just got so many rows, if they are many beside what it knew of.

    It does so by itself, but not before the end of a transaction.
    """
    connection = session.connection()
    if rows >= _MANY_ROWS and connection.dialect.name == "postgresql":
        connection.execute(select(func.gather_statistics(cast(model.__tablename__, REGCLASS), rows)))


def one_of(session: BoundSession, column: InstrumentedAttribute[int], ids: Collection[int]) -> ColumnElement[bool]:
    """Say that a column holds one of many numbers.

    They are one value to the database, since naming each takes several times as long as looking for it.
    """
    if session.get_bind().dialect.name == "sqlite":
        return column.in_(select(func.json_each(json.dumps(list(ids))).table_valued("value").c.value))
    return column == any_(cast(list(ids), ARRAY(Integer)))


def past_index(column: InstrumentedAttribute[int]) -> ColumnElement[int]:
    """Return what a column holds, as something no index serves, where another column's finds fewer rows.

    SQLite, which is given no statistics, may take the wrong one and look through everybody's rows for each person.
    """
    return column + 0


def insert_many(session: BoundSession, model: type[Confined], rows: Sequence[Mapping[str, Any]]) -> None:
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
    session: BoundSession, model: type[Confined], columns: Sequence[str], rows: Sequence[tuple[Any, ...]], **same: Any
) -> None:
    """Insert very many rows that touch nothing, stamped with the session's municipality.

    `rows` hold what the database keeps: days as ISO text, members of enumerations as their values. Every column is named.
    `same`: what all of them hold in the columns that are left.
    """
    if not rows:
        return
    session.flush()  # Rows that these refer to may be pending.
    connection = session.connection()
    constant = {"municipality_id": session.municipality_id} | same
    names = (*constant, *columns)
    if connection.dialect.name == "sqlite":
        # The driver takes rows as they are, in half the time it takes to look at each value's type.
        written = {name: bindparam(None, value, literal_execute=True) for name, value in constant.items()}
        given = dict.fromkeys(columns, literal_column("?"))
        statement = insert(table(model.__tablename__, *map(column, names))).values(written | given)
        compiled = statement.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
        connection.exec_driver_sql(str(compiled), list(rows))
        return
    # One statement, with a list for each column.
    found = _listed(model, columns, rows)
    values = [cast(value, model.__table__.c[name].type) for name, value in constant.items()]
    chosen = select(*values, *(found.c[name] for name in columns))
    connection.execute(insert(model).from_select(names, chosen, include_defaults=False))


def delete_plain(
    session: BoundSession, model: type[Confined], columns: Sequence[str], values: Sequence[tuple[Any, ...]], **same: Any
) -> None:
    """Delete rows that touch nothing: those of the municipality that hold one of some combinations of values.

    `values`, `same`: as for `insert_plain`.
    """
    if not values:
        return
    session.flush()  # As in insert_plain.
    connection = session.connection()
    constant = {"municipality_id": session.municipality_id} | same
    if connection.dialect.name == "sqlite":
        # One by one, each looked up: how SQLite would look for a list of them depends on which indexes there are.
        condition = " AND ".join(f"{name} = ?" for name in (*constant, *columns))
        statement = f"DELETE FROM {model.__tablename__} WHERE {condition}"  # noqa: S608 - our own names
        connection.exec_driver_sql(statement, [(*constant.values(), *row) for row in values])
        return
    found = _listed(model, columns, values)
    theirs = tuple_(*(model.__table__.c[name] for name in columns)).in_(select(*(found.c[name] for name in columns)))
    ours = [model.__table__.c[name] == cast(value, model.__table__.c[name].type) for name, value in constant.items()]
    connection.execute(delete(model).where(theirs, *ours))


def _listed(model: type[Confined], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> TableValuedAlias:
    """Return rows as PostgreSQL takes them in one statement: as a table made of a list for each column."""
    of_columns = zip(columns, zip(*rows, strict=True), strict=True)
    lists = [cast(list(values), ARRAY(model.__table__.c[name].type)) for name, values in of_columns]
    return func.unnest(*lists).table_valued(*columns).render_derived()
