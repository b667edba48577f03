"""The standard postmortem document, member by member. `postmortem-v1.json` beside it says the same to senders.

null is as good as absent wherever a member is optional; unknown members are passed over and stay in `raw`.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validates_schema

STATUSES = ("draft", "final", "reopened", "deleted")
VISIBILITIES = ("public", "internal", "private")
KINDS = ("prevent", "detect", "mitigate", "process", "other")
PRIORITIES = ("p0", "p1", "p2", "p3", "p4")
LEVELS = ("low", "medium", "high")
TIMELINE = ("started_at", "detected_at", "mitigated_at", "resolved_at")

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_ADDRESS = re.compile(r"(?:https?://\S+)?")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")


class _Read(fields.Field[Any]):
    """A member that is read by one function, which raises ValidationError with what it must be."""

    def __init__(self, read: Callable[[Any], Any], *, required: bool = False) -> None:
        super().__init__(required=required, allow_none=not required)
        self._read = read
        self.error_messages = {
            **self.error_messages,
            "required": "is required",
            "null": "must not be null",
        }

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return self._read(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValidationError("must be a text")
    return value


def _filled(value: Any) -> str:
    text = _text(value)
    if not text.strip():
        raise ValidationError("must not be empty")
    return text


def _identity(value: Any) -> str:
    text = _filled(value)
    if len(text) > 256:
        raise ValidationError("must have at most 256 characters")
    return text


def _one_of(words: tuple[str, ...]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise ValidationError(f"must be one of {', '.join(words)}")
        return value

    return read


def _address(value: Any) -> str:
    if not _ADDRESS.fullmatch(_text(value)):
        raise ValidationError("must be an address that begins with http:// or https://")
    return str(value)


def _mail(value: Any) -> str:
    if not _MAIL.fullmatch(_text(value)):
        raise ValidationError("must be an e-mail address")
    return str(value)


def _whole(value: Any) -> int:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or value < 0 or not float(value).is_integer():
        raise ValidationError("must be a whole number, 0 or more")
    return int(value)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValidationError("must be true or false")
    return value


def _instant(value: Any) -> datetime:
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        with contextlib.suppress(ValueError):
            return datetime.fromisoformat(value.upper())
    raise ValidationError("must be an instant with an offset, such as 2026-03-09T07:31:00Z")


def _day(value: Any) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        with contextlib.suppress(ValueError):
            return date.fromisoformat(value)
    raise ValidationError("must be a day, such as 2026-03-31")


class _Part(Schema):
    """One object of the document."""

    class Meta:
        unknown = EXCLUDE

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error_messages = {**self.error_messages, "type": "must be an object"}


def _list(inner: fields.Field[Any]) -> fields.List[Any]:
    return fields.List(inner, allow_none=True, error_messages={"invalid": "must be a list"})


def _texts() -> fields.List[Any]:
    return _list(_Read(_text, required=True))


def _part(schema: type[Schema]) -> fields.Nested:
    return fields.Nested(schema, allow_none=True, error_messages={"type": "must be an object"})


def _required_part(schema: type[Schema]) -> fields.Nested:
    return fields.Nested(schema, error_messages={"type": "must be an object", "null": "must not be null"})


class Owner(_Part):
    email = _Read(_mail)
    name = _Read(_filled)

    @validates_schema
    def _somebody(self, data: Mapping[str, Any], **_: Any) -> None:
        if not data.get("email") and not data.get("name"):
            raise ValidationError("must have an email or a name")


class Milestone(_Part):
    title = _Read(_filled, required=True)
    due_on = _Read(_day)
    done = _Read(_truth)


class Factor(_Part):
    id = _Read(_text)
    text = _Read(_filled, required=True)
    category = _Read(_text)


class Risk(_Part):
    likelihood = _Read(_one_of(LEVELS))
    severity = _Read(_one_of(LEVELS))


class Timeline(_Part):
    started_at = _Read(_instant)
    detected_at = _Read(_instant)
    mitigated_at = _Read(_instant)
    resolved_at = _Read(_instant)


class Item(_Part):
    id = _Read(_identity)
    title = _Read(_filled, required=True)
    description = _Read(_text)
    kind = _Read(_one_of(KINDS))
    priority = _Read(_one_of(PRIORITIES))
    owner = _part(Owner)
    team = _Read(_text)
    due_on = _Read(_day)
    success_metric = _Read(_text)
    validation_plan = _Read(_text)
    verify_after_days = _Read(_whole)
    resources = _Read(_text)
    addresses = _texts()
    milestones = _list(_required_part(Milestone))
    done = _Read(_truth)
    issue_url = _Read(_address)
    labels = _texts()


class Document(_Part):
    id = _Read(_identity, required=True)
    revision = _Read(_whole)
    status = _Read(_one_of(STATUSES), required=True)
    merged_into = _Read(_identity)
    title = _Read(_filled, required=True)
    summary = _Read(_text)
    impact = _Read(_text)
    url = _Read(_address)
    issue_url = _Read(_address)
    incident_type = _Read(_text)
    severity = _Read(_text)
    visibility = _Read(_one_of(VISIBILITIES))
    services = _texts()
    teams = _texts()
    tags = _texts()
    objectives = _texts()
    timeline = _part(Timeline)
    finalized_at = _Read(_instant)
    risk = _part(Risk)
    contributing_factors = _list(_required_part(Factor))
    body_markdown = _Read(_text)
    action_items = _list(_required_part(Item))
