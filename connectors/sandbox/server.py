"""The HTTP server: werkzeug's threads with kept-alive connections, and answers that can be lost, cut or trickled."""

from __future__ import annotations

import io
import logging
import socket
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from connectors.sandbox import gate
from connectors.sandbox.answers import CLOCK_SHIFT

LARGEST_BODY = 16 * 1024 * 1024
IDLE_SECONDS = 300.0

log = logging.getLogger("afteraction.sandbox")


class Handler(WSGIRequestHandler):
    """werkzeug's handler closes after each answer and waits for stray bytes first; this one keeps connections alive.

    The body is read whole before the application runs, so nothing of it is left over for the next request.
    """

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    server: Server
    _clock_shift = 0.0

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server.opened(self.connection)

    def finish(self) -> None:
        self.server.closed(self.connection)
        try:
            super().finish()
        except (OSError, ValueError) as error:
            log.debug("connection was cut: %s", error)

    def run_wsgi(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY or self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        environ: dict[str, Any] = dict(self.make_environ())
        environ["wsgi.input"] = io.BytesIO(self.rfile.read(int(length)))
        self._clock_shift = 0.0
        answer: list[Any] = ["500 Internal Server Error", []]

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Callable[[bytes], Any]:
            answer[:] = [status, headers]
            return _discard

        result = self.server.app(environ, start_response)
        body = b"".join(result)
        getattr(result, "close", lambda: None)()
        self._clock_shift = float(environ.get(CLOCK_SHIFT, 0.0))
        how = environ.get(gate.LOSE_CONNECTION)
        if how:
            self.close_connection = True
            self._cut(how)
            return
        self._send(answer[0], answer[1], body, environ)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """What the Date header says."""
        return super().date_time_string((time.time() if timestamp is None else timestamp) + self._clock_shift)

    def _cut(self, how: str) -> None:
        try:
            gate.cut(self.connection, how)
        except OSError as error:
            log.debug("connection was gone already: %s", error)

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes, environ: dict[str, Any]) -> None:
        code, _, phrase = status.partition(" ")
        if self.headers.get("Connection", "").lower() == "close":
            headers = [*headers, ("Connection", "close")]
            self.close_connection = True
        if code not in {"204", "304"} and not any(name.lower() == "content-length" for name, _ in headers):
            headers = [*headers, ("Content-Length", str(len(body)))]
        self.send_response(int(code), phrase)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers_into(b"" if self.command == "HEAD" or code in {"204", "304"} else body, environ)

    def end_headers_into(self, body: bytes, environ: dict[str, Any]) -> None:
        """Send head and body in one piece, or drop by drop if the switch says so."""
        buffered: list[bytes] = self.__dict__.pop("_headers_buffer")
        whole = b"".join([*buffered, b"\r\n", body])
        seconds = environ.get(gate.TRICKLE)
        if seconds:
            self._trickle(whole, float(seconds))
        else:
            self.connection.sendall(whole)
        environ.get(gate.AFTER_ANSWER, lambda: None)()

    def _trickle(self, whole: bytes, seconds: float) -> None:
        """One byte at a time, often enough that a client's time-out between reads never strikes."""
        steps = max(1, min(len(whole) - 1, int(seconds / 0.05)))
        for at in range(steps):
            self.connection.sendall(whole[at : at + 1])
            time.sleep(seconds / steps)
        self.connection.sendall(whole[steps:])

    def log_request(self, code: int | str = "-", _: int | str = "-") -> None:
        log.debug("%s %s", self.requestline, code)


def _discard(_: bytes) -> None:
    """The write callable of WSGI, which nothing here uses."""


class Server(ThreadedWSGIServer):
    request_queue_size = 512
    daemon_threads = True
    # Threads are told to end by closing their connections; waiting for those that hang on purpose would hang too.
    block_on_close = False

    def __init__(self, host: str, port: int, app: Any) -> None:
        """Raises OSError if the port is taken; werkzeug, left to bind it, would end the process."""
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        with socket.create_server((host, port), backlog=self.request_queue_size) as bound:
            super().__init__(host, port, app, handler=Handler, fd=bound.fileno())

    def opened(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.discard(connection)

    def hang_up(self) -> None:
        """Close every open connection."""
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError as error:
                log.debug("connection was gone already: %s", error)
