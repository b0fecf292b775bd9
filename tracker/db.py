"""Sessions, and the belts that keep one municipality from seeing another.

Four belts, none of them in a view:

1. *Reads*: every ORM statement of a bound session gets the criterion `municipality_id = <the session's>`.
2. *Refusals*: a bound session raises for what it cannot scope (textual SQL, Core tables).
3. *Writes*: new rows are stamped with the session's municipality; foreign ones raise.
4. *The database*: foreign keys are composite, `(municipality_id, x_id)`; PostgreSQL adds forced row-level security.

Facts are added and retracted, never changed or deleted; a flush that tries raises. A fact that was added or retracted
*touches* its person, one about a requirement or a course only in what that means for them, a published rule its
requirement or course, a unit's placement the requirements that name units; the edge refreshes what was touched just
before it commits.
"""

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Alias,
    Column,
    Connection,
    Date,
    Dialect,
    Engine,
    Join,
    Result,
    Select,
    Table,
    create_engine,
    event,
    func,
    inspect,
    select,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import (
    ORMExecuteState,
    Session,
    SessionTransaction,
    UOWTransaction,
    with_loader_criteria,
)
from sqlalchemy.sql import visitors

from tracker import clock
from tracker.tables import NOW_KNOWN_ON, RETRACTION, Computed, Confined, Fact, Model


class ForeignMunicipalityError(Exception):
    """A row of one municipality was about to be written in a session bound to another."""


class UnscopedStatementError(Exception):
    """A bound session was asked to run a statement that it cannot confine to its municipality."""


class FactChangedError(Exception):
    """Something tried to change or delete a fact. Retract it and add another instead."""


@dataclass
class Touched:
    """What the present transaction changed: whose phases must be computed anew before it commits."""

    persons: set[int] = field(default_factory=set)
    persons_in_part: set[int] = field(default_factory=set)
    """Who is touched in what some requirements, or requirements that ask for some courses, mean for them; those are:"""
    concerned_requirements: set[int] = field(default_factory=set)
    concerned_courses: set[int] = field(default_factory=set)
    requirements: set[int] = field(default_factory=set)
    courses: set[int] = field(default_factory=set)
    units: bool = False
    everything: bool = False

    def __bool__(self) -> bool:
        return bool(
            self.persons or self.persons_in_part or self.requirements or self.courses or self.units or self.everything
        )

    @property
    def people(self) -> set[int]:
        """Everyone who is touched, in full or in part."""
        return self.persons | self.persons_in_part

    def add(self, kind: type[Confined], values: Callable[[str], Iterable[int]]) -> None:
        """Note what rows of a table touch. `values` gives what they hold in a column."""
        match kind.__touches__, kind.__concerns__:
            case "person_id", None:
                self.persons.update(values("person_id"))
            case "person_id", "requirement_id":
                self.persons_in_part.update(values("person_id"))
                self.concerned_requirements.update(values("requirement_id"))
            case "person_id", "course_id":
                self.persons_in_part.update(values("person_id"))
                self.concerned_courses.update(values("course_id"))
            case "requirement_id", None:
                self.requirements.update(values("requirement_id"))
            case "course_id", None:
                self.courses.update(values("course_id"))
            case "units", None:
                self.units = True
            case _:
                self.everything = True


@dataclass(frozen=True, slots=True)
class Known:
    """A past day by whose end a fact must have been recorded to count. `at` is the last instant of that local day."""

    on: date
    at: datetime

    @classmethod
    def by_end_of(cls, on: date, timezone: str) -> "Known":
        """Return what was known by the end of a calendar day in a time zone, such as "Europe/Stockholm"."""
        return cls(on, clock.end_of_day(on, timezone))


class BoundSession(Session):
    """A session that sees and writes one municipality only. `known` takes it back to what was known on a past day."""

    municipality_id: int
    known: Known | None = None

    @property
    def touched(self) -> Touched:
        """What has been touched since the session began or was last refreshed."""
        return self.info.setdefault("touched", Touched())


class WideSession(Session):
    """A session that sees every municipality. Each place that opens one is counted by a test."""

    known: Known | None = None


