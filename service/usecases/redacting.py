"""Takes credentials out of facts before a text is made of them: once escaped, wrapped or cut, none is recognised."""

from __future__ import annotations

from collections.abc import Mapping
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
