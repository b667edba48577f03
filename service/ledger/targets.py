"""Targets: how fast each may be written to, whether it may now, and what was last wrong with it.

The row is the limiter for every worker on every machine: it survives a lost Redis, and a claim takes its slot in the
same transaction as the message's lease.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Delete, Update, bindparam, delete, func, insert, or_, select, update

from connectors.spi import Rate, Visibility
from service.ledger.rows import Target, read_row
from service.ledger.sql import database_clock, insert_into
from service.ledger.tables import instance, outbox, sends, targets

OPEN_AFTER = 5
FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 300.0
FAULT_PAUSE_SECONDS = 60.0

_ONE = select(targets).where(targets.c.name == bindparam("which"))
_LOCKED = _ONE.with_for_update()
_PAUSED = select(
    or_(
        select(instance.c.id).where(instance.c.paused_at.is_not(None)).exists(),
        select(targets.c.name).where(targets.c.name == bindparam("which"), targets.c.paused_at.is_not(None)).exists(),
    )
)
_CHANGE = update(targets).where(targets.c.name == bindparam("which"))
_IN_FLIGHT = select(func.count()).where(
    outbox.c.target == bindparam("which"), outbox.c.state == "due", outbox.c.lease_until > bindparam("clock")
)


@dataclass(frozen=True, slots=True)
class Limit:
    """Rates that hold for all that is counted under one name: a target's own, or those of an account at a vendor."""

    name: str
    rates: tuple[Rate, ...]


class Targets:
    """Target rows within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ensure(self, name: str, kind: str) -> None:
        self._connection.execute(
            insert_into(self._connection, targets).values(name=name, kind=kind).on_conflict_do_nothing()
        )

    def get(self, name: str) -> Target | None:
        row = self._connection.execute(_ONE, {"which": name}).first()
        return read_row(Target, row) if row else None

    def is_paused(self, name: str) -> bool:
        """Whether a person stopped everything, or this target."""
        return bool(self._connection.execute(_PAUSED, {"which": name}).scalar())

    def lock(self, name: str) -> Target | None:
        row = self._connection.execute(_LOCKED, {"which": name}).first()
        return read_row(Target, row) if row else None

    def all(self) -> list[Target]:
        return [read_row(Target, row) for row in self._connection.execute(select(targets).order_by(targets.c.name))]

    def in_flight(self, name: str, clock: float) -> int:
        return int(self._connection.execute(_IN_FLIGHT, {"which": name, "clock": clock}).scalar_one())

    def opens(self, name: str, limits: Sequence[Limit], clock: float) -> float:
        """When every limit allows one more; at most `clock` where that is now. Held until the transaction ends, so that
        two targets that share a limit do not both take its last slot.
        """
        for limit in limits:
            self._lock_limit(limit.name)
        opens = max((self._opens(limit, clock) for limit in limits), default=0.0)
        if limits:
            self._set(name, next_slot=opens)
        return opens

    def take_slot(self, name: str, limits: Sequence[Limit], message: int, times: tuple[float, float]) -> None:
        """Takes a slot of every limit for a message. `times`: now, and the latest at which its request can arrive;
        until it has `landed` it counts as arriving then, because the vendor counts arrivals.
        """
        clock, latest = times
        for limit in limits:
            longest = max(rate.seconds for rate in limit.rates)
            self._connection.execute(insert(sends).values(target=limit.name, at=latest, message=message))
            self._connection.execute(
                delete(sends).where(sends.c.target == limit.name, sends.c.at < clock - longest - 1)
            )
        if limits:
            self._set(name, next_slot=max(self._opens(limit, clock) for limit in limits))

    def landed(self, name: str, limits: Sequence[Limit], message: int, clock: float) -> None:
        """The message's request has arrived by now."""
        self._settle_slot(name, limits, clock, update(sends).values(at=clock), message)

    def give_back(self, name: str, limits: Sequence[Limit], message: int, clock: float) -> None:
        """Nothing was sent for the message: its slots are free."""
        self._settle_slot(name, limits, clock, delete(sends), message)

    def _settle_slot(
        self, name: str, limits: Sequence[Limit], clock: float, change: Update | Delete, message: int
    ) -> None:
        for limit in limits:
            mine = (sends.c.target == limit.name, sends.c.message == message, sends.c.at > clock)
            self._connection.execute(change.where(*mine))
        if limits:
            self._set(name, next_slot=max(self._opens(limit, clock) for limit in limits))

    def _lock_limit(self, name: str) -> None:
        """SQLite has one writer at a time anyhow."""
        if self._connection.dialect.name == "postgresql":
            key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
            self._connection.execute(select(func.pg_advisory_xact_lock(key)))

    def _opens(self, limit: Limit, clock: float) -> float:
        opens = 0.0
        for rate in limit.rates:
            oldest = self._connection.execute(
                select(sends.c.at)
                .where(sends.c.target == limit.name, sends.c.at > clock - rate.seconds)
                .order_by(sends.c.at.desc())
                .offset(rate.count - 1)
                .limit(1)
            ).scalar()
            if oldest is not None:
                opens = max(opens, float(oldest) + rate.seconds)
        return opens

    def succeeded(self, name: str, now: datetime) -> None:
        """Closes the circuit and clears the fault."""
        self._set(
            name,
            failures=0,
            open_until=None,
            last_success_at=now,
            failing_since=None,
            error_code=None,
            error=None,
            cure=None,
        )

    def failed(self, name: str, error: tuple[str, str, str], now: datetime, *, fault: bool) -> None:
        """Counts a failure and opens the circuit when they make a pattern, or at once for a fault of the target."""
        target = self.lock(name)
        assert target is not None
        code, sentence, cure = error
        failures = max(target.failures + 1, OPEN_AFTER if fault else 0)
        pause = FAULT_PAUSE_SECONDS if fault else circuit_pause(failures)
        self._set(
            name,
            failures=failures,
            failing_since=target.failing_since or now,
            error_code=code,
            error=sentence,
            cure=cure,
        )
        if pause is not None:
            self.stay_away(name, pause)

    def stay_away(self, name: str, seconds: float) -> None:
        """Sends nothing for so long, by the database's clock; a longer pause stands."""
        until = database_clock(self._connection) + seconds
        self._connection.execute(
            update(targets)
            .where(targets.c.name == name)
            .where(or_(targets.c.open_until.is_(None), targets.c.open_until < until))
            .values(open_until=until)
        )

    def trials_only(self, target: Target) -> bool:
        """Whether the circuit has opened and not closed again: one call at a time may try."""
        return target.failures >= OPEN_AFTER

    def close_circuit(self, name: str) -> None:
        self._set(name, failures=0, open_until=None)

    def pause(self, name: str, reason: str | None, now: datetime | None) -> None:
        self._set(name, paused_at=now, pause_reason=reason)

    def saw(self, name: str, visibility: Visibility, place: str, now: datetime, **more: Any) -> None:
        """Notes who may see a target's place, and in `described` what a creation needs to know of it. It says nothing
        of any other place that the target may be given later.
        """
        seen = {"visibility": visibility.value, "visibility_place": place, "visibility_at": now}
        self._set(name, **seen, **more)

    def _set(self, name: str, **values: object) -> None:
        self._connection.execute(_CHANGE, {"which": name, **values})


def circuit_pause(failures: int) -> float | None:
    """Seconds to stay away after so many failures in a row; None while it is too early to speak of a pattern."""
    if failures < OPEN_AFTER:
        return None
    return float(min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (failures - OPEN_AFTER)))
