"""`afteraction migrate`."""

from __future__ import annotations

import click

from service.cli.errors import house


@click.command("migrate", epilog="Example: DATABASE_URL=postgresql://… afteraction migrate")
def command() -> None:
    """Brings the database to the newest schema; safe to run at every start."""
    from service.ledger.migrating import upgrade

    with house(started=False) as components:
        upgrade(components.ledger)
        click.echo("The database is at the newest schema.")
