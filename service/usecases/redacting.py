"""Takes credentials out of facts before a text is made of them: once escaped, wrapped or cut, none is recognised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar, cast

from service.domain.facts import ItemFacts, PostmortemFacts
from service.redaction import redact

T = TypeVar("T")


def redacted(facts: T) -> T:
    """The same facts with every credential taken out of every text in them.

    A label or an address that held one is left out: without it, it names nothing that a tracker would know.
    """
    found: Any = _redacted(facts)
    if isinstance(facts, ItemFacts):
        found = replace(found, labels=tuple(label for label in facts.labels if redact(label).text == label))
    elif isinstance(facts, PostmortemFacts) and found.url != facts.url:
        found = replace(found, url=None)
    return cast("T", found)


def taken_out(facts: object) -> tuple[str, ...]:
    """The kinds of what is taken out of facts before anything of them leaves, each once."""
    return tuple(dict.fromkeys(kind for text in _texts(facts) for kind in redact(text).kinds))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for part in value.values() for text in _texts(part))
    elif isinstance(value, (list, tuple)):
        yield from (text for part in value for text in _texts(part))
    elif is_dataclass(value) and not isinstance(value, type):
        yield from (text for field in fields(value) for text in _texts(getattr(value, field.name)))


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return value if isinstance(value, Enum) else redact(value).text
    if isinstance(value, Mapping):
        return {key: _redacted(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(_redacted(part) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _redacted(getattr(value, field.name)) for field in fields(value)})
    return value
