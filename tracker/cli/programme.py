"""The introduction of new hires: `tracker programme`."""

from datetime import date, datetime
from typing import TextIO

import click

from tracker import clock
from tracker.cli.installation import municipality, one_municipality, open_database
from tracker.config import Config
from tracker.edge import transaction
from tracker.packs.words import told
from tracker.permissions import system
from tracker.programmes.content import ContentError, read, write
from tracker.programmes.operations import load_items
from tracker.programmes.queries import written
from tracker.programmes.starter import load_starter


@click.group("programme")
def programme_group() -> None:
    """Look after the introduction programme."""


@programme_group.command("load")
@one_municipality
@click.option("--file", "source", type=click.File(encoding="utf-8"), help="Items of your own instead of the base.")
@click.option(
    "--effective-from",
    type=click.DateTime(formats=["%Y-%m-%d"]),
    help="For those who begin on this day or later; today if it is not given.",
)
@click.pass_obj
def load_programme_command(config: Config, slug: str, source: TextIO | None, effective_from: datetime | None) -> None:
    """Add the items of the introduction programme that come with Tracker. Those that are there already are left alone."""
    database, now = open_database(config), clock.now()
    where = municipality(database, slug)
    starts_on: date = effective_from.date() if effective_from else clock.local_date(now, where.timezone)
    by = system(where.id, "command")
    try:
        with transaction(database, where.id, now=now) as session:
            if source is None:
                added = load_starter(session, by=by, now=now, effective_from=starts_on)
            else:
                added = load_items(session, read(source.read()), by=by, now=now, effective_from=starts_on)
    except ContentError as error:
        hint = f"If a requirement is missing, run `tracker requirements load --municipality {slug}` first."
        lines = [f"{where}: {what}" for where, what in told(error.problems)]
        raise click.ClickException("\n".join([*lines, hint])) from error
    click.echo(f"{len(added)} items added, for those who begin on {starts_on} or later.")


@programme_group.command("write")
@one_municipality
@click.pass_obj
def write_programme_command(config: Config, slug: str) -> None:
    """Write the programme of those who begin today as a file that `programme load --file` reads."""
    database, now = open_database(config), clock.now()
    where = municipality(database, slug)
    with database.bound(where.id, reading=True) as session:
        click.echo(write(written(session, clock.local_date(now, where.timezone))), nl=False)
