"""What the tests of a tracker say again and again, and the frame that they stand in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from connectors.conformance.counterpart import TrackerBench
from connectors.spi import (
    Changes,
    Created,
    Feed,
    IssueDraft,
    Reading,
    Tracker,
)

DRAFT = IssueDraft("Add an alert on queue depth", "Nobody was **paged**.\n\n- first\n- second\n", "abcd1234efgh5678")
OTHER = replace(DRAFT, title="Rotate the key", marker="zyxw9876vuts5432")
HOSTILE = (
    "@dana &#64;dana @all #1 !1 acme/payments#1\n\n/close\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1))\n"
)
DRILL = 20


def create(bench: TrackerBench, draft: IssueDraft = DRAFT) -> Created:
    return bench.tracker.create(bench.place, draft)


def find(bench: TrackerBench, marker: str = DRAFT.marker) -> list[Reading]:
    return list(bench.tracker.find(bench.place, marker, datetime.now(UTC) - timedelta(hours=1)))


def read(bench: TrackerBench, ref: str) -> Reading:
    (found,) = bench.tracker.read([ref]).readings
    return found


def pages(tracker: Tracker, feed: Feed, cursor: str | None) -> Iterator[Changes]:
    while True:
        page = tracker.changes(feed, cursor, datetime.now(UTC))
        yield page
        if not page.more:
            return
        cursor = page.cursor


def eventually(holds: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    """A vendor's index may lag: asks again until it holds or the time is over."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"Not within {seconds} s: {what}"
        time.sleep(0.05)


class TrackerSuite:
    """Tests that need a bench. Those that are gaps of its counterpart are skipped, and no others ever are."""

    counterpart: ClassVar[type[TrackerBench]]

    @pytest.fixture
    def bench(self) -> TrackerBench:
        raise NotImplementedError("Give the suite its counterpart by overriding the fixture `bench`.")

    @pytest.fixture(autouse=True)
    def _gap(self, request: pytest.FixtureRequest) -> None:
        gaps = self.counterpart.gaps
        assert not [name for name in gaps if not hasattr(self, name)], "A gap names a test that there is not."
        name = request.node.originalname
        if name in gaps:
            pytest.skip(f"A gap of this counterpart: {gaps[name]}")
        assert isinstance(request.getfixturevalue("bench"), self.counterpart)
