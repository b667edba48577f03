"""What the two databases do alike but SQLAlchemy or their dialects keep apart."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, text
from sqlalchemy.dialects import postgresql, sqlite

# A statement is made once and run with its values: to make it anew for every row costs several times what the row does.
_CLOCKS = {
    "sqlite": text("select (julianday('now') - 2440587.5) * 86400.0"),
    "postgresql": text("select extract(epoch from clock_timestamp())"),
}


def insert_into(connection: Connection, table: Table) -> Any:
    """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)


def adds_row(connection: Connection, table: Table, /, **values: object) -> bool:
    """Inserts a row unless it is there; True if it was not."""
    # SQLAlchemy gives an INSERT's row count only when asked: on PostgreSQL it would be -1, which is true.
    options = {"preserve_rowcount": True}
    return connection.execute(_adding(connection.dialect.name, table), values, execution_options=options).rowcount == 1


@cache
def _adding(dialect: str, table: Table) -> Any:
    # Inline: nobody asks for the new row's key.
    return (sqlite if dialect == "sqlite" else postgresql).insert(table).on_conflict_do_nothing().inline()


def database_clock(connection: Connection) -> float:
    """Seconds since 1970 by the database's own clock."""
    return float(connection.execute(_CLOCKS[connection.dialect.name]).scalar_one())
