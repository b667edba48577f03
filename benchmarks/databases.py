"""Databases to measure on, durable as in production: SQLite on a disk, and a PostgreSQL server of our own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.databases import Postgresql, new_postgresql, remove_postgresql


@dataclass
class Databases:
    """Hands out empty databases of either kind. `kinds` lacks PostgreSQL where it is not installed."""

    folder: Path
    server: Postgresql | None = None
    _count: int = field(default=0)

    @property
    def kinds(self) -> tuple[str, ...]:
        return ("sqlite", "postgresql") if self.server else ("sqlite",)

    def new(self, kind: str) -> str:
        """The URL of an empty database."""
        if kind == "postgresql":
            assert self.server is not None
            return self.server.url(self.server.new_database())
        self._count += 1
        return f"sqlite:///{self.folder / f'{self._count}.sqlite'}"


def has_postgresql() -> bool:
    return any(Path("/usr/lib/postgresql").glob("*/bin/postgres")) or shutil.which("postgres") is not None


@contextmanager
def databases(*, with_postgresql: bool = True) -> Iterator[Databases]:
    """A folder and a server for as long as the benchmarks run; fsync is on."""
    folder = Path(tempfile.mkdtemp(prefix="aa-bench-db-"))
    server = new_postgresql(durable=True) if with_postgresql and has_postgresql() else None
    try:
        yield Databases(folder, server)
    finally:
        if server is not None:
            remove_postgresql(server)
        shutil.rmtree(folder, ignore_errors=True)