class Database:
    """The engine and the two kinds of session that may be opened on it."""

    def __init__(self, url: str) -> None:
        """Prepare, but do not yet connect to, the database at a URL such as "sqlite:///instance/tracker.db"."""
        self.url = normalised(url)
        self.engine = _engine(self.url)
        options: dict[str, Any] = {"tracker_reading": True}
        if self.engine.dialect.name == "postgresql":
            # As on SQLite, all that a reading session sees is from one instant: a figure agrees with its list.
            options |= {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
        self._reading = self.engine.execution_options(**options)

    def bound(self, municipality_id: int, *, reading: bool = False) -> BoundSession:
        """Open a session for one municipality; `reading` ones take no write lock and cannot write."""
        session = BoundSession(self._reading if reading else self.engine, expire_on_commit=False)
        session.municipality_id = municipality_id
        return session

    def wide(self, *, reading: bool = False) -> WideSession:
        """Open a session across municipalities: to find who signs in, for figures side by side, for the outbox."""
        return WideSession(self._reading if reading else self.engine, expire_on_commit=False)


_HELD_BY_OTHERS = {"55P03", "40P01", "40001"}
"""PostgreSQL's codes for a lock that is not to be had, for two that wait for each other, and for rows changed meanwhile."""


def is_busy(error: OperationalError) -> bool:
    """Say whether a statement failed because another transaction held what it needed: it may do the next time."""
    held = getattr(error.orig, "sqlstate", None) in _HELD_BY_OTHERS
    return held or getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY


def normalised(url: str) -> str:
    """Return a database URL with the driver that Tracker uses: psycopg 3 for PostgreSQL."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": 5})
        engine.dialect.colspecs = {**engine.dialect.colspecs, Date: _IsoDate}
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(url, pool_pre_ping=True, pool_size=10)
    # Many rows go in one statement; the driver by itself would send one statement a row.
    engine.dialect.use_insertmanyvalues_wo_returning = True
    return engine


class _IsoDate(sqlite.DATE):
    """A day as SQLite keeps it, written several times faster than SQLAlchemy's own, which takes any format."""

    def bind_processor(self, dialect: Dialect) -> Any:  # noqa: ARG002
        return lambda value: None if value is None else value.isoformat()


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    """Make SQLite keep its promises: foreign keys on, nothing acknowledged is lost in a power cut."""
    # SQLAlchemy's default for this driver begins transactions late and loses updates; we begin them ourselves.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=5000",
        "cache_size=-65536",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("tracker_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


_THIS_TRANSACTION = True  # set_config's third argument: the setting ends with the transaction.


@event.listens_for(BoundSession, "after_begin")
def _bind_in_database(session: BoundSession, _transaction: SessionTransaction, connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.set_config("app.municipality", str(session.municipality_id), _THIS_TRANSACTION)))


@event.listens_for(WideSession, "after_begin")
def _widen_in_database(_session: WideSession, _transaction: SessionTransaction, connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.set_config("app.wide", "on", _THIS_TRANSACTION)))


@event.listens_for(BoundSession, "do_orm_execute")
def _confine(state: ORMExecuteState) -> Result[Any] | None:
    """Belts 1 and 2. Relationship loads are confined too: skipping them let a lazy load reach another's row."""
    session = state.session
    assert isinstance(session, BoundSession)
    if not state.is_orm_statement:
        raise UnscopedStatementError("A bound session runs ORM statements only.")
    if state.is_insert:
        raise UnscopedStatementError("Insert many rows with many_rows.insert_many, which stamps them.")
    written = state.is_insert or state.is_update or state.is_delete
    reached = {state.bind_mapper.local_table} if written and state.bind_mapper is not None else set()
    _refuse_core_tables(state.statement, reached)
    if state.is_update or state.is_delete:
        mapper = state.bind_mapper
        if mapper is not None and issubclass(mapper.class_, Fact):
            raise FactChangedError(f"{mapper.class_.__name__} is a fact.")
        if mapper is not None and mapper.class_.__touches__ is not None:
            session.touched.everything = True  # Which rows it reaches is known to the database only.
    municipality_id = session.municipality_id
    state.statement = state.statement.options(
        with_loader_criteria(
            Confined,
            lambda model: model.municipality_id == municipality_id,
            include_aliases=True,
            track_closure_variables=True,
        )
    )
    return _as_known(state, session.known)


@event.listens_for(WideSession, "do_orm_execute")
def _as_known_everywhere(state: ORMExecuteState) -> Result[Any] | None:
    session = state.session
    assert isinstance(session, WideSession)
    return _as_known(state, session.known)


def _as_known(state: ORMExecuteState, known: Known | None) -> Result[Any] | None:
    """Read what was computed from the knowledge that the session is set to, and the facts that stood by it."""
    if not state.is_orm_statement or state.is_insert:
        return None
    known_on = NOW_KNOWN_ON if known is None else known.on
    state.statement = state.statement.options(
        with_loader_criteria(
            Computed, lambda model: model.known_on == known_on, include_aliases=True, track_closure_variables=True
        )
    )
    if known is None:
        return None
    state.parameters = state.parameters or {}
    return state.invoke_statement(params={"known_at": known.at})


