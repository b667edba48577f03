"""Words of the configuration that several vendors' settings share, with the cure in each refusal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, fields, post_load, validate

from connectors.http import is_loopback
from connectors.signatures import TOLERANCE_SECONDS
from connectors.spi import Secret

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class SettingsSchema(Schema):
    """A table of the configuration. An unknown key is a fault, because it is nearly always a misspelt one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        known = ", ".join(sorted(self.fields))
        self.error_messages = {**self.error_messages, "unknown": f"Unknown key: use one of {known}, or remove it."}


class SecretName(fields.Field[Secret]):
    """The name of an environment variable, read when it is used; never the secret itself."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Secret:
        return secret_named(value)


class SecretNames(fields.Field[tuple[Secret, ...]]):
    """One name or several: while a secret is rotated, each of them is accepted."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[Secret, ...]:
        names = value if isinstance(value, list) else [value]
        if not names:
            raise ValidationError("No name given: write the name of an environment variable.")
        return tuple(secret_named(name) for name in names)


def secret_named(value: Any) -> Secret:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        # The value is not repeated: it may be the secret itself, pasted into the file by mistake.
        raise ValidationError(
            "Not the name of an environment variable: put the secret into the environment, and its name here."
        )
    return Secret(value)


class WebAddress(fields.Field[str]):
    """An http(s) address without credentials, query or closing slash; plain http only on this machine."""

    def __init__(self, *, plain: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._plain = plain

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        text = value.strip() if isinstance(value, str) else ""
        try:
            parts = urlsplit(text)
            host = parts.hostname if parts.port != 0 else None
        except ValueError:
            host = None
        if not host or parts.scheme not in ("http", "https"):
            raise ValidationError("Not a web address: write it like https://example.org.")
        if parts.username or parts.password:
            raise ValidationError("An address must not contain credentials: remove what stands before the @.")
        if parts.query or parts.fragment:
            raise ValidationError("An address ends before ? and #: remove the rest.")
        if parts.scheme == "http" and not self._plain and not is_loopback(text):
            raise ValidationError("Plain http would send the token readably: use https, or a loopback address.")
        return text.rstrip("/")


@dataclass(frozen=True, slots=True)
class SignedSourceSettings:
    """A source whose deliveries are signed as Standard Webhooks. Without a secret it takes no deliveries."""

    secrets: tuple[Secret, ...] = ()
    tolerance_seconds: float = TOLERANCE_SECONDS


class SignedSourceSchema(SettingsSchema):
    secret_env = SecretNames()
    tolerance_seconds = fields.Float(validate=validate.Range(min=1, max=3600))

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> SignedSourceSettings:
        return SignedSourceSettings(data.get("secret_env", ()), data.get("tolerance_seconds", float(TOLERANCE_SECONDS)))


def read_signed_source(table: Mapping[str, Any]) -> SignedSourceSettings:
    """Raises marshmallow.ValidationError with every fault at once."""
    settings: SignedSourceSettings = SignedSourceSchema().load(table)
    return settings
