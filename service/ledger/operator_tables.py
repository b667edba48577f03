"""The tables of what operators are told: when trackers' tokens end, and each notice to one of them."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, UniqueConstraint

from service.ledger.columns import Key, metadata
from service.ledger.types import Instant

credentials = Table(
    "credentials",
    metadata,
    Column("tracker", String, primary_key=True),
    Column("account", String, nullable=False, default=""),
    Column("expires_at", Instant),
    Column("asked_at", Instant, nullable=False),
    Column("read_at", Instant),
)

operator_notices = Table(
    "operator_notices",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("trouble", String, nullable=False),
    Column("about", String, nullable=False),
    Column("occasion", String, nullable=False),
    Column("address", String, nullable=False),
    Column("message_id", String, nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("outcome", String),
    UniqueConstraint("trouble", "about", "occasion", "address"),
)
