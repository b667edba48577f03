"""Everything that `up` starts, in its order, from the first process to the last one stopped."""

from __future__ import annotations

import fcntl
import http.client
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from service.cli.embedded import listens, valkey
from service.cli.errors import Stop
from service.cli.processes import LOOK_SECONDS, Broken, Program, Say, Supervisor

START_SECONDS = 60.0
WORKERS = 2


@dataclass(frozen=True, slots=True)
class Stage:
    """What is to run where. `environ` is that of every process; `socket` is the embedded Valkey's, if it is wanted.

    `beside` is started first and waited for with `beside_ready`; `then` once our door answers. `banner` is told then.
    """

    home: Path
    environ: Mapping[str, str] = field(repr=False)
    host: str
    port: int
    banner: tuple[str, ...]
    goodbye: str
    socket: Path | None = None
    web_processes: int = 2
    beside: tuple[Program, ...] = ()
    beside_ready: Callable[[], bool] = lambda: True
    then: tuple[Program, ...] = ()


_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Asked:
    """How often we were asked to stop: once means cleanly, twice means now."""

    def __init__(self) -> None:
        self.times = 0
        self._before = {number: signal.signal(number, self._count) for number in _STOPPING}

    def __enter__(self) -> _Asked:
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _count(self, _number: int, _frame: object) -> None:
        self.times += 1

    def once(self) -> bool:
        return self.times > 0

    def twice(self) -> bool:
        return self.times > 1


def ours(name: str, *arguments: str) -> tuple[str, ...]:
    """One of our commands as a process of its own, by the same Python; the current folder is not on its path."""
    return (sys.executable, "-P", "-m", "service.cli", name, *arguments)


def run(home: Path, prepare: Callable[[], Stage], say: Say) -> None:
    """Starts everything, tells the banner, and keeps it running until we are asked to stop.

    `prepare` may write into the home: it is called once nobody else can be running there.
    """
    with _alone(home), _Asked() as asked:
        stage = prepare()
        supervisor = Supervisor(say)
        try:
            if _start(stage, supervisor, asked.once):
                for line in stage.banner:
                    say(line)
                while not asked.once():
                    supervisor.watch()
                    time.sleep(LOOK_SECONDS)
                say("Stopping.")
        except Broken as error:
            raise Stop(str(error)) from error
        finally:
            supervisor.stop(asked.twice)
            _forget(stage.socket)
        say(stage.goodbye)


def _start(stage: Stage, supervisor: Supervisor, given_up: Callable[[], bool]) -> bool:
    """Everything in its order; False where we were asked to stop meanwhile."""
    if stage.socket is not None:
        supervisor.start(valkey(stage.home, stage.socket, stage.environ))
    for program in stage.beside:
        supervisor.start(program)
    supervisor.start(_program(stage, "migrate", "migrate", once=True))
    socket = stage.socket

    def ready() -> bool:
        return supervisor.ended("migrate") and (socket is None or listens(socket)) and stage.beside_ready()

    if not supervisor.wait(ready, START_SECONDS, given_up, "The ledger and the queue"):
        return False
    door = ("--host", stage.host, "--port", str(stage.port), "--workers", str(stage.web_processes))
    supervisor.start(_program(stage, "web", "web", *door))
    for number in range(1, WORKERS + 1):
        supervisor.start(_program(stage, f"worker {number}", "worker"))
    supervisor.start(_program(stage, "clock", "clock"))
    if not supervisor.wait(lambda: _serves(stage), START_SECONDS, given_up, "The web server"):
        return False
    for program in stage.then:
        supervisor.start(program)
    return True


def _program(stage: Stage, name: str, *command: str, once: bool = False) -> Program:
    log = stage.home / "logs" / f"{name.replace(' ', '-')}.log"
    return Program(name, ours(*command), stage.environ, log, once=once)


def _serves(stage: Stage) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(stage.host, stage.host)  # noqa: S104 - asked at, not bound
    connection = http.client.HTTPConnection(host, stage.port, timeout=2.0)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One `up` a home: two would fight over the queue's files. The kernel gives the lock back if we die."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(home / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Stop(
            f"{home} cannot be written to ({error.strerror}): set AFTERACTION_HOME to another folder."
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            who = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise Stop(
                f"Afteraction already runs on {home} (process {who}): stop that one first, or use another folder."
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _forget(socket: Path | None) -> None:
    """A private folder that was made because the home's path is too long for a socket."""
    if socket is not None and socket.parent.name.startswith("afteraction-") and socket.is_relative_to(_temporary()):
        with suppress(OSError):
            shutil.rmtree(socket.parent)


def _temporary() -> Path:
    return Path(tempfile.gettempdir())
