"""`afteraction webhooks`."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from service.cli.errors import Stop, house, operator


@click.group("webhooks", epilog="Example: afteraction webhooks log --listener warehouse")
def command() -> None:
    """Outgoing webhooks: every try to hand an event over, and sending one once more."""


@command.command("log", epilog="Example: afteraction webhooks log --listener warehouse --json")
@click.option("--listener", help="Only this one's.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--json", "as_json", is_flag=True)
def log(listener: str | None, limit: int, as_json: bool) -> None:
    """The latest tries, the last one first: when, which event, how long it took, and what came of it."""
    with house() as components, components.ledger.read() as uow:
        found = uow.events.tries(listener, limit)
    if as_json:
        click.echo(json.dumps([{**asdict(one), "at": one.at.isoformat()} for one in found], indent=2))
        return
    for one in found:
        at = one.at.strftime("%Y-%m-%d %H:%M:%S")
        click.echo(f"{at}  {one.event}  {one.type:<20} {one.listener:<16} {one.milliseconds:>6} ms  {one.answer}")
        if one.outcome != "Taken.":
            click.echo(f"    {one.outcome}")
    if not found:
        click.echo("No event was sent yet.")


@command.command("redeliver", epilog="Example: afteraction webhooks redeliver evt_0c2e --listener warehouse")
@click.argument("events", nargs=-1, required=True)
@click.option("--listener", help="Only to this one; else to all that it was tried with.")
@click.option("--reason", default="redelivered", show_default=True, help="Kept in the journal.")
def send_again(events: tuple[str, ...], listener: str | None, reason: str) -> None:
    """Sends EVENTS once more, each under its own id, so that a receiver can tell a repetition."""
    from service.usecases.listeners import redeliver
    from service.usecases.steer import UnknownSubject

    with house() as components:
        for key in events:
            try:
                names = redeliver(components, key, listener, operator(), reason)
            except UnknownSubject as error:
                raise Stop(str(error)) from error
            click.echo(f"{key} is due again for {', '.join(names)}.")
