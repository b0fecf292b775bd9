"""Keep each phase once: by what it is of and when it starts, without a number of its own.

SQLite kept each in the table, in its key and in the index that is counted from. The person's key implies the
municipality's, and the version's the requirement's, so those two are no longer checked for every row.

Revision ID: 20261130_0200
Revises: 20261129_2230
"""

import sqlalchemy as sa
from alembic import op

from tracker import schema

revision = "20261130_0200"
down_revision = "20261129_2230"
branch_labels = None
depends_on = None

VERSIONS = "uq_requirement_version_of_requirement"
COUNTED = ["municipality_id", "known_on", "requirement_id", "state", "person_id", "starts_on", "ends_on"]
START = ["municipality_id", "known_on", "person_id", "requirement_id", "starts_on"]
COLUMNS = [*START, "version_id", "ends_on", "state", "due_on", "valid_until", "reason", "line_ids"]


def upgrade() -> None:
    op.create_index(VERSIONS, "requirement_version", ["municipality_id", "requirement_id", "id"], unique=True)
    _replace(
        sa.PrimaryKeyConstraint(*START, name=op.f("pk_phase")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "requirement_id", "version_id"],
            ["requirement_version.municipality_id", "requirement_version.requirement_id", "requirement_version.id"],
            name=op.f("fk_phase_municipality_id_requirement_id_version_id"),
        ),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    _replace(
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phase")),
        sa.ForeignKeyConstraint(["municipality_id"], ["municipality.id"], name=op.f("fk_phase_municipality_id")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "requirement_id"],
            ["requirement.municipality_id", "requirement.id"],
            name=op.f("fk_phase_municipality_id_requirement_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "version_id"],
            ["requirement_version.municipality_id", "requirement_version.id"],
            name=op.f("fk_phase_municipality_id_version_id"),
        ),
    )
    op.create_index("uq_phase_start", "phase", START, unique=True)
    op.drop_index(VERSIONS, "requirement_version")


def _replace(*keys: sa.Column | sa.Constraint, **options: bool) -> None:
    """Make the table anew with other keys, and take the rows over."""
    schema.widen(op.get_bind())
    listed = ", ".join(COLUMNS)
    op.execute(f"CREATE TABLE phase_before AS SELECT {listed} FROM phase")  # noqa: S608 - our own names
    op.drop_table("phase")
    op.create_table(
        "phase",
        sa.Column("municipality_id", sa.Integer(), nullable=False),
        sa.Column(
            "known_on",
            sa.Date(),
            nullable=False,
            comment="computed from what was known at the end of this day; 9999-12-31: from all",
        ),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("requirement_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=False, comment="what its date comes from"),
        sa.Column(
            "line_ids",
            sa.String(length=200),
            nullable=False,
            comment="the audience lines that matched, with blanks between",
        ),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_phase_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "person_id"],
            ["person.municipality_id", "person.id"],
            name=op.f("fk_phase_municipality_id_person_id"),
        ),
        *keys,
        **options,
    )
    op.execute(f"INSERT INTO phase ({listed}) SELECT {listed} FROM phase_before")  # noqa: S608 - our own names
    op.drop_table("phase_before")
    op.create_index("ix_phase_counted", "phase", COUNTED)
    schema.keep_apart(op.get_bind(), ["phase"])
