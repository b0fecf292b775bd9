"""Add merges of persons, and what people were called before.

Revision ID: 20261124_1020
Revises: 20261124_1030
"""

import sqlalchemy as sa
from alembic import op

from tracker import schema, tables

revision = "20261124_1020"
down_revision = "20261124_1030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person_merge",
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("survivor_id", sa.Integer(), nullable=False),
        sa.Column("absorbed_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("merged_at", tables.UtcDateTime(timezone=True), nullable=False),
        sa.Column("merged_by_id", sa.Integer(), nullable=True),
        sa.Column("disabled_account_id", sa.Integer(), nullable=True),
        sa.Column("undone_at", tables.UtcDateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", sa.Integer(), nullable=True),
        sa.Column("undone_why", sa.String(length=500), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("survivor_id <> absorbed_id", name=op.f("ck_person_merge_two")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "absorbed_id"],
            ["person.municipality_id", "person.id"],
            name=op.f("fk_person_merge_municipality_id_absorbed_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "disabled_account_id"],
            ["account.municipality_id", "account.id"],
            name=op.f("fk_person_merge_municipality_id_disabled_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "merged_by_id"],
            ["account.municipality_id", "account.id"],
            name=op.f("fk_person_merge_municipality_id_merged_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "survivor_id"],
            ["person.municipality_id", "person.id"],
            name=op.f("fk_person_merge_municipality_id_survivor_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "undone_by_id"],
            ["account.municipality_id", "account.id"],
            name=op.f("fk_person_merge_municipality_id_undone_by_id"),
        ),
        sa.ForeignKeyConstraint(["municipality_id"], ["municipality.id"], name=op.f("fk_person_merge_municipality_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_merge")),
        sa.UniqueConstraint("municipality_id", "id", name=op.f("uq_person_merge_municipality_id_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_person_merge_public_id")),
    )
    with op.batch_alter_table("person_merge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_merge_absorbed_id"), ["absorbed_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_merge_municipality_id"), ["municipality_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_merge_survivor_id"), ["survivor_id"], unique=False)
        batch_op.create_index(
            "uq_person_merge_standing",
            ["municipality_id", "absorbed_id"],
            unique=True,
            sqlite_where=sa.text("undone_at IS NULL"),
            postgresql_where=sa.text("undone_at IS NULL"),
        )

    op.create_table(
        "former_details",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("employee_number", sa.String(length=40), nullable=False),
        sa.Column("given_name", sa.String(length=200), nullable=False),
        sa.Column("family_name", sa.String(length=200), nullable=False),
        sa.Column(
            "sort_key",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("until", sa.Date(), nullable=False, comment="the day of the change"),
        sa.Column("changed_at", tables.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.Column("merge_id", sa.Integer(), nullable=True),
        sa.Column(
            "number_passed_on",
            sa.Boolean(),
            nullable=False,
            comment="the number has been given to somebody else: it no longer leads here",
        ),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id", "changed_by_id"],
            ["account.municipality_id", "account.id"],
            name=op.f("fk_former_details_municipality_id_changed_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "merge_id"],
            ["person_merge.municipality_id", "person_merge.id"],
            name=op.f("fk_former_details_municipality_id_merge_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "person_id"],
            ["person.municipality_id", "person.id"],
            name=op.f("fk_former_details_municipality_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.id"], name=op.f("fk_former_details_municipality_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_details")),
        sa.UniqueConstraint("municipality_id", "id", name=op.f("uq_former_details_municipality_id_id")),
    )
    with op.batch_alter_table("former_details", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_former_details_employee_number"), ["employee_number"], unique=False)
        batch_op.create_index(batch_op.f("ix_former_details_merge_id"), ["merge_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_former_details_municipality_id"), ["municipality_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_former_details_person_id"), ["person_id"], unique=False)

    op.create_table(
        "merged_row",
        sa.Column("merge_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False, comment="the table of both rows"),
        sa.Column("original", sa.Integer(), nullable=False, comment="the absorbed person's row"),
        sa.Column(
            "counterpart", sa.Integer(), nullable=True, comment="the survivor's fact that says the same; empty: moved"
        ),
        sa.Column("added", sa.Boolean(), nullable=False, comment="the counterpart was not there before"),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id", "merge_id"],
            ["person_merge.municipality_id", "person_merge.id"],
            name=op.f("fk_merged_row_municipality_id_merge_id"),
        ),
        sa.ForeignKeyConstraint(["municipality_id"], ["municipality.id"], name=op.f("fk_merged_row_municipality_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merged_row")),
        sa.UniqueConstraint("municipality_id", "id", name=op.f("uq_merged_row_municipality_id_id")),
        sa.UniqueConstraint(
            "municipality_id",
            "merge_id",
            "kind",
            "original",
            name=op.f("uq_merged_row_municipality_id_merge_id_kind_original"),
        ),
    )
    with op.batch_alter_table("merged_row", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_merged_row_merge_id"), ["merge_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_merged_row_municipality_id"), ["municipality_id"], unique=False)

    schema.keep_apart(op.get_bind(), ("person_merge", "former_details", "merged_row"))


def downgrade() -> None:
    with op.batch_alter_table("merged_row", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_merged_row_municipality_id"))
        batch_op.drop_index(batch_op.f("ix_merged_row_merge_id"))

    op.drop_table("merged_row")
    with op.batch_alter_table("former_details", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_former_details_person_id"))
        batch_op.drop_index(batch_op.f("ix_former_details_municipality_id"))
        batch_op.drop_index(batch_op.f("ix_former_details_merge_id"))
        batch_op.drop_index(batch_op.f("ix_former_details_employee_number"))

    op.drop_table("former_details")
    with op.batch_alter_table("person_merge", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_person_merge_standing",
            sqlite_where=sa.text("undone_at IS NULL"),
            postgresql_where=sa.text("undone_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_person_merge_survivor_id"))
        batch_op.drop_index(batch_op.f("ix_person_merge_municipality_id"))
        batch_op.drop_index(batch_op.f("ix_person_merge_absorbed_id"))

    op.drop_table("person_merge")
