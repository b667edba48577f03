"""What trackers, sources, channels and places say of themselves before anything is written to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from config.model import Config, RouteConfig, TargetConfig
from connectors.spi import (
    Connector,
    ConnectorError,
    Finding,
    Place,
    PlaceDescription,
    Role,
    Source,
    Tracker,
    Visibility,
)

Progress = Callable[[int, int, str], None]
NO_WEBHOOK = "no_webhook"


@dataclass(frozen=True, slots=True)
class Seen:
    """A finding and what it is about, such as `target pay`."""

    subject: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class _Question:
    subject: str
    ask: Callable[[], Sequence[Finding]]


def ask_everyone(config: Config, connectors: Mapping[str, Connector], progress: Progress) -> list[Seen]:
    """Every finding of every configured part, each once; a part that does not answer is a finding itself."""
    questions = [*_parts(config, connectors), *_targets(config, connectors)]
    seen: dict[Seen, None] = {}
    for number, question in enumerate(questions, start=1):
        progress(number, len(questions), question.subject)
        for finding in _answer(question):
            seen.setdefault(Seen(question.subject, finding))
    return list(seen)


def _answer(question: _Question) -> Sequence[Finding]:
    try:
        return question.ask()
    except ConnectorError as error:
        return (Finding(error.code, error.sentence, error.cure),)
    except LookupError as error:
        # A secret that was there when the file was read and is gone now.
        return (Finding("secret_unset", str(error), "Set it again."),)


def _parts(config: Config, connectors: Mapping[str, Connector]) -> Iterator[_Question]:
    for tracker in config.trackers.values():
        role, settings = connectors[tracker.vendor].tracker, tracker.settings
        yield _part("tracker", tracker.name, role, settings, partial(_tracker_unheard, config, tracker.name))
    for source in config.sources.values():
        role_there, settings = connectors[source.vendor].source, source.settings
        yield _part("source", source.name, role_there, settings, partial(_source_unheard, config, source.name))
    for channel in config.channels.values():
        yield _part("channel", channel.name, connectors[channel.vendor].channel, channel.settings)
    for listener in config.listeners.values():
        yield _part("listener", listener.name, connectors[listener.vendor].listener, listener.settings)


def _part(
    kind: str, name: str, role: Role[Any] | None, settings: Any, also: Callable[[Any], Sequence[Finding]] | None = None
) -> _Question:
    assert role is not None, "loading refuses a vendor that lacks the role"

    def ask() -> Sequence[Finding]:
        part = role.make(name, settings)
        return [*(also(part) if also else ()), *part.check()]

    return _Question(f"{kind} {name}", ask)


def _tracker_unheard(config: Config, name: str, tracker: Tracker) -> Sequence[Finding]:
    """A tracker that could tell us what changes, and may not."""
    if tracker.hook is not None or not tracker.capabilities.webhooks:
        return ()
    every = f"{config.service.poll_seconds:g} s"
    sentence = f"No webhook secret of {name} is set, so its changes are learnt by asking alone, every {every}."
    return (Finding(NO_WEBHOOK, sentence, _hear(config, name)),)


def _source_unheard(config: Config, name: str, source: Source) -> Sequence[Finding]:
    if source.hook is not None:
        return ()
    hours = source.capabilities.sweep_seconds / 3600
    how = f"found by asking alone, every {hours:g} h" if source.capabilities.lists else "taken from `ingest` alone"
    sentence = f"No webhook secret of {name} is set, so its postmortems are {how}."
    return (Finding(NO_WEBHOOK, sentence, _hear(config, name)),)


def _hear(config: Config, name: str) -> str:
    address = f"{config.service.base_url.rstrip('/')}/hooks/{name}"
    return f"Name the variable of its secret, see the connector's README, and let it send its webhooks to {address}."


def _targets(config: Config, connectors: Mapping[str, Connector]) -> Iterator[_Question]:
    made: dict[str, Tracker] = {}

    def tracker(name: str) -> Tracker:
        if name not in made:
            role = connectors[config.trackers[name].vendor].tracker
            assert role is not None, "loading refuses a vendor that lacks the role"
            made[name] = role.make(name, config.trackers[name].settings)
        return made[name]

    for target in config.targets.values():
        routes = [route for route in config.routes if route.target == target.name]
        for place in _places(target, routes):
            yield _Question(f"target {target.name}", _describe(target, routes, place, tracker))


def _describe(
    target: TargetConfig, routes: Sequence[RouteConfig], place: Place, tracker: Callable[[str], Tracker]
) -> Callable[[], Sequence[Finding]]:
    def ask() -> Sequence[Finding]:
        description = tracker(target.tracker).describe(place)
        return [*description.findings, *_leaks(target, routes, description)]

    return ask


def _places(target: TargetConfig, routes: Sequence[RouteConfig]) -> list[Place]:
    """The place as each route fills its fields; once for each different filling."""
    places: list[Place] = []
    for constants in [route.constants for route in routes] or [{}]:
        place = Place(target.place, target.issue_type, {**target.constants, **constants})
        if place not in places:
            places.append(place)
    return places


def _leaks(target: TargetConfig, routes: Sequence[RouteConfig], description: PlaceDescription) -> Iterator[Finding]:
    """Routes that could carry what is not public into a place that is public, or may be."""
    if description.visibility not in (Visibility.PUBLIC, Visibility.UNKNOWN):
        return
    public = description.visibility is Visibility.PUBLIC
    what = "is public" if public else "does not say whether it is public"
    for route in routes:
        if "private" in route.visibility:
            yield Finding(
                "private_to_public",
                f"Route {route.name} lets private items into {target.place}, which {what}; they would all be held.",
                "Take private out of the route's visibility, or lead it to a target that is not public.",
            )
        if not route.allow_public and (not route.visibility or "internal" in route.visibility):
            yield Finding(
                "internal_to_public",
                f"Route {route.name} lets internal items into {target.place}, which {what}; they would all be held.",
                'Write allow_public = true in the route if they may be read there, or visibility = ["public"] if not.',
            )
