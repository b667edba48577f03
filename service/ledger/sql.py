"""What the two databases do alike but SQLAlchemy or their dialects keep apart."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, text
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(connection: Connection, table: Table) -> Any:
    """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)


def database_clock(connection: Connection) -> float:
    """Seconds since 1970 by the database's own clock."""
    if connection.dialect.name == "sqlite":
        return float(connection.execute(text("select (julianday('now') - 2440587.5) * 86400.0")).scalar_one())
    return float(connection.execute(text("select extract(epoch from clock_timestamp())")).scalar_one())
