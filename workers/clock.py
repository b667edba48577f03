"""The clock: looks at the due index ten times a second and rings for what is due. Two clocks are harmless."""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime, timedelta
from uuid import uuid4

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from service.ledger import UnitOfWork
from service.wiring import Components, open_instance
from workers.bell import Bell
from workers.worker import handle_stop

LOOK_SECONDS = 0.1
BEAT = timedelta(seconds=2)
SEAL_EVERY = timedelta(seconds=2)
PRUNE_EVERY = timedelta(hours=6)

log = logging.getLogger("afteraction.clock")


def run(components: Components) -> None:
    """Rings until SIGTERM or SIGINT."""
    open_instance(components)
    stop = threading.Event()
    handle_stop(stop)
    bell: Bell | None = None
    beat_at = 0.0
    while not stop.wait(LOOK_SECONDS):
        try:
            bell = bell or Bell(components.redis())
            bell.ring(due_kinds(components), uuid4().hex)
            state = ""
        except RedisError as error:
            bell, state = None, f"The bell does not answer ({type(error).__name__}): start Redis or Valkey."
            log.warning("clock.no_bell reason=%s", type(error).__name__)
        except SQLAlchemyError as error:
            log.warning("clock.no_database reason=%s", type(error).__name__)
            continue
        if time.monotonic() - beat_at >= BEAT.total_seconds():
            beat_at = time.monotonic() if _beat(components, state) else 0.0


def due_kinds(components: Components) -> list[str]:
    """Kinds of work for which something is due now."""
    now = components.now()
    with components.ledger.read() as uow:
        kinds = [
            ("absorb", uow.inbox.anything_due(now, uow.clock())),
            ("dispatch", bool(uow.outbox.queues(now, uow.clock()))),
            ("reconcile", uow.issues.anything_due(now) or uow.cursors.anything_due(now) or not uow.cursors.any()),
        ]
        seal = uow.journal.unsealed()
    timed = _timed(components, now, seal=seal)
    return [kind for kind, due in kinds if due] + timed


def _timed(components: Components, now: datetime, *, seal: bool) -> list[str]:
    """Duties by the clock alone. Whoever moves the duty's beat does it, so that two clocks ring once."""
    every = {"escalate": timedelta(seconds=components.config.service.escalate_seconds), "prune": PRUNE_EVERY}
    if seal:
        every["seal"] = SEAL_EVERY
    with components.ledger.read() as uow:
        names = [name for name, interval in every.items() if _passed(uow, name, interval, now)]
    if not names:
        return []
    with components.ledger.begin() as uow:
        due = [name for name in names if uow.instance.due_beat(f"duty:{name}", every[name], now)]
        uow.commit()
    return due


def _passed(uow: UnitOfWork, name: str, interval: timedelta, now: datetime) -> bool:
    last = uow.instance.last_beat(f"duty:{name}")
    return last is None or last <= now - interval


def _beat(components: Components, state: str) -> bool:
    try:
        with components.ledger.begin() as uow:
            uow.instance.beat("clock", components.now(), state)
            uow.commit()
    except SQLAlchemyError as error:
        log.warning("clock.no_database reason=%s", type(error).__name__)
        return False
    return True
