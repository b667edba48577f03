"""The keys of a Confluence source in `afteraction.toml`, and the words that they start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from marshmallow import fields, post_load, validate

from connectors.fields import SecretName, SecretNames, SettingsSchema, WebAddress
from connectors.http import Reach
from connectors.spi import Secret
from connectors.tools import Words, words

# A label is lower case; a page's status (Cloud alone) is a text of the space's own choice.
LABELS = ("postmortem", "post-mortem", "incident-postmortem", "incident-review")
FINAL = words(
    label=("postmortem-final", "postmortem-complete", "postmortem-completed", "postmortem-published"),
    page_status=("final", "done", "complete", "completed", "approved", "published", "verified"),
)


@dataclass(frozen=True, slots=True)
class ConfluenceSettings:
    """`labels`: which pages are postmortems at all; `final_when`: by label or page status, which of them are final.

    `user` is the account's address on Cloud; None: the token is a Data Center's personal access token. `spaces` may be
    empty: all that the token sees.
    """

    url: str
    token: Secret
    user: str | None = None
    cloud: bool = False
    secrets: tuple[Secret, ...] = ()
    labels: frozenset[str] = frozenset(LABELS)
    final_when: Words = field(default_factory=lambda: FINAL)
    spaces: tuple[str, ...] = ()
    sweep_seconds: float = 3600.0
    proxy: str | None = None
    ca_bundle: str | None = None
    call_seconds: float = 25.0

    @property
    def reach(self) -> Reach:
        return Reach(self.url, self.call_seconds, self.proxy, self.ca_bundle)

    @property
    def marks(self) -> tuple[str, ...]:
        """Every label by which a page is a postmortem."""
        return tuple(sorted(self.labels | self.final_when["label"]))


class ConfluenceSchema(SettingsSchema):
    url = WebAddress(required=True)
    token_env = SecretName(required=True)
    user = fields.String()
    webhook_secret_env = SecretNames()
    labels = fields.List(fields.String(validate=validate.Length(min=1)), validate=validate.Length(min=1))
    final_when = fields.Dict(
        keys=fields.String(validate=validate.OneOf(sorted(FINAL))), values=fields.List(fields.String())
    )
    spaces = fields.List(fields.String(validate=validate.Regexp(r"[A-Za-z0-9~_.-]+\Z")))
    sweep_seconds = fields.Float(validate=validate.Range(min=60, max=86400))
    proxy = fields.String()
    ca_bundle = fields.String()
    call_seconds = fields.Float(validate=validate.Range(min=0.1, max=60))

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> ConfluenceSettings:
        data["token"] = data.pop("token_env")
        data["secrets"] = data.pop("webhook_secret_env", ())
        data["final_when"] = {**FINAL, **words(**data.get("final_when", {}))}
        if "labels" in data:
            data["labels"] = frozenset(label.casefold() for label in data["labels"])
        data["spaces"] = tuple(data.get("spaces", ()))
        # Cloud takes an account's address with an API token, Data Center a token alone.
        data["cloud"] = data.get("user") is not None
        host = urlsplit(data["url"]).hostname or ""
        if host.endswith(".atlassian.net") and not data["url"].endswith("/wiki"):
            data["url"] += "/wiki"
        return ConfluenceSettings(**data)


def read_settings(table: Mapping[str, Any]) -> ConfluenceSettings:
    """Raises marshmallow.ValidationError with every fault at once."""
    settings: ConfluenceSettings = ConfluenceSchema().load(table)
    return settings
