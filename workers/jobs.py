"""What a worker does when the bell rings. The job names a kind of work and carries nothing else."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError

from service.usecases.deliveries import absorb_due
from service.usecases.dispatch import dispatch_due
from service.usecases.reconcile import reconcile_due
from service.wiring import Components
from workers.duties import do_duty

# A drain makes room for the other kinds of work long before its limit: they wait in the same queue.
DRAIN_SECONDS = 2.0

log = logging.getLogger("afteraction.worker")


class Workbench:
    """What the jobs of one worker process work with. Set once by the process, before its first job."""

    components: Components | None = None
    stopping: Callable[[], bool] = staticmethod(lambda: False)


def answer(kind: str) -> int:
    """Does what is due of one kind, until nothing is, the drain's time is over, or the process is asked to stop."""
    components = Workbench.components
    assert components is not None
    ends = time.monotonic() + DRAIN_SECONDS

    def go_on() -> bool:
        return time.monotonic() < ends and not Workbench.stopping()

    try:
        return _do(kind, components, go_on)
    except DBAPIError as error:
        # A lost connection, a deadlock, a full disk: nothing was committed, the lease runs out, the clock rings again.
        log.warning("worker.database kind=%s reason=%s", kind, str(error.orig).strip().splitlines()[0])
        return 0


def _do(kind: str, components: Components, go_on: Callable[[], bool]) -> int:
    if kind == "absorb":
        # What was absorbed is carried out at once: the clock's next look would only add its interval.
        return absorb_due(components, go_on) + dispatch_due(components, go_on)
    if kind == "dispatch":
        return dispatch_due(components, go_on)
    if kind == "reconcile":
        return reconcile_due(components, go_on)
    return do_duty(components, kind)
