"""Chains what was committed to the journal, so that a change of the past shows."""

from __future__ import annotations

import logging

from service.usecases.context import Context

log = logging.getLogger("afteraction.journal")


def seal(context: Context) -> int:
    """Seals committed rows until none is left; the head goes to the log, outside the ledger. Returns its position."""
    while True:
        with context.ledger.begin() as uow:
            position, head = uow.journal.seal()
            more = uow.journal.unsealed()
            uow.commit()
        if not more:
            log.info("journal head position=%d hash=%s", position, head)
            return position
