"""`afteraction pause`."""

from __future__ import annotations

import click

from service.cli.errors import Stop, house, operator


@click.command("pause", epilog='Example: afteraction pause payments --reason "moving to a new project"')
@click.argument("target", required=False)
@click.option("--reason", required=True, help="Kept in the journal.")
def command(target: str | None, reason: str) -> None:
    """Stops everything that leaves, or what goes to one TARGET, at once. Deliveries are still taken in."""
    from service.usecases.steer import UnknownSubject, pause

    with house() as components:
        try:
            pause(components, target, operator(), reason)
        except UnknownSubject as error:
            raise Stop(str(error)) from error
    click.echo(
        f"Paused {target or 'everything that leaves'}. Start again with: afteraction resume {target or ''}".rstrip()
    )
