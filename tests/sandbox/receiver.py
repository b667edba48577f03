"""A receiver of webhooks, and processes that can be killed."""

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType


@dataclass(frozen=True)
class Delivery:
    headers: dict[str, str]
    raw: bytes


class Receiver:
    """Answers with the statuses given, in order, then 202 for ever."""

    def __init__(self, *statuses: int) -> None:
        self.deliveries: list[Delivery] = []
        self._statuses = list(statuses)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/hooks/x"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        deliveries, next_status = self.deliveries, self._next_status

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                deliveries.append(Delivery(dict(self.headers.items()), raw))
                self.send_response(next_status())
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler

    def _next_status(self) -> int:
        return self._statuses.pop(0) if self._statuses else 202

    def __enter__(self) -> "Receiver":
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
