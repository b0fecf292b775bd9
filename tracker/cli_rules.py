"""The commands about the rules: `tracker requirements`, `tracker verify` and `tracker rebuild`."""

from datetime import date, datetime
from typing import Any

import click

from tracker import clock
from tracker.audit.operations import record
from tracker.compliance.operations import Difference, differences, rebuild
from tracker.compliance.queries import any_people
from tracker.config import Config
from tracker.db import Database
from tracker.edge import transaction
from tracker.municipalities.models import Municipality
from tracker.municipalities.queries import by_slug, everyone
from tracker.permissions import system
from tracker.requirements.starter import StarterCourseMissingError, load_starter


@click.group("requirements")
def requirements_group() -> None:
    """Look after the requirements."""


@requirements_group.command("load")
@click.option("--municipality", "slug", required=True, help="The short name of the municipality, such as kil.")
@click.option(
    "--effective-from",
    type=click.DateTime(formats=["%Y-%m-%d"]),
    help="The day they take effect; today if it is not given.",
)
@click.pass_obj
def load(config: Config, slug: str, effective_from: datetime | None) -> None:
    """Publish the requirements that follow from the IT strategy. Those that are there already are left alone."""
    database, now = _database(config), clock.now()
    (municipality,) = _found(database, slug)
    starts_on: date = effective_from.date() if effective_from else clock.local_date(now, municipality.timezone)
    by = system(municipality.id, "command")
    try:
        with transaction(database, municipality.id, now=now) as session:
            published = load_starter(session, by=by, now=now, effective_from=starts_on)
    except StarterCourseMissingError as error:
        raise click.ClickException(
            f"The course {error} is missing. Run `tracker catalogue load --municipality {slug}` first."
        ) from error
    for version in published:
        click.echo(f"{version.titles['sv']}: in effect from {version.effective_from}")
    click.echo(f"{len(published)} requirements published.")


_municipality = click.option("--municipality", "slug", help="Only the municipality with this short name.")


@click.command("verify")
@_municipality
@click.option(
    "--sample", type=click.IntRange(min=1), help="Only so many people of each municipality, chosen by chance."
)
@click.pass_obj
def verify_command(config: Config, slug: str | None, sample: int | None) -> None:
    """Compute phases anew from the facts and compare with what is stored. Exits with 1 if anything differs."""
    database = _database(config)
    found = 0
    for municipality in _found(database, slug):
        with database.bound(municipality.id, reading=True) as session:
            people = any_people(session, sample)
            with click.progressbar(length=len(people), label=municipality.slug) as bar:
                differing = differences(session, persons=people, progress=lambda done, _, bar=bar: _show(bar, done))
        click.echo(f"{municipality.slug}: {len(differing)} differences among {len(people)} people")
        for one in differing:
            _tell(one)
        found += len(differing)
    if found:
        raise SystemExit(1)


@click.command("rebuild")
@_municipality
@click.pass_obj
def rebuild_command(config: Config, slug: str | None) -> None:
    """Compute everybody's phases anew from the facts, and replace those that differ."""
    database, now = _database(config), clock.now()
    for municipality in _found(database, slug):
        with (
            transaction(database, municipality.id, now=now) as session,
            click.progressbar(length=len(any_people(session, None)), label=municipality.slug) as bar,
        ):
            rebuild(session, progress=lambda done, _, bar=bar: _show(bar, done))
            record(session, "phases.rebuilt", subject=municipality, by=system(municipality.id, "command"))
        click.echo(f"{municipality.slug}: rebuilt")


def _database(config: Config) -> Database:
    """Open the database for one command, and let go of it afterwards."""
    database = Database(config.database_url)
    click.get_current_context().call_on_close(database.engine.dispose)
    return database


def _show(bar: Any, done: int) -> None:
    bar.update(done - bar.pos)


def _tell(difference: Difference) -> None:
    click.echo(f"  person {difference.person}, requirement {difference.requirement}")
    for label, rows in (("stored", difference.stored), ("computed", difference.computed)):
        for starts_on, ends_on, state, due_on, valid_until, *_ in rows:
            click.echo(
                f"    {label:<9} {starts_on} – {ends_on or '':<10}  {state.value:<8} "
                f"due {due_on or '–'}, valid until {valid_until or '–'}"
            )


def _found(database: Database, slug: str | None) -> list[Municipality]:
    with database.wide(reading=True) as session:
        if slug is None:
            return everyone(session)
        municipality = by_slug(session, slug)
    if municipality is None:
        raise click.ClickException(f"There is no municipality with the short name {slug}.")
    return [municipality]
