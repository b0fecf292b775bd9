"""Keep what stood where a day should, in a row of a list.

Revision ID: 20261130_0230
Revises: 20261130_0210
"""

import sqlalchemy as sa
from alembic import op

revision = "20261130_0230"
down_revision = "20261130_0210"
branch_labels = None
depends_on = None


def upgrade() -> None:
    written = sa.Column(
        "day_written",
        sa.String(length=200),
        nullable=False,
        server_default="",
        comment="what stood there, if it is no day",
    )
    op.add_column("batch_item", written)
    with op.batch_alter_table("batch_item") as table:
        table.alter_column("day_written", server_default=None)


def downgrade() -> None:
    op.drop_column("batch_item", "day_written")
