"""The keys of a GitLab tracker in `afteraction.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, post_load, validate

from connectors.fields import SecretName, SecretNames, SettingsSchema, WebAddress
from connectors.spi import Rate, Secret

SITE = "https://gitlab.com"
# "Doing" is the column that GitLab itself offers on a new board.
DOING = ("Doing",)
DECLINED = ("wontfix", "won't do", "not planned", "declined")


@dataclass(frozen=True, slots=True)
class GitlabSettings:
    """`api_url` is the site; `doing_labels` and `declined_labels` say what its two states do not: work that began, and
    what was closed without being done. The first of each is the one that we set.
    """

    token: Secret
    api_url: str = SITE
    browse_url: str = SITE
    webhook_secrets: tuple[Secret, ...] = ()
    proxy: str | None = None
    ca_bundle: str | None = None
    quiet_seconds: float = 30.0
    overlap_seconds: float = 60.0
    call_seconds: float = 25.0
    rates: tuple[Rate, ...] = ()
    doing_labels: tuple[str, ...] = DOING
    declined_labels: tuple[str, ...] = DECLINED


_Label = fields.String(validate=validate.Regexp(r"[^,\n]*[^,\s][^,\n]*\Z", error="A label is one line without commas."))


class GitlabSchema(SettingsSchema):
    api_url = WebAddress()
    browse_url = WebAddress(plain=True)
    token_env = SecretName(required=True)
    webhook_secret_env = SecretNames()
    proxy = fields.String()
    ca_bundle = fields.String()
    quiet_seconds = fields.Float(validate=validate.Range(min=0, max=3600))
    overlap_seconds = fields.Float(validate=validate.Range(min=0, max=86400))
    call_seconds = fields.Float(validate=validate.Range(min=0.1, max=60))
    rates = fields.List(
        fields.Tuple((fields.Integer(validate=validate.Range(min=1)), fields.Float(validate=validate.Range(min=0.001))))
    )
    doing_labels = fields.List(_Label)
    declined_labels = fields.List(_Label)

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> GitlabSettings:
        data["token"] = data.pop("token_env")
        data["webhook_secrets"] = data.pop("webhook_secret_env", ())
        data["api_url"] = data.get("api_url", SITE).removesuffix("/api/v4")
        data.setdefault("browse_url", data["api_url"])
        if "rates" in data:
            data["rates"] = tuple(Rate(count, seconds) for count, seconds in data["rates"])
        for name in ("doing_labels", "declined_labels"):
            if name in data:
                data[name] = tuple(data[name])
        return GitlabSettings(**data)


def read_settings(table: Mapping[str, Any]) -> GitlabSettings:
    """Raises marshmallow.ValidationError with every fault at once."""
    settings: GitlabSettings = GitlabSchema().load(table)
    return settings
