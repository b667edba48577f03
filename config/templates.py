"""Field values with placeholders such as `{severity}`: what they may name, and what they come to. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

# What an action item says, and what only its postmortem says.
OF_POSTMORTEMS = ("incident", "incident_id", "severity", "service")
OF_ITEMS = ("title", *OF_POSTMORTEMS, "team", "priority", "kind", "due_on")

_PART = re.compile(r"\{\{|\}\}|\{([a-z_]+)(?:\|([^{}]*))?\}|[{}]")


class Unsaid(Exception):
    """Nothing is known under a placeholder's name, and it has no default."""


def named(value: Any) -> Iterator[str]:
    """The names of all placeholders in a value; a brace that stands alone is itself."""
    for text in _texts(value):
        for part in _PART.finditer(text):
            if part[0] not in ("{{", "}}"):
                yield part[1] or part[0]


def is_template(value: Any) -> bool:
    """Whether what the value comes to differs from issue to issue."""
    return next(named(value), None) is not None


def fill(value: Any, said: Mapping[str, str]) -> Any:
    """The value with what is `said` in place of its placeholders. In a list or table, what nobody says is left out.

    Only texts change: what is said can become neither a key nor another kind of value. Raises Unsaid.
    """
    if isinstance(value, str):
        return _PART.sub(_filler(said), value)
    if isinstance(value, Mapping):
        return dict(_filled(value.items(), said))
    if isinstance(value, list | tuple):
        return [part for _, part in _filled(enumerate(value), said)]
    return value


def _filled(parts: Iterable[tuple[Any, Any]], said: Mapping[str, str]) -> list[tuple[Any, Any]]:
    found, unsaid = [], None
    for name, part in parts:
        try:
            found.append((name, fill(part, said)))
        except Unsaid as nothing:
            unsaid = nothing
    if unsaid is not None and not found:
        raise unsaid
    return found


def _filler(said: Mapping[str, str]) -> Callable[[re.Match[str]], str]:
    def text(part: re.Match[str]) -> str:
        if part[1] is None:
            return part[0][0]
        found = said.get(part[1]) or part[2]
        if not found:
            raise Unsaid(part[1])
        return found

    return text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for part in value.values() for text in _texts(part))
    elif isinstance(value, list | tuple):
        yield from (text for part in value for text in _texts(part))
