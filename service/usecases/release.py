"""A person lets held items go."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.facts import Actor, State
from service.ledger import Item, UnitOfWork
from service.usecases.context import Context
from service.usecases.place import BACKLOG, go_live, is_muted
from service.usecases.promises import let_go


@dataclass(frozen=True, slots=True)
class Which:
    """Which held items are meant; empty conditions mean all. `limit` takes the oldest so many."""

    items: tuple[int, ...] = ()
    code: str | None = None
    postmortem: str | None = None
    team: str | None = None
    priority: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Released:
    """What came of one item: `refused` says why it stays held, None that its issue is on its way."""

    item_id: int
    title: str
    refused: str | None


def held_items(context: Context, uow: UnitOfWork, which: Which) -> list[Item]:
    """Items that a person must decide about, oldest first; a silent one is of the backlog, whatever is said of it."""
    found = []
    for item in uow.items.awaiting_release(go_live(context)):
        postmortem = uow.postmortems.get(item.postmortem_id)
        silent = item.state is not State.HELD and is_muted(context, item, postmortem)
        wanted = (
            (not which.items or item.id in which.items)
            and which.code in (None, item.attention_code, BACKLOG if silent else None)
            and which.postmortem in (None, postmortem.source_id)
            and which.team in (None, item.team)
            and which.priority in (None, item.priority)
        )
        if wanted:
            found.append(item)
    return found[: which.limit]


def release(context: Context, which: Which, actor: Actor, reason: str) -> list[Released]:
    """Lets the items go, as far as privacy, routes and modes allow."""
    now = context.now()
    done = []
    with context.ledger.begin() as uow:
        for found in held_items(context, uow, which):
            item = uow.items.lock(found.id)
            if item.attention_code == "ambiguous":
                # Letting it go would guess that it is new; whoever knows says so of each.
                done.append(Released(item.id, item.title, item.attention))
                continue
            uow.journal.decide(actor, "release", ("item", item.id), reason, now)
            if item.state is not State.HELD:
                # An adopted issue of the backlog stands already; from now on people hear of it.
                uow.items.update(item.id, released_at=now, noted_state=State.PENDING.value)
                if item.attention_code == BACKLOG:
                    uow.items.update(item.id, attention_code=None, attention=None)
                done.append(Released(item.id, item.title, None))
                continue
            held = let_go(context, uow, item, now)
            done.append(Released(item.id, item.title, held.sentence if held else None))
        uow.commit()
    return done
