"""The keys of a Jira tracker in `afteraction.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from connectors.fields import SecretName, SecretNames, SettingsSchema, WebAddress
from connectors.spi import Category, Secret

CLOUD, DATA_CENTER = "cloud", "data_center"
GATEWAY = "https://api.atlassian.com/ex/jira/"
PRIORITIES = MappingProxyType({"p0": "Highest", "p1": "High", "p2": "Medium", "p3": "Low", "p4": "Lowest"})
DECLINED = (
    "Won't Do",
    "Won't Fix",
    "Declined",
    "Rejected",
    "Duplicate",
    "Cannot Reproduce",
    "Obsolete",
    "Invalid",
    "Incomplete",
    "Not a Bug",
    "Abandoned",
)


@dataclass(frozen=True, slots=True)
class Transitions:
    """How this site's workflows are walked, by category: the `steps` on the way (names of statuses, the last one in the
    category), the `resolution`, and the values of `fields` that a step's screen requires.
    """

    steps: Mapping[Category, tuple[str, ...]] = field(default_factory=dict)
    resolution: Mapping[Category, str] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JiraSettings:
    """`deployment` is `cloud` or `data_center`. `user`: the account's e-mail address (Cloud) or name; without it the
    token is sent as a bearer token, which is how Data Center takes personal access tokens; `token_name` is the token's
    own name there, by which its end is told. `parent_field`: where an issue names its parent (None: found out).

    `priorities` maps our p0..p4 to the site's names; `declined_resolutions` are those, and the
    finished statuses, that mean "will not be done".
    `quiet_seconds`: how long the search index may lag; `overlap_seconds`: how far back each poll looks for the same
    reason.
    """

    api_url: str
    token: Secret
    browse_url: str
    deployment: str = CLOUD
    user: str | None = None
    token_name: str | None = None
    parent_field: str | None = None
    webhook_secrets: tuple[Secret, ...] = ()
    proxy: str | None = None
    ca_bundle: str | None = None
    quiet_seconds: float = 120.0
    overlap_seconds: float = 600.0
    call_seconds: float = 25.0
    priorities: Mapping[str, str] = field(default_factory=lambda: PRIORITIES)
    declined_resolutions: tuple[str, ...] = DECLINED
    transitions: Transitions = Transitions()

    @property
    def is_cloud(self) -> bool:
        return self.deployment == CLOUD


class TransitionsSchema(SettingsSchema):
    todo = fields.List(fields.String())
    doing = fields.List(fields.String())
    done = fields.List(fields.String())
    declined = fields.List(fields.String())
    resolution = fields.Dict(
        keys=fields.String(validate=validate.OneOf((Category.DONE.value, Category.DECLINED.value))),
        values=fields.String(),
    )
    fields_ = fields.Dict(keys=fields.String(), data_key="fields")

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> Transitions:
        steps = {each: tuple(data[each.value]) for each in Category if data.get(each.value)}
        resolution = {Category(name): text for name, text in data.get("resolution", {}).items()}
        return Transitions(steps, resolution, data.get("fields_", {}))


class JiraSchema(SettingsSchema):
    api_url = WebAddress(required=True)
    browse_url = WebAddress(plain=True)
    deployment = fields.String(validate=validate.OneOf((CLOUD, DATA_CENTER)))
    user = fields.String(validate=validate.Length(min=1))
    token_name = fields.String(validate=validate.Length(min=1))
    parent_field = fields.String(validate=validate.Regexp(r"(parent|customfield_\d+)\Z"))
    token_env = SecretName(required=True)
    webhook_secret_env = SecretNames()
    proxy = fields.String()
    ca_bundle = fields.String()
    quiet_seconds = fields.Float(validate=validate.Range(min=0, max=3600))
    overlap_seconds = fields.Float(validate=validate.Range(min=0, max=86400))
    call_seconds = fields.Float(validate=validate.Range(min=0.1, max=60))
    priorities = fields.Dict(keys=fields.String(validate=validate.OneOf(tuple(PRIORITIES))), values=fields.String())
    declined_resolutions = fields.List(fields.String())
    transitions = fields.Nested(TransitionsSchema)

    @validates_schema
    def _addresses(self, data: dict[str, Any], **_: Any) -> None:
        url = data.get("api_url", "")
        if url.startswith(GATEWAY) and "browse_url" not in data:
            raise ValidationError("People cannot open issues at api_url: write the site's own address.", "browse_url")
        hosted = (urlsplit(url).hostname or "").endswith((".atlassian.net", ".jira.com", "api.atlassian.com"))
        if hosted and data.get("deployment") == DATA_CENTER:
            raise ValidationError("api_url is a Jira Cloud site: write cloud, or the server's address.", "deployment")

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> JiraSettings:
        data["token"] = data.pop("token_env")
        data["webhook_secrets"] = data.pop("webhook_secret_env", ())
        data.setdefault("browse_url", data["api_url"])
        data["priorities"] = MappingProxyType({**PRIORITIES, **data.get("priorities", {})})
        data["declined_resolutions"] = tuple(data.get("declined_resolutions", DECLINED))
        return JiraSettings(**data)


def read_settings(table: Mapping[str, Any]) -> JiraSettings:
    """Raises marshmallow.ValidationError with every fault at once."""
    settings: JiraSettings = JiraSchema().load(table)
    return settings
