"""The supervisor: what it starts stays up, and nothing of it stays behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.cli.processes import Broken, Program, Supervisor
from tests.support.waiting import until

FOREVER = "import signal; signal.pause()"
DEAF = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
while True:
    signal.pause()
"""


class Stand:
    """A supervisor under test, with what it said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.supervisor = Supervisor(self.said.append)

    def program(self, name: str, code: str, *, once: bool = False, late: bool = False) -> Program:
        command = (sys.executable, "-S", "-E", "-c", code)
        return Program(name, command, dict(os.environ), self.folder / f"{name}.log", late=late, once=once)

    def start(self, name: str, code: str, *, once: bool = False, late: bool = False) -> int:
        self.supervisor.start(self.program(name, code, once=once, late=late))
        return self.supervisor.pids()[name]

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = Stand(tmp_path)
    yield stand
    stand.supervisor.stop(lambda: True)


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def _watching(stand: Stand) -> bool:
    stand.supervisor.watch()
    return bool(stand.said)


def test_a_child_that_dies_is_started_again_and_its_last_words_are_told(stand: Stand) -> None:
    first = stand.start("talker", "import sys; print('first', flush=True); sys.exit('the disk is full')")
    until(lambda: _watching(stand), 10)
    assert stand.said == ["talker stopped and is started again in 1 s: the disk is full"]

    def again() -> bool:
        stand.supervisor.watch()
        return stand.supervisor.pids().get("talker", first) != first

    until(again, 10)


def test_the_wait_before_a_new_start_grows_while_a_child_keeps_dying(stand: Stand) -> None:
    stand.start("short", "raise SystemExit(3)")

    def twice() -> bool:
        stand.supervisor.watch()
        return len(stand.said) == 2

    until(twice, 15)
    assert [line.split(" in ")[1].split(":")[0] for line in stand.said] == ["1 s", "2 s"]
    assert stand.said[0].endswith("it ended with exit code 3.")


def test_a_program_that_runs_once_is_not_started_again(stand: Stand) -> None:
    stand.start("once", "print('done')", once=True)

    def ended() -> bool:
        stand.supervisor.watch()
        return stand.supervisor.ended("once")

    until(ended, 10)
    stand.supervisor.watch()
    assert stand.supervisor.pids() == {}
    assert stand.said == []


def test_a_child_that_dies_while_it_is_waited_for_breaks_the_start_with_its_last_words(stand: Stand) -> None:
    stand.start("web", "import sys; sys.exit('Port 8000 is taken.')")
    with pytest.raises(Broken, match=r"^web did not start: Port 8000 is taken\.$"):
        stand.supervisor.wait(lambda: False, 10, lambda: False, "The web server")


def test_everything_that_a_failed_check_says_is_told_and_nothing_that_an_earlier_one_said(stand: Stand) -> None:
    (stand.folder / "migrate.log").write_text("A fault of yesterday.\n")
    stand.start("migrate", "import sys; sys.exit('One fault.\\n  Its cure.')", once=True)
    with pytest.raises(Broken, match=r"\AOne fault\.\n  Its cure\.\Z"):
        stand.supervisor.wait(lambda: False, 10, lambda: False, "The ledger")


def test_what_does_not_come_up_in_time_is_named(stand: Stand) -> None:
    stand.start("web", FOREVER)
    with pytest.raises(Broken, match="The web server did not come up within 0 s"):
        stand.supervisor.wait(lambda: False, 0.1, lambda: False, "The web server")


def test_waiting_ends_when_we_are_asked_to_stop(stand: Stand) -> None:
    stand.start("web", FOREVER)
    assert stand.supervisor.wait(lambda: False, 10, lambda: True, "The web server") is False


def test_stopping_ends_who_does_not_listen_and_what_it_started(stand: Stand) -> None:
    code = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {DEAF!r}]).pid, flush=True){DEAF}"
    pid = stand.start("deaf", code)
    until(lambda: stand.log("deaf").count("deaf") == 2, 10)
    grandchild = int(next(line for line in stand.log("deaf").splitlines() if line.isdigit()))
    stand.supervisor.stop(lambda: True)
    assert _gone(pid)
    until(lambda: _gone(grandchild) or _is_zombie(grandchild), 5)


def _is_zombie(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z"


def test_those_whom_the_others_talk_to_are_stopped_last(stand: Stand) -> None:
    note = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: (print(time.monotonic()), sys.exit()))"
    for name, late in (("queue", True), ("worker", False)):
        stand.start(name, f"{note}; print('up', flush=True)\nwhile True: signal.pause()", late=late)
        until(lambda name=name: "up" in stand.log(name), 10)  # type: ignore[misc]
    stand.supervisor.stop()
    ended = {name: float(stand.log(name).splitlines()[-1]) for name in ("queue", "worker")}
    assert ended["worker"] < ended["queue"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent's life")
def test_children_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    code = f"""
import os, sys, signal
from pathlib import Path
from service.cli.processes import Program, Supervisor
supervisor = Supervisor(print)
supervisor.start(Program("child", (sys.executable, "-c", {FOREVER!r}), dict(os.environ), Path({str(tmp_path)!r}) / "l"))
print(supervisor.pids()["child"], flush=True)
signal.pause()
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: _gone(child) or _is_zombie(child), 10)


def test_an_environment_is_never_part_of_what_a_program_prints_of_itself(stand: Stand) -> None:
    program = Program("p", ("true",), {"TOKEN": "s3cret"}, stand.folder / "log")
    assert "s3cret" not in repr(program)
