"""`afteraction resume`."""

from __future__ import annotations

import click

from service.cli.errors import Stop, house, operator


@click.command("resume", epilog='Example: afteraction resume payments --reason "the project is back"')
@click.argument("target", required=False)
@click.option("--reason", default="resumed", show_default=True, help="Kept in the journal.")
def command(target: str | None, reason: str) -> None:
    """Starts again what pause, a restore or a freeze has stopped: everything, or one TARGET."""
    from service.usecases.steer import UnknownSubject, resume

    with house() as components:
        try:
            resume(components, target, operator(), reason)
        except UnknownSubject as error:
            raise Stop(str(error)) from error
    click.echo(f"Resumed {target or 'everything that leaves'}.")
