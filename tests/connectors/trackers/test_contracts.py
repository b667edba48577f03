"""Every tracker holds every promise of the contract, before its stand-in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors.conformance.counterpart import TrackerBench
from connectors.conformance.tracker import TrackerConformance
from tests.connectors.trackers.benches import (
    EnterpriseBench,
    GithubBench,
    GitlabBench,
    JiraBench,
    JiraDataCenterBench,
    RedmineBench,
    SandboxBench,
)

PutAtBench = Callable[[type[SandboxBench]], SandboxBench]


class InSandbox(TrackerConformance):
    counterpart: type[SandboxBench]

    @pytest.fixture
    def bench(self, at_bench: PutAtBench) -> TrackerBench:
        return at_bench(self.counterpart)


class TestJiraCloud(InSandbox):
    counterpart = JiraBench


class TestJiraDataCenter(InSandbox):
    counterpart = JiraDataCenterBench


class TestGithub(InSandbox):
    counterpart = GithubBench


class TestEnterpriseServer(InSandbox):
    counterpart = EnterpriseBench


class TestGitlab(InSandbox):
    counterpart = GitlabBench


class TestRedmine(InSandbox):
    counterpart = RedmineBench
