"""Runs a scenario against a crew while things are killed, and waits until everything has come to rest."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.exc import SQLAlchemyError

from service.ledger import Ledger
from service.ledger.tables import cursors, deliveries, issues, outbox
from tests.drill.crew import LAG, STOP, Crew, deliver
from tests.drill.scenario import Scenario, Size
from tests.support.house import signed

FAULTS = (
    {"kind": "reset_after", "probability": 0.04},
    {"kind": "timeout_before", "probability": 0.02, "seconds": 3.0},
    {"kind": "timeout_after", "probability": 0.03, "seconds": 3.0},
    {"kind": "trickle", "probability": 0.03, "seconds": 3.0},
    {"kind": "rate_limited", "probability": 0.04, "retry_after": 1},
    {"kind": "error_before", "probability": 0.02, "status": 503},
    {"kind": "error_after", "probability": 0.02, "status": 502},
)
# What healing needs after the last visible event: the index lag, two polls, and the closing of a duplicate.
CALM_LOOKS = 10
HEALS_AFTER = timedelta(seconds=2 * LAG)
POINTS = ("before_request", "on_arrival", "after_commit", "after_answer")


def disturb(crew: Crew, size: Size, seed: int) -> None:
    """Tells the sandbox to answer a fifth of all calls wrongly and whom to kill when."""
    for tracker in ("jira", "github"):
        for fault in FAULTS:
            crew.sandbox("POST", "/_sandbox/faults", {**fault, "tracker": tracker})
    crew.sandbox("POST", "/_sandbox/settings", {"lags": {"jira": LAG, "github": LAG}, "seed": seed})
    plan: dict[str, Any] = {
        "points": dict.fromkeys(POINTS, size.kills_each),
        "stop": {"points": {"before_request": size.stops}, "seconds": STOP},
        "probability": 0.6,
        "seed": seed,
    }
    crew.sandbox("POST", "/_sandbox/kill-plan", plan)
    name_candidates(crew)


def name_candidates(crew: Crew) -> None:
    pids = [crew.members[name].process.pid for name in ("worker-1", "worker-2")]  # type: ignore[union-attr]
    crew.sandbox("POST", "/_sandbox/kill-plan", {"candidates": {"pids": pids}})


class Reaper:
    """Kills what the sandbox cannot see, at the given numbers of deliveries, and keeps the candidates up to date."""

    def __init__(self, crew: Crew, size: Size, deliveries_to_come: int, seed: int) -> None:
        self._crew = crew
        self._chance = random.Random(seed)
        self._due: dict[int, list[Callable[[], None]]] = {}
        self._sent = 0
        self.done: list[str] = []
        for name, count in (("web", size.web_kills), ("clock", size.clock_kills), ("valkey", size.bell_kills)):
            for _ in range(count):
                self.at(self._chance.randrange(1, deliveries_to_come), name)

    def at(self, number: int, name: str, action: Callable[[], None] | None = None) -> None:
        self._due.setdefault(number, []).append(lambda: self._strike(name, action))

    def _strike(self, name: str, action: Callable[[], None] | None) -> None:
        (action or (lambda: self._crew.kill(name)))()
        self.done.append(name)

    def note_delivery(self) -> None:
        self._sent += 1
        for strike in self._due.pop(self._sent, []):
            # In a thread: the kill is meant to hit the request that is about to leave.
            threading.Thread(target=strike).start()


def submit(crew: Crew, scenario: Scenario, on_each: Callable[[], None]) -> None:
    """Sends every delivery, signed, one after the other; repeats carry the same id."""
    for key, document in scenario.deliveries:
        body = json.dumps(document).encode()
        on_each()
        deliver(crew, signed(key, body, datetime.now(UTC)), body, lambda: None)


def settle(crew: Crew, seconds: float, *, kills: bool) -> None:
    """Plays the operator until nothing is due any more: names new workers to the sandbox, retries dead letters."""
    ledger = Ledger(crew.database_url)
    ends = time.monotonic() + seconds
    pause = threading.Event()
    calm = 0
    try:
        while calm < CALM_LOOKS:
            assert time.monotonic() < ends, f"nothing comes to rest: {_unsettled(ledger)}"
            if kills:
                name_candidates(crew)
            _retry_dead_letters(crew, ledger)
            calm = calm + 1 if not _unsettled(ledger) else 0
            pause.wait(1.0)
    finally:
        ledger.close()


def kills_left(crew: Crew) -> int:
    plan = crew.sandbox("GET", "/_sandbox/kill-plan")
    return sum(plan["points"].values()) + sum(plan["stop_points"].values())


def _unsettled(ledger: Ledger) -> list[str]:
    """What is still to be done, in words; empty when all is at rest."""
    try:
        with ledger.read() as uow:
            rows = uow.connection.execute(
                select(outbox.c.kind, outbox.c.state, func.count(), func.max(outbox.c.error_code))
                .where(outbox.c.state.in_(("due", "dead")))
                .group_by(outbox.c.kind, outbox.c.state)
            ).all()
            inbox = uow.connection.execute(
                select(deliveries.c.hook, func.count())
                .where(deliveries.c.state.in_(("new", "dead")))
                .group_by(deliveries.c.hook)
            ).all()
            done_at = uow.connection.execute(select(func.max(outbox.c.done_at))).scalar()
            last_done = done_at or datetime.now(UTC)
            reads = uow.connection.execute(
                select(func.count()).where(issues.c.read_due_at.is_not(None), issues.c.gone_at.is_(None))
            ).scalar_one()
            unread = uow.connection.execute(
                select(cursors.c.feed).where(
                    cursors.c.feed.not_in(("reading", "sweep")),
                    or_(cursors.c.ok_at.is_(None), cursors.c.ok_at <= last_done + HEALS_AFTER),
                )
            ).scalars()
            # A second issue is seen by the feed: until each has been read after the last event, healing may be due.
            unread_feeds = [f"{feed} not read since" for feed in unread]
    except SQLAlchemyError as error:
        return [type(error).__name__]
    found = [f"{row[2]} {row[0]} {row[1]} ({row[3]})" for row in rows] + [f"{row[1]} at {row[0]}" for row in inbox]
    return found + unread_feeds + ([f"{reads} reads"] if reads else [])


def _retry_dead_letters(crew: Crew, ledger: Ledger) -> None:
    """Only what was quarantined: a person who sees that processes were killed tries it again."""
    try:
        with ledger.read() as uow:
            dead = [*((f"m{m.id}", m.error_code) for m in uow.outbox.dead())]
            dead += [(f"d{d.id}", d.error_code) for d in uow.inbox.dead()]
    except SQLAlchemyError:
        return
    for letter, code in dead:
        assert code in ("outbox.quarantined", "inbox.quarantined"), f"{letter} is dead: {code}"
        crew.run("dead-letters", "retry", letter, "--reason", "its process was killed by the drill")
