"""Forgets what is no longer needed: the bytes of old deliveries, and ended outbox messages. Keys and journal stay.

And mends what a wrong clock put off for ever.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from service.ledger.ahead import pull_forward
from service.usecases.context import Context

KEEP_MESSAGES = timedelta(days=90)
# The longest Retry-After that connectors pass on is a day.
LONGEST_WAIT = timedelta(hours=25)

log = logging.getLogger("afteraction.ledger")


def prune(context: Context) -> int:
    """Returns how many bodies and messages were forgotten."""
    now = context.now()
    service = context.config.service
    with context.ledger.begin() as uow:
        bodies = uow.inbox.erase_bodies(now - timedelta(days=service.keep_bodies_days))
        messages = uow.outbox.forget_ended(now - KEEP_MESSAGES)
        messages += uow.events.forget(now - timedelta(days=service.keep_bodies_days))
        uow.commit()
    longest = LONGEST_WAIT + timedelta(seconds=max(service.poll_seconds, service.sweep_seconds))
    with context.ledger.begin() as uow:
        pulled = pull_forward(uow.connection, now, uow.clock(), longest)
        uow.commit()
    if pulled:
        log.warning("ledger.clock_was_ahead A clock was set back: %d entries that it had put off are due now.", pulled)
    return bodies + messages
