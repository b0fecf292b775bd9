"""Keep the phases of people who are computed together together in the index that is counted from.

Revision ID: 20261124_1200
Revises: 20261124_1031
"""

from alembic import op

revision = "20261124_1200"
down_revision = "20261124_1031"
branch_labels = None
depends_on = None

BY_REQUIREMENT = ["municipality_id", "known_on", "requirement_id", "state"]


def upgrade() -> None:
    _replace([*BY_REQUIREMENT, "person_id", "starts_on", "ends_on"])


def downgrade() -> None:
    _replace([*BY_REQUIREMENT, "starts_on", "ends_on", "person_id"])


def _replace(columns: list[str]) -> None:
    with op.batch_alter_table("phase") as table:
        table.drop_index("ix_phase_counted")
        table.create_index("ix_phase_counted", columns)
