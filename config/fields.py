"""Strict marshmallow fields for TOML values: nothing is converted silently, and each says what it takes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from marshmallow import ValidationError, fields

from config.faults import nearest
from config.model import OWN_PARENT
from config.templates import named

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_EMAIL = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+")
_HEADER = re.compile(r"[A-Za-z0-9-]+")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ROLES = ("viewer", "operator", "admin")
_BIGGEST = 10**9


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a field says instead of a message: the machine's word, what is accepted, and words that may be meant."""

    code: str
    accepted: str
    example: str = ""
    options: Callable[[], frozenset[str]] | None = None


class Checked(fields.Field[Any]):
    """A value that `read` returns in its final form, raising ValueError where it is not what `refusal` accepts."""

    def __init__(self, refusal: Refusal, read: Callable[[Any], Any], *, required: bool = False) -> None:
        super().__init__(required=required)
        self.refusal = refusal
        self._read = read

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        try:
            return self._read(value)
        except ValueError as error:
            raise ValidationError([self.refusal]) from error


class Many(fields.Field[Any]):
    """A list of the same kind of value, or one value alone. A list becomes a tuple, each wrong member is named."""

    def __init__(self, of: Checked) -> None:
        super().__init__()
        self.of = of
        one = of.refusal
        self.refusal = Refusal("wrong_type", f"{one.accepted}, or a list of such", f"[{one.example}]")

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if not isinstance(value, list):
            return (self.of.deserialize(value),)
        taken, errors = [], {}
        for index, member in enumerate(value):
            try:
                taken.append(self.of.deserialize(member))
            except ValidationError as error:
                errors[index] = error.messages
        if errors:
            raise ValidationError(errors)
        return tuple(taken)


def line(value: Any) -> str:
    """One line of text with something in it."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > 500:
        raise ValueError
    return value.strip()


def text(accepted: str, example: str, *, required: bool = False) -> Checked:
    return Checked(Refusal("not_text", accepted, example), line, required=required)


def choice(words: tuple[str, ...], code: str, *, required: bool = False) -> Checked:
    def read(value: Any) -> str:
        if value not in words:
            raise ValueError
        return str(value)

    known = frozenset(words)
    refusal = Refusal(code, f"one of {', '.join(words)}", f'"{words[0]}"', lambda: known)
    return Checked(refusal, read, required=required)


def whole(low: int, high: int, *, required: bool = False) -> Checked:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError
        return value

    return Checked(
        Refusal("not_a_number", f"a whole number from {low} to {high}", str(max(low, min(10, high)))),
        read,
        required=required,
    )


def seconds(value: Any) -> float:
    """A finite number of seconds above zero."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= _BIGGEST:
        raise ValueError
    return float(value)


def duration(example: str) -> Checked:
    return Checked(Refusal("not_a_number", "a number of seconds above 0", example), seconds)


