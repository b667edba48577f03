"""A person says what a held item is: the same promise as another, a new one, or none at all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from config.model import PRIORITIES
from connectors.spi import OwnerText
from service.domain.facts import Actor, State
from service.domain.following import STATE_OF
from service.domain.matching import Known
from service.domain.placement import SELF_HEALING
from service.domain.revising import Settlement, settle
from service.ledger import Item, UnitOfWork
from service.usecases.context import Context
from service.usecases.place import follow_up, place_item, team_of
from service.usecases.promises import (
    CLOSED_MEANWHILE,
    bring_back,
    changes_between,
    known_as,
    leave_doubt,
    let_go,
    withdraw,
)


class CannotSettle(Exception):
    """The decision does not fit the item; one sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person says of a held item instead of the document; None leaves a field as it is, "" empties it.

    `owner`: a person's id, name or e-mail address, or any name. `team`: an id or name of the directory.
    """

    title: str | None = None
    owner: str | None = None
    due_on: date | str | None = None
    priority: str | None = None
    team: str | None = None


def correct(context: Context, item_id: int, correction: Correction, actor: Actor, reason: str) -> list[str]:
    """Puts the person's facts in place of the document's, as long as the document goes on saying what it says.

    Returns the names of the fields that changed. Raises CannotSettle.
    """
    now = context.now()
    with context.ledger.begin() as uow:
        item = _held(uow, item_id)
        if item.issue_id is not None:
            raise CannotSettle(f"Item {item_id} has an issue: its tracker is where it is corrected.")
        facts = replace(item.facts, **_values(context, correction))
        changed = [change.field for change in changes_between(item.facts, facts, now)]
        if not changed:
            raise CannotSettle(f"Item {item_id} says that already: nothing to correct.")
        owner = context.roster.owner(facts.owner)
        postmortem = uow.postmortems.get(item.postmortem_id)
        team = team_of(context, facts, postmortem.facts)
        uow.items.correct(item, facts, team=team, owner_person=owner.id if owner else None)
        data = {c.field: [c.old, c.new] for c in changes_between(item.facts, facts, now)}
        uow.journal.decide(actor, "correct", ("item", item.id), reason, now)
        uow.journal.append("item.corrected", ("item", item.id), now, data, actor)
        if item.attention_code in SELF_HEALING:
            place_item(context, uow, postmortem, uow.items.get(item.id), now)
        uow.commit()
    return changed


def _values(context: Context, correction: Correction) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if correction.title is not None:
        values["title"] = " ".join(correction.title.split())
        if not values["title"]:
            raise CannotSettle("An action without words is none: give a title, or dismiss it.")
    if correction.owner is not None:
        name = correction.owner.strip()
        values["owner"] = (OwnerText(email=name) if "@" in name[1:] else OwnerText(name=name)) if name else None
    if correction.due_on is not None:
        values["due_on"] = _day(correction.due_on)
    if correction.priority is not None:
        values["priority"] = correction.priority.strip().lower() or None
        if values["priority"] not in (None, *PRIORITIES):
            raise CannotSettle(f"{correction.priority} is no priority: give one of {', '.join(PRIORITIES)}, or none.")
    if correction.team is not None:
        values["team"] = correction.team.strip() or None
        if values["team"] and context.roster.team([correction.team]) is None:
            known = ", ".join(sorted(context.roster.teams)) or "none"
            raise CannotSettle(f"There is no team {correction.team}: the configured ones are {known}.")
    return values


def _day(text: date | str) -> date | None:
    if isinstance(text, date) or not text.strip():
        return text if isinstance(text, date) else None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise CannotSettle(f"{text} is no date: write it as 2027-01-15.") from None


def settle_same(context: Context, item_id: int, other_id: int, actor: Actor, reason: str) -> None:
    """The held item is the promise `other_id`, in other words: no second issue is made, now or by a later revision.

    Where the other one is missing from the document, or was withdrawn, it is promised in these words from now on.
    """
    now = context.now()
    with context.ledger.begin() as uow:
        item, other = _held(uow, item_id), uow.items.find(other_id)
        if other is None or other.postmortem_id != item.postmortem_id or other.id == item.id:
            raise CannotSettle(f"Item {other_id} is no other action of the same postmortem: see held show {item_id}.")
        if other.same_as is not None or other.candidates:
            raise CannotSettle(
                f"Nobody has said yet which action item {other_id} is, or it is another one: see held list."
            )
        uow.journal.decide(actor, "merge", ("item", item.id), f"the same as item {other.id}: {reason}", now)
        missing = other.id in item.candidates or other.state is State.WITHDRAWN
        settlement = settle(known_as(item), other.id, _all(uow, item))
        uow.items.update(
            item.id,
            state=State.WITHDRAWN.value,
            state_before=item.state.value,
            closed_at=now,
            attention_code=None,
            attention=None,
            candidates=[],
            doubt=None,
            same_as=other.id,
        )
        if missing:
            _take_over(context, uow, item, other, actor, now)
        uow.journal.append("item.merged", ("item", other.id), now, {"reworded as": item.title}, actor)
        follow_up(uow, uow.items.get(item.id), now)
        _apply(context, uow, settlement, now)
        uow.commit()


def _take_over(context: Context, uow: UnitOfWork, item: Item, other: Item, actor: Actor, now: datetime) -> None:
    """The other promise goes on in the item's words."""
    differing = changes_between(other.facts, item.facts, now)
    uow.items.restate(
        other,
        item.facts,
        item.said,
        (*other.changes, *differing) if other.issue_id else (),
        position=item.position,
        team=item.team,
        owner_person=item.owner_person,
        source_item_id=other.source_item_id or item.source_item_id,
    )
    uow.journal.append("item.changed", ("item", other.id), now, {c.field: [c.old, c.new] for c in differing}, actor)
    if other.state is State.WITHDRAWN:
        bring_back(context, uow, uow.items.get(other.id), item.issue_url, now)
    follow_up(uow, uow.items.get(other.id), now)


