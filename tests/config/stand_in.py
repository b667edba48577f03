"""Connector declarations that need no network, and a configuration in which nothing is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from marshmallow import RAISE, Schema, fields, post_load, validate

from connectors.spi import (
    Account,
    Capabilities,
    Connector,
    ConnectorError,
    Finding,
    Place,
    PlaceDescription,
    Role,
    Secret,
    Visibility,
)


@dataclass(frozen=True)
class Settings:
    url: str = ""
    token: Secret | None = None


class SettingsSchema(Schema):
    class Meta:
        unknown = RAISE

    url = fields.Url(required=True)
    token_env = fields.String(required=True)

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> Settings:
        return Settings(data["url"], Secret(data["token_env"]))


class SourceSettingsSchema(Schema):
    class Meta:
        unknown = RAISE

    secrets_env = fields.List(fields.String(), validate=validate.Length(min=1))

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> tuple[Secret, ...]:
        return tuple(Secret(name) for name in data.get("secrets_env", ()))


class TargetSettingsSchema(Schema):
    class Meta:
        unknown = RAISE

    components = fields.List(fields.String())


@dataclass
class World:
    """What the stand-ins answer, by name of the configured part or of the place."""

    findings: dict[str, Sequence[Finding]] = field(default_factory=dict)
    places: dict[str, PlaceDescription] = field(default_factory=dict)
    errors: dict[str, ConnectorError] = field(default_factory=dict)
    described: list[Place] = field(default_factory=list)
    unheard: set[str] = field(default_factory=set)
    asked_after: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    strangers: set[str] = field(default_factory=set)


@dataclass
class Part:
    """A tracker, source or channel, as far as `check` asks it anything."""

    name: str
    world: World
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(quiet_seconds=1.0))

    @property
    def hook(self) -> object | None:
        return None if self.name in self.world.unheard else self

    def check(self) -> Sequence[Finding]:
        self._fail(self.name)
        return self.world.findings.get(self.name, ())

    def describe(self, place: Place) -> PlaceDescription:
        self._fail(place.name)
        self.world.described.append(place)
        return self.world.places.get(place.name, PlaceDescription(Visibility.INTERNAL))

    def unassignable(self, place: Place, accounts: Sequence[Account]) -> Sequence[Finding]:
        self.world.asked_after.append((place.name, tuple(each.id for each in accounts)))
        return [
            Finding("stranger", f"{each.name} is unknown.", "-") for each in accounts if each.id in self.world.strangers
        ]

    def _fail(self, name: str) -> None:
        if name in self.world.errors:
            raise self.world.errors[name]


def connectors(world: World | None = None) -> Mapping[str, Connector]:
    there = world or World()

    def make(name: str, settings: Any) -> Any:
        return Part(name, there)

    tracker = Role(SettingsSchema().load, make, TargetSettingsSchema().load)
    plain = Role(SettingsSchema().load, make)
    return {
        "jira": Connector("Jira", tracker=tracker),
        "github": Connector("GitHub", tracker=plain),
        "standard": Connector("Standard JSON", source=Role(SourceSettingsSchema().load, make)),
        "smtp": Connector("SMTP", channel=plain),
    }


SECRETS = {"JIRA_TOKEN": "t-1", "MAIL_TOKEN": "t-2", "HOOK_SECRET": "t-3"}

GOOD = """
include = []

[service]
base_url = "https://promises.example.com/"
go_live_on = 2026-03-01
operators = ["ada", "ops@example.com"]

[sources.postmortems]
type = "standard"
secrets_env = ["HOOK_SECRET"]
visibility = "private"

[trackers.jira]
type = "jira"
url = "https://example.atlassian.net"
token_env = "JIRA_TOKEN"
quiet_seconds = 30

[targets.pay]
tracker = "jira"
place = "PAY"
mode = "live"
issue_type = "Task"
constants = { customfield_1 = 2026-03-01 }
components = ["api"]
labels = ["postmortem"]
rates = [[80, 60]]

[targets.web]
tracker = "jira"
place = "WEB"

[channels.mail]
type = "smtp"
url = "https://mail.example.com"
token_env = "MAIL_TOKEN"

[[routes]]
name = "payments"
target = "pay"
team = "payments"
kinds = ["prevent", "detect"]
priority = "p0"
visibility = ["internal", "private"]

[[routes]]
target = "web"
default = true

[[people]]
id = "ada"
name = "Ada Lovelace"
email = "ada@example.com"
zone = "Europe/London"
manager = "grace"
aliases = ["ada.l"]
accounts = { jira = "5b10ac8d" }

[[people]]
id = "grace"
name = "Grace Hopper"
email = "grace@example.com"

[[teams]]
id = "payments"
name = "Payments"
lead = "grace"
members = ["ada"]

[[policies]]
name = "standard"
default = true
channel = "mail"
due_working_days = { p0 = 7, p1 = 15 }

[[policies.steps]]
name = "owner"
condition = "overdue"
after_working_days = 0
tell = "owner"

[[policies.steps]]
name = "reminder"
condition = "due_soon"
after_working_days = -2
tell = "owner"
priorities = ["p0", "p1"]
"""
