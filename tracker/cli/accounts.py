"""`tracker account`: letting the first people in."""

import click

from tracker import clock
from tracker.accounts.operations import INVITATION_LASTS, IdentifierTakenError, create_account, give_role, make_link
from tracker.accounts.queries import account_signing_in_as
from tracker.app import create_app
from tracker.audit.operations import record
from tracker.cli.installation import municipality, one_municipality, open_database
from tracker.config import Config
from tracker.edge import transaction
from tracker.permissions import GivenRole, system


@click.group("account")
def account_group() -> None:
    """Look after accounts where nobody can sign in to do it."""


@account_group.command("create")
@one_municipality
@click.option("--name", required=True, help="Whose account it is.")
@click.option("--email", help="The e-mail address to sign in with.")
@click.option("--employee-number", help="The employee number to sign in with.")
@click.option(
    "--role", "roles", multiple=True, type=click.Choice([role.value for role in GivenRole]), help="May be repeated."
)
@click.pass_obj
def create(
    config: Config,
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
    database, now = open_database(config), clock.now()
    where = municipality(database, slug)
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
    click.echo(f"{config.base_url.rstrip('/')}/link/{token}")


@account_group.command("give-role")
@one_municipality
@click.option("--email", help="The e-mail address that the account signs in with.")
@click.option("--employee-number", help="The employee number that the account signs in with.")
@click.option("--role", required=True, type=click.Choice([role.value for role in GivenRole]))
@click.pass_obj
def give(config: Config, *, slug: str, email: str | None, employee_number: str | None, role: str) -> None:
    """Give an account a role, where no second person can approve it. The journal says that a command did.

    Who asked for it gets a mail.
    """
    identifier = email or employee_number
    if not identifier:
        raise click.UsageError("Give --email or --employee-number: it is what one signs in with.")
    database, now = open_database(config), clock.now()
    where = municipality(database, slug)
    with create_app(config, database).app_context(), transaction(database, where.id, now=now) as session:
        account = account_signing_in_as(session, identifier)
        if account is None:
            raise click.ClickException(f"There is no account with {identifier} in {slug}.")
        give_role(session, account=account, role=GivenRole(role), by=system(where.id, "command"), now=now)
    click.echo(f"{account.display_name} has the role {role}, from the next sign-in.")
