"""What people must learn, and how they stand: `tracker catalogue`, `requirements`, `verify`, `rebuild` and `look-back`."""

import os
from datetime import date, datetime
from typing import Any

import click

from tracker import clock
from tracker.audit.operations import record
from tracker.catalogue.starter import UnknownStarterCourseError
from tracker.catalogue.starter import load_starter as load_courses
from tracker.cli.installation import any_municipality, municipalities, municipality, one_municipality, open_database
from tracker.compliance.known import prepare
from tracker.compliance.operations import Difference, differences, rebuild
from tracker.compliance.queries import any_people
from tracker.config import Config
from tracker.db import BoundSession, Known
from tracker.edge import transaction
from tracker.municipalities.models import Municipality
from tracker.permissions import system
from tracker.requirements.starter import StarterCourseMissingError
from tracker.requirements.starter import load_starter as load_requirements


@click.group("catalogue")
def catalogue_group() -> None:
    """Look after the courses."""


@catalogue_group.command("load")
@one_municipality
@click.option("--course", "codes", multiple=True, help="Only the course with this code. May be repeated.")
@click.pass_obj
def load_courses_command(config: Config, slug: str, codes: tuple[str, ...]) -> None:
    """Publish the courses that come with Tracker. What is there already, with the same content, is left alone."""
    database, now = open_database(config), clock.now()
    where = municipality(database, slug)
    by, today = system(where.id, "command"), clock.local_date(now, where.timezone)
    try:
        with transaction(database, where.id, now=now) as session:
            loaded = load_courses(session, by=by, now=now, today=today, codes=codes or None)
    except UnknownStarterCourseError as error:
        raise click.ClickException(f"No course comes with Tracker under the code {error}.") from error
    for course in loaded:
        said = f"version {course.version.number} is published" if course.version else "nothing has changed"
        click.echo(f"{course.code}: {said}")


@click.group("requirements")
def requirements_group() -> None:
    """Look after the requirements."""


@requirements_group.command("load")
@one_municipality
@click.option(
    "--effective-from",
    type=click.DateTime(formats=["%Y-%m-%d"]),
    help="The day they take effect; today if it is not given.",
)
@click.pass_obj
def load_requirements_command(config: Config, slug: str, effective_from: datetime | None) -> None:
    """Publish the requirements that follow from the IT strategy. Those that are there already are left alone."""
    database, now = open_database(config), clock.now()
    where = municipality(database, slug)
    starts_on: date = effective_from.date() if effective_from else clock.local_date(now, where.timezone)
    by = system(where.id, "command")
    try:
        with transaction(database, where.id, now=now) as session:
            published = load_requirements(session, by=by, now=now, effective_from=starts_on)
    except StarterCourseMissingError as error:
        raise click.ClickException(
            f"The course {error} is missing. Run `tracker catalogue load --municipality {slug}` first."
        ) from error
    for version in published:
        click.echo(f"{version.titles['sv']}: in effect from {version.effective_from}")
    click.echo(f"{len(published)} requirements published.")


@click.command("verify")
@any_municipality
@click.option(
    "--sample", type=click.IntRange(min=1), help="Only so many people of each municipality, chosen by chance."
)
@click.pass_obj
def verify_command(config: Config, slug: str | None, sample: int | None) -> None:
    """Compute phases anew from the facts and compare with what is stored. Exits with 1 if anything differs."""
    database = open_database(config)
    found = 0
    for where in municipalities(database, slug):
        with database.bound(where.id, reading=True) as session:
            people = any_people(session, sample)
            with click.progressbar(length=len(people), label=where.slug) as bar:
                differing = differences(session, persons=people, progress=lambda done, _, bar=bar: _show(bar, done))
        click.echo(f"{where.slug}: {len(differing)} differences among {len(people)} people")
        for one in differing:
            _tell(one)
        found += len(differing)
    if found:
        raise SystemExit(1)


@click.command("rebuild")
@any_municipality
@click.pass_obj
def rebuild_command(config: Config, slug: str | None) -> None:
    """Compute everybody's phases anew from the facts, and replace those that differ."""
    database, now = open_database(config), clock.now()
    for where in municipalities(database, slug):
        with transaction(database, where.id, now=now) as session, _bar(session, where) as bar:
            rebuild(session, progress=lambda done, _, bar=bar: _show(bar, done), processes=_processes(bar.length))
            record(session, "phases.rebuilt", subject=where, by=system(where.id, "command"))
        click.echo(f"{where.slug}: rebuilt")


@click.command("look-back")
@one_municipality
@click.option("--on", "day", type=click.DateTime(formats=["%Y-%m-%d"]), required=True, help="The past day.")
@click.pass_obj
def look_back_command(config: Config, slug: str, day: datetime) -> None:
    """Compute how everyone stands from what was known at the end of a past day, so that pages about it show at once."""
    database, now = open_database(config), clock.now()
    where, on = municipality(database, slug), day.date()
    if on >= clock.local_date(now, where.timezone):
        raise click.BadParameter("only a day that is over can be looked back on", param_hint="--on")
    known = Known.by_end_of(on, where.timezone)
    with transaction(database, where.id, now=now) as session, _bar(session, where) as bar:
        by = system(where.id, "command")
        prepare(
            session,
            known,
            by=by,
            now=now,
            progress=lambda done, _, bar=bar: _show(bar, done),
            processes=_processes(bar.length),
        )
    click.echo(f"{where.slug}: as it was known on {on}")


def _bar(session: BoundSession, where: Municipality) -> Any:
    return click.progressbar(length=len(any_people(session, None)), label=where.slug)


def _processes(people: int) -> int:
    """Return how many processes to compute in. Starting them takes longer than a small municipality does."""
    return os.cpu_count() or 1 if people > 2_000 else 1


def _show(bar: Any, done: int) -> None:
    bar.update(done - bar.pos)


def _tell(difference: Difference) -> None:
    click.echo(f"  person {difference.person}, requirement {difference.requirement}")
    for label, rows in (("stored", difference.stored), ("computed", difference.computed)):
        for _person, _requirement, starts_on, ends_on, state, due_on, valid_until, reason, version, lines in rows:
            click.echo(
                f"    {label:<9} {starts_on} – {ends_on or ''!s:<10}  {state:<8} "
                f"due {due_on or '–'}, valid until {valid_until or '–'}"
                f"; by {reason}, version row {version}, line rows {lines or '–'}"
            )
