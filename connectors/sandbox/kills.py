"""Kill triggers for fault drills: stop the very process whose request is being served, at a chosen point of it.

The process is found from the connection's peer port, so that production code needs no header for this. Linux only.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.sandbox.faults import Call

POINTS = ("before_request", "on_arrival", "after_commit", "after_answer")
PROC = Path("/proc")
DEATH_DEADLINE = 2.0


class PlanError(ValueError):
    """The plan makes no sense; the message says why."""


@dataclass
class Plan:
    """`points` and `stop_points` count what is left to do. A request dies at most `per_request` times over its repeats,
    recognised by method, path and body: otherwise the first one would take all the kills."""

    points: dict[str, int] = field(default_factory=dict)
    stop_points: dict[str, int] = field(default_factory=dict)
    stop_seconds: float = 5.0
    pids: set[int] = field(default_factory=set)
    children_of: set[int] = field(default_factory=set)
    trackers: set[str] = field(default_factory=set)
    creates_only: bool = False
    probability: float = 1.0
    per_request: int = 1
    seed: int = 1


@dataclass(frozen=True)
class Kill:
    point: str
    signal: str
    pid: int
    at: float
    tracker: str
    method: str
    path: str
    scope: str | None


class Doom:
    """What the plan has in store for one request: one signal at one point."""

    def __init__(self, plan: KillPlan, call: Call, pid: int, point: str, stop_seconds: float | None) -> None:
        self._plan, self._call, self._pid = plan, call, pid
        self._point, self._stop_seconds = point, stop_seconds

    def strike(self, point: str) -> bool:
        """Send the signal if this is its point; true if the client is dead now."""
        if point != self._point:
            return False
        name = "SIGKILL" if self._stop_seconds is None else "SIGSTOP"
        try:
            os.kill(self._pid, getattr(signal, name))
        except (ProcessLookupError, PermissionError):
            return False
        self._plan.record(Kill(point, name, self._pid, time.time(), *_about(self._call)))
        if self._stop_seconds is None:
            _wait_until_dead(self._pid)
            return True
        threading.Timer(self._stop_seconds, _continue, (self._pid,)).start()
        if point == "before_request":
            # The request was on its way when its sender froze: it arrives when the sender wakes up.
            time.sleep(self._stop_seconds)
        return False


class KillPlan:
    """Thread-safe. Without `allowed` no plan can be set, so a sandbox that is only looked at harms nobody."""

    def __init__(self, *, allowed: bool) -> None:
        self._allowed = allowed
        self._lock = threading.Lock()
        self._plan: Plan | None = None
        self._chance = random.Random(1)  # noqa: S311 - repeatable drills, not secrets
        self._deaths: Counter[str] = Counter()
        self._kills: list[Kill] = []

    def set(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Set a plan, or change members of the present one. Raises PlanError."""
        if not self._allowed:
            raise PlanError("This sandbox was started without --allow-kills.")
        changes = _read(document)
        with self._lock:
            plan = self._plan or Plan()
            for name, value in changes.items():
                setattr(plan, name, value)
            if "seed" in changes:
                self._chance.seed(plan.seed)
            self._plan = plan
        return self.state()

    def clear(self) -> None:
        with self._lock:
            self._plan = None
            self._deaths.clear()
            self._kills.clear()

    def state(self) -> dict[str, Any]:
        with self._lock:
            if self._plan is None:
                return {}
            return {name: sorted(v) if isinstance(v, set) else v for name, v in vars(self._plan).items()}

    def kills(self) -> list[dict[str, Any]]:
        with self._lock:
            return [vars(kill) for kill in self._kills]

    def record(self, kill: Kill) -> None:
        with self._lock:
            self._kills.append(kill)

    def choose(self, call: Call, environ: Mapping[str, Any]) -> Doom | None:
        """What happens to the client of this request, if it is a candidate; counts it as done."""
        plan = self._plan
        if plan is None or not (any(plan.points.values()) or any(plan.stop_points.values())):
            return None
        creates = call.method == "POST" and call.path.endswith(("/issue", "/issues", "/issues.json"))
        if (plan.trackers and call.tracker not in plan.trackers) or (plan.creates_only and not creates):
            return None
        pid = pid_of_peer(int(environ["REMOTE_PORT"]), int(environ["SERVER_PORT"]), plan)
        if pid is None:
            return None
        body = environ["wsgi.input"].getvalue()
        print_ = hashlib.sha256(f"{call.method} {call.path} ".encode() + body).hexdigest()
        with self._lock:
            if self._deaths[print_] >= plan.per_request or self._chance.random() >= plan.probability:
                return None
            found = self._pick(plan)
            if found is not None:
                self._deaths[print_] += 1
        return None if found is None else Doom(self, call, pid, *found)

    def _pick(self, plan: Plan) -> tuple[str, float | None] | None:
        left: list[tuple[dict[str, int], str, float | None]] = [
            (plan.points, point, None) for point in plan.points for _ in range(plan.points[point])
        ]
        left += [(plan.stop_points, p, plan.stop_seconds) for p in plan.stop_points for _ in range(plan.stop_points[p])]
        if not left:
            return None
        counts, point, seconds = self._chance.choice(left)
        counts[point] -= 1
        return point, seconds


