from collections.abc import Iterator

import pytest
from bench import SECRET, ForgejoBench
from stand_in import BOT, Forgejo, standing

from connectors.conformance.fault_proxy import fault_proxy
from connectors.conformance.tracker import TrackerConformance


class TestForgejo(TrackerConformance):
    counterpart = ForgejoBench

    @pytest.fixture
    def bench(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[ForgejoBench]:
        monkeypatch.setenv("BENCH_TOKEN", BOT)
        monkeypatch.setenv("BENCH_HOOK", SECRET)
        forgejo = Forgejo()
        with standing(forgejo) as port, fault_proxy(port) as proxy:
            yield ForgejoBench(forgejo, proxy)
