"""The load generator: one asyncio loop on loopback that sends prepared requests, and stops after the last of them."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

HOST = "127.0.0.1"
PATIENCE_SECONDS = 60.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"


@dataclass
class Run:
    """What came of a load: seconds from each request to its answer, in the order of the answers."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def add(self, other: Run) -> None:
        """As if both had been one."""
        self.latencies += other.latencies
        self.statuses += other.statuses
        self.seconds += other.seconds

    def answered(self, status: int) -> Run:
        """Itself, if every request was answered so: a refusal is quick, and would pass for speed."""
        if set(self.statuses) != {status}:
            raise AssertionError(f"the answers were {dict(self.statuses)}, and {status} was expected")
        return self


class _Wire(asyncio.Protocol):
    """One connection: sends a request, gives the status once the whole answer is here. 0 if the connection ended."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._answer: asyncio.Future[int] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(_HEAD_END)
        if end < 0:
            return
        found = _LENGTH.search(self._buffer, 0, end)
        if found is not None and len(self._buffer) >= end + len(_HEAD_END) + int(found[1]):
            status = int(self._buffer[9:12])
            self._buffer.clear()
            self._give(status)

    def connection_lost(self, _error: Exception | None) -> None:
        self._give(0)

    def _give(self, status: int) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(status)

    async def ask(self, request: bytes) -> int:
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await asyncio.wait_for(self._answer, PATIENCE_SECONDS)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


async def _connect(port: int) -> _Wire:
    return (await asyncio.get_running_loop().create_connection(_Wire, HOST, port))[1]


def closed_loop(port: int, requests: Sequence[bytes], connections: int = 16) -> Run:
    """Every connection is kept alive and asks again as soon as it is answered, until the requests are used up."""
    return asyncio.run(_closed(port, requests, connections))


async def _closed(port: int, requests: Sequence[bytes], connections: int) -> Run:
    run, left = Run(), iter(requests)

    async def go() -> None:
        wire = await _connect(port)
        for request in left:
            began = time.perf_counter()
            status = await wire.ask(request)
            run.latencies.append(time.perf_counter() - began)
            run.statuses[status] += 1
        wire.close()

    began = time.perf_counter()
    await asyncio.gather(*(go() for _ in range(connections)))
    run.seconds = time.perf_counter() - began
    return run


def open_loop(port: int, requests: Sequence[bytes], per_second: float, seed: int = 1) -> Run:
    """Requests arrive by chance (Poisson), each on a connection of its own; latency counts from the moment at which
    each was to be sent, so that a server which stalls cannot hide the requests that it held up.
    """
    return asyncio.run(_open(port, requests, per_second, seed))


async def _open(port: int, requests: Sequence[bytes], per_second: float, seed: int) -> Run:
    run, chance, tasks = Run(), random.Random(seed), []

    async def go(request: bytes, at: float) -> None:
        wire = await _connect(port)
        status = await wire.ask(request)
        run.latencies.append(time.perf_counter() - at)
        run.statuses[status] += 1
        wire.close()

    began = at = time.perf_counter()
    for request in requests:
        at += chance.expovariate(per_second)
        if (wait := at - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(go(request, at)))
    await asyncio.gather(*tasks)
    run.seconds = time.perf_counter() - began
    return run
