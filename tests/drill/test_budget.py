"""A target that allows so many creations a window: nearly all of them are used, and never one more, by any workers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from tests.support.house import ROUTES
from tests.support.waiting import until
from tests.usecases.surroundings import OpenHouse, Outside, house, listening, opened, outside, postmortem
from tests.workers.running import Processes

__all__ = ["house", "listening", "opened", "outside"]

ITEMS, ALLOWED, SECONDS = 500, 125, 10.0
LIMITED = ROUTES.replace('target = "pay"\ndefault', 'target = "limited"\ndefault')
TARGET = f'[targets.limited]\ntracker = "jira"\nplace = "PAY"\nmode = "live"\nrates = [[{ALLOWED}, {SECONDS}]]\n'
FREE = "creates_per_postmortem = 1000\ncreates_per_hour = 1000"
Crew = Callable[[], Processes]


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
    crew: Processes, outside: Outside, valkey: str, workers: int
) -> None:
    limits = {"jira": {"creates": ALLOWED, "seconds": SECONDS}}
    outside.sandbox.world.faults.set_rates(limits)
    for _ in range(workers):
        crew.start_worker()
    crew.house.submit(postmortem(items=[f"Item {number}" for number in range(ITEMS)]))
    crew.house.absorb()
    crew.start_clock()
    until(lambda: len(arrivals(outside)) > ITEMS // 2, 180, "half of the issues are there")
    redis.Redis.from_url(valkey).flushall()
    until(lambda: len(arrivals(outside)) == ITEMS, 180, "every issue is there")
    at = arrivals(outside)
    most = max(number + 1 - bisect_right(at, moment - SECONDS) for number, moment in enumerate(at))
    used = ITEMS / (ALLOWED * ((at[-1] - at[0]) / SECONDS + 1))
    print(f"{workers} workers: at most {most} of {ALLOWED} in any {SECONDS} s, {used:.1%} of what is allowed used")
    assert most <= ALLOWED
    assert not [each for each in outside.sandbox.world.stats.report()["creates"] if each["outcome"] == "rate_limited"]
    assert used >= 0.95
