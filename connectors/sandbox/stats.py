"""What the sandbox was asked, counted for checkers and benchmarks."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from typing import Any

WINDOW = 60.0


@dataclass(frozen=True)
class Create:
    """A create as it arrived; `outcome` is the status, or the fault that took its place."""

    tracker: str
    scope: str | None
    at: float
    outcome: str
    stored: bool


class Stats:
    """Thread-safe counts since the start or the last reset."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, str, str]] = Counter()
        self._faults: Counter[tuple[str, str]] = Counter()
        self._creates: list[Create] = []

    def request(self, tracker: str, method: str, route: str, outcome: str) -> None:
        with self._lock:
            self._requests[(tracker, method, route, outcome)] += 1

    def fault(self, tracker: str, kind: str) -> None:
        with self._lock:
            self._faults[(tracker, kind)] += 1

    def create(self, create: Create) -> None:
        with self._lock:
            self._creates.append(create)

    def clear(self) -> None:
        with self._lock:
            self._requests.clear()
            self._faults.clear()
            self._creates.clear()

    def report(self) -> dict[str, Any]:
        with self._lock:
            requests, faults, creates = dict(self._requests), dict(self._faults), list(self._creates)
        by_tracker: dict[str, Any] = {}
        for (tracker, method, route, outcome), count in sorted(requests.items()):
            found = by_tracker.setdefault(tracker, {"total": 0, "routes": {}})
            found["total"] += count
            found["routes"].setdefault(f"{method} {route}", {})[outcome] = count
        return {
            "requests": by_tracker,
            "faults": {f"{tracker} {kind}": count for (tracker, kind), count in sorted(faults.items())},
            "creates": [vars(create) for create in creates],
            "max_creates_per_minute": _busiest(creates),
        }


def _busiest(creates: list[Create]) -> dict[str, int]:
    """The most stored creates that any window of 60 seconds holds, by tracker and by tracker/scope."""
    times: dict[str, list[float]] = {}
    for create in sorted((each for each in creates if each.stored), key=lambda each: each.at):
        times.setdefault(create.tracker, []).append(create.at)
        times.setdefault(f"{create.tracker}/{create.scope}", []).append(create.at)
    return {
        where: max(at + 1 - bisect_right(found, end - WINDOW) for at, end in enumerate(found))
        for where, found in times.items()
    }
