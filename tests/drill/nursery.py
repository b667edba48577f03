"""The clock and the workers, each a process that is forked again when it dies: what all import is imported once.

`python -m tests.drill.nursery` raises the house's own; with `naive` behind it, workers whose connectors are naive.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from threading import Event

import workers.clock
import workers.worker  # noqa: F401 - imported before the forks, as what each needs
from connectors import registry
from service import wiring
from service.cli.main import cli
from tests.drill.naive import load_naive

# One target is served by half of them at most.
WORKERS = 4
AGAIN_AFTER = 0.1


def raise_all(commands: Sequence[str]) -> None:
    alive = {start(command): command for command in commands}
    while True:
        pid, _ = os.wait()
        Event().wait(AGAIN_AFTER)
        command = alive.pop(pid)
        alive[start(command)] = command


def start(command: str) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        cli([command])
    finally:
        os._exit(1)


if __name__ == "__main__":
    registry.load_connectors()
    if sys.argv[1:] == ["naive"]:
        wiring.load_connectors = load_naive  # type: ignore[assignment]
    raise_all(["clock", *["worker"] * WORKERS])
