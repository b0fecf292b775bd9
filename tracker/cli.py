"""The `tracker` command."""

from pathlib import Path

import click

from tracker import config, schema
from tracker.db import Database


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """Keep track of who needs which training, and prove it."""
    try:
        context.obj = config.from_environment()
    except config.ConfigurationError as error:
        raise click.ClickException(str(error)) from error


@main.group()
def db() -> None:
    """Look after the database's tables."""


@db.command("upgrade")
@click.pass_obj
def db_upgrade(settings: config.Config) -> None:
    """Bring the tables up to date, as their owner (TRACKER_MIGRATION_DATABASE_URL)."""
    _folder_of(settings.database_url)
    owner = Database(settings.migration_database_url or settings.database_url)
    schema.upgrade(owner, application_url=settings.database_url)
    click.echo("The database is up to date.")


def _folder_of(url: str) -> None:
    """Make the folder that an SQLite database is to lie in."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)


if __name__ == "__main__":
    main()