def flag() -> Checked:
    def read(value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError  # noqa: TRY004 - a wrong type is one of many wrong values here
        return value

    return Checked(Refusal("not_a_flag", "true or false, without quotes", "true"), read)


def day() -> Checked:
    def read(value: Any) -> date:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
        raise ValueError

    return Checked(Refusal("not_a_date", "a date, written as year-month-day", "2026-01-31"), read)


def operator() -> Checked:
    """A name as the sign-in proxy gives it, alone or with a role."""

    def read(value: Any) -> str:
        name = line(value)
        before, colon, role = name.rpartition(":")
        if colon and (not before.strip() or role.strip().lower() not in _ROLES):
            raise ValueError
        return name

    accepted = f"a name, or a name with one of the roles {', '.join(_ROLES)} after a colon"
    return Checked(Refusal("not_an_operator", accepted, '"ada@example.com:admin"'), read)


def weekday() -> Checked:
    """A day's English name, as the number that Python gives it (Monday is 0)."""

    def read(value: Any) -> int:
        return _DAYS.index(line(value).lower())

    known = frozenset(_DAYS)
    return Checked(Refusal("unknown_day", "a day such as saturday", '"saturday"', lambda: known), read)


def hours() -> Checked:
    def read(value: Any) -> tuple[int, int]:
        if not isinstance(value, list) or len(value) != 2 or any(type(hour) is not int for hour in value):
            raise ValueError
        if not 0 <= value[0] < value[1] <= 24:
            raise ValueError
        return value[0], value[1]

    return Checked(Refusal("not_hours", "the first and the last hour of a working day", "[8, 18]"), read)


def email(*, required: bool = False) -> Checked:
    def read(value: Any) -> str:
        address = line(value)
        if not _EMAIL.fullmatch(address):
            raise ValueError
        return address

    return Checked(Refusal("not_an_address", "an e-mail address", '"ada@example.com"'), read, required=required)


def zone() -> Checked:
    def read(value: Any) -> str:
        name = line(value)
        try:
            ZoneInfo(name)
        except (LookupError, OSError) as error:
            raise ValueError from error
        return name

    refusal = Refusal("bad_zone", "an IANA time zone such as Europe/Berlin", '"Europe/Berlin"', _zones)
    return Checked(refusal, read)


def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def web_address() -> Checked:
    def read(value: Any) -> str:
        address = line(value)
        parts = urlsplit(address)
        if (
            parts.scheme not in {"http", "https"}
            or not parts.hostname
            or parts.query
            or parts.fragment
            or "@" in address
        ):
            raise ValueError
        return address.rstrip("/")

    example = '"https://afteraction.example.com"'
    return Checked(Refusal("not_an_address", "a web address that starts with http:// or https://", example), read)


def header() -> Checked:
    def read(value: Any) -> str:
        name = line(value)
        if not _HEADER.fullmatch(name):
            raise ValueError
        return name

    return Checked(Refusal("not_a_header", "the name of an HTTP header", '"X-Forwarded-Email"'), read)


def rates() -> Checked:
    def read(value: Any) -> tuple[tuple[int, float], ...]:
        if not isinstance(value, list):
            raise ValueError  # noqa: TRY004 - a wrong type is one of many wrong values here
        return tuple(_rate(pair) for pair in value)

    return Checked(Refusal("bad_rate", "a list of [count, seconds] pairs", "[[80, 60]]"), read)


def _rate(pair: Any) -> tuple[int, float]:
    if not isinstance(pair, list) or len(pair) != 2 or isinstance(pair[0], bool) or not isinstance(pair[0], int):
        raise ValueError
    if not 1 <= pair[0] <= _BIGGEST:
        raise ValueError
    return pair[0], seconds(pair[1])


def constants() -> Checked:
    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValueError  # noqa: TRY004 - a wrong type is one of many wrong values here
        return {name: plain(part) for name, part in value.items()}

    return Checked(Refusal("not_a_table", "a table of field names and values", '{ components = ["api"] }'), read)


class Templates(fields.Field[Any]):
    """A table of field names and values; the texts in it may have placeholders of some names."""

    refusal = Refusal("not_a_table", "a table of field names and values", '{ customfield_10050 = "{severity}" }')

    def __init__(self, names: tuple[str, ...], **options: Any) -> None:
        super().__init__(**options)
        self._names = names

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError([self.refusal])
        unknown = {name: [refusal] for name, part in value.items() if (refusal := self._refused(part))}
        if unknown:
            raise ValidationError(unknown)
        return {name: plain(part) for name, part in value.items()}

    def _refused(self, value: Any) -> Refusal | None:
        known = ", ".join(f"{{{name}}}" for name in self._names)
        for name in named(value):
            if name in ("{", "}"):
                return Refusal("bad_placeholder", "text in which {{ and }} stand for braces themselves", '"{severity}"')
            if name not in self._names:
                near = nearest(name, self._names) or self._names[0]
                return Refusal("unknown_placeholder", f"text with no placeholders but {known}", f'"{{{near}}}"')
        return None


def parent() -> Checked:
    def read(value: Any) -> str:
        text = line(value)
        return text if text == OWN_PARENT else issue_address(text)

    accepted = f'"{OWN_PARENT}" for one issue of each postmortem, or the address of an issue that is there'
    return Checked(Refusal("not_a_parent", accepted, f'"{OWN_PARENT}"'), read)


def issue_address(address: str) -> str:
    """The web address of an issue. Raises ValueError."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not parts.path.strip("/") or "@" in parts.netloc:
        raise ValueError
    return address


def plain(value: Any) -> Any:
    """The value as JSON can carry it: dates and times become text. Raises ValueError for nan and inf."""
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list) else value


def words_by_name(accepted: str, example: str) -> Checked:
    def read(value: Any) -> dict[str, str]:
        if not isinstance(value, dict):
            raise ValueError  # noqa: TRY004 - a wrong type is one of many wrong values here
        return {name: line(part) for name, part in value.items()}

    return Checked(Refusal("not_a_table", accepted, example), read)
