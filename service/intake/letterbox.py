"""Stores deliveries that arrive together in one transaction: one wait for the disk serves them all."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from service.ledger import Ledger

# The database, not a delivery, is what is wrong: trying each alone would only wait as long again for each.
DATABASE_AWAY = (OperationalError, InterfaceError, PoolExhausted)


@dataclass(frozen=True, slots=True)
class Arrival:
    """An authentic delivery, as `Inbox.store` takes it."""

    hook: str
    key: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


class _Slip:
    """What becomes of one arrival."""

    def __init__(self, arrival: Arrival) -> None:
        self.arrival = arrival
        self.new: bool | None = None
        # Another thread goes for it.
        self.taken = False
        self.error: SQLAlchemyError | None = None

    @property
    def settled(self) -> bool:
        return self.new is not None or self.error is not None


class Letterbox:
    """For the threads of one process. Who comes while the database takes another writer goes at once; who comes while
    as many as it takes are waiting for the disk waits too, and the first of those then goes for all of them.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waiting: list[_Slip] = []
        self._under_way = 0
        self._changed = threading.Condition()

    def store(self, arrival: Arrival) -> bool:
        """True if the delivery is new. Returns once it is durable; raises SQLAlchemyError if it is not."""
        slip = _Slip(arrival)
        with self._changed:
            self._waiting.append(slip)
            while not slip.settled and (slip.taken or self._under_way >= self._ledger.writers):
                self._changed.wait()
            batch = [] if slip.settled else self._take()
        if batch:
            self._go(batch, slip)
        if slip.error is not None:
            raise slip.error
        return bool(slip.new)

    def _take(self) -> list[_Slip]:
        # In one order everywhere: two transactions that store the same two copies crosswise would wait for ever.
        batch = sorted(self._waiting, key=lambda slip: (slip.arrival.hook, slip.arrival.key, slip.arrival.body))
        self._waiting = []
        for slip in batch:
            slip.taken = True
        self._under_way += 1
        return batch

    def _go(self, batch: Sequence[_Slip], own: _Slip) -> None:
        try:
            self._carry(batch)
        finally:
            with self._changed:
                # Whatever stopped this thread half-way is not the others' end: they go again by themselves.
                left = [slip for slip in batch if slip is not own and not slip.settled]
                for slip in left:
                    slip.taken = False
                self._waiting = left + self._waiting
                self._under_way -= 1
                self._changed.notify_all()

    def _carry(self, batch: Sequence[_Slip]) -> None:
        try:
            results = self._commit(batch)
        except SQLAlchemyError as error:
            if len(batch) > 1 and not isinstance(error, DATABASE_AWAY):
                # One of them cannot be stored; it must not take the others with it.
                for slip in batch:
                    self._carry([slip])
                return
            for slip in batch:
                slip.error = error
            return
        for slip, new in zip(batch, results, strict=True):
            slip.new = new

    def _commit(self, batch: Sequence[_Slip]) -> list[bool]:
        with self._ledger.begin() as uow:
            arrivals = [slip.arrival for slip in batch]
            results = [uow.inbox.store(a.hook, a.key, a.headers, a.body, a.received_at) for a in arrivals]
            uow.commit()
        return results
