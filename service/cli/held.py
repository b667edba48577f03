"""`afteraction held`."""

from __future__ import annotations

import json

import click

from service.cli.errors import Stop, house, operator
from service.usecases.place import BACKLOG, SILENT
from service.usecases.release import Which, held_items, release
from service.usecases.settle import (
    CannotSettle,
    Correction,
    correct,
    settle_dismissed,
    settle_new,
    settle_same,
)


@click.group("held", epilog="Example: afteraction held list")
def command() -> None:
    """Action items that wait for a person's decision."""


@command.command("list", epilog="Example: afteraction held list --code hold")
@click.option("--code", help="Only those held for this reason, such as hold, backlog, brake, privacy, ambiguous.")
@click.option("--json", "as_json", is_flag=True)
def list_held(code: str | None, as_json: bool) -> None:
    """Every held item: its number, why, and what it is."""
    with house() as components, components.ledger.read() as uow:
        rows = [
            {
                "item": i.id,
                "code": i.attention_code or BACKLOG,
                "title": i.title,
                "why": i.attention or SILENT,
                "target": i.target,
            }
            for i in held_items(components, uow, Which(code=code))
        ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo(f"{row['item']:>6}  {row['code']}: {row['title']}")
        click.echo(f"        {row['why']}")
    if not rows:
        click.echo("Nothing is held.")


@command.command("show", epilog="Example: afteraction held show 17")
@click.argument("item", type=int)
def show(item: int) -> None:
    """One held item with everything its postmortem says of it."""
    with house() as components, components.ledger.read() as uow:
        found = uow.items.find(item)
        if found is None:
            raise Stop(f"There is no item {item}: see held list.")
        postmortem = uow.postmortems.get(found.postmortem_id)
        others = [uow.items.get(candidate) for candidate in found.candidates]
    click.echo(f"{found.id}: {found.title}\n{found.state.value}, {found.attention_code}: {found.attention}")
    click.echo(f"From: {postmortem.facts.title} ({postmortem.source}, {postmortem.source_id})")
    click.echo(f"Route {found.route}, target {found.target}")
    for other in others:
        click.echo(f"May be item {other.id}: {other.title}")


@command.command("release", epilog='Example: afteraction held release --code backlog --limit 10 --reason "first ten"')
@click.argument("items", type=int, nargs=-1)
@click.option("--code")
@click.option("--postmortem", help="The source's id of a postmortem.")
@click.option("--team")
@click.option("--priority")
@click.option("--limit", type=click.IntRange(1))
@click.option("--all", "everything", is_flag=True, help="Every held item.")
@click.option("--reason", default="released", show_default=True)
def release_items(everything: bool, reason: str, **which: object) -> None:
    """Lets ITEMS, or those that the filters name, go to their trackers."""
    if not everything and not any(which.values()):
        raise Stop("Nothing was named: give item numbers, a filter such as --code backlog, or --all.")
    with house() as components:
        released = release(components, Which(**which), operator(), reason)  # type: ignore[arg-type]  # click typed them
    for done in released:
        click.echo(f"{done.item_id:>6}  {'still held: ' + done.refused if done.refused else 'released: ' + done.title}")
    click.echo(f"{sum(1 for done in released if done.refused is None)} of {len(released)} released.")


@command.command("settle", epilog='Example: afteraction held settle 17 --same-as 12 --reason "re-worded"')
@click.argument("item", type=int)
@click.option("--same-as", type=int, help="It is this item, re-worded.")
@click.option("--new", "is_new", is_flag=True, help="It is a promise of its own.")
@click.option("--dismiss", is_flag=True, help="It is no promise.")
@click.option("--reason", required=True)
def settle(item: int, same_as: int | None, is_new: bool, dismiss: bool, reason: str) -> None:
    """Says what a held item is."""
    if sum((same_as is not None, is_new, dismiss)) != 1:
        raise Stop("Say one of --same-as ITEM, --new or --dismiss.")
    with house() as components:
        try:
            if same_as is not None:
                settle_same(components, item, same_as, operator(), reason)
            elif is_new:
                held = settle_new(components, item, operator(), reason)
                if held:
                    raise Stop(f"Item {item} is settled as new and still held: {held}")
            else:
                settle_dismissed(components, item, operator(), reason)
        except CannotSettle as error:
            raise Stop(str(error)) from error
    click.echo(f"Item {item} is settled.")


@command.command("correct", epilog='Example: afteraction held correct 17 --due 2027-01-15 --reason "asked the author"')
@click.argument("item", type=int)
@click.option("--title", help="What is to be done.")
@click.option("--owner", help='A person of the directory, or any name; "" for nobody.')
@click.option("--due", "due_on", help='A day such as 2027-01-15; "" for none.')
@click.option("--priority", help='p0 to p4; "" for none.')
@click.option("--team", help='A team of the directory; "" for none.')
@click.option("--reason", required=True)
def correct_item(item: int, reason: str, **said: str | None) -> None:
    """Corrects what the document says of a held ITEM. It stays so until the document says something else there."""
    with house() as components:
        try:
            changed = correct(components, item, Correction(**said), operator(), reason)
        except CannotSettle as error:
            raise Stop(str(error)) from error
    click.echo(f"Item {item} is corrected: {', '.join(changed).replace('_', ' ')}.")


@command.command("merge", epilog='Example: afteraction held merge 17 --into 12 --reason "the same in other words"')
@click.argument("item", type=int)
@click.option("--into", "other", type=int, required=True, help="The action of the same postmortem that it is.")
@click.option("--reason", required=True)
def merge(item: int, other: int, reason: str) -> None:
    """Says that a held ITEM is the same promise as another: it never gets an issue of its own."""
    with house() as components:
        try:
            settle_same(components, item, other, operator(), reason)
        except CannotSettle as error:
            raise Stop(str(error)) from error
    click.echo(f"Item {item} is the same as item {other} from now on.")


@command.command("dismiss", epilog='Example: afteraction held dismiss 17 --reason "a remark"')
@click.argument("item", type=int)
@click.option("--reason", required=True)
def dismiss(item: int, reason: str) -> None:
    """Says that a held ITEM is no promise: nothing is made of it, now or by a later revision."""
    with house() as components:
        try:
            settle_dismissed(components, item, operator(), reason)
        except CannotSettle as error:
            raise Stop(str(error)) from error
    click.echo(f"Item {item} is dismissed.")
