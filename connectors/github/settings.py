"""The keys of a GitHub tracker in `afteraction.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, post_load, pre_load, validate, validates_schema

from connectors.fields import SecretName, SecretNames, SettingsSchema, WebAddress
from connectors.spi import Rate, Secret

API_URL = "https://api.github.com"
# One write a second, 80 contents a minute, 500 an hour:
# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
RATES = (Rate(1, 1.0), Rate(80, 60.0), Rate(500, 3600.0))


@dataclass(frozen=True, slots=True)
class GithubSettings:
    """Either `token`, or `app_id` and `private_key`; `installation_id` None: found by the repository. `rates` may be
    empty, as on an enterprise server without limits; `quiet_seconds`: how long the list may lag.
    """

    token: Secret | None = None
    app_id: str | None = None
    private_key: Secret | None = None
    installation_id: int | None = None
    api_url: str = API_URL
    browse_url: str = "https://github.com"
    webhook_secrets: tuple[Secret, ...] = ()
    proxy: str | None = None
    ca_bundle: str | None = None
    quiet_seconds: float = 60.0
    call_seconds: float = 25.0
    rates: tuple[Rate, ...] = RATES

    @property
    def is_cloud(self) -> bool:
        return is_cloud(self.api_url)


def is_cloud(api_url: str) -> bool:
    """GitHub's own service, with its limits: github.com, or an enterprise with data residency at ghe.com."""
    host = urlsplit(api_url).hostname or ""
    return api_url == API_URL or host.endswith(".ghe.com")


class GithubSchema(SettingsSchema):
    api_url = WebAddress()
    browse_url = WebAddress(plain=True)
    token_env = SecretName()
    app_id = fields.String(validate=validate.Length(min=1))
    private_key_env = SecretName()
    installation_id = fields.Integer(validate=validate.Range(min=1))
    webhook_secret_env = SecretNames()
    proxy = fields.String()
    ca_bundle = fields.String()
    quiet_seconds = fields.Float(validate=validate.Range(min=0, max=3600))
    call_seconds = fields.Float(validate=validate.Range(min=0.1, max=60))
    rates = fields.List(
        fields.Tuple((fields.Integer(validate=validate.Range(min=1)), fields.Float(validate=validate.Range(min=0.001))))
    )

    @pre_load
    def _numbers_as_text(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """An app's id is a number, its client id a text; either will do."""
        app_id = data.get("app_id")
        return {**data, **({"app_id": str(app_id)} if isinstance(app_id, int) else {})}

    @validates_schema
    def _one_way_in(self, data: Mapping[str, Any], **_: Any) -> None:
        of_app = {"app_id", "private_key_env"}
        if "token_env" in data and {*of_app, "installation_id"} & set(data):
            raise ValidationError("Name either a token or an app, not both.", "token_env")
        if "token_env" not in data and not of_app & set(data):
            cure = "Missing: name the variable of a token, or give app_id and private_key_env."
            raise ValidationError(cure, "token_env")
        if missing := of_app - set(data) if "token_env" not in data and of_app & set(data) else set():
            raise ValidationError("Missing: an app needs both app_id and private_key_env.", missing.pop())

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> GithubSettings:
        for name, key in (("token", "token_env"), ("private_key", "private_key_env")):
            data[name] = data.pop(key, None)
        data["webhook_secrets"] = data.pop("webhook_secret_env", ())
        api_url = data.setdefault("api_url", API_URL)
        if api_url != API_URL:
            data.setdefault("browse_url", _browse_url(api_url))
        rates = data.get("rates", None if is_cloud(api_url) else [])
        data["rates"] = RATES if rates is None else tuple(Rate(count, seconds) for count, seconds in rates)
        return GithubSettings(**data)


def _browse_url(api_url: str) -> str:
    if is_cloud(api_url):
        return api_url.replace("//api.", "//", 1)
    return api_url.removesuffix("/api/v3")


def read_settings(table: Mapping[str, Any]) -> GithubSettings:
    """Raises marshmallow.ValidationError with every fault at once."""
    settings: GithubSettings = GithubSchema().load(table)
    return settings
