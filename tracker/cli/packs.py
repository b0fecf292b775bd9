"""Packs of requirements and courses: `tracker pack export`, `tracker pack import` and `tracker pack list`."""

from pathlib import Path

import click

from tracker import clock
from tracker.cli.installation import municipality, one_municipality, open_database
from tracker.config import Config
from tracker.edge import transaction
from tracker.packs.archives import read_files, write_files
from tracker.packs.files import Pack, PackError, read_pack, write_pack
from tracker.packs.operations import load_pack
from tracker.packs.queries import Plan, UnknownCodeError, about_municipality, pack_of, plan, shipped, shipped_names
from tracker.packs.words import told
from tracker.permissions import system


@click.group("pack")
def pack_group() -> None:
    """Take requirements and courses from one municipality to another, as plain files."""


@pack_group.command("list")
def list_packs_command() -> None:
    """Say which packs come with Tracker."""
    for name in shipped_names():
        pack = shipped(name)
        assert pack is not None
        click.echo(f"{name}: {pack.about.titles['en']} ({_number(pack)})")


@pack_group.command("export")
@one_municipality
@click.option("--output", type=click.Path(path_type=Path), required=True, help="A new folder, or a file named *.zip.")
@click.option(
    "--requirement", "requirements", multiple=True, help="Only the requirement with this code, and its course."
)
@click.option("--course", "courses", multiple=True, help="Only the course with this code.")
@click.option("--name", help="What the pack is called in commands; the municipality's if it is not given.")
@click.option("--author", help="Who answers for the pack; the municipality's name if it is not given.")
@click.pass_obj
def export_pack_command(
    config: Config,
    slug: str,
    *,
    output: Path,
    requirements: tuple[str, ...],
    courses: tuple[str, ...],
    name: str | None,
    author: str | None,
) -> None:
    """Write what a municipality has published as a pack: requirements and courses, and no personal data."""
    database = open_database(config)
    where = municipality(database, slug)
    today = clock.local_date(clock.now(), where.timezone)
    about = about_municipality(where, name=name, author=author)
    try:
        with database.bound(where.id, reading=True) as session:
            pack = pack_of(session, about, today=today, requirements=requirements, courses=courses)
        files = write_pack(pack)
        read_pack(files)  # A pack that could not be read again is not written.
        write_files(files, output)
    except UnknownCodeError as error:
        raise click.ClickException(f"Nothing is published under the code {error}.") from error
    except PackError as error:
        raise _told(error) from error
    except FileExistsError as error:
        raise click.ClickException(f"{output} is there already, and is not empty.") from error
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}.") from error
    click.echo(f"{output}: {_number(pack)}")


@pack_group.command("import")
@one_municipality
@click.argument("source")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.pass_obj
def import_pack_command(config: Config, slug: str, source: str, *, dry_run: bool) -> None:
    """Load a pack: a folder, a zip, or the name of one that comes with Tracker.

    Courses are published where they are new or changed. Requirements become drafts, to weigh and publish in the editor.
    """
    database, now = open_database(config), clock.now()
    where = municipality(database, slug)
    today = clock.local_date(now, where.timezone)
    try:
        pack = shipped(source) or read_pack(read_files(Path(source)))
        if dry_run:
            with database.bound(where.id, reading=True) as session:
                _tell(plan(session, pack, today=today))
            click.echo("Nothing was changed.")
            return
        with transaction(database, where.id, now=now) as session:
            planned = load_pack(session, pack=pack, by=system(where.id, "command"), now=now, today=today)
    except PackError as error:
        raise _told(error) from error
    _tell(planned)


def _told(error: PackError) -> click.ClickException:
    lines = [f"{where}: {what}" if where else what for where, what in told(error.problems)]
    return click.ClickException("\n- ".join(["The pack cannot be used:", *lines]))


def _number(pack: Pack) -> str:
    items = f", {len(pack.programme)} items of the introduction programme" if pack.programme else ""
    accepted = f", {len(pack.equivalences)} equivalences" if pack.equivalences else ""
    return f"{len(pack.requirements)} requirements, {len(pack.courses)} courses{accepted}{items}"


def _tell(planned: Plan) -> None:
    for course in planned.courses:
        click.echo(f"course {course.draft.code}: {_COURSES[course.change]}")
    for requirement in planned.requirements:
        click.echo(f"requirement {requirement.written.code}: {_REQUIREMENTS[requirement.change]}")
        for line in requirement.unmatched:
            named = {name: getattr(line, name) for name in ("unit", "position", "system", "employment_kind")}
            told = ", ".join(f"{name} {value!r}" for name, value in named.items() if value)
            click.echo(f"  left out, not here or not one only: {'who is not ' if line.excludes else ''}{told}")
    for one in planned.equivalences:
        click.echo(f"{one.draft.course} accepts {one.draft.accepts}: {_EQUIVALENCES[one.change]}")
    for item in planned.programme:
        told = _ITEMS[item.change] + (", once its requirement is published" if item.waits else "")
        click.echo(f"introduction {item.written.code}: {told}{', '.join(item.missing)}")


_COURSES = {
    "new": "new, published",
    "changed": "another version than here, published",
    "same": "as here",
    "conflict": "left alone: a draft of it is begun here",
}
_REQUIREMENTS = {
    "new": "new, a draft",
    "changed": "says something else than here, a draft of the next version",
    "same": "as here",
    "conflict": "left alone: a draft of it that says something else is begun here",
}
_EQUIVALENCES = {
    "new": "new, counts at once",
    "same": "as here",
    "conflict": "left alone: it counts already on other days here",
}
_ITEMS = {
    "new": "new, for those who begin today or later",
    "same": "as here",
    "conflict": "left alone: it says something else here",
    "missing": "left out until this is here and the pack is loaded again: ",
}
