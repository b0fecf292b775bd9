"""Add what was known on past days.

Revision ID: 20261124_0912
Revises: 20261124_0900
"""

from datetime import date

import sqlalchemy as sa
from alembic import op

from tracker import schema, tables

revision = "20261124_0912"
down_revision = "20261124_0900"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "known_day",
        sa.Column("known_on", sa.Date(), nullable=False),
        sa.Column("computed_at", tables.UtcDateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("municipality_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["municipality_id"], ["municipality.id"], name=op.f("fk_known_day_municipality_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_day")),
        sa.UniqueConstraint("municipality_id", "id", name=op.f("uq_known_day_municipality_id_id")),
        sa.UniqueConstraint("municipality_id", "known_on", name=op.f("uq_known_day_municipality_id_known_on")),
    )
    op.create_index(op.f("ix_known_day_municipality_id"), "known_day", ["municipality_id"])

    # An equivalence becomes a fact. When it was recorded is when it was created.
    with op.batch_alter_table("course_equivalence") as table:
        table.alter_column("created_at", new_column_name="recorded_at")
        table.add_column(
            sa.Column(
                "source",
                sa.String(length=60),
                nullable=False,
                server_default="catalogue",
                comment="where it came from: roster, manager, player, demo …",
            )
        )
        table.add_column(sa.Column("retracted_at", tables.UtcDateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("retracted_why", sa.String(length=500), nullable=True))
        table.add_column(sa.Column("recorded_by_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("retracted_by_id", sa.Integer(), nullable=True))
        table.drop_constraint(
            op.f("uq_course_equivalence_municipality_id_course_id_accepted_course_id"), type_="unique"
        )
        table.create_check_constraint(op.f("ck_course_equivalence_ends_after_start"), _ENDS_AFTER_START)
        for column in ("recorded_by_id", "retracted_by_id"):
            table.create_foreign_key(
                op.f(f"fk_course_equivalence_municipality_id_{column}"),
                "account",
                ["municipality_id", column],
                ["municipality_id", "id"],
            )
    with op.batch_alter_table("course_equivalence") as table:
        table.alter_column("source", server_default=None)

    with op.batch_alter_table("course_version") as table:
        table.add_column(
            sa.Column("published_at", tables.UtcDateTime(timezone=True), nullable=True, comment="when that was known")
        )
    schema.widen(op.get_bind())
    version = sa.table("course_version", sa.column("published_on"), sa.column("published_at"))
    # The instant was not kept: the beginning of the day is the earliest it can have been.
    midnight = version.c.published_on.op("||")(" 00:00:00.000000")
    if op.get_bind().dialect.name == "postgresql":
        midnight = sa.cast(version.c.published_on, sa.DateTime(timezone=True))
    op.execute(version.update().where(version.c.published_on.is_not(None)).values(published_at=midnight))
    with op.batch_alter_table("course_version") as table:
        table.create_check_constraint(
            op.f("ck_course_version_published"), "(published_on IS NULL) = (published_at IS NULL)"
        )

    with op.batch_alter_table("phase") as table:
        table.add_column(
            sa.Column(
                "known_on",
                sa.Date(),
                nullable=False,
                server_default="9999-12-31",
                comment="computed from what was known at the end of this day; 9999-12-31: from all",
            )
        )
        table.drop_index(op.f("ix_phase_municipality_id_person_id_requirement_id_starts_on"))
        table.drop_index("ix_phase_counted")
        table.create_index(
            "ix_phase_counted",
            ["municipality_id", "known_on", "requirement_id", "state", "starts_on", "ends_on", "person_id"],
        )
        table.create_index(
            "uq_phase_start",
            ["municipality_id", "known_on", "person_id", "requirement_id", "starts_on"],
            unique=True,
        )
    with op.batch_alter_table("phase") as table:
        table.alter_column("known_on", server_default=None)
    schema.keep_apart(op.get_bind(), ["known_day"])


_ENDS_AFTER_START = "ends_on IS NULL OR ends_on >= starts_on"


def downgrade() -> None:
    schema.widen(op.get_bind())
    phase = sa.table("phase", sa.column("known_on", sa.Date))
    # What was computed for past days would look like what is known now.
    op.execute(phase.delete().where(phase.c.known_on < date.max))
    with op.batch_alter_table("phase") as table:
        table.drop_index("uq_phase_start")
        table.drop_index("ix_phase_counted")
        table.create_index(
            "ix_phase_counted",
            ["municipality_id", "requirement_id", "state", "starts_on", "ends_on", "person_id"],
        )
        table.create_index(
            op.f("ix_phase_municipality_id_person_id_requirement_id_starts_on"),
            ["municipality_id", "person_id", "requirement_id", "starts_on"],
            unique=True,
        )
        table.drop_column("known_on")

    with op.batch_alter_table("course_version") as table:
        table.drop_constraint(op.f("ck_course_version_published"), type_="check")
        table.drop_column("published_at")

    equivalence = sa.table("course_equivalence", sa.column("retracted_at"))
    op.execute(equivalence.delete().where(equivalence.c.retracted_at.is_not(None)))
    with op.batch_alter_table("course_equivalence") as table:
        table.alter_column("recorded_at", new_column_name="created_at")
        table.drop_constraint(op.f("ck_course_equivalence_ends_after_start"), type_="check")
        for column in ("recorded_by_id", "retracted_by_id"):
            table.drop_constraint(op.f(f"fk_course_equivalence_municipality_id_{column}"), type_="foreignkey")
            table.drop_column(column)
        for column in ("retracted_why", "retracted_at", "source"):
            table.drop_column(column)
        table.create_unique_constraint(
            op.f("uq_course_equivalence_municipality_id_course_id_accepted_course_id"),
            ["municipality_id", "course_id", "accepted_course_id"],
        )

    op.drop_index(op.f("ix_known_day_municipality_id"), "known_day")
    op.drop_table("known_day")
