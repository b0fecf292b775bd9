"""The `tracker` command."""

from importlib import import_module
from typing import Any

import click

from tracker import config

_COMMANDS = {
    "run": ("running", "run"),
    "web": ("running", "web"),
    "scheduler": ("running", "run_scheduler"),
    "jobs": ("running", "jobs_group"),
    "demo": ("running", "demo_group"),
    "db": ("installation", "db_group"),
    "municipality": ("installation", "municipality_group"),
    "account": ("accounts", "account_group"),
    "import": ("imports", "import_group"),
    "catalogue": ("rules", "catalogue_group"),
    "requirements": ("rules", "requirements_group"),
    "programme": ("programme", "programme_group"),
    "pack": ("packs", "pack_group"),
    "verify": ("rules", "verify_command"),
    "rebuild": ("rules", "rebuild_command"),
    "look-back": ("rules", "look_back_command"),
    "journal": ("journal", "journal_group"),
}
"""Where each command is."""


class Commands(click.Group):
    """Commands that are imported when they are asked for.

    Together they import the whole product, which takes seconds, and a rebuild's other processes start with the command.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the commands, in the order to show them in."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        command: Any = getattr(import_module(f"{__name__}.{module}"), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """Keep track of who needs which training, and prove it."""
    try:
        context.obj = config.from_environment()
    except config.ConfigurationError as error:
        raise click.ClickException(str(error)) from error
