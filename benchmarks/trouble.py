"""What accepting costs while the rest of the house is in trouble."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from benchmarks.documents import deliveries
from benchmarks.figures import Figure, at_most, figure
from benchmarks.load import Run, closed_loop, open_loop
from benchmarks.plan import Plan
from benchmarks.processes import House, until

BOUND = 1.2
HANG_SECONDS = 30
PER_SECOND = 100


def trouble(plan: Plan) -> Iterator[Figure]:
    """Accepting while every target hangs for 30 s, and while Redis is down, beside accepting alone."""
    for kind in plan.databases.kinds:
        yield from _on(plan, kind)


def _on(plan: Plan, kind: str) -> Iterator[Figure]:
    rounds, requests, seconds = plan.size(5, 1), plan.size(300, 20), plan.size(HANG_SECONDS, 3)
    quiet: list[Run] = []
    hanging: list[Run] = []
    without: list[Run] = []
    with House(plan.databases.new(kind), call=seconds + 5) as house:
        house.start_web()
        house.start_workers()
        closed_loop(house.port, deliveries(plan.size(300, 16), house.port, status="draft")).answered(202)
        house.start_clock()
        for _ in range(rounds):
            house.idle(calls=False)
            house.processes.end("clock")
            quiet.append(_run(house, requests))
            house.start_clock()
            house.idle(calls=False)
            _hang(house, seconds)
            hanging.append(_run(house, requests))
            _heal(house)
            house.idle(calls=False)
            house.processes.end("queue", kill=True)
            without.append(_run(house, requests))
            house.start_queue()
    how = (
        f"open loop, Poisson at {PER_SECOND}/s, {requests} requests a run, {rounds} rounds in turns; ratio of median "
        "latencies; quiet: nothing but the web works (no clock); hanging: both workers in a call of 30 s, more due"
    )
    for name, runs in (("every target hangs", hanging), ("Redis is down", without)):
        ratios = [
            statistics.median(run.latencies) / statistics.median(calm.latencies)
            for run, calm in zip(runs, quiet, strict=True)
        ]
        yield at_most(figure(f"trouble: {name} / quiet, {kind}", ratios, "ratio", how), BOUND)
    for name, runs in (("quiet", quiet), ("every target hangs", hanging), ("Redis is down", without)):
        times = [1000 * each for run in runs for each in run.latencies]
        yield figure(f"trouble: latency, {name}, {kind}", times, "ms", how)


def _run(house: House, requests: int) -> Run:
    # Drafts: they are stored as all others, and make no issue of their own.
    return open_loop(house.port, deliveries(requests, house.port, status="draft"), PER_SECOND).answered(202)


def _hang(house: House, seconds: float) -> None:
    """Every target has work to do, and both workers hang in a call."""
    house.forget("stats")
    for tracker in ("jira", "github"):
        house.fault(kind="timeout_before", tracker=tracker, seconds=seconds)
    for service in ("payments", "platform", "checkout"):
        house.post(3, service)
    until(lambda: house.struck("timeout_before") >= 2, 60, "both workers hang in a call")


def _heal(house: House) -> None:
    """Ends the hanging at once instead of waiting for it: the workers are started anew."""
    house.no_faults()
    for number in (1, 2):
        house.processes.end(f"worker-{number}", kill=True)
    house.start_workers()
