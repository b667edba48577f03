"""A target that allows so many creations a window: nearly all of them are used, and never one more, by any workers."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from service.usecases.deliveries import absorb_due
from tests.support.house import ROUTES
from tests.support.waiting import until
from tests.usecases.surroundings import OpenHouse, Outside, house, listening, opened, outside, postmortem
from tests.workers.running import Processes

__all__ = ["house", "listening", "opened", "outside"]

ALLOWED, SECONDS = 50, 10.0
FULL = os.environ.get("AFTERACTION_DRILL_SCALE") == "1"
ITEMS = 500 if FULL else 100
LIMITED = ROUTES.replace('target = "pay"\ndefault', 'target = "limited"\ndefault')
TARGET = f'[targets.limited]\ntracker = "jira"\nplace = "PAY"\nmode = "live"\nrates = [[{ALLOWED}, {SECONDS}]]\n'
FREE = "creates_per_postmortem = 1000\ncreates_per_hour = 1000"


@pytest.fixture
def crew(opened: OpenHouse, tmp_path: Path, valkey: str) -> Iterator[Processes]:
    made = Processes(opened(call=10, lease=20, routes=TARGET + LIMITED, service=FREE), tmp_path, valkey)
    yield made
    made.end()


def arrivals(outside: Outside) -> list[float]:
    return sorted(each["at"] for each in outside.sandbox.world.stats.report()["creates"])


@pytest.mark.drill
@pytest.mark.parametrize("workers", [1, 2, 4])
def test_the_budget_of_a_target_is_used_and_never_exceeded(
    crew: Processes, outside: Outside, valkey: str, workers: int, record_property: Callable[[str, object], None]
) -> None:
    outside.sandbox.world.faults.set_rate("jira", ALLOWED, SECONDS)
    for _ in range(workers):
        crew.start_worker()
    crew.house.submit(postmortem(items=[f"Item {number}" for number in range(ITEMS)]))
    absorb_due(crew.house.components, lambda: True)
    crew.start_clock()
    until(lambda: len(arrivals(outside)) > ITEMS // 2, 180, "half of the issues are there")
    redis.Redis.from_url(valkey).flushall()
    until(lambda: len(arrivals(outside)) == ITEMS, 180, "every issue is there")
    at = arrivals(outside)
    most = max(number + 1 - bisect_right(at, moment - SECONDS) for number, moment in enumerate(at))
    # After the first burst, each may go as soon as the one before it by so many is a window old.
    waited = [at[number] - at[number - ALLOWED] for number in range(ALLOWED, ITEMS)]
    used = SECONDS * len(waited) / sum(waited)
    record_property("most in a window", most)
    record_property("used", round(used, 4))
    assert most <= ALLOWED
    assert not [each for each in outside.sandbox.world.stats.report()["creates"] if each["outcome"] == "rate_limited"]
    # How much is used depends on what else the machine does: it is asked for at full size, where the drill is alone.
    assert not FULL or used >= 0.95
