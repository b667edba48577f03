"""The accept path: how much it costs beside what one would write by hand, and how it bears chance arrivals."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import baseline
from benchmarks.documents import deliveries
from benchmarks.figures import Figure, at_least, figure
from benchmarks.load import Run, closed_loop, open_loop
from benchmarks.plan import Plan
from benchmarks.processes import THREADS, WORKERS, House, Processes, start_baseline

SHARE = 0.80
SLICES = 4
SHAPE = f"gunicorn gthread {WORKERS}x{THREADS}, 3.9 kB body, unique signed ids"


def accept(plan: Plan) -> Iterator[Figure]:
    """The accept path beside a bare Flask endpoint with the same signature and one durable insert."""
    for kind in plan.databases.kinds:
        yield from _beside_baseline(plan, kind)


def _beside_baseline(plan: Plan, kind: str) -> Iterator[Figure]:
    pairs, requests = plan.size(5, 1), plan.size(500, 20)
    other = plan.databases.new(kind)
    baseline.create_tables(other)
    with House(plan.databases.new(kind)) as house, Processes(house.folder) as beside:
        house.start_web()
        port = start_baseline(beside, other)
        for each in (house.port, port):
            _run(each, plan.size(300, 16))
        runs = [_pair(house.port, port, requests, first=number % 2) for number in range(pairs)]
    ours, theirs = [mine for mine, _ in runs], [yours for _, yours in runs]
    how = (
        f"closed loop, 16 connections, {pairs} interleaved pairs of {SLICES} slices of {requests} requests each, "
        f"{SHAPE}, house and a bare Flask endpoint alike; SQLite synchronous=FULL, PostgreSQL fsync on"
    )
    ratios = [mine.rate / yours.rate for mine, yours in runs]
    yield at_least(figure(f"accept: house / baseline, {kind}", ratios, "ratio", how), SHARE)
    yield figure(f"accept: house, {kind}", [run.rate for run in ours], "requests/s", how)
    yield figure(f"accept: baseline, {kind}", [run.rate for run in theirs], "requests/s", how)
    for who, found in (("house", ours), ("baseline", theirs)):
        times = [1000 * each for run in found for each in run.latencies]
        yield figure(f"accept: latency of {who}, {kind}", times, "ms", how)


def _pair(ours: int, theirs: int, requests: int, first: int) -> tuple[Run, Run]:
    """One run of each, in slices that take turns: what a neighbour does to the machine for some seconds, it does to
    both. Who goes first takes turns too.
    """
    runs = Run(), Run()
    for number in range(2 * SLICES):
        who = (number + first) % 2
        runs[who].add(_run((ours, theirs)[who], requests))
    return runs


def _run(port: int, requests: int) -> Run:
    return closed_loop(port, deliveries(requests, port)).answered(202)


def arrivals(plan: Plan) -> Iterator[Figure]:
    """Chance arrivals at 200 and 400 a second: latency from the moment at which each was to be sent."""
    for kind in plan.databases.kinds:
        with House(plan.databases.new(kind)) as house:
            house.start_web()
            _run(house.port, plan.size(300, 16))
            for rate in (200, 400):
                runs = []
                for seed in range(plan.size(3, 1)):
                    requests = deliveries(plan.size(5 * rate, 20), house.port)
                    runs.append(open_loop(house.port, requests, rate, seed).answered(202))
                # Neighbours can only add to a time: the best of the runs says most about the code.
                best = min(runs, key=lambda run: sorted(run.latencies)[int(0.99 * len(run.latencies))])
                how = f"open loop, Poisson, a connection a request, best of {len(runs)} runs of 5 s, {SHAPE}"
                times = [1000 * each for each in best.latencies]
                yield figure(f"arrivals: latency at {rate}/s, {kind}", times, "ms", how)
