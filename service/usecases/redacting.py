"""Takes what must not leave out of facts before a text is made of them: once escaped or cut, none is recognised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar, cast

from service.domain.facts import ItemFacts, PostmortemFacts
from service.redaction import CREDENTIALS, Redactor

T = TypeVar("T")


def redacted(facts: T, redactor: Redactor = CREDENTIALS) -> T:
    """The same facts with everything that must not leave taken out of every text in them.

    A label or an address that held some of it is left out: without it, it names nothing that a tracker would know.
    """
    found: Any = _redacted(facts, redactor)
    if isinstance(facts, ItemFacts):
        kept = tuple(label for label in facts.labels if redactor.redact(label).text == label)
        found = replace(found, labels=kept)
    elif isinstance(facts, PostmortemFacts):
        url = facts.url if found.url == facts.url else None
        issue_url = facts.issue_url if found.issue_url == facts.issue_url else None
        found = replace(found, url=url, issue_url=issue_url)
    return cast("T", found)


def taken_out(facts: object, redactor: Redactor = CREDENTIALS) -> tuple[str, ...]:
    """The kinds of what is taken out of facts before anything of them leaves, each once."""
    return tuple(dict.fromkeys(kind for text in _texts(facts) for kind in redactor.redact(text).kinds))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for part in value.values() for text in _texts(part))
    elif isinstance(value, (list, tuple)):
        yield from (text for part in value for text in _texts(part))
    elif is_dataclass(value) and not isinstance(value, type):
        yield from (text for field in fields(value) for text in _texts(getattr(value, field.name)))


def _redacted(value: Any, redactor: Redactor) -> Any:
    if isinstance(value, str):
        return value if isinstance(value, Enum) else redactor.redact(value).text
    if isinstance(value, Mapping):
        return {key: _redacted(part, redactor) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(_redacted(part, redactor) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: _redacted(getattr(value, field.name), redactor) for field in fields(value)}
        return replace(value, **parts)
    return value