def _refuse_core_tables(statement: Any, reached: set[Any]) -> None:
    """Refuse text, and what is not reached through a mapped class: no criterion would confine it.

    SQLAlchemy itself adds bare columns of a table whose class the statement names; those are confined with it.
    """
    bare: set[Table] = set()
    for element in visitors.iterate(statement):
        if element.__visit_name__ == "textclause":
            raise UnscopedStatementError("Textual SQL cannot be confined to a municipality.")
        if isinstance(element, Select):
            for source in (*element._raw_columns, *element._from_obj, *(join[0] for join in element._setup_joins)):  # noqa: SLF001
                if (part := _bare_part(source)) is not None:
                    raise UnscopedStatementError(f"Select the mapped class or attribute, not {part}.")
        if isinstance(element, (Table, Column, Alias)) and (table := _table(element)) is not None:
            (reached if _mapped(element) else bare).add(table)
    if unreached := {table.name for table in bare - reached}:
        raise UnscopedStatementError(f"Select the mapped class, not the table {', '.join(sorted(unreached))}.")


def _bare_part(source: Any) -> Any:
    """Return what of a select's sources was not reached through a mapped class, or None."""
    if isinstance(source, Join):
        return _bare_part(source.left) if _bare_part(source.left) is not None else _bare_part(source.right)
    bare = isinstance(source, (Table, Column, Alias)) and _table(source) is not None and not _mapped(source)
    return source if bare else None


def _table(element: Table | Column | Alias) -> Table | None:
    """Return the table itself that an element is, names or belongs to; None for the columns of a subquery."""
    table = element.element if isinstance(element, Alias) else element
    table = table.table if isinstance(table, Column) else table
    table = table.element if isinstance(table, Alias) else table
    return Model.metadata.tables.get(table.name) if isinstance(table, Table) else None


def _mapped(element: Any) -> bool:
    return "parententity" in element._annotations or "parentmapper" in element._annotations  # noqa: SLF001


@event.listens_for(BoundSession, "before_flush")
def _stamp(session: BoundSession, _context: UOWTransaction, _instances: object) -> None:
    """Belt 3: stamp new rows, refuse foreign ones; hold facts to being facts; note whom they touch."""
    for row in session.new:
        if isinstance(row, Confined):
            if row.municipality_id is None:
                row.municipality_id = session.municipality_id
            _refuse_foreign(session, row)
            _touch(session, row)
    for row in session.dirty:
        if isinstance(row, Confined) and session.is_modified(row):
            _refuse_foreign(session, row)
            if isinstance(row, Fact):
                _refuse_change(row)
            _touch(session, row)
    for row in session.deleted:
        if isinstance(row, Fact):
            raise FactChangedError(f"{type(row).__name__} {row.id} cannot be deleted.")
        if isinstance(row, Confined):
            _refuse_foreign(session, row)
            _touch(session, row)


def _refuse_change(fact: Fact) -> None:
    """All that may happen to a fact is that it is retracted, once."""
    state = inspect(fact)
    set_to = set(state.attrs.keys()) - state.unmodified
    changed = {name for name in set_to if state.attrs[name].history.has_changes()}
    if changed - RETRACTION or any(state.attrs.retracted_at.history.deleted):
        raise FactChangedError(f"{type(fact).__name__} {fact.id}: {', '.join(sorted(changed))}")


def _refuse_foreign(session: BoundSession, row: Confined) -> None:
    if row.municipality_id != session.municipality_id:
        raise ForeignMunicipalityError(
            f"{type(row).__name__} belongs to {row.municipality_id}, not {session.municipality_id}."
        )


def _touch(session: BoundSession, row: Confined) -> None:
    """Note what a row that is added, changed or deleted touches: both what it names now and what it named before."""
    kind = type(row)
    if kind.__touches__ is None or (kind.__published__ and not _values(row, kind.__published__)):
        return
    session.touched.add(kind, lambda column: _values(row, column))


def _values(row: Confined, column: str) -> list[Any]:
    return [value for value in inspect(row).attrs[column].load_history().sum() if value is not None]


def retract(facts: Iterable[Fact], *, now: datetime, by_id: int | None, why: str) -> None:
    """Retract facts: they stop counting from now on, and stay visible in what was known before.

    One that is already retracted stays as it was.
    """
    for fact in facts:
        if fact.retracted_at is None:
            fact.retracted_at = now
            fact.retracted_by_id = by_id
            fact.retracted_why = why
