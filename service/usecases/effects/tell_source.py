"""Tells the tool that an action item came from how it is doing: the latest, once, and never what it said itself."""

from __future__ import annotations

import hashlib
from datetime import datetime

from connectors.spi import Category, ItemStatus
from service.domain.facts import State
from service.ledger import Item, Message, Postmortem, UnitOfWork
from service.usecases.context import Context
from service.usecases.effects.work import Prepared, Skip, Work

_CATEGORY = {
    State.OPEN: Category.TODO,
    State.DOING: Category.DOING,
    State.DONE: Category.DONE,
    State.VERIFIED: Category.DONE,
    State.DECLINED: Category.DECLINED,
}
# What is withdrawn, its postmortem withdrew: the tool has dropped the item, or moved it with a merged incident, where
# it may well be worked on. What is pending or held is between us and the tracker.
TELLING_STATES = frozenset(_CATEGORY)


def prepare(context: Context, uow: UnitOfWork, message: Message, _now: datetime) -> Prepared:
    item = uow.items.lock(message.subject)
    postmortem = uow.postmortems.get(item.postmortem_id)
    source = context.sources.get(postmortem.source)
    untold = _why_not(item)
    if untold is not None:
        return Skip(untold)
    if source is None or not source.capabilities.tells:
        return Skip(f"The source {postmortem.source} takes no such news.")
    status, number = status_of(context, uow, item, postmortem), item.status_number

    def settle(uow: UnitOfWork, _nothing: None, at: datetime) -> str:
        uow.statuses.told(item.id, number)
        data = {"source": postmortem.source, "state": status.state, "key": status.key}
        uow.journal.append("source.told", ("item", item.id), at, data)
        return f"Told {postmortem.source} that it is {status.state}."

    return Work(lambda: source.tell(status), settle)


def _why_not(item: Item) -> str | None:
    if item.told_number >= item.status_number:
        return "It was told."
    if item.noted_state not in TELLING_STATES:
        return f"Not told: the action is {item.noted_state.value}."
    if item.source_item_id is None:
        return "Not told: the source gave the action no id of its own."
    if item.stated_done and _CATEGORY[item.noted_state] is Category.DONE:
        return "Not told: the source says so itself."
    return None


def status_of(context: Context, uow: UnitOfWork, item: Item, postmortem: Postmortem) -> ItemStatus:
    """What the tool is told. It is what was last handed on, so that what was told and what is news never part."""
    issue = uow.issues.get(item.issue_id) if item.issue_id is not None else None
    news = (postmortem.source, postmortem.source_id, item.identity, item.noted_state.value, str(item.status_number))
    return ItemStatus(
        key=hashlib.sha256("\0".join(news).encode("utf-8", "surrogatepass")).hexdigest()[:32],
        source_id=postmortem.source_id,
        source_item_id=item.source_item_id,
        title=context.redactor.redact(item.title).text,
        state=item.noted_state.value,
        category=_CATEGORY[item.noted_state],
        at=item.noted_at or item.created_at,
        issue_key=issue.key if issue else None,
        issue_url=issue.url if issue else None,
    )
