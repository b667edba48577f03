"""A person moves action items to another target: a new issue is made there, and the old one is closed with a link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from service.domain.facts import Actor, State
from service.domain.identity import marker
from service.domain.placement import Held, Placed, choose_route, mode_holds
from service.ledger import Item, UnitOfWork
from service.usecases.context import Context
from service.usecases.place import OPEN
from service.usecases.steer import UnknownSubject

MOVABLE = (State.PENDING, State.HELD, State.OPEN, State.DOING)


@dataclass(frozen=True, slots=True)
class Rerouted:
    """What came of one item: `refused` says why it stays where it is, None that its new issue is on its way."""

    item_id: int
    title: str
    refused: str | None


def reroute(context: Context, items: Sequence[int], to: str, actor: Actor, reason: str) -> list[Rerouted]:
    """Moves each item to the target, by a route that leads it there; privacy, modes and pauses hold as ever.

    Raises UnknownSubject where the target or an item does not exist; then nothing is moved.
    """
    if to not in context.config.targets:
        known = ", ".join(sorted(context.config.targets)) or "none"
        raise UnknownSubject(f"There is no target {to}: the configured ones are {known}.")
    now = context.now()
    done = []
    with context.ledger.begin() as uow:
        found = uow.items.lock_all(items)
        missing = sorted(set(items) - {item.id for item in found})
        if missing:
            raise UnknownSubject(f"There is no item {missing[0]}: find it on the page of items.")
        for item in found:
            refused = _move(context, uow, item, to, now)
            if refused is None:
                uow.journal.decide(actor, "reroute", ("item", item.id), f"to {to}: {reason}", now)
            done.append(Rerouted(item.id, item.title, refused))
        uow.commit()
    return done


def _move(context: Context, uow: UnitOfWork, item: Item, to: str, now: datetime) -> str | None:
    issue = uow.issues.get(item.issue_id) if item.issue_id is not None else None
    if item.state not in MOVABLE:
        return f"It is {item.state.value}: only what is still to be done is moved."
    if item.attention_code in ("ambiguous", "doubtful"):
        return "A person must say first what it is: see held show."
    if to == (issue.target if issue else item.target) and item.state is not State.HELD:
        return f"It goes to {to} already."
    asked = uow.outbox.in_flight(OPEN, item.id)
    if issue is None and asked is not None and asked.sent_at is not None:
        return "Its issue is being made at this moment: try again when it is there."
    placed = _route_to(context, uow, item, to)
    if isinstance(placed, Held):
        return placed.sentence
    held = mode_holds(placed.target, released=True)
    if held is not None:
        return held.sentence
    postmortem = uow.postmortems.get(item.postmortem_id)
    token = marker(context.secret, placed.target.tracker, postmortem.source, postmortem.source_id, item.identity)
    uow.items.update(item.id, **_afresh(item, placed, token), released_at=now)
    uow.targets.ensure(to, "tracker")
    uow.outbox.put(OPEN, item.id, to, now)
    return None


def _route_to(context: Context, uow: UnitOfWork, item: Item, to: str) -> Placed | Held:
    """The route that would lead the item there if no other target had routes."""
    config = replace(context.config, routes=tuple(route for route in context.config.routes if route.target == to))
    placed = choose_route(item.facts, item.team, uow.postmortems.get(item.postmortem_id).facts, config)
    if isinstance(placed, Held):
        return Held(placed.code, f"No route leads it to {to}: add one to afteraction.toml whose conditions it meets.")
    return placed


def _afresh(item: Item, placed: Placed, token: str) -> dict[str, object]:
    """An item without an issue, which knows the one that it leaves behind."""
    return {
        "state": State.PENDING.value,
        "attention_code": None,
        "attention": None,
        "route": placed.route.name,
        "target": placed.target.name,
        "marker": token,
        "issue_id": None,
        "issue_url": None,
        "moved_from": item.issue_id or item.moved_from,
        "written_facts_digest": None,
        "comment_ref": None,
        "changes": [],
        "assignee_read": False,
    }
