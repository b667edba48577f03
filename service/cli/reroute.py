"""`afteraction reroute`."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from service.cli.errors import Stop, house, operator


@click.command("reroute", epilog='Example: afteraction reroute 17 18 --to platform --reason "they own it now"')
@click.argument("items", type=int, nargs=-1, required=True)
@click.option("--to", required=True, help="The target where their issues are to be.")
@click.option("--reason", required=True, help="Kept in the journal.")
@click.option("--json", "as_json", is_flag=True)
def command(items: tuple[int, ...], to: str, reason: str, as_json: bool) -> None:
    """Moves action items to another target: an issue is made there, and the old one is closed with a link to it."""
    from service.usecases.reroute import reroute
    from service.usecases.steer import UnknownSubject

    with house() as components:
        try:
            done = reroute(components, items, to, operator(), reason)
        except UnknownSubject as error:
            raise Stop(str(error)) from error
    if as_json:
        click.echo(json.dumps([asdict(each) for each in done], indent=2))
        return
    for each in done:
        click.echo(f"{each.item_id:>6}  {each.title}\n        {each.refused or f'Its issue in {to} is on its way.'}")
