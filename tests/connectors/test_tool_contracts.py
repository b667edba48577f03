"""The incident tools at the test bench of the contract."""

from __future__ import annotations

import pytest

from connectors.conformance.bench import SourceBench
from connectors.conformance.source import SourceConformance
from connectors.sandbox.running import Sandbox
from tests.connectors.tools import FirehydrantBench, IncidentioBench, RootlyBench


class TestIncidentio(SourceConformance):
    @pytest.fixture
    def bench(self, tools: Sandbox, monkeypatch: pytest.MonkeyPatch) -> SourceBench:
        return IncidentioBench(tools, monkeypatch)


class TestRootly(SourceConformance):
    @pytest.fixture
    def bench(self, tools: Sandbox, monkeypatch: pytest.MonkeyPatch) -> SourceBench:
        return RootlyBench(tools, monkeypatch)


class TestFirehydrant(SourceConformance):
    @pytest.fixture
    def bench(self, tools: Sandbox, monkeypatch: pytest.MonkeyPatch) -> SourceBench:
        return FirehydrantBench(tools, monkeypatch)
