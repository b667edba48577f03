from collections.abc import Iterator

import pytest
from bench import ForgejoBench, at_bench

from connectors.conformance.tracker import TrackerConformance


class TestForgejo(TrackerConformance):
    counterpart = ForgejoBench

    @pytest.fixture
    def bench(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[ForgejoBench]:
        with at_bench(monkeypatch) as bench:
            yield bench
