"""Where the stand-ins keep what they know: documents in one SQLite file, or in memory only."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

Clock = Callable[[], float]
Document = dict[str, Any]
T = TypeVar("T")

FILE_NAME = "sandbox.sqlite"


class Store:
    """Documents by kind and key. `save` has committed when it returns, so an answer never runs ahead of the state.

    synchronous=NORMAL in WAL survives the death of the process, which is what drills inflict; a power cut is not.
    """

    def __init__(self, folder: Path | None) -> None:
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        if folder is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(folder / FILE_NAME, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS documents (kind TEXT, key TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, key))"
        )

    def load(self, kind: str) -> Iterator[Document]:
        if self._connection is None:
            return
        with self._lock:
            rows = self._connection.execute("SELECT body FROM documents WHERE kind = ?", (kind,)).fetchall()
        for (body,) in rows:
            yield json.loads(body)

    def save(self, kind: str, key: str | int, document: Document) -> None:
        if self._connection is None:
            return
        body = json.dumps(document, separators=(",", ":"))
        with self._lock:
            self._connection.execute("INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", (kind, str(key), body))

    def clear(self, kind: str) -> None:
        if self._connection is None:
            return
        with self._lock:
            self._connection.execute("DELETE FROM documents WHERE kind = ?", (kind,))

    def close(self) -> None:
        if self._connection is not None:
            with self._lock:
                self._connection.close()
            self._connection = None


class LaggingIndex(Generic[T]):
    """What a search sees: a version of a record becomes visible some seconds after it was written.

    Until then the search shows the version before it, or nothing. Not thread-safe by itself: its owner holds the lock.
    """

    def __init__(self) -> None:
        self._shown: dict[int, T] = {}
        self._pending: dict[int, deque[tuple[float, T | None]]] = {}

    def put(self, key: int, version: T | None, visible_at: float, now: float) -> None:
        """Record a version; None says that the record is gone."""
        waiting = self._pending.get(key)
        if visible_at > now or waiting:
            self._pending.setdefault(key, deque()).append((visible_at, version))
        else:
            self._show(key, version)

    def visible(self, now: float) -> dict[int, T]:
        """Every record as a search sees it now; the caller must not change it."""
        for key in [key for key, waiting in self._pending.items() if waiting[0][0] <= now]:
            waiting = self._pending[key]
            while waiting and waiting[0][0] <= now:
                self._show(key, waiting.popleft()[1])
            if not waiting:
                del self._pending[key]
        return self._shown

    def clear(self) -> None:
        self._shown.clear()
        self._pending.clear()

    def _show(self, key: int, version: T | None) -> None:
        if version is None:
            self._shown.pop(key, None)
        else:
            self._shown[key] = version
