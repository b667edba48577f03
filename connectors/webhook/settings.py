"""The keys of an outgoing webhook in `afteraction.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from connectors.addresses import Network, networks
from connectors.fields import SecretNames, SettingsSchema
from connectors.guarded import check_address
from connectors.spi import AccessDenied, Secret


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """`secrets`: each signs, so that one can be replaced while the subscriber still knows only the other."""

    url: str
    secrets: tuple[Secret, ...]
    allow_networks: tuple[Network, ...] = ()
    ca_bundle: str | None = None
    call_seconds: float = 15.0


class _Networks(fields.Field[tuple[Network, ...]]):
    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[Network, ...]:
        given = value if isinstance(value, list) else [value]
        try:
            return networks([each if isinstance(each, str) else "" for each in given])
        except ValueError:
            raise ValidationError('Not a network: write it like "10.20.0.0/16", with no bit set behind it.') from None


class _Schema(SettingsSchema):
    url = fields.String(required=True)
    secret_env = SecretNames(required=True)
    allow_networks = _Networks()
    ca_bundle = fields.String()
    call_seconds = fields.Float(validate=validate.Range(min=1, max=25))

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> WebhookSettings:
        secrets = data.pop("secret_env")
        try:
            check_address(data["url"], data.get("allow_networks", ()))
        except AccessDenied as error:
            raise ValidationError(f"{error.sentence.rstrip('.')}: {error.cure}", "url") from error
        return WebhookSettings(secrets=secrets, **data)


def read_settings(table: Mapping[str, Any]) -> WebhookSettings:
    """Raises marshmallow.ValidationError with every fault at once."""
    settings: WebhookSettings = _Schema().load(table)
    return settings
