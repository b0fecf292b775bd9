"""What commands share: the database they work on, and the municipality they are about."""

from pathlib import Path

import click

from tracker import clock, schema
from tracker.audit.operations import record
from tracker.config import Config
from tracker.db import Database
from tracker.edge import transaction
from tracker.municipalities.models import Municipality
from tracker.municipalities.operations import InvalidMunicipalityError, MunicipalityExistsError, add_municipality
from tracker.municipalities.queries import by_slug, everyone
from tracker.permissions import system

SLUG_HELP = "Short name of the municipality, such as kil."
# For commands about one municipality, and for those about all unless one is named.
one_municipality = click.option("--municipality", "slug", required=True, help=SLUG_HELP)
any_municipality = click.option("--municipality", "slug", help="Only the municipality with this short name.")


def open_database(config: Config) -> Database:
    """Open the database for one command; it is let go of when the command ends."""
    database = Database(config.database_url)
    click.get_current_context().call_on_close(database.engine.dispose)
    return database


def municipality(database: Database, slug: str) -> Municipality:
    """Return the municipality with a short name, or end the command saying that there is none."""
    with database.wide(reading=True) as session:
        found = by_slug(session, slug)
    if found is None:
        raise click.ClickException(f"There is no municipality with the short name {slug}.")
    return found


def municipalities(database: Database, slug: str | None) -> list[Municipality]:
    """Return the municipality with a short name, or all when none is named."""
    if slug is not None:
        return [municipality(database, slug)]
    with database.wide(reading=True) as session:
        return everyone(session)


@click.group("db")
def db_group() -> None:
    """Look after the database's tables."""


@db_group.command("upgrade")
@click.pass_obj
def upgrade(config: Config) -> None:
    """Bring the tables up to date, as their owner (TRACKER_MIGRATION_DATABASE_URL)."""
    if config.database_url.startswith("sqlite:///"):
        Path(config.database_url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    owner = Database(config.migration_database_url or config.database_url)
    schema.upgrade(owner, application_url=config.database_url)
    owner.engine.dispose()
    click.echo("The database is up to date.")


@db_group.command("revision")
@click.option("-m", "--message", required=True, help='What it does, such as "Add exemptions."')
@click.pass_obj
def revision(config: Config, message: str) -> None:
    """Write a migration from what the models say and the database does not. Read it before you keep it."""
    owner = Database(config.migration_database_url or config.database_url)
    click.echo(schema.revision(owner, message=message, now=clock.now()))
    owner.engine.dispose()


@click.group("municipality")
def municipality_group() -> None:
    """Look after the municipalities of the installation."""


@municipality_group.command("add")
@click.option("--code", required=True, help="Statistics Sweden's code, four digits, such as 1715.")
@click.option("--slug", required=True, help="Its short name in commands and addresses, such as kil.")
@click.option("--name", required=True, help='Its name, such as "Kils kommun".')
@click.pass_obj
def add(config: Config, code: str, slug: str, name: str) -> None:
    """Add a municipality."""
    database, now = open_database(config), clock.now()
    try:
        with database.wide() as session:
            added = add_municipality(session, code=code, slug=slug, name=name, now=now)
            session.commit()
    except (InvalidMunicipalityError, MunicipalityExistsError) as error:
        raise click.ClickException(str(error)) from error
    with transaction(database, added.id, now=now) as session:
        record(session, "municipality.added", subject=added, by=system(added.id, "command"))
    click.echo(f"{name} is added. Next: tracker account create --municipality {slug} --name … --role operator")
