"""The keys of a GitHub tracker in `afteraction.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, post_load, validate

from connectors.fields import SecretName, SecretNames, SettingsSchema, WebAddress
from connectors.spi import Rate, Secret

API_URL = "https://api.github.com"
# One write a second, 80 contents a minute, 500 an hour:
# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
RATES = (Rate(1, 1.0), Rate(80, 60.0), Rate(500, 3600.0))


@dataclass(frozen=True, slots=True)
class GithubSettings:
    """`rates` may be empty, as on an enterprise server without limits; `quiet_seconds`: how long the list may lag."""

    token: Secret
    api_url: str = API_URL
    browse_url: str = "https://github.com"
    webhook_secrets: tuple[Secret, ...] = ()
    proxy: str | None = None
    ca_bundle: str | None = None
    quiet_seconds: float = 60.0
    call_seconds: float = 25.0
    rates: tuple[Rate, ...] = RATES


class GithubSchema(SettingsSchema):
    api_url = WebAddress()
    browse_url = WebAddress(plain=True)
    token_env = SecretName(required=True)
    webhook_secret_env = SecretNames()
    proxy = fields.String()
    ca_bundle = fields.String()
    quiet_seconds = fields.Float(validate=validate.Range(min=0, max=3600))
    call_seconds = fields.Float(validate=validate.Range(min=0.1, max=60))
    rates = fields.List(
        fields.Tuple((fields.Integer(validate=validate.Range(min=1)), fields.Float(validate=validate.Range(min=0.001))))
    )

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> GithubSettings:
        data["token"] = data.pop("token_env")
        data["webhook_secrets"] = data.pop("webhook_secret_env", ())
        api_url = data.setdefault("api_url", API_URL)
        if api_url != API_URL:
            data.setdefault("browse_url", api_url.removesuffix("/api/v3"))
        if "rates" in data:
            data["rates"] = tuple(Rate(count, seconds) for count, seconds in data["rates"])
        return GithubSettings(**data)


def read_settings(table: Mapping[str, Any]) -> GithubSettings:
    """Raises marshmallow.ValidationError with every fault at once."""
    settings: GithubSettings = GithubSchema().load(table)
    return settings
