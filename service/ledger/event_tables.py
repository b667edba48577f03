"""The tables of events for listeners, and of every try to hand one over."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text

from service.ledger.columns import Key, metadata
from service.ledger.types import Instant

events = Table(
    "events",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True),
    Column("type", String, nullable=False),
    Column("postmortem_id", ForeignKey("postmortems.id"), nullable=False),
    Column("item_id", ForeignKey("action_items.id")),
    Column("at", Instant, nullable=False),
    Column("data", JSON, nullable=False),
)
Index("ix_events_at", events.c.at)

event_tries = Table(
    "event_tries",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("event_id", ForeignKey("events.id"), nullable=False, index=True),
    Column("listener", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("answer", String, nullable=False),
    Column("outcome", Text, nullable=False),
)
