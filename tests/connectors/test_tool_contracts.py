"""The incident tools at the test bench of the contract."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.conformance.bench import SourceBench
from connectors.conformance.source import SourceConformance
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.running import Sandbox
from tests.connectors.tools import FirehydrantBench, IncidentioBench, RootlyBench


@pytest.fixture(scope="module")
def _running() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(port=0, smtp_port=None)) as running:
        yield running


@pytest.fixture
def sandbox(_running: Sandbox) -> Sandbox:
    """One server for all of them, as good as new for each."""
    _running.world.reset(["sources", "faults"])
    return _running


class TestIncidentio(SourceConformance):
    @pytest.fixture
    def bench(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> SourceBench:
        return IncidentioBench(sandbox, monkeypatch)


class TestRootly(SourceConformance):
    @pytest.fixture
    def bench(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> SourceBench:
        return RootlyBench(sandbox, monkeypatch)


class TestFirehydrant(SourceConformance):
    @pytest.fixture
    def bench(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> SourceBench:
        return FirehydrantBench(sandbox, monkeypatch)
