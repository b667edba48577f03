"""Real worker and clock processes on a ledger, a bell and a sandbox of the test's own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from service.domain.facts import State
from tests.support.house import SECRETS, House
from tests.support.waiting import until
from tests.usecases.surroundings import items_of

# Python's start and the imports of a process, on a busy machine.
START_SECONDS = 60.0
AFTERACTION = (sys.executable, "-m", "service.cli")


@dataclass
class Process:
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def stop(self, seconds: float) -> int:
        """The exit code after SIGTERM. Fails where it takes longer than so many seconds."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=seconds)


@dataclass
class Processes:
    """Starts processes that stand on the house's ledger, and ends them with the test."""

    house: House
    folder: Path
    redis_url: str
    started: list[Process] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        url = self.house.ledger.engine.url.render_as_string(hide_password=False)
        return {
            **os.environ,
            **SECRETS,
            "AFTERACTION_HOME": str(self.folder),
            "AFTERACTION_CONFIG": str(self.folder / "afteraction.toml"),
            "AFTERACTION_SECRET": self.house.components.secret.decode(),
            "DATABASE_URL": url,
            "REDIS_URL": self.redis_url,
        }

    def start(self, name: str) -> Process:
        log = self.folder / f"{name}-{len(self.started)}.log"
        with log.open("wb") as told:
            process = subprocess.Popen([*AFTERACTION, name], env=self.environment(), stdout=told, stderr=told)
        self.started.append(Process(process, log))
        return self.started[-1]

    def start_worker(self) -> Process:
        worker = self.start("worker")
        until(lambda: self._alive() or worker.process.poll() is not None, START_SECONDS, "a worker beats")
        return worker

    def start_clock(self) -> Process:
        clock = self.start("clock")
        until(lambda: self._beaten() or clock.process.poll() is not None, START_SECONDS, "the clock beats")
        return clock

    def _alive(self) -> bool:
        with self.house.ledger.read() as uow:
            return uow.instance.workers_alive(self.house.components.now()) > 0

    def _beaten(self) -> bool:
        with self.house.ledger.read() as uow:
            return uow.instance.last_beat("clock") is not None

    def all_open(self, count: int) -> bool:
        found = items_of(self.house)
        return len(found) == count and all(item.state is State.OPEN for item in found)

    def end(self) -> None:
        for started in self.started:
            if started.process.poll() is None:
                started.process.kill()
            started.process.wait()
