"""Stands before a real server and lets requests go wrong, before or after the server has done what they ask."""

from __future__ import annotations

import http.client
import json
import random
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CHANGING = ("POST", "PUT", "PATCH")
# Headers of one connection, which say nothing about the other.
_HOPS = ("connection", "keep-alive", "transfer-encoding", "content-length", "te", "upgrade")


@dataclass(frozen=True)
class Fault:
    """`kind` as in `connectors.conformance.counterpart.FAULTS`, or `refused`: each request answered by `status`."""

    kind: str
    status: int = 502
    retry_after: int = 1
    form: str = "seconds"
    seconds: float = 3.0


@dataclass
class Switch:
    """`once` strikes the next request that changes something; `shares` each request by chance; `always` each one."""

    once: list[Fault] = field(default_factory=list)
    shares: list[tuple[float, Fault]] = field(default_factory=list)
    always: Fault | None = None
    requests: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - faults, not secrets

    def strike(self, method: str) -> Fault | None:
        with self.lock:
            self.requests += 1
            if self.always is not None:
                return self.always
            if self.once and method in CHANGING:
                return self.once.pop(0)
            drawn = self.chance.random()
            for share, fault in self.shares:
                if drawn < share:
                    return fault
                drawn -= share
        return None

    def heal(self) -> None:
        with self.lock:
            self.once, self.shares, self.always = [], [], None


@dataclass(frozen=True)
class FaultProxy:
    port: int
    switch: Switch

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def fault_proxy(to_port: int) -> Iterator[FaultProxy]:
    switch = Switch()

    class Handler(FaultyHandler):
        target, faults = to_port, switch

    with listening(Handler) as port:
        yield FaultProxy(port, switch)


@contextmanager
def listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """The free port at which `handler` serves, each connection in a thread of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


class ForwardingHandler(BaseHTTPRequestHandler):
    """Passes each request on to the server at `target`, and its answer back."""

    protocol_version = "HTTP/1.1"
    target: int

    def handle_any(self, body: bytes) -> None:
        self.answer(*self.forward(body))

    def _any(self) -> None:
        self.handle_any(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815 - as http.server calls them

    def forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.target, timeout=60)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOPS}
            connection.request(self.command, self.path, body or None, headers)
            found = connection.getresponse()
            kept = [(name, value) for name, value in found.getheaders() if name.lower() not in _HOPS]
            return found.status, kept, found.read()
        finally:
            connection.close()

    def answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in [*headers, ("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if status == 204 else body)

    def hang_up(self) -> None:
        self.close_connection = True
        self.connection.close()

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):
            return  # the connection was cut on purpose

    def log_message(self, *_: Any) -> None:
        """Nothing is written down."""


class FaultyHandler(ForwardingHandler):
    faults: Switch

    def handle_any(self, body: bytes) -> None:
        fault = self.faults.strike(self.command)
        kind = fault.kind if fault else ""
        if fault is not None and kind in ("reset_before", "error_before", "rate_limited", "refused"):
            self._go_wrong(fault)
            return
        answer = self.forward(body)
        if fault is None:
            self.answer(*answer)
        elif kind == "trickle":
            self._trickle(answer, fault.seconds)
        else:
            self._go_wrong(fault)

    def _go_wrong(self, fault: Fault) -> None:
        if fault.kind.startswith(("reset", "timeout")):
            self._lose(fault)
            return
        headers = [("Content-Type", "application/json")]
        if fault.kind == "rate_limited":
            ends = formatdate(time.time() + fault.retry_after, usegmt=True)
            headers.append(("Retry-After", str(fault.retry_after) if fault.form == "seconds" else ends))
        status = 429 if fault.kind == "rate_limited" else fault.status
        self.answer(status, headers, json.dumps({"errors": ["by the switch"]}).encode())

    def _lose(self, fault: Fault) -> None:
        if fault.kind.startswith("timeout"):
            time.sleep(fault.seconds)
        else:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.hang_up()

    def _trickle(self, answer: tuple[int, list[tuple[str, str]], bytes], seconds: float) -> None:
        """A byte at a time: never idle for as long as a time-out per read would need."""
        self.close_connection = True
        ends = time.monotonic() + seconds
        try:
            self.connection.sendall(f"HTTP/1.1 {answer[0]} OK\r\nContent-Length: 100000\r\n\r\n".encode())
            while time.monotonic() < ends:
                self.connection.sendall(b" ")
                time.sleep(0.05)
            self.connection.close()
        except OSError:
            return
