"""The keys of a Redmine tracker in `afteraction.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from marshmallow import fields, post_load, validate

from connectors.fields import SecretName, SettingsSchema, WebAddress
from connectors.spi import Rate, Secret

# The names that Redmine's default data gives.
PRIORITIES = MappingProxyType({"p0": "Immediate", "p1": "Urgent", "p2": "High", "p3": "Normal", "p4": "Low"})
TODO = ("New", "Open", "To Do", "Backlog", "Reported", "Reopened")
DECLINED = ("Rejected", "Won't Fix", "Won't Do", "Declined", "Duplicate", "Cancelled", "Invalid", "Obsolete")
FORMATTINGS = ("textile", "markdown")


@dataclass(frozen=True, slots=True)
class RedmineSettings:
    """`formatting` is the site's text formatting. `todo_statuses` are the open ones in which nobody has begun,
    `declined_statuses` the closed ones that mean "will not be done"; whether a status is closed Redmine says itself.
    `marker_field` is the id of a custom field that holds the marker too, exactly.
    """

    api_url: str
    token: Secret
    browse_url: str
    formatting: str = "textile"
    marker_field: int | None = None
    proxy: str | None = None
    ca_bundle: str | None = None
    quiet_seconds: float = 15.0
    overlap_seconds: float = 5.0
    call_seconds: float = 25.0
    rates: tuple[Rate, ...] = ()
    priorities: Mapping[str, str] = field(default_factory=lambda: PRIORITIES)
    todo_statuses: tuple[str, ...] = TODO
    declined_statuses: tuple[str, ...] = DECLINED


class RedmineSchema(SettingsSchema):
    api_url = WebAddress(required=True)
    browse_url = WebAddress(plain=True)
    token_env = SecretName(required=True)
    formatting = fields.String(validate=validate.OneOf(FORMATTINGS, error="Write textile or markdown."))
    marker_field = fields.Integer(validate=validate.Range(min=1))
    proxy = fields.String()
    ca_bundle = fields.String()
    quiet_seconds = fields.Float(validate=validate.Range(min=0, max=3600))
    overlap_seconds = fields.Float(validate=validate.Range(min=0, max=86400))
    call_seconds = fields.Float(validate=validate.Range(min=0.1, max=60))
    rates = fields.List(
        fields.Tuple((fields.Integer(validate=validate.Range(min=1)), fields.Float(validate=validate.Range(min=0.001))))
    )
    priorities = fields.Dict(keys=fields.String(validate=validate.OneOf(tuple(PRIORITIES))), values=fields.String())
    todo_statuses = fields.List(fields.String())
    declined_statuses = fields.List(fields.String())

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> RedmineSettings:
        data["token"] = data.pop("token_env")
        data.setdefault("browse_url", data["api_url"])
        data["priorities"] = MappingProxyType({**PRIORITIES, **data.get("priorities", {})})
        if "rates" in data:
            data["rates"] = tuple(Rate(count, seconds) for count, seconds in data["rates"])
        for name in ("todo_statuses", "declined_statuses"):
            if name in data:
                data[name] = tuple(data[name])
        return RedmineSettings(**data)


def read_settings(table: Mapping[str, Any]) -> RedmineSettings:
    """Raises marshmallow.ValidationError with every fault at once."""
    settings: RedmineSettings = RedmineSchema().load(table)
    return settings
