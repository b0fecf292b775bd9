"""Add the introduction programme: its items, what they say, and what has been done.

Revision ID: 20261124_1000
Revises: 20261124_1010
"""

import sqlalchemy as sa
from alembic import op

from tracker import schema, tables

revision = "20261124_1000"
down_revision = "20261124_1010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "programme_item",
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column(
            "layer",
            sa.Enum(
                "base",
                "municipality",
                "unit",
                "role",
                name="layer",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("position_id", sa.Integer(), nullable=True),
        sa.Column("requirement_id", sa.Integer(), nullable=True),
        sa.Column("created_at", tables.UtcDateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("(layer = 'role') = (position_id IS NOT NULL)", name=op.f("ck_programme_item_role_layer")),
        sa.CheckConstraint("(layer = 'unit') = (unit_id IS NOT NULL)", name=op.f("ck_programme_item_unit_layer")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "position_id"],
            ["position.municipality_id", "position.id"],
            name=op.f("fk_programme_item_municipality_id_position_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "requirement_id"],
            ["requirement.municipality_id", "requirement.id"],
            name=op.f("fk_programme_item_municipality_id_requirement_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "unit_id"],
            ["org_unit.municipality_id", "org_unit.id"],
            name=op.f("fk_programme_item_municipality_id_unit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.id"], name=op.f("fk_programme_item_municipality_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_item")),
        sa.UniqueConstraint("municipality_id", "code", name=op.f("uq_programme_item_municipality_id_code")),
        sa.UniqueConstraint("municipality_id", "id", name=op.f("uq_programme_item_municipality_id_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_programme_item_public_id")),
    )
    with op.batch_alter_table("programme_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_programme_item_municipality_id"), ["municipality_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_programme_item_position_id"), ["position_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_programme_item_requirement_id"), ["requirement_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_programme_item_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "programme_item_version",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("titles", sa.JSON(), nullable=False, comment="by language: sv, en"),
        sa.Column("helps", sa.JSON(), nullable=False, comment="a few words more, by language; may be empty"),
        sa.Column(
            "owner",
            sa.Enum(
                "learner", "manager", "it", "hr", name="owner", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
            comment="who sees to it that it is done",
        ),
        sa.Column(
            "offset_days",
            sa.Integer(),
            nullable=False,
            comment="due: working days from the first day; below 0 before it",
        ),
        sa.Column("effective_from", sa.Date(), nullable=False, comment="for those who begin on this day or later …"),
        sa.Column(
            "effective_until",
            sa.Date(),
            nullable=True,
            comment="… and on this day at the latest; before effective_from: for nobody, it was replaced before its time",
        ),
        sa.Column("recorded_at", tables.UtcDateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("offset_days BETWEEN -60 AND 120", name=op.f("ck_programme_item_version_offset")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "item_id"],
            ["programme_item.municipality_id", "programme_item.id"],
            name=op.f("fk_programme_item_version_municipality_id_item_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.id"], name=op.f("fk_programme_item_version_municipality_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_item_version")),
        sa.UniqueConstraint("municipality_id", "id", name=op.f("uq_programme_item_version_municipality_id_id")),
        sa.UniqueConstraint(
            "municipality_id",
            "item_id",
            "number",
            name=op.f("uq_programme_item_version_municipality_id_item_id_number"),
        ),
    )
    with op.batch_alter_table("programme_item_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_programme_item_version_item_id"), ["item_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_programme_item_version_municipality_id"), ["municipality_id"], unique=False
        )

    op.create_table(
        "task_done",
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column(
            "hired_on", sa.Date(), nullable=False, comment="the first day, as known then, of the hire it was done for"
        ),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", tables.UtcDateTime(timezone=True), nullable=False),
        sa.Column(
            "source",
            sa.String(length=60),
            nullable=False,
            comment="where it came from: roster, manager, player, demo …",
        ),
        sa.Column("retracted_at", tables.UtcDateTime(timezone=True), nullable=True),
        sa.Column("retracted_why", sa.String(length=500), nullable=True),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("retracted_by_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id", "item_id"],
            ["programme_item.municipality_id", "programme_item.id"],
            name=op.f("fk_task_done_municipality_id_item_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "person_id"],
            ["person.municipality_id", "person.id"],
            name=op.f("fk_task_done_municipality_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "recorded_by_id"],
            ["account.municipality_id", "account.id"],
            name=op.f("fk_task_done_municipality_id_recorded_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "retracted_by_id"],
            ["account.municipality_id", "account.id"],
            name=op.f("fk_task_done_municipality_id_retracted_by_id"),
        ),
        sa.ForeignKeyConstraint(["municipality_id"], ["municipality.id"], name=op.f("fk_task_done_municipality_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_done")),
        sa.UniqueConstraint("municipality_id", "id", name=op.f("uq_task_done_municipality_id_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_task_done_public_id")),
    )
    with op.batch_alter_table("task_done", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_done_item_id"), ["item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_task_done_municipality_id"), ["municipality_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_task_done_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "uq_task_done_standing",
            ["municipality_id", "person_id", "item_id", "hired_on"],
            unique=True,
            sqlite_where=sa.text("retracted_at IS NULL"),
            postgresql_where=sa.text("retracted_at IS NULL"),
        )

    schema.keep_apart(op.get_bind(), ["programme_item", "programme_item_version", "task_done"])


def downgrade() -> None:
    with op.batch_alter_table("task_done", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_task_done_standing",
            sqlite_where=sa.text("retracted_at IS NULL"),
            postgresql_where=sa.text("retracted_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_task_done_person_id"))
        batch_op.drop_index(batch_op.f("ix_task_done_municipality_id"))
        batch_op.drop_index(batch_op.f("ix_task_done_item_id"))

    op.drop_table("task_done")
    with op.batch_alter_table("programme_item_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_programme_item_version_municipality_id"))
        batch_op.drop_index(batch_op.f("ix_programme_item_version_item_id"))

    op.drop_table("programme_item_version")
    with op.batch_alter_table("programme_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_programme_item_unit_id"))
        batch_op.drop_index(batch_op.f("ix_programme_item_requirement_id"))
        batch_op.drop_index(batch_op.f("ix_programme_item_position_id"))
        batch_op.drop_index(batch_op.f("ix_programme_item_municipality_id"))

    op.drop_table("programme_item")
