"""JSON in and out of the stand-ins."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from flask import Response, request

# How far the server's clock is wrong for this request, in seconds.
CLOCK_SHIFT = "sandbox.clock_shift"


class Refusal(Exception):
    """Ends a request with a vendor's error; the blueprint that raised it turns it into the answer."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, dict(headers or {})


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer; None is an empty one."""
    text = "" if body is None else json.dumps(body, separators=(",", ":"))
    return Response(text, status, dict(headers or {}), mimetype="application/json")


def told_time() -> float:
    """The server's time as it tells it, which may be wrong."""
    return time.time() + float(request.environ.get(CLOCK_SHIFT, 0.0))


def json_object(malformed: Refusal) -> dict[str, Any]:
    """The request's body as an object; raises `malformed` if it is none. An empty body is an empty object."""
    raw = request.get_data()
    try:
        document = json.loads(raw) if raw else {}
    except ValueError as error:
        raise malformed from error
    if not isinstance(document, dict):
        raise malformed
    return document


def number(name: str, default: int, highest: int) -> int:
    """A whole number from the query, forgiving as both vendors are: nonsense is the default."""
    text = request.args.get(name, "")
    return min(int(text), highest) if text.isdigit() else default
