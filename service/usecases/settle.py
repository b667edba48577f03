"""A person says what a held item is: the same promise as another, a new one, or none at all."""

from __future__ import annotations

from datetime import datetime

from service.domain.facts import Actor, State
from service.ledger import Item, UnitOfWork
from service.usecases.absorb import bring_back, changes_between, clear_doubt, withdraw
from service.usecases.context import Context
from service.usecases.place import follow_up, place_item


class CannotSettle(Exception):
    """The decision does not fit the item; one sentence says why and what to do."""


def settle_same(context: Context, item_id: int, other_id: int, actor: Actor, reason: str) -> None:
    """The held item is the promise `other_id`, re-worded: its facts go there, and no second issue is made.

    One that was withdrawn is promised again.
    """
    now = context.now()
    with context.ledger.begin() as uow:
        item, other = _held(uow, item_id), uow.items.find(other_id)
        if other is None or other.postmortem_id != item.postmortem_id or other.id == item.id:
            raise CannotSettle(f"Item {other_id} is no other action of the same postmortem: see held show {item_id}.")
        changes = (*other.changes, *changes_between(other.facts, item.facts, now)) if other.issue_id else ()
        uow.journal.decide(actor, "settle", ("item", item.id), f"the same as item {other.id}: {reason}", now)
        uow.items.update(
            item.id,
            state=State.WITHDRAWN.value,
            closed_at=now,
            attention_code=None,
            attention=None,
            candidates=[],
            source_item_id=None,
            title=f"{item.title} (the same as item {other.id})",
        )
        values = {"position": item.position, "team": item.team, "owner_person": item.owner_person}
        source_item_id = other.source_item_id or item.source_item_id
        uow.items.restate(other, item.facts, changes, **values, source_item_id=source_item_id)
        uow.journal.append("item.changed", ("item", other.id), now, {"reworded as": item.title}, actor)
        if other.state is State.WITHDRAWN:
            bring_back(context, uow, uow.items.get(other.id), item.issue_url, now)
        follow_up(uow, uow.items.get(other.id), now)
        _leave_no_doubt(context, uow, item, {other.id}, now)
        uow.commit()


def settle_new(context: Context, item_id: int, actor: Actor, reason: str) -> str | None:
    """The held item is a promise of its own. Returns why it is still held, or None: its issue is on its way."""
    now = context.now()
    with context.ledger.begin() as uow:
        item = _held(uow, item_id)
        uow.journal.decide(actor, "settle", ("item", item.id), f"a new action: {reason}", now)
        uow.items.update(item.id, candidates=[], released_at=now, issue_url=None)
        postmortem = uow.postmortems.get(item.postmortem_id)
        held = place_item(context, uow, postmortem, uow.items.get(item.id), now)
        _leave_no_doubt(context, uow, item, set(), now)
        uow.commit()
    return held.sentence if held else None


def settle_dismissed(context: Context, item_id: int, actor: Actor, reason: str) -> None:
    """The held item is no promise: nothing is made of it, and the reason is kept."""
    now = context.now()
    with context.ledger.begin() as uow:
        item = _held(uow, item_id)
        uow.journal.decide(actor, "settle", ("item", item.id), f"dismissed: {reason}", now)
        uow.items.update(
            item.id,
            state=State.DECLINED.value,
            closed_at=now,
            attention_code=None,
            attention=None,
            candidates=[],
        )
        _leave_no_doubt(context, uow, item, set(), now)
        uow.commit()


def _leave_no_doubt(context: Context, uow: UnitOfWork, item: Item, kept: set[int], now: datetime) -> None:
    """What the settled item might have been, and no other held item may be, is no longer promised: it was missing
    from the revision that raised the doubt.
    """
    doubts = [
        other
        for other in uow.items.of_postmortem(item.postmortem_id, lock=True)
        if other.state is State.HELD and other.attention_code == "ambiguous" and other.id != item.id
    ]
    for other in doubts:
        clear_doubt(context, uow, other, kept, now)
    still = {candidate for other in doubts for candidate in other.candidates}
    for candidate in set(item.candidates) - kept - still:
        withdraw(uow, uow.items.lock(candidate), now)


def _held(uow: UnitOfWork, item_id: int) -> Item:
    if uow.items.find(item_id) is None:
        raise CannotSettle(f"There is no item {item_id}: see held list.")
    postmortem_id = uow.items.get(item_id).postmortem_id
    # Every item of the postmortem, in the order in which all lock them: the decision may concern several.
    item = next(item for item in uow.items.of_postmortem(postmortem_id, lock=True) if item.id == item_id)
    if item.state is not State.HELD:
        raise CannotSettle(f"Item {item_id} is {item.state.value}, not held: see held list.")
    return item
