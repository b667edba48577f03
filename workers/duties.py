"""Duties by the clock alone. The clock rings when one is due; the worker that answers takes it, so that a ring which is
lost or comes twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from service.ledger import UnitOfWork
from service.usecases.escalate import escalate
from service.usecases.prune import prune
from service.usecases.seal import seal
from service.wiring import Components

SEAL_EVERY = timedelta(seconds=2)
# As often as the clocks of two machines may differ: what a wrong one put off is mended before it misleads anybody.
PRUNE_EVERY = timedelta(hours=1)

DUTIES: Mapping[str, Callable[[Components], int]] = {"escalate": escalate, "seal": seal, "prune": prune}


def due_duties(components: Components, uow: UnitOfWork, now: datetime) -> list[str]:
    """Duties that are due now. Only looks."""
    wanted = [name for name in DUTIES if name != "seal" or uow.journal.unsealed()]
    return [name for name in wanted if uow.instance.beat_is_due(_beat(name), _every(components, name), now)]


def do_duty(components: Components, name: str) -> int:
    """Does a duty if it is (still) due; 0 if another worker has taken it."""
    with components.ledger.begin() as uow:
        mine = uow.instance.due_beat(_beat(name), _every(components, name), components.now())
        uow.commit()
    return DUTIES[name](components) if mine else 0


def _every(components: Components, name: str) -> timedelta:
    escalate_every = timedelta(seconds=components.config.service.escalate_seconds)
    return {"escalate": escalate_every, "seal": SEAL_EVERY, "prune": PRUNE_EVERY}[name]


def _beat(name: str) -> str:
    return f"duty:{name}"
