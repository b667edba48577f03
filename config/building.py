"""Makes the frozen `Config` of tables in which no fault was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from config.entries import Loaded
from config.model import (
    ChannelConfig,
    Config,
    ListenerConfig,
    PersonConfig,
    PolicyConfig,
    RedactionConfig,
    RouteConfig,
    ServiceConfig,
    SourceConfig,
    StepConfig,
    TargetConfig,
    TeamConfig,
    TrackerConfig,
)
from config.policy import default_policy, with_version

Tables = Mapping[str, Sequence[Loaded]]


def build(tables: Tables, steps: Sequence[Sequence[Loaded]], digest: str) -> Config:
    """`steps` has the steps of each policy, in the order of the policies."""
    redaction = dict(tables["redaction"][0].data) if tables["redaction"] else {}
    service = dict(tables["service"][0].data) if tables["service"] else {}
    people = [PersonConfig(**loaded.data) for loaded in tables["people"]]
    teams = [TeamConfig(**loaded.data) for loaded in tables["teams"]]
    policies = tuple(map(_policy, tables["policies"], steps))
    return Config(
        service=ServiceConfig(**service),
        sources={loaded.name: SourceConfig(loaded.name, **_vendor(loaded)) for loaded in tables["sources"]},
        trackers={loaded.name: TrackerConfig(loaded.name, **_vendor(loaded)) for loaded in tables["trackers"]},
        targets={loaded.name: TargetConfig(loaded.name, **loaded.data) for loaded in tables["targets"]},
        channels={loaded.name: ChannelConfig(loaded.name, **_vendor(loaded)) for loaded in tables["channels"]},
        routes=_routes(tables["routes"]),
        people={person.id: person for person in people},
        teams={team.id: team for team in teams},
        policies=policies or (default_policy(),),
        digest=digest,
        redaction=RedactionConfig(**redaction),
        listeners={loaded.name: ListenerConfig(loaded.name, **_vendor(loaded)) for loaded in tables["listeners"]},
    )


def _vendor(loaded: Loaded) -> dict[str, Any]:
    """`type` is the file's word; the model says vendor, for `type` would hide the builtin."""
    return {("vendor" if key == "type" else key): value for key, value in loaded.data.items()}


def _routes(tables: Sequence[Loaded]) -> tuple[RouteConfig, ...]:
    """A route without a name goes by its place, with the file where that alone is not unique."""
    names: set[str] = set()
    routes = []
    for loaded in tables:
        name = loaded.text("name") or loaded.entry.key
        name = loaded.entry.place if name in names else name
        names.add(name)
        routes.append(RouteConfig(**{**loaded.data, "name": name}))
    return tuple(routes)


def _policy(loaded: Loaded, steps: Sequence[Loaded]) -> PolicyConfig:
    made = tuple(StepConfig(**step.data) for step in steps)
    return with_version(PolicyConfig(**{"version": "", **loaded.data}, steps=made))
