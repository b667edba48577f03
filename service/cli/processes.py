"""Child processes: each in a session of its own, watched, started again with back-off, and never left behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
LOOK_SECONDS = 0.05
LONGEST_BACK_OFF = 30.0
# Who lived this long had a good start: its next death begins with the shortest wait again.
SETTLED_SECONDS = 60.0
STOP_SECONDS = 8.0
LARGEST_LOG = 5_000_000
LONGEST_WORDS = 8_000

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Program:
    """What is to run. `environ` is the whole environment; what it prints goes to `log`.

    `late`: others talk to it, so it is stopped after them. `once`: it ends by itself, and is not started again.
    """

    name: str
    command: tuple[str, ...]
    environ: Mapping[str, str] = field(repr=False)
    log: Path
    late: bool = False
    once: bool = False


class Broken(Exception):
    """A program did not come up; the message is one sentence with its last words."""


@dataclass(slots=True)
class _Child:
    """A program that was started. `said_before`: where in its log the words of this run begin."""

    program: Program
    process: subprocess.Popen[bytes]
    said_before: int
    started: float
    deaths: int = 0
    due: float | None = None


class Supervisor:
    """Starts programs and keeps them running. Not for use by two threads: the kernel ties a child to a thread."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._children: dict[str, _Child] = {}

    def start(self, program: Program) -> None:
        self._children[program.name] = _Child(program, *_spawn(program), time.monotonic())

    def pids(self) -> dict[str, int]:
        """The running children's process ids by name."""
        return {name: child.process.pid for name, child in self._children.items() if child.due is None}

    def wait(self, ready: Callable[[], bool], seconds: float, given_up: Callable[[], bool], what: str) -> bool:
        """True once `ready`; False if `given_up`. Raises Broken if a child died or the time is over."""
        ends = time.monotonic() + seconds
        while not given_up():
            if ready():
                return True
            for child in list(self._children.values()):
                code = child.process.poll()
                if code is not None and not self._left_well(child, code):
                    raise Broken(_why_not(child, code))
            if time.monotonic() > ends:
                raise Broken(f"{what} did not come up within {seconds:.0f} s: see the logs beside the ledger.")
            time.sleep(LOOK_SECONDS)
        return False

    def ended(self, name: str) -> bool:
        """Whether a program that runs once is done."""
        return name not in self._children or self._left_well(self._children[name])

    def _left_well(self, child: _Child, code: int | None = None) -> bool:
        code = child.process.poll() if code is None else code
        return child.program.once and code == 0

    def watch(self) -> None:
        """One look at every child: who died is started again after a while, and a line says so."""
        now = time.monotonic()
        for name, child in list(self._children.items()):
            if child.due is None:
                code = child.process.poll()
                if code is None:
                    continue
                _end_group(child.process.pid, signal.SIGKILL)
                if self._left_well(child, code):
                    del self._children[name]
                    continue
                self._note_death(child, code, now)
            elif now >= child.due:
                child.process, child.said_before = _spawn(child.program)
                child.started, child.due = now, None

    def _note_death(self, child: _Child, code: int, now: float) -> None:
        child.deaths = 1 if now - child.started > SETTLED_SECONDS else child.deaths + 1
        wait = min(LONGEST_BACK_OFF, 2.0 ** (child.deaths - 1))
        child.due = now + wait
        self._say(f"{child.program.name} stopped and is started again in {wait:.0f} s: {_last_words(child, code)}")

    def stop(self, hurry: Callable[[], bool] = lambda: False) -> None:
        """Ends everything: those who work first, then those whom they talk to. Who lingers, or all on `hurry`, is
        killed; nothing is lost by that, it only costs the time of a lease.
        """
        living = [child for child in self._children.values() if child.due is None]
        for late in (False, True):
            _end([child.process for child in living if child.program.late is late], hurry)
        self._children.clear()


def _end(processes: Iterable[subprocess.Popen[bytes]], hurry: Callable[[], bool]) -> None:
    waiting = list(processes)
    for process in waiting:
        if process.poll() is None:
            _end_group(process.pid, signal.SIGTERM)
    ends = time.monotonic() + STOP_SECONDS
    while any(process.poll() is None for process in waiting) and time.monotonic() < ends and not hurry():
        time.sleep(LOOK_SECONDS)
    for process in waiting:
        _end_group(process.pid, signal.SIGKILL)
        process.wait()


def _end_group(pid: int, number: int) -> None:
    """A child leads a group of its own, so this reaches what it started too, also after its own death."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _spawn(program: Program) -> tuple[subprocess.Popen[bytes], int]:
    """The process, and the size of its log before its first word."""
    program.log.parent.mkdir(parents=True, exist_ok=True)
    if program.log.exists() and program.log.stat().st_size > LARGEST_LOG:
        program.log.replace(program.log.with_suffix(".old.log"))
    before = program.log.stat().st_size if program.log.exists() else 0
    with program.log.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=dict(program.environ),
            start_new_session=True,
            preexec_fn=_tie(os.getpid()),  # noqa: PLW1509 - there are no threads here that could hold a lock
        )
        return process, before


def _tie(parent: int) -> Callable[[], None] | None:
    """Asks the kernel to end the child when we die, however we die. Only Linux can."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def tie() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)  # We died before the kernel was asked.

    return tie


def _why_not(child: _Child, code: int) -> str:
    """Why a start failed. What runs once was run to find out whether all fits: everything that it says is told."""
    if child.program.once and (words := _words(child)):
        return "\n".join(words)
    return f"{child.program.name} did not start: {_last_words(child, code)}"


def _last_words(child: _Child, code: int) -> str:
    """How a child ended, for a person: the last line that it printed, else its signal or exit code."""
    words = _words(child)
    if words and code > 0:
        return words[-1].strip()[:300]
    if code < 0:
        return f"it was ended by {signal.Signals(-code).name}."
    return f"it ended with exit code {code}."


def _words(child: _Child) -> list[str]:
    """The lines that a run left in its log, the last ones where they are many."""
    try:
        said = child.program.log.read_bytes()[child.said_before :]
    except OSError:
        return []
    return [line for line in said[-LONGEST_WORDS:].decode("utf-8", "replace").splitlines() if line.strip()]
