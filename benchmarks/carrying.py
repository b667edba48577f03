"""From an accepted postmortem to its issues: how soon, how fast, and how much one bad target disturbs the others."""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

from benchmarks.documents import postmortem
from benchmarks.figures import Figure, at_least, at_most, figure
from benchmarks.plan import Plan
from benchmarks.processes import House, until

SOON_MS, LATE_MS = 300, 2000
PER_SECOND = 60
DELAYED = 1.5
TRACKER_SECONDS = 0.05
HANG_SECONDS = 30
ITEMS = 10


def promptness(plan: Plan) -> Iterator[Figure]:
    """From the moment before the delivery to the issue in a 50 ms tracker, on a system that does nothing else."""
    for kind in plan.databases.kinds:
        with House(plan.databases.new(kind)) as house:
            _open(house)
            _slow(house)
            _times(house, ("payments", "checkout"), plan.size(10, 2), seed=0)
            times = _times(house, ("payments", "checkout"), plan.size(100, 3), seed=1)
        how = (
            "web 2x8, 2 workers, clock, queue, sandbox with 50 ms a call; one postmortem with one item at a time, at "
            "random moments; the tracker's 50 ms are in it"
        )
        yield at_most(figure(f"promptness: accept to issue, {kind}", times, "ms", how), SOON_MS, LATE_MS)


def throughput(plan: Plan) -> Iterator[Figure]:
    """Issues a second by two workers and a tracker that answers at once and declares no rate."""
    for kind in plan.databases.kinds:
        with House(plan.databases.new(kind)) as house:
            house.start_workers()
            house.start_clock()
            yield from _rates(plan, house, ("payments", "platform"), kind)
            yield from _rates(plan, house, ("payments",), kind)


def _rates(plan: Plan, house: House, services: tuple[str, ...], kind: str) -> Iterator[Figure]:
    issues = plan.size(200, 20)
    rates = [_rate(house, services, issues) for _ in range(plan.size(5 if len(services) > 1 else 3, 1))]
    how = (
        f"{issues} issues a run, all due at once; from the first creation to the last; "
        "2 workers, clock, queue, sandbox with 0 ms, Jira without a rate; a target has at most half of the workers"
    )
    if len(services) > 1:
        yield at_least(figure(f"throughput: 2 targets, {kind}", rates, "issues/s", how), PER_SECOND)
    else:
        yield figure(f"throughput: 1 target, {kind}", rates, "issues/s", how)


def hanging(plan: Plan) -> Iterator[Figure]:
    """How much later others' issues come while one target hangs for 30 s a call."""
    for kind in plan.databases.kinds:
        calm: list[float] = []
        troubled: list[float] = []
        ratios = []
        rounds, each, seconds = plan.size(3, 1), plan.size(20, 2), plan.size(HANG_SECONDS, 3)
        with House(plan.databases.new(kind), call=seconds + 5) as house:
            _open(house)
            _slow(house)
            _times(house, ("payments", "platform", "checkout"), plan.size(9, 3), seed=0)
            for number in range(rounds):
                before = _times(house, ("platform", "checkout"), each, seed=number)
                after = _beside_hanging(house, each, number, seconds)
                ratios.append(statistics.median(after) / statistics.median(before))
                calm += before
                troubled += after
        how = (
            f"accept to issue on the two other targets, {each} single items in each of {rounds} rounds in turns; "
            "2 workers, 50 ms a call; the hanging target has work all the time; ratio of medians"
        )
        yield at_most(figure(f"hanging: with / without, {kind}", ratios, "ratio", how), DELAYED)
        yield figure(f"hanging: others, none hangs, {kind}", calm, "ms", how)
        yield figure(f"hanging: others, one hangs, {kind}", troubled, "ms", how)


def _open(house: House) -> None:
    house.start_web()
    house.start_workers()
    house.start_clock()


def _slow(house: House) -> None:
    for tracker in ("jira", "github"):
        house.fault(kind="latency", tracker=tracker, seconds=TRACKER_SECONDS)


def _times(house: House, services: tuple[str, ...], count: int, seed: int) -> list[float]:
    """Milliseconds from before each delivery to its issue in the tracker."""
    chance, times = random.Random(seed), []
    house.forget("stats")
    for number in range(count):
        # The clock looks ten times a second: moments that keep step with it would measure one phase of it alone.
        time.sleep(chance.uniform(0.2, 0.6))
        at = house.post(1, services[number % len(services)])
        created = until(partial(_after, house, number), 60, "the issue is there")
        # The sandbox notes when the request arrived; it stores the issue so much later.
        times.append(1000 * (created[0] + TRACKER_SECONDS - at))
    return times


def _after(house: House, number: int) -> list[float]:
    """When each issue after so many was created."""
    return house.created()[number:]


def _beside_hanging(house: House, count: int, seed: int, seconds: float) -> list[float]:
    """The same while a call to another target hangs, from the first to the last."""
    house.fault(kind="timeout_before", tracker="jira", scope="PAY", seconds=seconds)
    house.forget("stats")
    house.post(5, "payments")
    until(lambda: house.struck("timeout_before"), 60, "a call hangs")
    times = _times(house, ("platform", "checkout"), count, seed)
    house.no_faults()
    _slow(house)
    house.idle()
    return times


def _rate(house: House, services: tuple[str, ...], issues: int) -> float:
    """Stores and reads everything while nothing may leave, then opens the gate."""
    house.forget("stats")
    ledger, now = house.ledger(), datetime.now(UTC)
    count = issues // ITEMS
    with ledger.begin() as uow:
        uow.instance.pause("A benchmark gathers work.", now)
        for number in range(count):
            document = postmortem(ITEMS, service=services[number % len(services)])
            uow.inbox.store("incidents", document["id"], {}, json.dumps(document).encode(), now)
        uow.commit()
    until(lambda: _read(house), 300, "everything is read")
    time.sleep(0.5)
    with ledger.begin() as uow:
        uow.instance.pause(None, None)
        uow.commit()
    expected = count * ITEMS
    made = until(lambda: _all(house, expected), 300, "every issue is there")
    house.idle()
    return float((expected - 1) / (made[-1] - made[0]))


def _read(house: House) -> bool:
    with house.ledger().read() as uow:
        return uow.inbox.waiting() == 0


def _all(house: House, expected: int) -> list[float] | None:
    time.sleep(0.5)  # asking costs the sandbox time
    created = house.created()
    return created if len(created) >= expected else None
