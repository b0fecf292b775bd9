"""Keep when the end of a programme's item was decided: as a version of its own, in place of a day set in another's row.

Revision ID: 20261124_1210
Revises: 20261124_1201
"""

from datetime import date, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

from tracker import schema, tables

revision = "20261124_1210"
down_revision = "20261124_1201"
branch_labels = None
depends_on = None

ITEM = sa.table("programme_item", sa.column("id"), sa.column("public_id"))
ENTRY = sa.table(
    "journal_entry",
    sa.column("at", tables.UtcDateTime),
    sa.column("action"),
    sa.column("subject"),
    sa.column("details", sa.JSON),
)
VERSION = sa.table(
    "programme_item_version",
    *(sa.column(name) for name in ("id", "municipality_id", "item_id", "number", "owner", "offset_days")),
    sa.column("titles", sa.JSON),
    sa.column("helps", sa.JSON),
    sa.column("effective_from", sa.Date),
    sa.column("effective_until", sa.Date),
    sa.column("ends", sa.Boolean),
    sa.column("recorded_at", tables.UtcDateTime),
)
SAID = [column for column in VERSION.c if column.name not in {"id", "effective_until", "ends"}]
ONE_DAY = timedelta(days=1)


def upgrade() -> None:
    with op.batch_alter_table("programme_item_version") as table:
        table.add_column(
            sa.Column(
                "ends",
                sa.Boolean(),
                nullable=False,
                server_default=sa.false(),
                comment="the item is left out for them; what it says is what it said last",
            )
        )
    with op.batch_alter_table("programme_item_version") as table:
        table.alter_column("ends", server_default=None)
        table.alter_column(
            "effective_from", existing_type=sa.Date(), comment="for those who begin on this day or later"
        )
    schema.widen(op.get_bind())
    for versions in _by_item(*SAID, VERSION.c.effective_until):
        _write_down_ends(versions)
    with op.batch_alter_table("programme_item_version") as table:
        table.drop_column("effective_until")


def _by_item(*columns: sa.ColumnElement[Any]) -> list[list[dict[str, Any]]]:
    """Return each item's versions, in the order that they were decided."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.select(VERSION.c.id, *columns).order_by(VERSION.c.item_id, VERSION.c.number)
    ).mappings()
    return [[dict(row) for row in those] for _item, those in groupby(rows.all(), key=lambda row: row["item_id"])]


def _write_down_ends(versions: list[dict[str, Any]]) -> None:
    """Add a version for each end that no later version explains, and number them all anew."""
    connection = op.get_bind()
    decided: list[dict[str, Any]] = []
    for row in reversed(versions):
        until = row.pop("effective_until")
        if until is not None and all(one["effective_from"] > until + ONE_DAY for one in decided):
            first = until + ONE_DAY
            decided.append(
                row | {"id": None, "effective_from": first, "ends": True, "recorded_at": _ended_at(row, first)}
            )
        decided.append(row)
    decided.reverse()
    # From the last on, so that no two bear the same number meanwhile.
    for number, row in reversed(list(enumerate(decided, start=1))):
        values = {name: value for name, value in row.items() if name != "id"} | {"number": number}
        if row["id"] is None:
            connection.execute(VERSION.insert().values(values))
        else:
            connection.execute(VERSION.update().where(VERSION.c.id == row["id"]).values(number=number))


def _ended_at(version: dict[str, Any], first: date) -> Any:
    """Return when an end was decided: as the journal says; or else, as it has been shown so far, with the version."""
    found = op.get_bind().execute(
        sa.select(ENTRY.c.at, ENTRY.c.details)
        .join(ITEM, ITEM.c.public_id == ENTRY.c.subject)
        .where(ITEM.c.id == version["item_id"], ENTRY.c.action == "programme.item_ended")
        .order_by(ENTRY.c.at.desc())
    )
    said = (entry.at for entry in found if entry.details.get("effective_from") == first.isoformat())
    return next(said, version["recorded_at"])


def downgrade() -> None:
    with op.batch_alter_table("programme_item_version") as table:
        table.add_column(
            sa.Column(
                "effective_until",
                sa.Date(),
                nullable=True,
                comment="… and on this day at the latest; before effective_from: for nobody, it was replaced before its time",
            )
        )
        table.alter_column(
            "effective_from", existing_type=sa.Date(), comment="for those who begin on this day or later …"
        )
    schema.widen(op.get_bind())
    connection = op.get_bind()
    for versions in _by_item(VERSION.c.item_id, VERSION.c.effective_from):
        for number, row in enumerate(versions):
            ahead = min((later["effective_from"] for later in versions[number + 1 :]), default=None)
            if ahead is not None:
                ending = VERSION.update().where(VERSION.c.id == row["id"])
                connection.execute(ending.values(effective_until=ahead - ONE_DAY))
    connection.execute(VERSION.delete().where(VERSION.c.ends))
    with op.batch_alter_table("programme_item_version") as table:
        table.drop_column("ends")
