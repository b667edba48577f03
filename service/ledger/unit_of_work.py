"""One transaction, and everything that may be done in it. Uncommitted work vanishes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from sqlalchemy import Connection, Engine

from service.ledger.cursors import Cursors
from service.ledger.engine import WRITES, open_engine
from service.ledger.events import Events
from service.ledger.inbox import Inbox
from service.ledger.instance import InstanceStore
from service.ledger.issues import Issues
from service.ledger.items import Items
from service.ledger.journal import Journal
from service.ledger.notices import Notices
from service.ledger.operators import Credentials, OperatorNotices
from service.ledger.outbox import Outbox
from service.ledger.parents import Parents
from service.ledger.postmortems import Postmortems
from service.ledger.sql import database_clock
from service.ledger.statuses import Statuses
from service.ledger.targets import Targets


class UnitOfWork:
    """Entered, it has begun; left without `commit`, it rolls back. Not for use by two threads."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.instance = InstanceStore(connection)
        self.inbox = Inbox(connection)
        self.postmortems = Postmortems(connection)
        self.items = Items(connection)
        self.statuses = Statuses(connection)
        self.issues = Issues(connection)
        self.parents = Parents(connection)
        self.targets = Targets(connection)
        self.outbox = Outbox(connection)
        self.events = Events(connection)
        self.cursors = Cursors(connection)
        self.notices = Notices(connection)
        self.credentials = Credentials(connection)
        self.operator_notices = OperatorNotices(connection)
        self.journal = Journal(connection)

    def commit(self) -> None:
        """Makes everything since the beginning true, durably, and ends the transaction."""
        self.connection.commit()

    def clock(self) -> float:
        """Seconds by the database's own clock, for leases alone: processes on other machines may disagree on time."""
        return database_clock(self.connection)


class _Turn:
    """The process's one turn at writing SQLite: threads that wait here wait fairly, instead of polling the file."""

    def __init__(self, needed: bool) -> None:
        self._lock = threading.Lock() if needed else None

    def __enter__(self) -> None:
        if self._lock:
            self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock:
            self._lock.release()


class Ledger:
    """The database, opened. `begin` writes; `read` sees one consistent state and cannot commit."""

    def __init__(self, url: str) -> None:
        self.engine: Engine = open_engine(url)
        self._writes = self.engine.execution_options(**{WRITES: True})
        sqlite = self.engine.dialect.name == "sqlite"
        # How many threads of one process gain anything by writing at once. PostgreSQL commits several together, but
        # each connection is a process that wants the machine.
        self.writers = 1 if sqlite else 4
        self._turn = _Turn(sqlite)
        # SQLite reads one state in any transaction; PostgreSQL would show each statement the newest.
        self._one_state = {} if sqlite else {"isolation_level": "REPEATABLE READ"}

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        """A unit of work that may write."""
        with self._turn, self._writes.connect() as connection:
            connection.begin()
            yield UnitOfWork(connection)
            if connection.in_transaction():
                connection.rollback()

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """A unit of work that only reads, and never waits for a writer."""
        with self.engine.connect().execution_options(**self._one_state) as connection:
            yield UnitOfWork(connection)
            connection.rollback()

    def close(self) -> None:
        self.engine.dispose()
