"""Add extensions for a list of people.

Revision ID: 20261124_1220
Revises: 20261124_1210
"""

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

from tracker import schema

revision = "20261124_1220"
down_revision = "20261124_1210"
branch_labels = None
depends_on = None

REASON = {"existing_type": sa.String(length=500), "existing_nullable": False}
BEFORE, NOW = "of an assignment or exemption", "of a decision about a requirement"


def upgrade() -> None:
    _set_items_aside()
    with op.batch_alter_table("batch", recreate="auto") as batch_op:
        batch_op.add_column(sa.Column("due_on", sa.Date(), nullable=True, comment="of an extension"))
        batch_op.alter_column("reason", comment=NOW, existing_comment=BEFORE, **REASON)
        _replace_check(batch_op, "act", "act IN ('assign', 'exempt', 'extend', 'complete')")
        _replace_check(batch_op, "starts_on", "(act IN ('assign', 'exempt')) = (starts_on IS NOT NULL)")
        batch_op.create_check_constraint(batch_op.f("ck_batch_due_on"), "(act = 'extend') = (due_on IS NOT NULL)")
    _put_items_back()


def downgrade() -> None:
    """Lists that gave more time cannot be kept. What came of them stands."""
    schema.widen(op.get_bind())
    op.execute("DELETE FROM batch_item WHERE batch_id IN (SELECT id FROM batch WHERE act = 'extend')")
    op.execute("DELETE FROM batch WHERE act = 'extend'")
    _set_items_aside()
    with op.batch_alter_table("batch", recreate="auto") as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_batch_due_on"), type_="check")
        _replace_check(batch_op, "starts_on", "(act = 'complete') = (starts_on IS NULL)")
        _replace_check(batch_op, "act", "act IN ('assign', 'exempt', 'complete')")
        batch_op.alter_column("reason", comment=BEFORE, existing_comment=NOW, **REASON)
        batch_op.drop_column("due_on")
    _put_items_back()


def _replace_check(batch_op: BatchOperations, name: str, condition: str) -> None:
    batch_op.drop_constraint(batch_op.f(f"ck_batch_{name}"), type_="check")
    batch_op.create_check_constraint(batch_op.f(f"ck_batch_{name}"), condition)


def _set_items_aside() -> None:
    """SQLite changes a check by making the table anew, which rows that refer to it do not allow."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE TEMPORARY TABLE kept AS SELECT * FROM batch_item")
        op.execute("DELETE FROM batch_item")


def _put_items_back() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("INSERT INTO batch_item SELECT * FROM kept")
        op.execute("DROP TABLE kept")
