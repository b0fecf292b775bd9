"""The `tracker` command."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from tracker import clock, config, scheduler, schema, serving
from tracker.accounts.operations import INVITATION_LASTS, IdentifierTakenError, create_account, give_role, make_link
from tracker.app import create_app
from tracker.audit.operations import record
from tracker.audit.queries import Head, head, verify
from tracker.catalogue.starter import UnknownStarterCourseError, load_starter
from tracker.cli_imports import import_group
from tracker.cli_rules import rebuild_command, requirements_group, verify_command
from tracker.db import Database
from tracker.demo.accounts import PASSWORD
from tracker.demo.accounts import sign_ins as demo_sign_ins
from tracker.demo.building import build as build_demo
from tracker.edge import transaction
from tracker.jobs.queries import runs
from tracker.mail.operations import deliver
from tracker.mail.transport import transport_for
from tracker.municipalities.models import Municipality
from tracker.municipalities.operations import InvalidMunicipalityError, MunicipalityExistsError, add_municipality
from tracker.municipalities.queries import by_slug, everyone
from tracker.permissions import GivenRole, system
from tracker.reminders.operations import still_wanted


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


@main.group()
def municipality() -> None:
    """Look after the municipalities of the installation."""


@municipality.command("add")
@click.option("--code", required=True, help="Statistics Sweden's code, four digits, such as 1715.")
@click.option("--slug", required=True, help="Its short name in commands and addresses, such as kil.")
@click.option("--name", required=True, help='Its name, such as "Kils kommun".')
@click.pass_obj
def municipality_add(settings: config.Config, code: str, slug: str, name: str) -> None:
    """Add a municipality."""
    database, now = Database(settings.database_url), clock.now()
    try:
        with database.wide() as session:
            added = add_municipality(session, code=code, slug=slug, name=name, now=now)
            session.commit()
    except (InvalidMunicipalityError, MunicipalityExistsError) as error:
        raise click.ClickException(str(error)) from error
    with transaction(database, added.id, now=now) as session:
        record(session, "municipality.added", subject=added, by=system(added.id, "command"))
    click.echo(f"{name} is added. Next: tracker account create --municipality {slug} --name … --role operator")


@main.group()
def account() -> None:
    """Look after accounts where nobody can sign in to do it."""


@account.command("create")
@click.option("--municipality", "slug", required=True, help="The short name of the municipality.")
@click.option("--name", required=True, help="Whose account it is.")
@click.option("--email", help="The e-mail address to sign in with.")
@click.option("--employee-number", help="The employee number to sign in with.")
@click.option(
    "--role", "roles", multiple=True, type=click.Choice([role.value for role in GivenRole]), help="May be repeated."
)
@click.pass_obj
def account_create(
    settings: config.Config,
    *,
    slug: str,
    name: str,
    email: str | None,
    employee_number: str | None,
    roles: tuple[str, ...],
) -> None:
    """Make an account, and print a link with which its owner chooses a password: once, within seven days."""
    if not (email or employee_number):
        raise click.UsageError("Give --email or --employee-number: it is what one signs in with.")
    database, now = Database(settings.database_url), clock.now()
    where = _municipality(database, slug)
    by = system(where.id, "command")
    try:
        with transaction(database, where.id, now=now) as session:
            made = create_account(
                session, display_name=name, email=email, employee_number=employee_number, by=by, now=now
            )
            for role in roles:
                give_role(session, account=made, role=GivenRole(role), by=by, now=now)
            token = make_link(session, account=made, lasts=INVITATION_LASTS, now=now)
            record(session, "account.link_handed_over", subject=made, by=by)
    except IdentifierTakenError as error:
        raise click.ClickException(f"There is an account with {error} already.") from error
    click.echo(f"{settings.base_url.rstrip('/')}/link/{token}")


@main.group()
def catalogue() -> None:
    """Look after the courses."""


@catalogue.command("load")
@click.option("--municipality", "slug", required=True, help="The short name of the municipality.")
@click.option("--course", "codes", multiple=True, help="Only the course with this code. May be repeated.")
@click.pass_obj
def catalogue_load(settings: config.Config, slug: str, codes: tuple[str, ...]) -> None:
    """Publish the courses that come with Tracker. What is there already, with the same content, is left alone."""
    now = clock.now()
    with _database(settings) as database:
        where = _municipality(database, slug)
        by, today = system(where.id, "command"), clock.local_date(now, where.timezone)
        try:
            with transaction(database, where.id, now=now) as session:
                loaded = load_starter(session, by=by, now=now, today=today, codes=codes or None)
        except UnknownStarterCourseError as error:
            raise click.ClickException(f"No course comes with Tracker under the code {error}.") from error
    for course in loaded:
        said = f"version {course.version.number} is published" if course.version else "nothing has changed"
        click.echo(f"{course.code}: {said}")


@main.group()
def journal() -> None:
    """Look after the journal."""


@journal.command("verify")
@click.option("--municipality", "slug", help="Only the municipality with this short name.")
@click.option("--head", "known", help="A line that `journal head` printed earlier: it must still be part of the chain.")
@click.pass_obj
def journal_verify(settings: config.Config, slug: str | None, known: str | None) -> None:
    """Compute every hash of the journal anew. Exits with 1 if any entry was changed or taken away."""
    database = Database(settings.database_url)
    head_of: dict[str, Head] = {}
    if known:
        try:
            slug, number, digest = known.split()
            head_of[slug] = Head(int(number), digest)
        except ValueError as error:
            raise click.UsageError("A head is three words, as `tracker journal head` prints it.") from error
    whole = True
    for where in _municipalities(database, slug):
        with database.bound(where.id, reading=True) as session:
            found = verify(session, known=head_of.get(where.slug))
        whole = whole and found.whole
        verdict = "chain whole" if found.whole else f"chain BROKEN at entry {found.broken_at}"
        click.echo(f"{where.slug}: {found.sound} entries, {verdict}")
    if not whole:
        raise SystemExit(1)


@journal.command("head")
@click.option("--municipality", "slug", help="Only the municipality with this short name.")
@click.pass_obj
def journal_head(settings: config.Config, slug: str | None) -> None:
    """Print the end of each chain. Keep it outside the system: `journal verify --head` compares with it."""
    database = Database(settings.database_url)
    for where in _municipalities(database, slug):
        with database.bound(where.id, reading=True) as session:
            last = head(session)
        click.echo(f"{where.slug} {last.number} {last.hash}")


@contextmanager
def _database(settings: config.Config) -> Iterator[Database]:
    """Open the database for one command, and let go of it afterwards."""
    database = Database(settings.database_url)
    try:
        yield database
    finally:
        database.engine.dispose()


def _municipality(database: Database, slug: str) -> Municipality:
    with database.wide(reading=True) as session:
        found = by_slug(session, slug)
    if found is None:
        raise click.ClickException(f"There is no municipality with the short name {slug}.")
    return found


def _municipalities(database: Database, slug: str | None) -> list[Municipality]:
    if slug is not None:
        return [_municipality(database, slug)]
    with database.wide(reading=True) as session:
        return everyone(session)


@main.command()
@click.option("--port", default=8000, show_default=True, help="Where to serve.")
@click.option("--demo/--no-demo", default=True, help="Load the demo into an empty installation.")
@click.pass_context
def run(context: click.Context, port: int, *, demo: bool) -> None:
    """Try the product on this machine: tables, demo, web server and scheduler in one go."""
    settings: config.Config = context.obj
    if settings.production:
        raise click.ClickException("This is for trying Tracker out. In production, run `tracker web` and `tracker scheduler`.")
    context.invoke(db_upgrade)
    if demo:
        _build_demo(settings)
    commands = [serving.web_command("127.0.0.1", port), serving.scheduler_command()]
    context.exit(serving.run_together(commands, ready=lambda: _welcome(settings, port)))


def _build_demo(settings: config.Config) -> None:
    database = Database(settings.database_url)
    with create_app(settings, database).app_context(), click.progressbar(length=100, label="Building the demo") as bar:

        def progress(_step: str, done: int, total: int) -> None:
            bar.update(done * 100 // total - bar.pos)

        build_demo(database, now=clock.now(), progress=progress)
    database.engine.dispose()


def _welcome(settings: config.Config, port: int) -> None:
    database = Database(settings.database_url)
    sign_ins = demo_sign_ins(database)
    database.engine.dispose()
    click.echo(f"\n  Tracker is at http://localhost:{port}   (Ctrl+C stops it)\n")
    if sign_ins:
        click.echo(f"  Sign in with the password  {PASSWORD}  as:\n")
        for sign_in in sign_ins:
            click.echo(f"    {sign_in.identifier:<44} {sign_in.role}")
        click.echo("\n  The demo's people are invented. Mail is not sent; the operator reads it at /outbox.\n")


@main.command()
@click.option("--host", default="0.0.0.0", show_default=True, help="Address to listen on.")  # noqa: S104
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.pass_obj
def web(settings: config.Config, host: str, port: int) -> None:
    """Serve the pages. Refuses while the tables are not those this version expects."""
    if problem := schema.problem(Database(settings.database_url)):
        raise click.ClickException(f"Not ready: {problem}. Run `tracker db upgrade` first.")
    command = serving.web_command(host, port)
    os.execv(command[0], command)  # noqa: S606


@main.command("scheduler")
@click.pass_obj
def run_scheduler(settings: config.Config) -> None:
    """Run the jobs: weekly mails, nightly checks, the outbox. Any number may run; one is active."""
    scheduler.serve(create_app(settings))


@main.group()
def jobs() -> None:
    """Look at the scheduler's jobs, or run them by hand."""


