"""`afteraction dead-letters`."""

from __future__ import annotations

import json

import click

from service.cli.errors import Stop, house, operator


@click.group("dead-letters", epilog="Example: afteraction dead-letters list")
def command() -> None:
    """What a person must look at; nothing is ever dropped silently."""


@command.command("list", epilog="Example: afteraction dead-letters list --json")
@click.option("--json", "as_json", is_flag=True)
def list_letters(as_json: bool) -> None:
    """Every dead letter: d… are deliveries, m… are outbox messages."""
    with house() as components, components.ledger.read() as uow:
        rows = [
            {
                "letter": f"d{d.id}",
                "what": f"delivery to {d.hook}",
                "code": d.error_code,
                "error": d.error,
                "cure": d.cure,
            }
            for d in uow.inbox.dead()
        ] + [
            {"letter": f"m{m.id}", "what": f"{m.kind} {m.subject} for {m.target}", "code": m.error_code}
            | {"error": m.error, "cure": m.cure}
            for m in uow.outbox.dead()
        ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo(f"{row['letter']}  {row['what']}: {row['error']}")
        click.echo(f"    {row['cure']}")
    if not rows:
        click.echo("No dead letters.")


@command.command("show", epilog="Example: afteraction dead-letters show d12")
@click.argument("letter")
def show(letter: str) -> None:
    """One dead letter whole; a delivery with its body."""
    from service.usecases.steer import UnknownSubject, parse_letter

    with house() as components, components.ledger.read() as uow:
        try:
            kind, number = parse_letter(letter)
        except UnknownSubject as error:
            raise Stop(str(error)) from error
        found = uow.inbox.get(number) if kind == "d" else uow.outbox.get(number)
    if found is None:
        raise Stop(f"There is no dead letter {letter}: see dead-letters list.")
    for name in found.__slots__:
        value = getattr(found, name)
        click.echo(f"{name}: {value.decode('utf-8', 'replace') if isinstance(value, bytes) else value}")


@command.command("retry", epilog='Example: afteraction dead-letters retry d12 --reason "the source was renamed back"')
@click.argument("letters", nargs=-1, required=True)
@click.option("--reason", default="retried", show_default=True)
def retry_letters(letters: tuple[str, ...], reason: str) -> None:
    """Makes dead letters due again."""
    from service.usecases.steer import UnknownSubject, retry

    with house() as components:
        for letter in letters:
            try:
                retry(components, letter, operator(), reason)
            except UnknownSubject as error:
                raise Stop(str(error)) from error
            click.echo(f"{letter} is due again.")


@command.command("discard", epilog='Example: afteraction dead-letters discard m7 --reason "no longer wanted"')
@click.argument("letters", nargs=-1, required=True)
@click.option("--reason", required=True)
def discard_letters(letters: tuple[str, ...], reason: str) -> None:
    """Gives dead letters up; they stay on record."""
    from service.usecases.steer import UnknownSubject, discard

    with house() as components:
        for letter in letters:
            try:
                discard(components, letter, operator(), reason)
            except UnknownSubject as error:
                raise Stop(str(error)) from error
            click.echo(f"{letter} is discarded.")
