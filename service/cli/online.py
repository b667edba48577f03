"""What trackers, sources, channels and places say of themselves before anything is written to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from config.model import OWN_PARENT, Config, RouteConfig, TargetConfig
from connectors.spi import (
    Account,
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
from service.domain.wishes import places_of, unsupported

Progress = Callable[[int, int, str], None]
# How many people of one target are asked after, and how many of them in one call, which ends in time.
MOST_PEOPLE, AT_ONCE = 50, 10


@dataclass(frozen=True, slots=True)
class Seen:
    """A finding and what it is about, such as `target pay`. A `warning` is what the service can do without."""

    subject: str
    finding: Finding
    level: str = "fault"


@dataclass(frozen=True, slots=True)
class _Question:
    subject: str
    ask: Callable[[], Sequence[Finding]]
    level: str = "fault"


def ask_everyone(config: Config, connectors: Mapping[str, Connector], progress: Progress) -> list[Seen]:
    """Every finding of every configured part, each once; a part that does not answer is a finding itself."""
    parts = _Parts(config, connectors)
    questions = [*_connections(config, parts), *_targets(config, parts), *_parents(config, parts)]
    seen: dict[Seen, None] = {}
    for number, question in enumerate(questions, start=1):
        progress(number, len(questions), question.subject)
        for one in _answer(question):
            seen.setdefault(one)
    return list(seen)


def _answer(question: _Question) -> list[Seen]:
    try:
        return [Seen(question.subject, finding, question.level) for finding in question.ask()]
    except ConnectorError as error:
        return [Seen(question.subject, Finding(error.code, error.sentence, error.cure))]
    except LookupError as error:
        # A secret that was there when the file was read and is gone now.
        return [Seen(question.subject, Finding("secret_unset", str(error), "Set it again."))]


class _Parts:
    """The configured parts, each made once."""

    def __init__(self, config: Config, connectors: Mapping[str, Connector]) -> None:
        self._config = config
        self._connectors = connectors
        self._made: dict[tuple[str, str], Any] = {}

    def get(self, kind: str, name: str) -> Any:
        """`kind`: tracker, source, channel or listener."""
        if (kind, name) not in self._made:
            configured = getattr(self._config, f"{kind}s")[name]
            role: Role[Any] | None = getattr(self._connectors[configured.vendor], kind)
            assert role is not None, "loading refuses a vendor that lacks the role"
            self._made[kind, name] = role.make(name, configured.settings)
        return self._made[kind, name]

    def tracker(self, name: str) -> Tracker:
        made: Tracker = self.get("tracker", name)
        return made


def _connections(config: Config, parts: _Parts) -> Iterator[_Question]:
    for kind in ("tracker", "source", "channel", "listener"):
        for name in getattr(config, f"{kind}s"):
            yield _Question(f"{kind} {name}", partial(_check, parts, kind, name))
            if kind == "tracker":
                yield _Question(f"tracker {name}", partial(_tracker_unheard, config, parts, name), "warning")
            elif kind == "source":
                yield _Question(f"source {name}", partial(_source_unheard, config, parts, name), "warning")


def _check(parts: _Parts, kind: str, name: str) -> Sequence[Finding]:
    findings: Sequence[Finding] = parts.get(kind, name).check()
    return findings


def _tracker_unheard(config: Config, parts: _Parts, name: str) -> Sequence[Finding]:
    """A tracker that could tell us what changes, and may not."""
    tracker = parts.tracker(name)
    if tracker.hook is not None or not tracker.capabilities.webhooks:
        return ()
    every = f"{config.service.poll_seconds:g} s"
    sentence = f"No webhook secret of {name} is set, so its changes are learnt by asking alone, every {every}."
    return (Finding("no_webhook", sentence, _hear(config, name)),)


def _source_unheard(config: Config, parts: _Parts, name: str) -> Sequence[Finding]:
    source: Source = parts.get("source", name)
    if source.hook is not None:
        return ()
    hours = source.capabilities.sweep_seconds / 3600
    how = f"found by asking alone, every {hours:g} h" if source.capabilities.lists else "taken from `ingest` alone"
    sentence = f"No webhook secret of {name} is set, so its postmortems are {how}."
    return (Finding("no_webhook", sentence, _hear(config, name)),)


def _hear(config: Config, name: str) -> str:
    address = f"{config.service.base_url.rstrip('/')}/hooks/{name}"
    return f"Name the variable of its secret, see the connector's README, and let it send its webhooks to {address}."


def _targets(config: Config, parts: _Parts) -> Iterator[_Question]:
    for target in config.targets.values():
        routes = [route for route in config.routes if route.target == target.name]
        seen: list[PlaceDescription] = []
        places = list(places_of(config, target).values())
        for place in places:
            yield _Question(f"target {target.name}", _describe(target, routes, place, parts, seen))
        people = _people(config, target, routes)
        for begin in range(0, min(len(people), MOST_PEOPLE), AT_ONCE):
            some = people[begin : min(begin + AT_ONCE, MOST_PEOPLE)]
            yield _Question(f"target {target.name}", _assign(target, places[0], some, parts, seen), "warning")
        if len(people) > MOST_PEOPLE:
            yield _Question(f"target {target.name}", partial(_not_all, target, len(people)), "note")


def _parents(config: Config, parts: _Parts) -> Iterator[_Question]:
    for route in config.routes:
        if route.parent not in (None, OWN_PARENT):
            yield _Question(f"route {route.name}", partial(_look_up_parent, route, config, parts))


def _look_up_parent(route: RouteConfig, config: Config, parts: _Parts) -> Sequence[Finding]:
    name = config.targets[route.target].tracker
    tracker = parts.tracker(name)
    if not tracker.capabilities.parents or tracker.look_up(route.parent or "") is not None:
        return ()
    sentence = f"The parent {route.parent} of the route {route.name} is no issue of the tracker {name}."
    return (Finding("parent.not_an_issue", sentence, "Write the address of an issue of that tracker as parent."),)


def lacking_wishes(config: Config, connectors: Mapping[str, Connector]) -> list[Seen]:
    """What routes want and their trackers cannot do. Nobody is asked for it."""
    found = []
    for route in config.routes:
        tracker = config.trackers[config.targets[route.target].tracker]
        role = connectors[tracker.vendor].tracker
        assert role is not None, "loading refuses a vendor that lacks the role"
        able = role.make(tracker.name, tracker.settings).capabilities
        found += [Seen(f"route {route.name}", each) for each in unsupported(route, tracker.name, able)]
    return found


def _describe(
    target: TargetConfig, routes: Sequence[RouteConfig], place: Place, parts: _Parts, seen: list[PlaceDescription]
) -> Callable[[], Sequence[Finding]]:
    def ask() -> Sequence[Finding]:
        description = parts.tracker(target.tracker).describe(place)
        seen.append(description)
        # Of a place that we cannot see, this would be told of every route, and is not what is wrong.
        unseen = description.visibility is Visibility.UNKNOWN and description.findings
        return [*description.findings, *(() if unseen else _leaks(target, routes, description))]

    return ask


def _assign(
    target: TargetConfig, place: Place, people: Sequence[Account], parts: _Parts, seen: list[PlaceDescription]
) -> Callable[[], Sequence[Finding]]:
    """Asked where nothing else is wrong: elsewhere it would only be told that nobody can be assigned."""

    def ask() -> Sequence[Finding]:
        well = bool(seen) and not any(each.findings for each in seen)
        return parts.tracker(target.tracker).unassignable(place, people) if well else ()

    return ask


def _not_all(target: TargetConfig, count: int) -> Sequence[Finding]:
    sentence = f"Of {count} people who may own issues in {target.place}, the first {MOST_PEOPLE} were asked after."
    cure = "Nothing to do: who cannot be assigned is left out when an issue is opened, and its item says so."
    return (Finding("people_not_asked_after", sentence, cure),)


def _people(config: Config, target: TargetConfig, routes: Sequence[RouteConfig]) -> list[Account]:
    """Who may own issues there, and has an account: the members of the routes' teams, or everybody where a route names
    no team.
    """
    teams = [config.teams[team] for route in routes for team in route.teams if team in config.teams]
    everybody = any(not route.teams for route in routes)
    wanted = config.people if everybody else {who for team in teams for who in (*team.members, team.lead) if who}
    return [
        Account(person.accounts[target.tracker], person.name, person.email)
        for person in config.people.values()
        if person.id in wanted and not person.left and target.tracker in person.accounts
    ]


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
