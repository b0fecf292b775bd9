"""`tracker import`: rosters and lists of units, from files on the server."""

import sys
from collections.abc import Iterable
from pathlib import Path

import click

from tracker import clock
from tracker.cli.installation import municipality, one_municipality, open_database
from tracker.config import Config
from tracker.domain.roster import Plan
from tracker.domain.roster_rows import Problem
from tracker.edge import transaction
from tracker.hr import wording
from tracker.hr.operations import LargeChangeError, NothingUsableError, import_roster, plan_roster
from tracker.hr.reading import UnreadableFileError
from tracker.hr.unit_lists import load_units
from tracker.permissions import system

_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group("import")
def import_group() -> None:
    """Load files from other systems."""


@import_group.command("roster")
@one_municipality
@_file
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--allow-large-change", is_flag=True, help="Go on even if much would end or change.")
@click.pass_obj
def roster_command(config: Config, slug: str, file: Path, *, dry_run: bool, allow_large_change: bool) -> None:
    """Load a roster as the HR system exports it: one row per employment.

    Ends with 0 when the file was loaded (or would be), 1 when nothing was, 2 when the command was not understood.
    """
    now = clock.now()
    database = open_database(config)
    where = municipality(database, slug)
    today = clock.local_date(now, where.timezone)
    by = system(where.id, "import")
    content = file.read_bytes()
    try:
        if dry_run:
            with database.bound(where.id, reading=True) as session:
                plan = plan_roster(session, content=content, today=today)
        else:
            with transaction(database, where.id, now=now) as session:
                _row, plan = import_roster(
                    session,
                    filename=file.name,
                    content=content,
                    by=by,
                    now=now,
                    today=today,
                    allow_large_change=allow_large_change,
                )
    except UnreadableFileError as error:
        raise click.ClickException(wording.why_unreadable(error)) from error
    except NothingUsableError as error:
        _tell_problems(error.plan.problems)
        raise click.ClickException("Not one row can be used; nothing was changed.") from error
    except LargeChangeError as error:
        _tell(error.plan, dry_run=True)
        raise click.ClickException("Nothing was changed. If this is meant, add --allow-large-change.") from error
    _tell(plan, dry_run=dry_run)
    if not plan.rows_used:
        sys.exit(1)


@import_group.command("units")
@one_municipality
@_file
@click.pass_obj
def units_command(config: Config, slug: str, file: Path) -> None:
    """Load a list of units: columns orgId, orgName and parentId, or Enhetskod, Enhet and Överordnad enhetskod."""
    now = clock.now()
    database = open_database(config)
    where = municipality(database, slug)
    today = clock.local_date(now, where.timezone)
    try:
        with transaction(database, where.id, now=now) as session:
            loaded = load_units(session, content=file.read_bytes(), by=system(where.id, "import"), now=now, today=today)
    except UnreadableFileError as error:
        raise click.ClickException(wording.why_unreadable(error)) from error
    _tell_problems(loaded.problems)
    click.echo(f"{loaded.rows} rows read, {len(loaded.changes)} units added or changed.")


def _tell(plan: Plan, *, dry_run: bool) -> None:
    _tell_problems(plan.problems)
    click.echo(f"{plan.rows} rows read, {plan.rows_used} used.")
    click.echo("This would change:" if dry_run else "Changed:")
    counts = plan.counts
    for name, words in wording.COUNTS.items():
        if name in counts:
            click.echo(f"  {words(counts[name])}")
    if plan.empty:
        click.echo("  nothing; all of it was known")
    for guard in plan.guards:
        click.echo(f"! {wording.GUARDS[guard]}")


def _tell_problems(problems: Iterable[Problem]) -> None:
    for problem in problems:
        kind = "left out" if problem.left_out else "warning"
        text = f"Row {problem.row}, {wording.heading(problem.column)}: {wording.problem_text(problem)} ({kind})"
        click.echo(text, err=True)
