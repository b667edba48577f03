"""What the trackers are asked for, counted by their stand-ins at the HTTP seam with a warm client; and how long a
person's words can still be met by ours.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from benchmarks.figures import Figure, at_most, figure
from benchmarks.plan import Plan
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.running import Sandbox
from connectors.spi import Feed, IssueDraft, Place, Tracker
from tests.connectors.trackers.benches import TARGETS, GithubBench, GitlabBench, SandboxBench, make

LINKED = 1000
PAGE = 100
HOUR = 3600
SOON_MS = 20.0
DRAFT = IssueDraft("Add an alert on queue depth", "Nobody was **paged**.\n", "")
# Redmine may have given the number to another issue, and answers 204 to what it ignores: a look before and one after.
PUT_UNDER = {"redmine": 3}
PARENTS = "test_an_issue_is_put_under_its_parent"
MORE_PLACES = {GithubBench: ("acme/checkout-web",), GitlabBench: ("acme/infra/network", "acme/status-page")}


@dataclass
class _Target:
    """One target with its connector as it is by default, before a stand-in that counts."""

    bench: SandboxBench
    tracker: Tracker
    made: int = 0

    @property
    def title(self) -> str:
        return self.bench.title

    def create(self, place: Place, **more: Any) -> str:
        self.made += 1
        return self.tracker.create(place, replace(DRAFT, marker=f"cost{self.made:012d}", **more)).issue.ref

    def calls(self, step: Callable[[], Any]) -> int:
        self.bench.forget()
        step()
        return self.bench.requests()

    def not_modified(self) -> int:
        routes = self.bench.world.stats.report()["requests"].get(self.bench.stand_in, {"routes": {}})["routes"]
        return sum(outcomes.get("304", 0) for outcomes in routes.values())


def costs(plan: Plan) -> Iterator[Figure]:
    """Calls to each of the six targets: for what is made, for 1,000 linked issues unchanged, and for a full sweep."""
    with _sandbox() as sandbox:
        for kind in TARGETS:
            target = _at(sandbox, kind)
            yield from _creating(plan, target)
            yield from _following(plan, target, (target.bench.place.name,))
        for kind, more in MORE_PLACES.items():
            target = _at(sandbox, kind)
            yield from _following(plan, target, (target.bench.place.name, *more))


def _creating(plan: Plan, target: _Target) -> Iterator[Figure]:
    """By the issue: alone, with a link beside it, under a parent."""
    place, count = target.bench.place, plan.size(PAGE, 5)
    target.create(place)
    yield _each(target, "creation", count, 1, lambda: target.create(place))
    if target.tracker.capabilities.links:
        yield _each(target, "creation and link", count, 2, lambda: _linked(target, place))
    if target.tracker.capabilities.parents and PARENTS not in target.bench.gaps:
        parent, put = target.bench.parent() or target.create(place), PUT_UNDER.get(target.bench.vendor, 1)
        target.create(place, parent=parent)
        yield _each(target, "creation under a parent", count, 2, lambda: target.create(place, parent=parent))
        yield _each(target, "creation, then a parent", count, 1 + put, lambda: _put_under(target, place, parent))


def _linked(target: _Target, place: Place) -> None:
    target.tracker.link(target.create(place), "postmortem-1", "https://postmortems.example/1", "Postmortem")


def _put_under(target: _Target, place: Place, parent: str) -> None:
    target.tracker.put_under(target.create(place), parent)


def _each(target: _Target, what: str, count: int, bound: int, step: Callable[[], Any]) -> Figure:
    calls = [target.calls(step) for _ in range(count)]
    how = "requests that the stand-in counted for each, with a warm client; the most of all"
    found = Figure(f"costs: {what}, {target.title}", max(calls), "calls", how, count, min(calls), max(calls))
    return at_most(found, bound)


def _following(plan: Plan, target: _Target, places: Sequence[str]) -> Iterator[Figure]:
    """With so many issues of ours, made an hour ago, ten a second: so fast a real Redmine makes them."""
    target.bench.world.reset(["issues"])
    linked = plan.size(LINKED, 20)
    for number in range(linked):
        target.create(replace(target.bench.place, name=places[number % len(places)]))
    target.bench.age(HOUR, apart=0.1)
    feeds = target.tracker.feeds(places)
    cursors: dict[str, str] = {}
    refs = sorted({ref for _ in range(2) for ref in _changed(target, feeds, cursors)}, key=_place_of)
    assert len(refs) == linked, (target.title, len(refs))
    where = "" if len(places) == 1 else f" in {len(places)} places"
    how = f"requests that the stand-in counted with a warm client; {linked} linked issues{where}"
    nothing = target.calls(lambda: _changed(target, feeds, cursors))
    yield at_most(Figure(f"costs: nothing changed{where}, {target.title}", nothing, "calls", how), len(feeds))
    if target.bench.vendor == "github":
        counted = nothing - target.not_modified()
        name = f"costs: nothing changed{where}, not answered 304, {target.title}"
        yield at_most(Figure(name, counted, "calls", how), 0)
    # Where each place is asked by itself, the last request of each is not full.
    bound = math.ceil(linked / PAGE) + (len(places) - 1 if target.bench.vendor == "gitlab" else 0)
    target.tracker.read(refs[:1])
    sweep = target.calls(lambda: _swept(target, refs))
    yield at_most(Figure(f"costs: full sweep{where}, {target.title}", sweep, "calls", how), bound)


def _changed(target: _Target, feeds: Sequence[Feed], cursors: dict[str, str]) -> list[str]:
    """One round of every feed, as the house asks for it; the refs of what it showed."""
    found: list[str] = []
    for feed in feeds:
        more = True
        while more:
            page = target.tracker.changes(feed, cursors.get(feed.name), datetime.now(UTC))
            cursors[feed.name], more = page.cursor, page.more
            found += [reading.issue.ref for reading in page.readings]
    return found


def _place_of(ref: str) -> str:
    """The house asks for what stands in one place together."""
    return ref.rpartition("#")[0].rpartition(":")[2]


def _swept(target: _Target, refs: Sequence[str]) -> None:
    batch = target.tracker.capabilities.reads_per_call
    for start in range(0, len(refs), batch):
        found = target.tracker.read(refs[start : start + batch])
        assert not found.gone


def window(plan: Plan) -> Iterator[Figure]:
    """From the answer to our last look at a text until our write of it arrives: what a person saves within is met."""
    with _sandbox() as sandbox:
        for kind in TARGETS:
            target = _at(sandbox, kind)
            made = target.tracker.create(target.bench.place, replace(DRAFT, marker="window0000000000"))
            ours, times = [made.text_digest], []
            for number in range(plan.size(200, 3)):
                with _watched(sandbox) as seen:
                    written = target.tracker.rewrite(
                        made.issue.ref, f"Title {number}", f"Body {number}", "window0000000000", ours
                    )
                ours = [written.text_digest]
                times += _gaps(seen)
            how = (
                "in the stand-in, from when it had answered our last read to when it got our write; one update at a "
                "time on this machine, so a network adds its round trip"
            )
            yield at_most(figure(f"window: {target.title}", times, "ms", how), SOON_MS)


@dataclass
class _Seen:
    method: str
    arrived: float
    left: float = 0.0


@contextmanager
def _watched(sandbox: Sandbox) -> Iterator[list[_Seen]]:
    """Every request that comes meanwhile, with when it came and when it was answered."""
    inner = sandbox._server.app
    seen: list[_Seen] = []

    def watching(environ: dict[str, Any], start_response: Any) -> Any:
        request = _Seen(environ["REQUEST_METHOD"], time.perf_counter())
        seen.append(request)
        answer = inner(environ, start_response)
        request.left = time.perf_counter()
        return answer

    sandbox._server.app = watching
    try:
        yield seen
    finally:
        sandbox._server.app = inner


def _gaps(seen: Sequence[_Seen]) -> list[float]:
    """Milliseconds between each write and the answer before it."""
    writes = (pair for pair in pairwise(seen) if pair[1].method in ("PUT", "PATCH"))
    return [1000 * (write.arrived - look.left) for look, write in writes]


@contextmanager
def _sandbox() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(port=0, smtp_port=None)) as sandbox:
        yield sandbox


def _at(sandbox: Sandbox, kind: type[SandboxBench]) -> _Target:
    os.environ.update(BENCH_TOKEN=kind.token, BENCH_HOOK="the hook secret of the benchmarks")
    sandbox.world.reset(["issues", "stats"])
    bench = kind(sandbox)
    settings = {name: value for name, value in kind.settings.items() if name != "overlap_seconds"}
    table = {"api_url": f"{sandbox.url}/{kind.path}", "token_env": "BENCH_TOKEN", **settings}
    return _Target(bench, make(kind.vendor, kind.stand_in, table))
