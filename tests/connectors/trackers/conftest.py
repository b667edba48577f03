from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.running import Sandbox
from tests.connectors.trackers.benches import SECRET, SandboxBench


@pytest.fixture(scope="session")
def standing() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(port=0, smtp_port=None, webhook_delay=0.0)) as running:
        yield running


@pytest.fixture
def at_bench(standing: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[[type[SandboxBench]], SandboxBench]:
    """Puts a tracker before an empty sandbox."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BENCH_HOOK", SECRET)
    standing.world.reset(["issues", "stats", "faults", "kills"])

    def put(bench: type[SandboxBench]) -> SandboxBench:
        monkeypatch.setenv("BENCH_TOKEN", bench.token)
        return bench(standing)

    return put
