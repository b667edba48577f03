"""What grows with the ledger: pages, the escalation sweep, and the calls that staying in step costs."""

from __future__ import annotations

import math
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.documents import get
from benchmarks.figures import Figure, at_most, figure
from benchmarks.filling import fill
from benchmarks.load import closed_loop
from benchmarks.plan import Plan
from benchmarks.processes import House as Processes
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.running import Sandbox
from service.ledger import Ledger
from service.ledger.migrating import upgrade
from tests.support.house import SECRETS, House, open_house
from tests.usecases.surroundings import Listener, Outside
from tests.usecases.test_reconcile_cost import change, link_many, warm_up

LINKED = 1000
PAGES = ("/", "/items")


def pages(plan: Plan) -> Iterator[Figure]:
    """The overview and the list of items at 1,000 and 10,000 action items."""
    for kind in plan.databases.kinds:
        for count in _counts(plan):
            with Processes(plan.databases.new(kind)) as house:
                fill(house.ledger(), count, datetime.now(UTC))
                house.start_web()
                for path in PAGES:
                    requests = [get(path, house.port)] * plan.size(40, 2)
                    closed_loop(house.port, requests[:4], 1)
                    run = closed_loop(house.port, requests, 1).answered(200)
                    how = "under gunicorn 2x8, one reader who asks again as soon as the page is there"
                    times = [1000 * each for each in run.latencies]
                    yield figure(f"pages: {path} at {count} items, {kind}", times, "ms", how)


def sweeping(plan: Plan) -> Iterator[Figure]:
    """The escalation sweep at 1,000 and 10,000 action items: the first, which finds all stalls, and the next ones."""
    for kind in plan.databases.kinds:
        for count in _counts(plan):
            with ExitStack() as stack:
                house, _ = _house(stack, plan.databases.new(kind))
                fill(house.ledger, count, datetime.now(UTC))
                times = []
                for _ in range(plan.size(6, 2)):
                    began = time.perf_counter()
                    house.escalate()
                    times.append(1000 * (time.perf_counter() - began))
            how = (
                "in one process, the standard policy; 60 % of the items are not done, most of these are overdue or idle"
            )
            yield figure(f"sweeping: first at {count} items, {kind}", times[:1], "ms", how)
            yield figure(f"sweeping: next at {count} items, {kind}", times[1:], "ms", how)


def reconciling(plan: Plan) -> Iterator[Figure]:
    """Calls to a tracker for 1,000 linked issues: nothing changed, a hundred changed, and the hourly sweep."""
    for tracker in ("jira", "github"):
        with ExitStack() as stack:
            house, outside = _house(stack, plan.databases.new("sqlite"))
            linked = plan.size(LINKED, 20)
            link_many(house, outside, tracker, linked)
            outside.sandbox.world.courier.dropping = True
            warm_up(house)
            nothing = _calls(house, outside, tracker)
            changed = linked // 10
            change(outside, tracker, changed)
            house.pass_time(seconds=61)
            some = _calls(house, outside, tracker)
            house.pass_time(seconds=3700)
            sweep = _calls(house, outside, tracker)
        how = f"requests that the sandbox counted in one cycle with a warm client, {linked} linked issues in one place"
        # Each cycle asks once what changed, beside what else it does; a full page is followed by another.
        found = (
            ("nothing changed", nothing, 1),
            (f"{changed} changed", some, 2),
            ("sweep", sweep, math.ceil(linked / 100) + 1),
        )
        for name, count, bound in found:
            yield at_most(Figure(f"reconciling: {name}, {tracker}", count, "calls", how), bound)


def _calls(house: House, outside: Outside, tracker: str) -> int:
    outside.forget_calls()
    while house.reconcile():
        pass
    return outside.calls(tracker)


def _counts(plan: Plan) -> tuple[int, ...]:
    return (20,) if plan.tiny else (1000, 10000)


def _house(stack: ExitStack, url: str) -> tuple[House, Outside]:
    """A house in this process on a ledger at head, with a sandbox over real HTTP."""
    os.environ.update(SECRETS)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aa-bench-")))
    sandbox = stack.enter_context(Sandbox(SandboxOptions(port=0, smtp_port=0, webhook_delay=0.0)))
    listener = Listener(sandbox._server.app)
    sandbox._server.app = listener
    outside = Outside(sandbox, listener)
    outside.reset()
    ledger = stack.enter_context(closing(Ledger(url)))
    upgrade(ledger)
    return open_house(folder, sandbox, ledger), outside
