"""The keys of a Forgejo tracker in `afteraction.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, post_load, validate

from connectors.fields import SecretName, SecretNames, SettingsSchema, WebAddress
from connectors.http import Reach
from connectors.spi import Secret


@dataclass(frozen=True, slots=True)
class ForgejoSettings:
    """`api_url` is the site's address; `webhook_secrets` are two while one is rotated."""

    token: Secret
    api_url: str
    webhook_secrets: tuple[Secret, ...] = ()
    quiet_seconds: float = 10.0
    call_seconds: float = 25.0

    @property
    def reach(self) -> Reach:
        return Reach(f"{self.api_url}/api/v1", self.call_seconds)


class ForgejoSchema(SettingsSchema):
    api_url = WebAddress(required=True)
    token_env = SecretName(required=True)
    webhook_secret_env = SecretNames()
    quiet_seconds = fields.Float(validate=validate.Range(min=0, max=3600))
    call_seconds = fields.Float(validate=validate.Range(min=0.1, max=60))

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> ForgejoSettings:
        data["token"] = data.pop("token_env")
        data["webhook_secrets"] = data.pop("webhook_secret_env", ())
        return ForgejoSettings(**data)


def read_settings(table: Mapping[str, Any]) -> ForgejoSettings:
    """Raises marshmallow.ValidationError with every fault at once."""
    settings: ForgejoSettings = ForgejoSchema().load(table)
    return settings
