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
from service.usecases.sweep_sources import came_back
from service.wiring import Components, open_instance
from workers.bell import NO_BELL, Bell, check_address
from workers.duties import due_duties
from workers.worker import handle_stop

LOOK_SECONDS = 0.1
BEAT = timedelta(seconds=2)

log = logging.getLogger("afteraction.clock")


def run(components: Components) -> None:
    """Rings until SIGTERM or SIGINT. Raises NotReady where it cannot begin."""
    check_address(components)
    open_instance(components)
    stop = threading.Event()
    handle_stop(stop)
    bell: Bell | None = None
    beat_at, said = 0.0, ""
    while not stop.wait(LOOK_SECONDS):
        trouble = ""
        try:
            bell = bell or Bell(components.redis())
            bell.ring(due_kinds(components), uuid4().hex)
        except RedisError as error:
            bell, trouble = None, NO_BELL % type(error).__name__
        except SQLAlchemyError as error:
            trouble = f"The database does not answer ({type(error).__name__}): check DATABASE_URL and that it runs."
        if trouble and trouble != said:
            # Once: it looks ten times a second.
            log.warning("clock.waits %s", trouble)
        said = trouble
        if time.monotonic() - beat_at >= BEAT.total_seconds():
            beat_at = time.monotonic() if _beat(components, trouble) else 0.0


def due_kinds(components: Components) -> list[str]:
    """Kinds of work for which something is due now. Only looks: a ring that is lost is rung again."""
    now = components.now()
    with components.ledger.read() as uow:
        kinds = [
            ("absorb", uow.inbox.anything_due(now, uow.clock())),
            ("dispatch", bool(uow.outbox.queues(now, uow.clock())) or uow.statuses.waiting()),
            ("reconcile", _reading_due(uow, now)),
        ]
        duties = due_duties(components, uow, now)
    return [kind for kind, due in kinds if due] + duties


def _reading_due(uow: UnitOfWork, now: datetime) -> bool:
    """Whether a tracker that may be asked now has something to be read. Before the first reading all have."""
    busy = uow.cursors.busy(now, uow.clock())
    due = uow.issues.anything_due(now, busy) or uow.cursors.anything_due(now, busy)
    return due or not uow.cursors.any()


def _beat(components: Components, state: str) -> bool:
    try:
        with components.ledger.begin() as uow:
            now = components.now()
            came_back(uow, "clock", now)
            uow.instance.beat("clock", now, state)
            uow.commit()
    except SQLAlchemyError:
        return False
    return True
