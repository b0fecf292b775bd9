"""The `tracker` command."""

import click

from tracker import config
from tracker.cli.accounts import account_group
from tracker.cli.imports import import_group
from tracker.cli.installation import db_group, municipality_group
from tracker.cli.journal import journal_group
from tracker.cli.packs import pack_group
from tracker.cli.programme import programme_group
from tracker.cli.rules import (
    catalogue_group,
    look_back_command,
    rebuild_command,
    requirements_group,
    verify_command,
)
from tracker.cli.running import demo_group, jobs_group, run, run_scheduler, web


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """Keep track of who needs which training, and prove it."""
    try:
        context.obj = config.from_environment()
    except config.ConfigurationError as error:
        raise click.ClickException(str(error)) from error


for command in (
    run,
    web,
    run_scheduler,
    jobs_group,
    demo_group,
    db_group,
    municipality_group,
    account_group,
    import_group,
    catalogue_group,
    requirements_group,
    programme_group,
    pack_group,
    verify_command,
    rebuild_command,
    look_back_command,
    journal_group,
):
    main.add_command(command)
