"""Every promise of the contract, and what only Redmine itself can show."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.conformance.counterpart import TrackerBench
from connectors.conformance.tracker import TrackerConformance
from tests.connectors.trackers.real_redmine import RealRedmineBench
from tests.support.fault_proxy import fault_proxy
from tests.support.redmine import Redmine

pytestmark = pytest.mark.system


class TestRealRedmine(TrackerConformance):
    @pytest.fixture
    def bench(self, redmine: Redmine) -> Iterator[TrackerBench]:
        with fault_proxy(redmine.port) as proxy:
            yield RealRedmineBench(redmine, proxy)
