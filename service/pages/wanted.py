"""Filters as words in the URL, there and back. A word that means nothing is left out, never an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any
from urllib.parse import urlencode

from service.domain.facts import State
from service.ledger.queries import ItemFilter

STATES = ("unfinished", *(state.value for state in State))
PROMISES = ("due", "kept", "broken", "moved", "dropped")
FLAGS = ("overdue", "stalled", "replanned", "snoozed")
LONGEST = 200

PROMISE_WORDS = {
    "due": "first due in the last 90 days",
    "kept": "done on schedule in the last 90 days",
    "broken": "due in the last 90 days and not done on schedule",
    "moved": "due in the last 90 days and moved to another date",
    "dropped": "due in the last 90 days and declined or withdrawn",
}
FLAG_WORDS = {"overdue": "overdue", "stalled": "stalled", "replanned": "re-planned", "snoozed": "snoozed"}


def read_filter(words: Mapping[str, str]) -> ItemFilter:
    texts = {name: words.get(name, "").strip()[:LONGEST].replace("\0", "") for name in _names()}
    state = texts["state"].lower()
    promise = texts["promise"].lower()
    plain = ("team", "priority", "severity", "source", "target", "owner", "attention")
    values: dict[str, Any] = {name: texts[name] or None for name in plain}
    values |= {name: texts[name].lower() in ("yes", "1", "true", "on") for name in FLAGS}
    return ItemFilter(
        state=state if state in STATES else None,
        promise=promise if promise in PROMISES else None,
        q=" ".join(texts["q"].split()),
        **values,
    )


def words_of(wanted: ItemFilter) -> dict[str, str]:
    """The filter as the words of a query string, what is open left out."""
    found = {}
    for name in _names():
        value = getattr(wanted, name)
        if value:
            found[name] = "yes" if value is True else str(value)
    return found


def link(wanted: ItemFilter, page: int = 1) -> str:
    return _url(words_of(wanted) | ({"page": str(page)} if page > 1 else {}))


def without(wanted: ItemFilter, name: str) -> str:
    """The link to the list with one part of the filter left open."""
    return _url({key: value for key, value in words_of(wanted).items() if key != name})


def _url(words: Mapping[str, str]) -> str:
    return "/items" + (f"?{urlencode(words)}" if words else "")


def page_of(words: Mapping[str, str]) -> int:
    text = words.get("page", "1")
    return min(max(1, int(text)), 1_000_000) if text.isascii() and text.isdigit() else 1


def _names() -> list[str]:
    return [field.name for field in fields(ItemFilter) if field.name != "without_private"]
