"""`afteraction up --demo` as a person would start it: a process of its own, in a folder and on ports of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.support.waiting import find_free_port, until

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+[^\s,:;]*")


@dataclass
class RunningDemo:
    """A started demo. `said` is what its terminal shows."""

    process: subprocess.Popen[bytes]
    folder: Path
    output: Path

    @property
    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self._ports()['web']}"

    @property
    def sandbox(self) -> str:
        return f"http://127.0.0.1:{self._ports()['sandbox']}"

    def _ports(self) -> dict[str, int]:
        ports: dict[str, int] = json.loads((self.folder / "ports.json").read_text(encoding="ascii"))
        return ports

    def issues(self) -> list[dict[str, Any]]:
        found = self.get(f"{self.sandbox}/_sandbox/issues.json").json()
        return [issue for tracker in ("jira", "github") for issue in found[tracker]]

    def mails(self) -> list[dict[str, Any]]:
        mails: list[dict[str, Any]] = self.get(f"{self.sandbox}/mailbox.json").json()
        return mails

    def get(self, url: str) -> requests.Response:
        return requests.get(url, timeout=10)

    def children(self) -> dict[int, str]:
        """Process ids and command lines of everything that descends from the demo."""
        parents: dict[int, int] = {}
        words: dict[int, str] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    stat = (entry / "stat").read_text()
                    words[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
                except OSError:
                    continue
                parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
        found: set[int] = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return {pid: words[pid] for pid in found - {self.process.pid}}

    def wait_until_told(self) -> None:
        def told() -> bool:
            assert self.process.poll() is None, self.said
            return "Try this" in self.said

        until(told, 90, "the banner")

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=30)


def start_demo(folder: Path, output: Path, *, port: int | None = None) -> RunningDemo:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AFTERACTION_")}
    environ = {**kept, "AFTERACTION_DEMO_HOME": str(folder), "PORT": str(port or find_free_port())}
    environ.pop("REDIS_URL", None)
    with output.open("wb") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "service.cli", "up", "--demo"],
            env=environ,
            stdout=told,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    return RunningDemo(process, folder, output)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
