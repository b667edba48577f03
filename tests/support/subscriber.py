"""A program that takes webhooks on this machine: keeps every connection and request, and answers as it is told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Taken:
    headers: dict[str, str]
    body: bytes
    path: str

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def document(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    def is_signed_with(self, key: str) -> bool:
        """Computed here, so that no code is shared with the signer."""
        signed = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        digest = hmac.new(base64.b64decode(key), signed, hashlib.sha256).digest()
        return f"v1,{base64.b64encode(digest).decode()}" in self.headers["webhook-signature"].split(" ")


@dataclass
class Subscriber:
    """`answers` are used up one by one; the last one stays."""

    url: str = ""
    connections: int = 0
    taken: list[Taken] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=lambda: [(204, {})])

    def answer(self, *answers: int | tuple[int, dict[str, str]]) -> None:
        self.answers = [each if isinstance(each, tuple) else (each, {}) for each in answers]

    def types(self) -> list[str]:
        return [each.document["type"] for each in self.taken]


@contextmanager
def subscribing(host: str = "127.0.0.1") -> Iterator[Subscriber]:
    subscriber = Subscriber()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length)
            headers = {name.lower(): value for name, value in self.headers.items()}
            subscriber.taken.append(Taken(headers, body, self.path))
            status, more = subscriber.answers.pop(0) if len(subscriber.answers) > 1 else subscriber.answers[0]
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def process_request(self, request: Any, client_address: Any) -> None:
            subscriber.connections += 1
            super().process_request(request, client_address)

    with Server((host, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        subscriber.url = f"http://{host}:{server.server_port}"
        try:
            yield subscriber
        finally:
            server.shutdown()
            thread.join(5)
