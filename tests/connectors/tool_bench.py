"""What the test benches of incident tools share: the tool's stand-in, and how its answers go wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from connectors.conformance.bench import SourceBench
from connectors.sandbox.running import Sandbox
from connectors.sandbox.sources.frame import Shelves
from connectors.spi import Category

# Samples as the vendors publish them, beside this checkout; tests that read them are skipped where they are not.
PAYLOADS = Path(__file__).parents[3] / "shared" / "payloads"
SECRETS = {"new": "the new secret", "old": "the old secret", "wrong": "a secret that nobody gave"}
CALL_SECONDS = 2.0
LONG = 6.0
KINDS = {"timeout": "timeout_before", "trickle": "trickle", "reset": "reset_before"}


class ToolBench(SourceBench):
    """`vendor` is its name in the sandbox."""

    vendor: str

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.shelves: Shelves = sandbox.world.sources[self.vendor]

    def fail(self, kind: str, status: int = 0, retry_after: int = 0, form: str = "seconds") -> None:
        rule: dict[str, Any] = {"kind": KINDS.get(kind, kind), "tracker": self.vendor, "seconds": LONG}
        if kind == "status":
            rule |= {"kind": "error_before", "status": status}
        if kind == "rate_limited":
            rule |= {"retry_after": retry_after, "retry_after_format": form}
        if kind == "slow":
            rule |= {"kind": "latency", "seconds": 0.8 * CALL_SECONDS}
        self.sandbox.world.faults.add(rule)

    def said_of(self, item_id: str) -> str:
        raise AssertionError(item_id)

    def expected(self, category: Category) -> str:
        raise AssertionError(category)

    def tellings(self) -> int:
        raise AssertionError
