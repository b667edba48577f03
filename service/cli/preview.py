"""`afteraction preview`: what a document would become. It is absorbed for real, into a ledger in memory alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import click

from config.faults import ConfigError
from connectors.spi import IssueDraft
from service.cli.documents import STDIN, Submitted, Unfit, submitted
from service.cli.errors import Stop
from service.domain.facts import State
from service.domain.placement import Placed
from service.ledger import Item, Ledger, Postmortem
from service.ledger.migrating import upgrade
from service.usecases.absorb import absorb
from service.usecases.effects.open_issue import draft_of
from service.usecases.redacting import redacted
from service.usecases.understand import understand
from service.wiring import Components, build

_LATER = "…"


@dataclass(frozen=True, slots=True)
class Planned:
    """What one action item would become: `create`, `adopt`, `hold`, or `none` with why."""

    item: Item
    action: str
    why: str | None
    placed: Placed | None
    draft: IssueDraft | None


@click.command("preview", epilog="Example: afteraction preview postmortem.md --json")
@click.argument("file", metavar="FILE")
@click.option("--source", help="Name of the source that it comes from; needed only where several could be meant.")
@click.option("--id", "identity", help="Id of a Markdown document that states none.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(file: str, source: str | None, identity: str | None, *, as_json: bool) -> None:
    """What would be created where, with every issue's title and body. Writes nothing anywhere and asks nobody.

    It knows nothing of what the ledger holds already: a document that was taken before is shown as if it were new.
    """
    components = _in_memory()
    try:
        document = submitted(components, file, source, identity)
        postmortem, planned = plan(components, document)
    except Unfit as error:
        raise Stop(f"{'standard input' if file == STDIN else file}: {error}") from error
    finally:
        components.ledger.close()
    click.echo(json.dumps(_document(postmortem, planned), indent=2) if as_json else _text(postmortem, planned))


def _in_memory() -> Components:
    """The house by its configuration, with a ledger that vanishes and a secret that makes no marker of ours."""
    from service.settings import from_environment

    ledger = Ledger("sqlite://")
    try:
        components = build(from_environment(), ledger=ledger, secret=b"a preview, which makes no marker")
    except ConfigError as error:
        raise Stop("\n".join(f"{fault}" for fault in error.faults)) from error
    upgrade(ledger)
    return components


def plan(components: Components, document: Submitted) -> tuple[Postmortem, list[Planned]]:
    """Absorbs the document as a worker would, and reads back what was decided; nothing is committed."""
    now = components.now()
    default = components.config.sources[document.source].visibility
    understood = understand(document.source, document.document, default)
    with components.ledger.begin() as uow:
        uow.inbox.store(document.source, document.key, document.headers, document.body, now)
        delivery = uow.inbox.claim(now, uow.clock(), 60.0)
        assert delivery is not None
        absorbed = absorb(components, uow, understood, delivery.id, now)
        postmortem = uow.postmortems.get(absorbed.postmortem_id)
        items = uow.items.of_postmortem(postmortem.id)
        return postmortem, [_planned(components, postmortem, item) for item in items]


def _planned(components: Components, postmortem: Postmortem, item: Item) -> Planned:
    if item.state is State.DONE:
        return Planned(item, "none", "It is done already.", None, None)
    placed = _placed(components, item)
    draft = _draft(components, item, postmortem, placed) if placed else None
    if item.state is State.HELD:
        return Planned(item, "hold", item.attention, placed, draft)
    if item.issue_url:
        return Planned(item, "adopt", item.attention, None, None)
    return Planned(item, "create", None, placed, draft)


def _draft(components: Components, item: Item, postmortem: Postmortem, placed: Placed) -> IssueDraft:
    """The issue, without the numbers that pages of ours have in memory alone: they get theirs when it is taken in."""
    draft = draft_of(components, item, postmortem, placed)
    pages = f"{components.base_url}/postmortems/"
    body = draft.body.replace(components.item_url(item.id), components.item_url(0).removesuffix("0") + _LATER)
    return replace(draft, body=body.replace(f"{pages}{postmortem.id}", f"{pages}{_LATER}"))


def _placed(components: Components, item: Item) -> Placed | None:
    target = components.config.targets.get(item.target or "")
    route = next((route for route in components.config.routes if route.name == item.route), None)
    return Placed(route, target) if route and target else None


def _document(postmortem: Postmortem, planned: list[Planned]) -> dict[str, Any]:
    facts = redacted(postmortem.facts)
    return {
        "postmortem": {
            "source": postmortem.source,
            "id": postmortem.source_id,
            "title": facts.title,
            "status": postmortem.status,
            "severity": facts.severity,
            "visibility": facts.visibility.value,
        },
        "items": [_item_document(each) for each in planned],
    }


def _item_document(planned: Planned) -> dict[str, Any]:
    placed, draft = planned.placed, planned.draft
    return {
        "title": redacted(planned.item.facts).title,
        "action": planned.action,
        "why": planned.why,
        "adopts": planned.item.issue_url if planned.action == "adopt" else None,
        "route": placed.route.name if placed else None,
        "target": placed.target.name if placed else None,
        "tracker": placed.target.tracker if placed else None,
        "place": placed.target.place if placed else None,
        "mode": placed.target.mode if placed else None,
        "parent": placed.route.parent if placed else None,
        "issue": {
            "title": draft.title,
            "body": draft.body,
            "labels": list(draft.labels),
            "priority": draft.priority,
            "due_on": draft.due_on.isoformat() if draft.due_on else None,
            "assignee": draft.assignee.name if draft.assignee else None,
            "fields": dict(draft.fields),
            "confidential": draft.confidential,
        }
        if draft
        else None,
    }


def _text(postmortem: Postmortem, planned: list[Planned]) -> str:
    facts = redacted(postmortem.facts)
    asides = ", ".join(word for word in (postmortem.status, facts.severity, facts.visibility.value) if word)
    lines = [f"{click.style(facts.title, bold=True)} ({postmortem.source}, {postmortem.source_id}; {asides})"]
    if postmortem.status != "final":
        return "\n".join([*lines, "", f"Nothing is created while it is {postmortem.status}."])
    if not planned:
        lines += ["", "It states no action items."]
    for number, each in enumerate(planned, 1):
        lines += ["", *_item_lines(number, each)]
    if any(each.action == "create" for each in planned) and facts.visibility.value != "public":
        lines += [
            "",
            "Before the first write each place is asked whether it is public; a public one gets none of this.",
        ]
    return "\n".join(lines)


def _item_lines(number: int, planned: Planned) -> list[str]:
    head = {"create": "an issue", "adopt": "adopts an issue", "hold": "held", "none": "no issue"}[planned.action]
    where = f" in {planned.placed.target.tracker} {planned.placed.target.place}" if planned.placed else ""
    lines = [
        f"{number}. {click.style(redacted(planned.item.facts).title, bold=True)}",
        f"   {head}{where}{_because(planned)}",
    ]
    draft = planned.draft
    if draft is None:
        return lines
    facts = (
        ("assignee", draft.assignee.name if draft.assignee else None),
        ("due", draft.due_on),
        ("priority", draft.priority),
        ("labels", ", ".join(draft.labels)),
        ("under", planned.placed.route.parent if planned.placed else None),
        ("confidential", "yes" if draft.confidential else None),
        *draft.fields.items(),
    )
    lines.append("   " + "; ".join(f"{name} {value}" for name, value in facts if value))
    return [*lines, "", *(f"   | {line}".rstrip() for line in draft.body.splitlines())]


def _because(planned: Planned) -> str:
    if planned.action == "adopt":
        return f" at {planned.item.issue_url}"
    if planned.why:
        return f": {planned.why}"
    return f" by the route {planned.placed.route.name}" if planned.placed else ""
