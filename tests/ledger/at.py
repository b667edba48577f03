"""Instants, and work done by several threads at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from service.ledger import Ledger

T = TypeVar("T")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def at_once(count: int, work: Callable[[int], T]) -> list[T]:
    """What `work(number)` returns in each of so many threads that begin together."""
    together = threading.Barrier(count)

    def run(number: int) -> T:
        together.wait(30)
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@contextmanager
def opened(url: str, count: int) -> Iterator[list[Ledger]]:
    """The same ledger, opened so many times: as several processes have it."""
    with ExitStack() as stack:
        yield [stack.enter_context(closing(Ledger(url))) for _ in range(count)]