def settle_new(context: Context, item_id: int, actor: Actor, reason: str) -> str | None:
    """The held item is a promise of its own. Returns why it is still held, or None: its issue is on its way."""
    now = context.now()
    with context.ledger.begin() as uow:
        item = _held(uow, item_id)
        uow.journal.decide(actor, "settle", ("item", item.id), f"a new action: {reason}", now)
        settlement = settle(known_as(item), None, _all(uow, item))
        if item.issue_id is None:
            uow.items.update(item.id, issue_url=None)
        held = let_go(context, uow, uow.items.get(item.id), now)
        _apply(context, uow, settlement, now)
        uow.commit()
    return held.sentence if held else None


def settle_dismissed(context: Context, item_id: int, actor: Actor, reason: str) -> None:
    """The held item is no promise: nothing is made of it, the reason is kept, and its words do not come back. One whose
    issue was closed meanwhile is what its issue says.
    """
    now = context.now()
    with context.ledger.begin() as uow:
        item = _held(uow, item_id)
        uow.journal.decide(actor, "dismiss", ("item", item.id), reason, now)
        settlement = settle(known_as(item), None, _all(uow, item))
        state = State.DECLINED
        if item.attention_code == CLOSED_MEANWHILE and item.issue_id is not None:
            state = STATE_OF[uow.issues.get(item.issue_id).category]
        uow.items.update(
            item.id,
            state=state.value,
            closed_at=item.closed_at or now,
            attention_code=None,
            attention=None,
            candidates=[],
            doubt=None,
        )
        _apply(context, uow, settlement, now)
        uow.commit()


def _all(uow: UnitOfWork, item: Item) -> list[Known]:
    return [known_as(each) for each in uow.items.of_postmortem(item.postmortem_id, lock=True)]


def _apply(context: Context, uow: UnitOfWork, settlement: Settlement, now: datetime) -> None:
    for item_id, left in settlement.doubts.items():
        leave_doubt(context, uow, uow.items.get(item_id), left, now)
    for item_id in settlement.withdrawn:
        withdraw(uow, uow.items.get(item_id), now)


def _held(uow: UnitOfWork, item_id: int) -> Item:
    if uow.items.find(item_id) is None:
        raise CannotSettle(f"There is no item {item_id}: see held list.")
    postmortem_id = uow.items.get(item_id).postmortem_id
    # Every item of the postmortem, in the order in which all lock them: the decision may concern several.
    item = next(item for item in uow.items.of_postmortem(postmortem_id, lock=True) if item.id == item_id)
    if item.state is not State.HELD:
        raise CannotSettle(f"Item {item_id} is {item.state.value}, not held: see held list.")
    return item
