"""Postmortems to send: unique, signed as Standard Webhooks, and as large as a real one with five action items."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import time
from typing import Any
from uuid import uuid4

KEY = b"a secret of twenty-four b"
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"
BODY_BYTES = 3901

_numbers = itertools.count(1)
_run = uuid4().hex[:8]


def postmortem(items: int, status: str = "final", service: str = "api") -> dict[str, Any]:
    """A postmortem that no other run has sent."""
    identity = f"INC-{_run}-{next(_numbers)}"
    actions = [
        {
            "id": f"{identity}-{number}",
            "title": f"{identity}.{number}: alert on the replication lag of the orders database",
            "description": "The lag grew for forty minutes before anybody saw it.",
            "kind": "detect",
            "priority": "p1",
            "owner": {"email": "dana.okafor@acme.example"},
            "due_on": "2030-06-28",
            "success_metric": "A lag of 30 s pages within two minutes.",
        }
        for number in range(1, items + 1)
    ]
    return {
        "id": identity,
        "revision": 1,
        "status": status,
        "title": f"{identity}: checkout refused payments",
        "severity": "sev2",
        "services": [service],
        "teams": ["payments"],
        "visibility": "internal",
        "action_items": actions,
    }


def sized(document: dict[str, Any], size: int = BODY_BYTES) -> bytes:
    """The document as JSON of exactly so many bytes, filled up by its summary."""
    missing = size - len(json.dumps({**document, "summary": ""}))
    return json.dumps({**document, "summary": ("The primary was slow to answer. " * 200)[: max(0, missing)]}).encode()


def signed(body: bytes, port: int, path: str = "/hooks/incidents") -> bytes:
    """The whole request, ready to be written to a connection."""
    identity, stamp = f"msg_{uuid4().hex}", str(int(time.time()))
    digest = hmac.new(KEY, f"{identity}.{stamp}.".encode() + body, hashlib.sha256).digest()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: benchmark\r\nAccept: */*\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nwebhook-id: {identity}\r\n"
        f"webhook-timestamp: {stamp}\r\nwebhook-signature: v1,{base64.b64encode(digest).decode()}\r\n\r\n"
    )
    return head.encode() + body


def deliveries(count: int, port: int, items: int = 5, status: str = "final") -> list[bytes]:
    """Unique deliveries of 3.9 kB."""
    return [signed(sized(postmortem(items, status)), port) for _ in range(count)]


def get(path: str, port: int) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/html\r\n\r\n".encode()
