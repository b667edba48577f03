"""Requests that are not made: what was seen is not asked for again, and what can be asked at once is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.conformance.asking import DRAFT, pages
from tests.connectors.trackers.benches import GitlabBench, RedmineBench, SandboxBench, make

PutAtBench = Callable[[type[SandboxBench]], SandboxBench]
HOUR = 3600


@pytest.mark.parametrize("target", [GitlabBench, RedmineBench], ids=lambda each: each.__name__)
@pytest.mark.parametrize(("old", "again"), [(0, 3), (HOUR, 1)], ids=["just now", "an hour ago"])
def test_a_burst_of_changes_is_looked_at_again_only_while_it_is_fresh(
    at_bench: PutAtBench, target: type[SandboxBench], old: int, again: int
) -> None:
    bench = at_bench(target)
    table = {"api_url": f"{bench.sandbox.url}/{target.path}", "token_env": "BENCH_TOKEN", "overlap_seconds": 30}
    tracker = make(target.vendor, target.stand_in, table)
    for number in range(3):
        tracker.create(target.place, replace(DRAFT, marker=f"burst{number:011d}"))
    bench.age(old, apart=3)
    (feed,) = tracker.feeds([target.place.name])
    *_, last = pages(tracker, feed, None)
    found = tracker.changes(feed, last.cursor, datetime.now(UTC))
    assert len(found.readings) == again
    assert tracker.changes(feed, found.cursor, datetime.now(UTC)).cursor == found.cursor


def test_the_originals_of_many_duplicates_are_read_by_one_request(at_bench: PutAtBench) -> None:
    bench = at_bench(RedmineBench)
    drafts = [replace(DRAFT, marker=f"many{number:012d}") for number in range(4)]
    kept, other, first, second = (bench.tracker.create(bench.place, draft).issue.ref for draft in drafts)
    bench.duplicates(first, kept)
    bench.duplicates(second, other)
    bench.tracker.read([kept])
    bench.forget()
    found = bench.tracker.read([first, second])
    assert [each.duplicate_of for each in found.readings] == [kept, other]
    assert bench.requests() == 2