def _read(document: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON form of a plan: points, stop, candidates, match, probability, per_request, seed."""
    known = {"points", "stop", "candidates", "match", "probability", "per_request", "seed"}
    unknown = sorted(set(document) - known)
    if unknown:
        raise PlanError(f"Unknown member {unknown[0]!r}; known are {', '.join(sorted(known))}.")
    changes: dict[str, Any] = {k: document[k] for k in ("probability", "per_request", "seed") if k in document}
    if "points" in document:
        changes["points"] = _points(document["points"])
    if "stop" in document:
        changes["stop_points"] = _points(document["stop"].get("points", {}))
        changes["stop_seconds"] = float(document["stop"].get("seconds", 5.0))
    if "candidates" in document:
        changes["pids"] = {int(pid) for pid in document["candidates"].get("pids", ())}
        changes["children_of"] = {int(pid) for pid in document["candidates"].get("children_of", ())}
    if "match" in document:
        changes["trackers"] = set(document["match"].get("trackers", ()))
        changes["creates_only"] = bool(document["match"].get("creates_only", False))
    return changes


def _points(document: Mapping[str, Any]) -> dict[str, int]:
    unknown = sorted(set(document) - set(POINTS))
    if unknown:
        raise PlanError(f"Unknown point {unknown[0]!r}; known are {', '.join(POINTS)}.")
    return {point: int(count) for point, count in document.items()}


def _about(call: Call) -> tuple[str, str, str, str | None]:
    return call.tracker, call.method, call.path, call.scope


def pid_of_peer(peer_port: int, own_port: int, plan: Plan) -> int | None:
    """The candidate process that holds the other end of a loopback connection."""
    inode = _inode(peer_port, own_port)
    if inode is None:
        return None
    wanted = f"socket:[{inode}]"
    return next((pid for pid in sorted(_candidates(plan)) if _holds(pid, wanted)), None)


def _inode(peer_port: int, own_port: int) -> str | None:
    local, remote = f":{peer_port:04X}", f":{own_port:04X}"
    for name in ("tcp", "tcp6"):
        for line in (PROC / "net" / name).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[1].endswith(local) and fields[2].endswith(remote) and fields[9] != "0":
                return fields[9]
    return None


def _candidates(plan: Plan) -> set[int]:
    """The registered processes, and every descendant of the registered parents as of now."""
    found = set(plan.pids)
    if not plan.children_of:
        return found
    parents = {pid: parent for pid in _processes() if (parent := _parent(pid)) is not None}
    for pid, parent in parents.items():
        ancestor: int | None = parent
        while ancestor is not None and ancestor not in plan.children_of:
            ancestor = parents.get(ancestor)
        if ancestor is not None:
            found.add(pid)
    return found


def _processes() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]


def _parent(pid: int) -> int | None:
    try:
        return int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return None


def _holds(pid: int, socket_name: str) -> bool:
    try:
        return any(_link(entry) == socket_name for entry in (PROC / str(pid) / "fd").iterdir())
    except OSError:
        return False


def _link(entry: Path) -> str:
    try:
        return str(entry.readlink())
    except OSError:
        return ""


def _wait_until_dead(pid: int) -> None:
    """A killed process lives until the kernel gets to it; the point must lie behind its last instruction."""
    deadline = time.monotonic() + DEATH_DEADLINE
    while time.monotonic() < deadline:
        try:
            state = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state in {"Z", "X"}:
            return
        time.sleep(0.001)


def _continue(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        return
