"""`afteraction restored`."""

from __future__ import annotations

import click

from service.cli.errors import house, operator


@click.command("restored", epilog='Example: afteraction restored --reason "restored last night\'s backup"')
@click.option("--reason", required=True, help="Kept in the journal.")
def command(reason: str) -> None:
    """Says that this ledger came from a backup or a copy, before its processes start again."""
    from service.usecases.steer import restored

    with house() as components:
        waiting = restored(components, operator(), reason)
    click.echo("The ledger is paused; from now on every creation first looks whether the issue is there already.")
    if waiting:
        click.echo(f"{waiting} notices that were due wait as dead letters: they may have been sent before.")
    click.echo("Look at the status page, then: afteraction resume")
