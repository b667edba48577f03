"""What the JSON of several senders needs before it is read: safe bodies, and values that come in several shapes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from connectors.spi import Unreadable

MAX_DEPTH = 64
CURE = "See what was sent: the sender's settings should name this address for its JSON webhooks alone; else discard it."
# A comma before a closing bracket, and strings so that what looks like one inside them is passed over.
_TRAILING_COMMA = re.compile(r'"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])', re.DOTALL)
_SPACED_UTC = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?) UTC")


def json_object(vendor: str, body: bytes, *, forgiving: bool = False, cure: str = CURE) -> dict[str, Any]:
    """The body as an object without what no database keeps. `forgiving` passes over trailing commas.

    Raises Unreadable.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(f"{vendor}.not_utf8", f"The document is not UTF-8 (byte {error.start}).", cure) from None
    try:
        data = _loaded(text, forgiving=forgiving)
    except RecursionError:
        raise _too_deep(vendor, cure) from None
    except ValueError as error:
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise Unreadable(f"{vendor}.not_json", f"The document is not JSON{where}.", cure) from None
    if not isinstance(data, dict):
        raise Unreadable(f"{vendor}.not_object", "The document is not a JSON object.", cure)
    if _depth(data) > MAX_DEPTH:
        raise _too_deep(vendor, cure)
    cleaned: dict[str, Any] = storable(data)
    return cleaned


def _loaded(text: str, *, forgiving: bool) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError:
        if not forgiving:
            raise
    return json.loads(_TRAILING_COMMA.sub(lambda m: "" if m[0] == "," else m[0], text), parse_constant=_no_constant)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _too_deep(vendor: str, cure: str) -> Unreadable:
    return Unreadable(f"{vendor}.too_deep", f"The document nests more than {MAX_DEPTH} levels deep.", cure)


def _depth(data: Any) -> int:
    level, deepest = [data], 0
    while level and deepest <= MAX_DEPTH:
        deepest += 1
        inner = (each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list))
        level = [value for values in inner for value in values if isinstance(value, dict | list)]
    return deepest


def storable(value: Any) -> Any:
    """Without what JSON can escape but no database keeps: NUL, and halves of surrogate pairs."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [storable(each) for each in value]
    if isinstance(value, dict):
        return {storable(name): storable(each) for name, each in value.items()}
    return value


def member(value: Any, *path: str) -> Any:
    """What stands under these names, or None as soon as one is not there."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def members(value: Any, *path: str) -> list[Mapping[str, Any]]:
    """The objects of the list that stands there; empty where there is none."""
    found = member(value, *path) if path else value
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def text(value: Any) -> str:
    """A text as it is, a number as its digits, anything else as nothing."""
    if isinstance(value, bool):
        return ""
    return value.strip() if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def named(value: Any) -> str:
    """The name of what is a text or an object: {"name"}, {"slug"}, or JSON:API's {"data": {"attributes"}}."""
    inner = member(value, "data", "attributes") or member(value, "attributes") or value
    if isinstance(inner, Mapping):
        return next((found for name in ("name", "slug", "title", "value") if (found := text(inner.get(name)))), "")
    return text(inner)


def instant(value: Any) -> datetime | None:
    """ISO 8601 with an offset, or `2023-07-25 13:34:49 UTC`; None for what is no instant."""
    words = text(value)
    if found := _SPACED_UTC.fullmatch(words):
        words = f"{found[1]}T{found[2]}+00:00"
    try:
        at = datetime.fromisoformat(words)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def day(value: Any) -> date | None:
    """The day of a date, or of an instant as its sender wrote it."""
    try:
        return date.fromisoformat(text(value)[:10])
    except ValueError:
        return None
