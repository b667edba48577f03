"""Events for listeners, and the log of every try to hand one over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from service.ledger.event_tables import event_tries, events
from service.ledger.rows import EventRow, read_row
from service.ledger.tables import outbox

SEND_EVENT = "send_event"


@dataclass(frozen=True, slots=True)
class Try:
    """One try. `answer` is the listener's, or the machine word of what went wrong."""

    event: str
    type: str
    listener: str
    at: datetime
    milliseconds: int
    answer: str
    outcome: str


class Events:
    """Events within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, kind: str, key: str, about: tuple[int, int | None], data: Mapping[str, Any], now: datetime) -> int:
        """Notes an event about a postmortem and perhaps one of its items; returns its number."""
        postmortem_id, item_id = about
        row = {"type": kind, "key": key, "postmortem_id": postmortem_id, "item_id": item_id, "data": dict(data)}
        return int(self._connection.execute(insert(events).returning(events.c.id), {**row, "at": now}).scalar_one())

    def get(self, event_id: int) -> EventRow:
        return read_row(EventRow, self._connection.execute(select(events).where(events.c.id == event_id)).one())

    def find(self, key: str) -> EventRow | None:
        row = self._connection.execute(select(events).where(events.c.key == key)).first()
        return read_row(EventRow, row) if row else None

    def listeners_of(self, event_id: int) -> list[str]:
        """Whom an event was tried to be handed to."""
        rows = self._connection.execute(
            select(event_tries.c.listener).where(event_tries.c.event_id == event_id).distinct()
        )
        return sorted(row.listener for row in rows)

    def log(self, event_id: int, listener: str, at: datetime, took: float, said: tuple[str, str]) -> None:
        """Notes one try: how many seconds it took, and what came of it as a word and a sentence."""
        values = {"event_id": event_id, "listener": listener, "at": at, "answer": said[0], "outcome": said[1]}
        self._connection.execute(insert(event_tries).values(**values, milliseconds=round(took * 1000)))

    def tries(self, listener: str | None, most: int) -> list[Try]:
        """The latest tries, the last one first."""
        t = event_tries.c
        wanted = select(events.c.key.label("event"), events.c.type, *(t[name] for name in Try.__slots__[2:]))
        wanted = wanted.join_from(event_tries, events).order_by(t.id.desc()).limit(most)
        if listener is not None:
            wanted = wanted.where(t.listener == listener)
        return [Try(**row._mapping) for row in self._connection.execute(wanted)]

    def forget(self, before: datetime) -> int:
        """Removes the log and the events before an instant, but for events that are still to be handed over."""
        waiting = select(outbox.c.subject).where(outbox.c.kind == SEND_EVENT, outbox.c.state.in_(("due", "dead")))
        self._connection.execute(
            delete(event_tries).where(event_tries.c.at < before, event_tries.c.event_id.not_in(waiting))
        )
        tried = select(event_tries.c.event_id)
        gone = delete(events).where(events.c.at < before, events.c.id.not_in(waiting), events.c.id.not_in(tried))
        return self._connection.execute(gone).rowcount
