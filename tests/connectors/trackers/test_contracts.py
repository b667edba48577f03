"""Every tracker holds every promise of the contract, before its stand-in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors.conformance.counterpart import TrackerBench
from connectors.conformance.tracker import TrackerConformance
from tests.connectors.trackers.benches import (
    GithubBench,
    GitlabBench,
    JiraBench,
    JiraDataCenterBench,
    RedmineBench,
    SandboxBench,
)

PutAtBench = Callable[[type[SandboxBench]], SandboxBench]


class TestJiraCloud(TrackerConformance):
    @pytest.fixture
    def bench(self, at_bench: PutAtBench) -> TrackerBench:
        return at_bench(JiraBench)


class TestJiraDataCenter(TrackerConformance):
    @pytest.fixture
    def bench(self, at_bench: PutAtBench) -> TrackerBench:
        return at_bench(JiraDataCenterBench)


class TestGithub(TrackerConformance):
    @pytest.fixture
    def bench(self, at_bench: PutAtBench) -> TrackerBench:
        return at_bench(GithubBench)


class TestGitlab(TrackerConformance):
    @pytest.fixture
    def bench(self, at_bench: PutAtBench) -> TrackerBench:
        return at_bench(GitlabBench)


class TestRedmine(TrackerConformance):
    @pytest.fixture
    def bench(self, at_bench: PutAtBench) -> TrackerBench:
        return at_bench(RedmineBench)
