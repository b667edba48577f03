"""Servers of a few lines that answer as badly as a test wants, and what they saw."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

JIRA_USER = "afteraction@acme.example"
Talk = Callable[[socket.socket, threading.Event], None]


@dataclass
class Wire:
    """A listening server; `requests` holds the head and body of each request that arrived whole."""

    port: int
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def wire(talk: Talk) -> Iterator[Wire]:
    """Reads one request a connection, then lets `talk` do what it likes with the socket until the test ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    server, ended, threads = Wire(listener.getsockname()[1]), threading.Event(), []

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                server.requests.append(_request(connection))
                talk(connection, ended)
            except OSError:
                return

    def accept() -> None:
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=serve, args=(connection,), daemon=True)
            thread.start()
            threads.append(thread)

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield server
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in [acceptor, *threads]:
            thread.join(timeout=5)


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _received(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += _received(connection)
    return head + b"\r\n\r\n" + body


def _received(connection: socket.socket) -> bytes:
    part = connection.recv(65536)
    if not part:
        raise ConnectionError("the client left")
    return part


def say(text: bytes) -> Talk:
    return lambda connection, _: connection.sendall(text)


def answer(status: str, body: bytes = b"{}", *headers: str) -> Talk:
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return say("\r\n".join([*lines, "Connection: close", "", ""]).encode() + body)


def hang(connection: socket.socket, ended: threading.Event) -> None:
    ended.wait(30)


def reset(connection: socket.socket, ended: threading.Event) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def trickle(start: bytes, drop: bytes = b" ") -> Talk:
    """A byte every tenth of a second, for ever: never idle for as long as a time-out per read would need."""

    def talk(connection: socket.socket, ended: threading.Event) -> None:
        connection.sendall(start)
        while not ended.wait(0.1):
            connection.sendall(drop)

    return talk


def until(holds: Callable[[], bool], seconds: float = 5.0) -> None:
    """Waits for something that another thread does."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError("it did not happen in time")
        threading.Event().wait(0.01)


@contextmanager
def took_less_than(seconds: float) -> Iterator[None]:
    started = time.monotonic()
    yield
    took = time.monotonic() - started
    assert took < seconds, f"took {took:.1f} s"
