"""What tables are made of: kinds of column, and what every table of a municipality's and every fact has in common."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from sqlalchemy import (
    BindParameter,
    CheckConstraint,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
    and_,
    bindparam,
    false,
    func,
    or_,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    declared_attr,
    mapped_column,
)

from tracker import tokens


class UtcDateTime(TypeDecorator[datetime]):
    """An instant, aware and in UTC on the Python side; SQLite keeps it as text without an offset."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse an instant without a time zone, since nobody could say when it was."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"An instant needs a time zone: {value!r}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the instant in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def word(enumeration: type[StrEnum], *, checked: bool = True) -> Enum:
    """Return the column type that keeps an enumeration by its values, with a check in the database unless told not to.

    The check doubles what it costs to insert a row.
    """
    return Enum(
        enumeration,
        native_enum=False,
        create_constraint=checked,
        length=40,
        values_callable=lambda members: [member.value for member in members],
        name=_snake(enumeration.__name__),
    )


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


# Swedish names sort by a stored key (see i18n.sort_key), compared byte by byte on every database.
SORT_KEY = String(200).with_variant(String(200, collation="C"), "postgresql")

Instant = Annotated[datetime, mapped_column(UtcDateTime)]
Day = Annotated[date, mapped_column(Date)]
Key = Annotated[int, mapped_column(Integer, primary_key=True)]
PublicId = Annotated[str, mapped_column(String(20), unique=True, default=tokens.public_id)]
Line = Annotated[str, mapped_column(String(200))]
Code = Annotated[str, mapped_column(String(60))]


class Model(DeclarativeBase):
    """A table. One that is not `Owned` is shared by the whole installation and says so with `__shared__`."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    __shared__: ClassVar[bool] = False
    # What a row of this table touches: person_id, requirement_id or course_id, whichever it names; units; everything.
    __touches__: ClassVar[str | None] = None
    # One that touches a person touches only what this requirement or course, requirement_id or course_id, means for them.
    __concerns__: ClassVar[str | None] = None
    # A row touches nothing while this column is empty: it is a draft.
    __published__: ClassVar[str | None] = None

    @declared_attr.directive
    def __tablename__(cls) -> str:  # noqa: N805
        return _snake(cls.__name__)


def refers_to(table: str, *, nullable: bool = False, index: bool = True) -> Any:
    """Return a column that refers to a row of the same municipality, held by a composite foreign key.

    It has an index that begins with the municipality, as every statement that is confined to one asks for both: SQLite,
    given a list of ids, would otherwise look through all that the municipality has.
    """
    return mapped_column(Integer, nullable=nullable, info={"refers_to": table, "indexed": index})


class Confined(Model):
    """A table each of whose rows belongs to one municipality."""

    __abstract__ = True
    # Whether other rows refer to rows of this table. One that is written much does without the keys for that.
    __referred__: ClassVar[bool] = True

    @declared_attr
    def municipality_id(cls) -> Mapped[int]:  # noqa: N805
        """Name the municipality that the row belongs to."""
        return mapped_column(ForeignKey("municipality.id"))

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        table = cls.__dict__.get("__table__")
        if not isinstance(table, Table):
            return
        if cls.__referred__:
            table.append_constraint(UniqueConstraint("municipality_id", "id"))
        # What is unique has an index, which serves if it begins as one of a reference does.
        begun = {tuple(key.columns.keys())[:2] for key in table.constraints if isinstance(key, UniqueConstraint)}
        for column in list(table.columns):
            if target := column.info.get("refers_to"):
                pair = ("municipality_id", column.name)
                table.append_constraint(ForeignKeyConstraint(pair, [f"{target}.municipality_id", f"{target}.id"]))
                if column.info["indexed"] and pair not in begun:
                    Index(None, *(table.columns[name] for name in pair))


class Owned(Confined):
    """One whose rows have a number of their own, by which others can refer to them."""

    __abstract__ = True

    id: Mapped[Key]


class Fact(Owned):
    """A row that says something was so. It is added and may be retracted; it is never changed or deleted."""

    __abstract__ = True

    recorded_at: Mapped[Instant]
    source: Mapped[Code] = mapped_column(comment="where it came from: roster, manager, player, demo …")
    retracted_at: Mapped[Instant | None]
    retracted_why: Mapped[str | None] = mapped_column(String(500))

    @declared_attr
    def recorded_by_id(cls) -> Mapped[int | None]:  # noqa: N805
        """Name the account that recorded it; empty when a job or a command did."""
        return refers_to("account", nullable=True, index=False)

    @declared_attr
    def retracted_by_id(cls) -> Mapped[int | None]:  # noqa: N805
        """Name the account that retracted it."""
        return refers_to("account", nullable=True, index=False)


RETRACTION = frozenset({"retracted_at", "retracted_by_id", "retracted_why"})

NOW_KNOWN = datetime.max.replace(tzinfo=UTC)
NOW_KNOWN_ON = date.max
"""What is known now is what has been recorded by the end of time: nothing is recorded later than now."""


def known_at() -> BindParameter[datetime]:
    """Return the instant whose knowledge a statement is asked for: now, unless the session is set to an earlier one."""
    return bindparam("known_at", NOW_KNOWN, UtcDateTime)


def recorded(fact: type[Fact]) -> ColumnElement[bool]:
    """Return the condition that a fact was recorded by the instant that the session is set to, retracted or not."""
    return fact.recorded_at <= known_at()


def stands(fact: type[Fact]) -> ColumnElement[bool]:
    """Return the condition that a fact was recorded, and not retracted, by the instant that the session is set to."""
    return and_(recorded(fact), or_(fact.retracted_at.is_(None), fact.retracted_at > known_at()))


def retracted(fact: type[Fact]) -> ColumnElement[bool]:
    """Return the condition that a fact was retracted by the instant that the session is set to."""
    return func.coalesce(fact.retracted_at <= known_at(), false())


class Computed(Confined):
    """A row computed from facts: once for what is known now, and once for each past day whose knowledge was asked for."""

    __abstract__ = True
    __referred__ = False

    known_on: Mapped[Day] = mapped_column(
        default=NOW_KNOWN_ON, comment="computed from what was known at the end of this day; 9999-12-31: from all"
    )


def period_check(starts_on: str = "starts_on", ends_on: str = "ends_on") -> CheckConstraint:
    """Return the constraint that a period does not end before it starts. Both days are included."""
    return CheckConstraint(f"{ends_on} IS NULL OR {ends_on} >= {starts_on}", name="ends_after_start")
