"""`tracker journal`: whether the chain is whole, and where it ends."""

import click

from tracker.audit.queries import Head, head, verify
from tracker.cli.installation import any_municipality, municipalities, open_database
from tracker.config import Config


@click.group("journal")
def journal_group() -> None:
    """Look after the journal."""


@journal_group.command("verify")
@any_municipality
@click.option("--head", "known", help="A line that `journal head` printed earlier: it must still be part of the chain.")
@click.pass_obj
def verify_chain(config: Config, slug: str | None, known: str | None) -> None:
    """Compute every hash of the journal anew. Exits with 1 if any entry was changed or taken away."""
    database = open_database(config)
    head_of: dict[str, Head] = {}
    if known:
        try:
            slug, number, digest = known.split()
            head_of[slug] = Head(int(number), digest)
        except ValueError as error:
            raise click.UsageError("A head is three words, as `tracker journal head` prints it.") from error
    whole = True
    for where in municipalities(database, slug):
        with database.bound(where.id, reading=True) as session:
            found = verify(session, known=head_of.get(where.slug))
        whole = whole and found.whole
        verdict = "chain whole" if found.whole else f"chain BROKEN at entry {found.broken_at}"
        click.echo(f"{where.slug}: {found.sound} entries, {verdict}")
    if not whole:
        raise SystemExit(1)


@journal_group.command("head")
@any_municipality
@click.pass_obj
def print_head(config: Config, slug: str | None) -> None:
    """Print the end of each chain. Keep it outside the system: `journal verify --head` compares with it."""
    database = open_database(config)
    for where in municipalities(database, slug):
        with database.bound(where.id, reading=True) as session:
            last = head(session)
        click.echo(f"{where.slug} {last.number} {last.hash}")
