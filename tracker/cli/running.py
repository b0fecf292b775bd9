"""Running Tracker: `tracker run`, `tracker web`, `tracker scheduler`, `tracker jobs` and `tracker demo`."""

import os
from collections import Counter

import click

from tracker import clock, scheduler, schema, serving
from tracker.app import create_app
from tracker.cli.installation import open_database, upgrade
from tracker.config import Config
from tracker.demo.accounts import PASSWORD
from tracker.demo.accounts import sign_ins as demo_sign_ins
from tracker.demo.building import build as build_demo
from tracker.jobs.queries import runs
from tracker.mail.models import MailState
from tracker.mail.operations import LEFT, deliver
from tracker.mail.transport import transport_for
from tracker.reminders.operations import still_wanted


@click.command()
@click.option("--port", default=8000, show_default=True, help="Where to serve.")
@click.option("--demo/--no-demo", default=True, help="Load the demo into an empty installation.")
@click.pass_context
def run(context: click.Context, port: int, *, demo: bool) -> None:
    """Try the product on this machine: tables, demo, web server and scheduler in one go."""
    config: Config = context.obj
    if config.production:
        raise click.ClickException(
            "This is for trying Tracker out. In production, run `tracker web` and `tracker scheduler`."
        )
    context.invoke(upgrade)
    if demo:
        _build_demo(config)
    # Links in mails lead to where the pages are, unless the environment says otherwise.
    environment = {"TRACKER_BASE_URL": f"http://localhost:{port}"} | os.environ
    commands = [serving.web_command("127.0.0.1", port), serving.scheduler_command()]
    context.exit(serving.run_together(commands, environment=environment, ready=lambda: _welcome(config, port)))


def _build_demo(config: Config) -> None:
    database = open_database(config)
    with create_app(config, database).app_context(), click.progressbar(length=100, label="Building the demo") as bar:

        def progress(_step: str, done: int, total: int) -> None:
            bar.update(done * 100 // total - bar.pos)

        build_demo(database, now=clock.now(), progress=progress)


def _welcome(config: Config, port: int) -> None:
    serving.wait_for(port)
    sign_ins = demo_sign_ins(open_database(config))
    click.echo(f"\n  Tracker is at http://localhost:{port}   (Ctrl+C stops it)\n")
    if sign_ins:
        click.echo(f"  Sign in with the password  {PASSWORD}  as:\n")
        for sign_in in sign_ins:
            click.echo(f"    {sign_in.identifier:<44} {sign_in.role}")
        click.echo("\n  The demo's people are invented. Mail is not sent; the operator reads it at /outbox.\n")


@click.command()
@click.option("--host", default="0.0.0.0", show_default=True, help="Address to listen on.")  # noqa: S104
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.pass_obj
def web(config: Config, host: str, port: int) -> None:
    """Serve the pages. Refuses while the tables are not those this version expects."""
    if problem := schema.problem(open_database(config)):
        raise click.ClickException(f"Not ready: {problem}. Run `tracker db upgrade` first.")
    command = serving.web_command(host, port)
    os.execv(command[0], command)  # noqa: S606


@click.command("scheduler")
@click.pass_obj
def run_scheduler(config: Config) -> None:
    """Run the jobs: weekly mails, nightly checks, the outbox. Any number may run; one is active."""
    scheduler.serve(create_app(config))


@click.group("jobs")
def jobs_group() -> None:
    """Look at the scheduler's jobs, or run them by hand."""


@jobs_group.command("list")
@click.pass_obj
def jobs_list(config: Config) -> None:
    """Show when each job last ran in each municipality."""
    with open_database(config).wide(reading=True) as session:
        for line in runs(session):
            click.echo(f"{line.municipality:<12} {line.job:<20} {line.local_date}  {line.state:<8} {line.detail or ''}")


@jobs_group.command("run")
@click.pass_obj
def jobs_run(config: Config) -> None:
    """Run what is due now, once, and deliver waiting mail. For installations that use a system timer instead."""
    app = create_app(config)
    database = app.extensions["tracker"].database
    done = scheduler.run_due_jobs(app, database, now=clock.now())
    mails: Counter[MailState] = Counter()
    transport = transport_for(config)
    while not config.mail_paused and (
        outcomes := deliver(database, transport, now=clock.now, still_wanted=still_wanted)
    ):
        mails += outcomes
    left = sum(mails[state] for state in LEFT)
    click.echo(f"{done} jobs done; {left} mails delivered, {mails.total() - left} not.")


@click.group("demo")
def demo_group() -> None:
    """Load the demo: four municipalities with invented people."""


@demo_group.command("load")
@click.pass_obj
def demo_load(config: Config) -> None:
    """Load the demo into this installation. Municipalities with people in them are left as they are."""
    if config.production:
        raise click.ClickException("The demo has known passwords; it is not loaded in production.")
    _build_demo(config)