@jobs.command("list")
@click.pass_obj
def jobs_list(settings: config.Config) -> None:
    """Show when each job last ran in each municipality."""
    database = Database(settings.database_url)
    with database.wide(reading=True) as session:
        for line in runs(session):
            click.echo(f"{line.municipality:<12} {line.job:<20} {line.local_date}  {line.state:<8} {line.detail or ''}")


@jobs.command("run")
@click.pass_obj
def jobs_run(settings: config.Config) -> None:
    """Run what is due now, once, and deliver waiting mail. For installations that use a system timer instead."""
    app = create_app(settings)
    database = app.extensions["tracker"].database
    done = scheduler.run_due_jobs(app, database, now=clock.now())
    sent = 0
    if not settings.mail_paused:
        sent = deliver(database, transport_for(settings), now=clock.now, still_wanted=still_wanted)
    click.echo(f"{done} jobs done, {sent} mails delivered.")


@main.group()
def demo() -> None:
    """The demo: four municipalities with invented people."""


@demo.command("load")
@click.pass_obj
def demo_load(settings: config.Config) -> None:
    """Load the demo into this installation. Municipalities with people in them are left as they are."""
    if settings.production:
        raise click.ClickException("The demo has known passwords; it is not loaded in production.")
    _build_demo(settings)


def _folder_of(url: str) -> None:
    """Make the folder that an SQLite database is to lie in."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)


main.add_command(import_group)
main.add_command(requirements_group)
main.add_command(verify_command)
main.add_command(rebuild_command)

if __name__ == "__main__":
    main()
