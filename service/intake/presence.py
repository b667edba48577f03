"""The door's own beat: while no door stands, senders are turned away and nobody here hears of it."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from service.usecases.context import Context
from service.usecases.sweep_sources import came_back

BEAT = timedelta(seconds=10)
DOOR = "door"


def beat(context: Context) -> None:
    """Notes that the door stands; after it was away every source's list is asked."""
    now = context.now()
    with context.ledger.begin() as uow:
        came_back(uow, DOOR, now)
        uow.instance.beat(DOOR, now)
        uow.commit()


def keep_beating(context: Context) -> None:
    """Beats from a thread of its own for as long as the process lives; a database that is away is waited for."""

    def run() -> None:
        while True:
            with suppress(SQLAlchemyError):
                beat(context)
            rest.wait(BEAT.total_seconds())

    rest = threading.Event()
    threading.Thread(target=run, name="door-beat", daemon=True).start()
