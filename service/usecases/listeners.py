"""Notes events for those who listen. What is sent of one is decided when it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from service.domain.facts import Actor, PostmortemFacts, State
from service.ledger import Postmortem, UnitOfWork
from service.ledger.events import SEND_EVENT
from service.usecases.context import LISTENER, Context
from service.usecases.place import before_go_live
from service.usecases.steer import UnknownSubject

STATUS_CHANGED, ISSUE_OPENED, ABSORBED = "item.status_changed", "issue.opened", "postmortem.absorbed"


def wanted(context: Context, kind: str) -> list[str]:
    """The listeners that want events of a kind."""
    return [listener.name for listener in context.config.listeners.values() if kind in listener.events]


def tell_listeners(
    context: Context,
    uow: UnitOfWork,
    kind: str,
    about: tuple[int, int | None],
    data: Mapping[str, Any],
    now: datetime,
) -> None:
    """Asks for everybody who wants them to be told of an event about a postmortem and perhaps one of its items."""
    names = wanted(context, kind)
    if not names:
        return
    # Random, not counted: a ledger restored from a backup must not give two events one name.
    event_id = uow.events.add(kind, f"evt_{uuid4().hex}", about, data, now)
    for name in names:
        uow.targets.ensure(LISTENER + name, "listener")
        uow.outbox.put(SEND_EVENT, event_id, LISTENER + name, now)


Standing = tuple[PostmortemFacts, tuple[tuple[int, str, str], ...]]


def standing(uow: UnitOfWork, postmortem: Postmortem) -> Standing:
    """What a listener would be told anew if it changed: what the postmortem says, and what became of its items."""
    items = uow.items.of_postmortem(postmortem.id)
    return postmortem.facts, tuple(sorted((item.id, item.facts_digest, item.state.value) for item in items))


def tell_absorbed(context: Context, uow: UnitOfWork, postmortem_id: int, before: Standing, now: datetime) -> None:
    """Tells of a revision that changed something. One that only repeats what we told its tool is no news."""
    postmortem = uow.postmortems.get(postmortem_id)
    after = standing(uow, postmortem)
    if after == before or before_go_live(context, postmortem):
        return
    promised = sum(state != State.WITHDRAWN.value for _, _, state in after[1])
    data = {"status": postmortem.facts.status, "items": promised}
    tell_listeners(context, uow, ABSORBED, (postmortem_id, None), data, now)


def redeliver(context: Context, key: str, listener: str | None, actor: Actor, reason: str) -> list[str]:
    """Sends an event once more under the same id: to one listener, or to all that it was tried with. Returns whom to.

    A postmortem that became private meanwhile is still withheld.
    """
    now = context.now()
    with context.ledger.begin() as uow:
        event = uow.events.find(key)
        if event is None:
            raise UnknownSubject(f"There is no event {key}: see webhooks log; old ones are forgotten.")
        asked = [listener] if listener else uow.events.listeners_of(event.id)
        names = [name for name in asked if name in context.config.listeners]
        if not names:
            known = ", ".join(sorted(context.config.listeners)) or "none"
            raise UnknownSubject(f"No listener to send {key} to: the configured ones are {known}.")
        for name in names:
            uow.targets.ensure(LISTENER + name, "listener")
            uow.outbox.put(SEND_EVENT, event.id, LISTENER + name, now)
        uow.journal.decide(actor, "redeliver", ("event", key), reason, now)
        uow.commit()
    return names
