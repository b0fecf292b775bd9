"""Alembic's environment: migrations run on the database that tracker.schema hands over."""

from alembic import context

from tracker.db import Database
from tracker.models import metadata


def run() -> None:
    database: Database = context.config.attributes["database"]
    with database.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            compare_type=True,
            compare_server_default=True,
            transaction_per_migration=True,
            user_module_prefix="tables.",
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
