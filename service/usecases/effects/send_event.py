"""Hands an event to a listener, written from the ledger and redacted at each try; every try is logged."""

from __future__ import annotations

import random
import time
from datetime import datetime, timedelta
from typing import Any

from connectors.spi import ConnectorError, Event, Missing, Receipt
from service.ledger import EventRow, Message, Postmortem, UnitOfWork
from service.usecases.context import LISTENER, Context
from service.usecases.effects.work import Prepared, Skip, Work
from service.usecases.operators import LISTENER_GONE, tell_operators
from service.usecases.redacting import redacted

_HOUR = 3600
# The example schedule of Standard Webhooks: three days, and then a person must look.
WAITS = (5, 300, 1800, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR, 24 * _HOUR)


def prepare(context: Context, uow: UnitOfWork, message: Message, now: datetime) -> Prepared:
    name = message.target.removeprefix(LISTENER)
    listener, configured = context.listeners.get(name), context.config.listeners.get(name)
    if listener is None or configured is None:
        return Skip(f"The listener {name} is no longer configured.")
    event = uow.events.get(message.subject)
    postmortem = uow.postmortems.get(event.postmortem_id)
    visibility = postmortem.facts.visibility.value
    if visibility not in configured.visibility:
        return Skip(f"Withheld: the postmortem is {visibility}, and the listener's visibility does not name that.")
    sent = Event(event.key, event.type, event.at, now, redacted(_data(context, uow, event, postmortem)))
    took = [0.0]

    def perform() -> Receipt:
        began = time.monotonic()
        try:
            return listener.send(sent)
        finally:
            took[0] = time.monotonic() - began

    def settle(uow: UnitOfWork, receipt: Receipt, at: datetime) -> str:
        uow.events.log(event.id, name, at, took[0], (receipt.status, "Taken."))
        return f"Taken by {name}."

    def failed(uow: UnitOfWork, error: ConnectorError, at: datetime) -> datetime | None:
        uow.events.log(event.id, name, at, took[0], (error.code, error.sentence))
        if isinstance(error, Missing):
            uow.targets.pause(message.target, f"{error.sentence} {error.cure}", at)
            uow.journal.append("listener.gone", ("target", message.target), at, {"why": error.sentence})
            tell_operators(context, uow, (LISTENER_GONE, name, event.key), at)
            return at
        return _next_try(message.attempts, error.retry_after, at)

    return Work(perform, settle, failed=failed)


def _next_try(attempts: int, asked: float | None, at: datetime) -> datetime | None:
    if attempts > len(WAITS):
        return None
    wait = WAITS[attempts - 1] * random.uniform(1.0, 1.1)  # noqa: S311
    return at + timedelta(seconds=max(wait, asked or 0.0))


def _data(context: Context, uow: UnitOfWork, event: EventRow, postmortem: Postmortem) -> dict[str, Any]:
    # Addresses are ours and the tracker's; what a person wrote goes by the operator's rules too.
    clean, review = context.redactor.redact, postmortem.facts
    about: dict[str, Any] = {
        "source": review.source,
        "id": review.source_id,
        "title": clean(review.title).text,
        "severity": review.severity,
        "visibility": review.visibility.value,
        "url": f"{context.base_url}/postmortems/{postmortem.id}",
    }
    if event.item_id is None:
        return {**event.data, "postmortem": about}
    item = uow.items.get(event.item_id)
    issue = uow.issues.get(item.issue_id) if item.issue_id is not None else None
    named = {"id": item.id, "source_item_id": item.source_item_id, "title": clean(item.title).text}
    return {
        "item": {**named, "url": context.item_url(item.id)},
        **event.data,
        "issue": {"tracker": issue.tracker, "key": issue.key, "url": issue.url} if issue else None,
        "postmortem": about,
    }
