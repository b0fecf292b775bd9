"""Keep why a role was declined.

Revision ID: 20261129_2230
Revises: 20261124_1700
"""

import sqlalchemy as sa
from alembic import op

revision = "20261129_2230"
down_revision = "20261124_1700"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "role_request",
        sa.Column("declined_why", sa.String(length=500), nullable=True, comment="in the words of who declined it"),
    )


def downgrade() -> None:
    op.drop_column("role_request", "declined_why")
