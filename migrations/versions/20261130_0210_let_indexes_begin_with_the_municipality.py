"""Let the indexes of references begin with the municipality, and drop those that the beginning of another one is.

Every statement that is confined to a municipality asks for it and for what is referred to. Given a list of people, SQLite
took the index of the municipality and looked through all of it.

Revision ID: 20261130_0210
Revises: 20261130_0200
"""

from alembic import op

revision = "20261130_0210"
down_revision = "20261130_0200"
branch_labels = None
depends_on = None

# Indexed by their municipality alone, with which the key that others refer to them by begins.
TABLES = (
    "absence",
    "access",
    "account",
    "assignment",
    "attempt",
    "audience_line",
    "batch",
    "certificate",
    "completion",
    "course",
    "course_equivalence",
    "course_file",
    "course_version",
    "duty",
    "employment",
    "enrolment",
    "exception_request",
    "exemption",
    "extension",
    "former_details",
    "it_system",
    "job_run",
    "journal_entry",
    "journal_head",
    "known_day",
    "login_session",
    "merged_row",
    "module",
    "module_done",
    "one_time_link",
    "org_unit",
    "outgoing_mail",
    "person",
    "person_merge",
    "position",
    "programme_item",
    "programme_item_version",
    "requirement",
    "requirement_version",
    "role_grant",
    "role_request",
    "roster_import",
    "sent_pack",
    "step_signature",
    "task_done",
    "unit_placement",
    "uploaded_certificate",
    "uploaded_file",
)
# Columns that refer to rows, by table, whose index now begins with the municipality.
REFERRING = {
    "absence": ["person_id"],
    "access": ["person_id", "system_id"],
    "assignment": ["person_id", "requirement_id"],
    "attempt": ["module_id"],
    "audience_line": ["position_id", "requirement_version_id", "system_id", "unit_id"],
    "batch": ["created_by_id"],
    "batch_item": ["person_id"],
    "completion": ["course_id", "course_version_id"],
    "course_equivalence": ["accepted_course_id", "course_id"],
    "duty": ["person_id", "system_id", "unit_id"],
    "employment": ["person_id", "position_id", "unit_id"],
    "enrolment": ["course_version_id"],
    "exception_request": ["person_id", "requirement_id"],
    "exemption": ["person_id", "requirement_id"],
    "extension": ["person_id", "requirement_id"],
    "former_details": ["merge_id", "person_id"],
    "it_system": ["course_id"],
    "login_session": ["account_id"],
    "module_done": ["module_id"],
    "one_time_link": ["account_id"],
    "outgoing_mail": ["account_id"],
    "person_merge": ["absorbed_id", "survivor_id"],
    "programme_item": ["position_id", "requirement_id", "unit_id"],
    "requirement_version": ["course_id"],
    "role_grant": ["account_id"],
    "role_request": ["account_id"],
    "step_signature": ["module_id", "signed_by_id"],
    "task_done": ["item_id", "person_id"],
    "unit_placement": ["parent_id", "unit_id"],
    "uploaded_certificate": ["completion_id", "course_id", "person_id"],
}
# Those whose index is dropped, since a constraint begins with the municipality and them.
BEGUN = {
    "account": ["person_id"],
    "attempt": ["enrolment_id"],
    "certificate": ["completion_id"],
    "completion": ["person_id"],
    "course_file": ["course_version_id"],
    "course_version": ["course_id"],
    "enrolment": ["person_id"],
    "merged_row": ["merge_id"],
    "module": ["course_version_id"],
    "module_done": ["enrolment_id"],
    "programme_item_version": ["item_id"],
    "requirement_version": ["requirement_id"],
    "step_signature": ["enrolment_id"],
    "uploaded_file": ["uploaded_certificate_id"],
}


def upgrade() -> None:
    for table in TABLES:
        op.drop_index(op.f(f"ix_{table}_municipality_id"), table)
    for columns_of in (REFERRING, BEGUN):
        for table, columns in columns_of.items():
            for column in columns:
                op.drop_index(op.f(f"ix_{table}_{column}"), table)
    for table, columns in REFERRING.items():
        for column in columns:
            op.create_index(op.f(f"ix_{table}_municipality_id_{column}"), table, ["municipality_id", column])


def downgrade() -> None:
    for table, columns in REFERRING.items():
        for column in columns:
            op.drop_index(op.f(f"ix_{table}_municipality_id_{column}"), table)
    for columns_of in (BEGUN, REFERRING):
        for table, columns in columns_of.items():
            for column in columns:
                op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    for table in TABLES:
        op.create_index(op.f(f"ix_{table}_municipality_id"), table, ["municipality_id"])
