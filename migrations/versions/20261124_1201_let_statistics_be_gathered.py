"""Let statistics be gathered about a table that has just been filled.

Revision ID: 20261124_1201
Revises: 20261124_1200
"""

from alembic import op

from tracker import schema

revision = "20261124_1201"
down_revision = "20261124_1200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema.let_statistics_be_gathered(op.get_bind())


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION gather_statistics")
