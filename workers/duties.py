"""Duties by the clock alone. The clock rings when one is due; the worker that answers takes it, so that a ring which is
lost or comes twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from service.ledger import UnitOfWork
from service.usecases.credentials import watch_credentials
from service.usecases.escalate import escalate
from service.usecases.prune import prune
from service.usecases.seal import seal
from service.usecases.sweep_sources import sweep_sources, watch_silence
from service.wiring import Components

SEAL_EVERY = timedelta(seconds=2)
# As often as the clocks of two machines may differ: what a wrong one put off is mended before it misleads anybody.
PRUNE_EVERY = timedelta(hours=1)

# How soon a source's list is asked once it is due; how often each is due, its connector says.
SWEEP_EVERY = timedelta(minutes=1)
WATCH_EVERY = timedelta(hours=1)
# How soon what is told of a token's end is looked at; how often a tracker is asked, the use case says.
CREDENTIALS_EVERY = timedelta(hours=1)

DUTIES: Mapping[str, Callable[[Components], int]] = {
    "escalate": escalate,
    "seal": seal,
    "prune": prune,
    "sweep": sweep_sources,
    "watch": watch_silence,
    "credentials": watch_credentials,
}


def due_duties(components: Components, uow: UnitOfWork, now: datetime) -> list[str]:
    """Duties that are due now. Only looks."""
    lists = any(source.capabilities.lists for source in components.sources.values())
    unwanted = {"seal"} if not uow.journal.unsealed() else set()
    unwanted |= set() if lists else {"sweep"}
    ends = any(tracker.capabilities.expiry for tracker in components.trackers.values())
    unwanted |= set() if ends else {"credentials"}
    wanted = [name for name in DUTIES if name not in unwanted]
    return [name for name in wanted if uow.instance.beat_is_due(_beat(name), _every(components, name), now)]


def do_duty(components: Components, name: str) -> int:
    """Does a duty if it is (still) due; 0 if another worker has taken it."""
    with components.ledger.begin() as uow:
        mine = uow.instance.due_beat(_beat(name), _every(components, name), components.now())
        uow.commit()
    return DUTIES[name](components) if mine else 0


def _every(components: Components, name: str) -> timedelta:
    escalate_every = timedelta(seconds=components.config.service.escalate_seconds)
    fixed = {"seal": SEAL_EVERY, "prune": PRUNE_EVERY, "sweep": SWEEP_EVERY, "watch": WATCH_EVERY}
    return {"escalate": escalate_every, "credentials": CREDENTIALS_EVERY, **fixed}[name]


def _beat(name: str) -> str:
    return f"duty:{name}"
