"""Forgets what is no longer needed: the bytes of old deliveries, and ended outbox messages. Keys and journal stay."""

from __future__ import annotations

from datetime import timedelta

from service.usecases.context import Context

KEEP_MESSAGES = timedelta(days=90)


def prune(context: Context) -> int:
    """Returns how many bodies and messages were forgotten."""
    now = context.now()
    with context.ledger.begin() as uow:
        bodies = uow.inbox.erase_bodies(now - timedelta(days=context.config.service.keep_bodies_days))
        messages = uow.outbox.forget_ended(now - KEEP_MESSAGES)
        uow.commit()
    return bodies + messages
