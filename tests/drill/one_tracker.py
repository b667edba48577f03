"""A drill of one tracker: only the hands of the house, its clock and its workers, killed around each commit."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

from sqlalchemy import func, select

from service.ledger import Ledger
from service.ledger.tables import action_items, deliveries, issues, outbox
from tests.drill.checker import Verdict, judge_issues
from tests.drill.crew import Crew
from tests.drill.run import POINTS
from tests.drill.scenario import Scenario, Size, in_two_steps
from tests.drill.trackers import Counterpart, configuration
from tests.support.house import KEY

FULL = os.environ.get("AFTERACTION_DRILL_SCALE") == "1"
SEED = int(os.environ.get("AFTERACTION_DRILL_SEED", "7"))
HANDS = [sys.executable, "-m", "tests.drill.nursery"]
LEASE = 3.0
REST_SECONDS = 120.0
KILLS_EACH = 5 if FULL else 3
SIZE = Size(8, 40, 4, 4, kills_each=KILLS_EACH, web_kills=0, clock_kills=0, bell_kills=0, stops=0)
CREATIONS = {"match": {"creates_only": True}, "probability": 0.8}
# Of what a revision writes: around the commit a repetition would show.
LATER_KILLS = dict.fromkeys(POINTS if FULL else ("on_arrival", "after_commit"), 1)


@dataclass
class Hands(Crew):
    """A crew without doors: what the house does with deliveries that it has, at one tracker."""

    counterpart: Counterpart | None = None
    naive: bool = False

    def start_world(self) -> None:
        assert self.counterpart is not None
        self.environment |= {"TRACKER_SECRET": self.counterpart.secret, "SOURCE_SECRET": f"whsec_{KEY}"}

    def configure(self) -> None:
        assert self.counterpart is not None
        (self.folder / "afteraction.toml").write_text(configuration(self.counterpart, LEASE))

    def migrate(self) -> None:
        """The ledger is a copy of a migrated one."""

    def start_house(self) -> None:
        self.add("hands", [*HANDS, *(["naive"] if self.naive else [])])

    def stop(self) -> None:
        """Nothing is under way any more: nobody need be asked."""
        self.stop_watching()
        for name in list(self.members):
            self.kill(name)
        super().stop()


@dataclass
class Outcome:
    """`kills`: how often each point was struck, of creations and, `later`, of what a revision writes. `linked`: the key
    of each item's issue as the ledger knows it; `keys`: what the tracker has.
    """

    verdict: Verdict
    kills: dict[str, int]
    later: dict[str, int]
    linked: list[str]
    keys: list[str]
    seconds: float

    def __str__(self) -> str:
        verdict = f"{len(self.keys)} issues, {len(self.verdict.lost)} lost, {self.verdict.repeated} repeated"
        return f"killed {self.kills}, later {self.later}; {verdict}; {self.seconds:.1f} s"


def drill(folder: Path, url: str, counterpart: Counterpart, *, naive: bool = False) -> Outcome:
    """Delivers every postmortem and waits until all is at rest; then the revisions, but not with naive connectors."""
    began = time.monotonic()
    first, second = in_two_steps(SIZE, SEED)
    with running(Hands(folder, url, counterpart=counterpart, naive=naive)) as ledger:
        kills = step(ledger, counterpart, first, {**CREATIONS, "points": dict.fromkeys(POINTS, KILLS_EACH)})
        later = step(ledger, counterpart, second, {"points": LATER_KILLS}) if not naive else {}
        found = counterpart.issues()
        known = linked(ledger)
    verdict = judge_issues(found, second)
    return Outcome(verdict, kills, later, known, [each["key"] for each in found], time.monotonic() - began)


@contextmanager
def running(crew: Crew) -> Iterator[Ledger]:
    try:
        crew.start()
        with closing(Ledger(crew.database_url)) as ledger:
            yield ledger
    finally:
        crew.stop()


def step(ledger: Ledger, counterpart: Counterpart, scenario: Scenario, plan: dict[str, Any]) -> dict[str, int]:
    """How often each point was struck until all was at rest again."""
    kills = counterpart.kills
    kills.clear()
    kills.set({"candidates": {"children_of": [os.getpid()]}, "seed": SEED, **plan})
    deliver(ledger, scenario)
    come_to_rest(ledger)
    found = [kill["point"] for kill in kills.kills()]
    kills.clear()
    return {point: found.count(point) for point in POINTS}


def deliver(ledger: Ledger, scenario: Scenario) -> None:
    """Stores deliveries as the door does once they are authentic."""
    with ledger.begin() as uow:
        for key, document in scenario.deliveries:
            uow.inbox.store("incidents", key, {}, json.dumps(document).encode(), datetime.now(UTC))
        uow.commit()


def come_to_rest(ledger: Ledger) -> None:
    ends = time.monotonic() + REST_SECONDS
    while left := unsettled(ledger):
        assert time.monotonic() < ends, f"nothing comes to rest: {left}"
        Event().wait(0.2)


def unsettled(ledger: Ledger) -> list[str]:
    """What is not done. Fails where something became a dead letter."""
    with ledger.read() as uow:
        found = [
            (str(name), state, code, count)
            for table, name in ((outbox, outbox.c.kind), (deliveries, deliveries.c.hook))
            for name, state, code, count in uow.connection.execute(
                select(name, table.c.state, table.c.error_code, func.count())
                .where(table.c.state.in_(("due", "new", "dead")))
                .group_by(name, table.c.state, table.c.error_code)
            )
        ]
    assert not [each for each in found if each[1] == "dead"], found
    return [f"{count} {name} ({code})" for name, _, code, count in found]


def linked(ledger: Ledger) -> list[str]:
    """The key of each action item's issue, as the ledger knows it."""
    with ledger.read() as uow:
        query = select(issues.c.key).join(action_items, action_items.c.issue_id == issues.c.id)
        return list(uow.connection.execute(query).scalars())
