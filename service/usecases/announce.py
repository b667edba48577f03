"""Hands on what changed of items' states: to the tool that each came from, and to those who listen.

Whoever changes a state need not think of it. A state that differs from what was last handed on is news, wherever it was
changed, and however often it changed meanwhile it is one piece of news.
"""

from __future__ import annotations

from datetime import datetime

from service.domain.facts import State
from service.ledger import Item, Postmortem, UnitOfWork
from service.usecases.context import SOURCE, Context
from service.usecases.effects.tell_source import TELLING_STATES
from service.usecases.listeners import ISSUE_OPENED, STATUS_CHANGED, tell_listeners
from service.usecases.place import is_muted

TELL = "tell_source"
_WITHOUT_ISSUE = frozenset({State.PENDING, State.HELD})
# In one transaction, so that an import of thousands neither costs one each nor holds the ledger long.
MOST = 100


def announce_due(context: Context) -> int:
    """Asks for everybody to be told who is to be told of changed states. Returns how many items had news."""
    now = context.now()
    with context.ledger.read() as uow:
        if not uow.statuses.waiting():
            return 0
    with context.ledger.begin() as uow:
        items = uow.statuses.take(MOST)
        postmortems = {number: uow.postmortems.get(number) for number in {item.postmortem_id for item in items}}
        for item in items:
            _announce(context, uow, item, postmortems[item.postmortem_id], now)
        uow.statuses.note([item.id for item in items], now)
        uow.commit()
    return len(items)


def _announce(context: Context, uow: UnitOfWork, item: Item, postmortem: Postmortem, now: datetime) -> None:
    if is_muted(context, item, postmortem):
        return
    source = context.sources.get(postmortem.source)
    if source is not None and source.capabilities.tells and item.state in TELLING_STATES:
        uow.targets.ensure(SOURCE + postmortem.source, "source")
        uow.outbox.put(TELL, item.id, SOURCE + postmortem.source, now)
    about = (postmortem.id, item.id)
    if item.noted_state in _WITHOUT_ISSUE and item.issue_id is not None:
        tell_listeners(context, uow, ISSUE_OPENED, about, {"state": item.state.value}, now)
    data = {"state": item.state.value, "previous_state": item.noted_state.value}
    tell_listeners(context, uow, STATUS_CHANGED, about, data, now)
