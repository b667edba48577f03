"""Opens the database so that a commit is durable and a writer never deadlocks, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InvalidatePoolError

WRITES = "afteraction_writes"
BUSY_SECONDS = 30
LOOK_SECONDS = 0.001
REST_SECONDS = 1.0


def open_engine(url: str) -> Engine:
    """An engine for `sqlite:///path` or `postgresql://…` (psycopg 3). Nothing is connected yet."""
    parsed = make_url(url)
    if parsed.drivername in {"postgresql", "postgres"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})
        _set_up_sqlite(engine)
        return engine
    engine = create_engine(parsed, pool_size=10, max_overflow=10)
    _ask_after_rest(engine)
    return engine


def _ask_after_rest(engine: Engine) -> None:
    """Asks a connection that rested whether it still works, before it is used. One that was used a moment ago is not
    asked: that would add a round trip to every transaction, and what is lost meanwhile is done again anyhow.
    """

    @event.listens_for(engine, "checkin")
    def on_checkin(_connection: Any, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def on_checkout(connection: Any, record: Any, _proxy: Any) -> None:
        since = record.info.get("rests_since")
        if since is None or time.monotonic() - since < REST_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            # The pool takes this as its cue to connect anew, and to trust none of the others.
            raise InvalidatePoolError from error


def _set_up_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver's own transaction handling would begin late; ours begins where the unit of work does.
        connection.isolation_level = None
        # SQLite does not wait, whatever its time-out, while another process turns the same new database to WAL.
        _once_free(connection, "PRAGMA journal_mode=WAL")
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        if connection.get_execution_options().get(WRITES, False):
            _begin_to_write(connection)
        else:
            connection.exec_driver_sql("BEGIN")


def _begin_to_write(connection: Connection) -> None:
    """Begins once no other process writes; OperationalError if none lets us in for BUSY_SECONDS.

    A deferred transaction that turns writer half-way fails at once with "database is locked" and is not retried. And
    SQLite's own waiting looks again ever more rarely, up to 100 ms apart: among processes that write for milliseconds
    it would sleep through most of its turns.
    """
    raw: Any = connection.connection.dbapi_connection
    raw.execute("PRAGMA busy_timeout=0")
    try:
        _once_free(raw, "BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        # Said again by SQLAlchemy, which raises it in its own way.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        raw.execute(f"PRAGMA busy_timeout={1000 * BUSY_SECONDS}")


def _once_free(raw: sqlite3.Connection, statement: str) -> None:
    """Runs it once no other process is in the way; sqlite3.OperationalError if one still is after BUSY_SECONDS."""
    ends = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            raw.execute(statement)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= ends:
                raise
            time.sleep(LOOK_SECONDS)
        else:
            return
