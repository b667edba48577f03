"""`afteraction snooze`."""

from __future__ import annotations

from datetime import datetime

import click

from service.cli.errors import Stop, house, operator


@click.command("snooze", epilog='Example: afteraction snooze 17 --until 2027-01-15 --reason "waits for the vendor"')
@click.argument("item", type=int)
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The day from which people hear of it again."
)
@click.option("--reason", required=True, help="Kept in the journal and shown on the item's page.")
def command(item: int, until: datetime, reason: str) -> None:
    """Says "I know": nobody is told of action item ITEM before a day."""
    from service.usecases.steer import UnknownSubject, snooze

    with house() as components:
        if until.date() <= components.now().date():
            raise Stop(f"{until.date()} is not ahead: give a later day.")
        try:
            title = snooze(components, item, until.date(), operator(), reason)
        except UnknownSubject as error:
            raise Stop(str(error)) from error
    click.echo(f"Nobody is told of item {item} before {until.date()}: {title}")
