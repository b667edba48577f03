"""Where an action item may go, and why it may not. Everything that is refused is a sentence for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from config.model import Config, RouteConfig, TargetConfig
from connectors.spi import Visibility
from service.domain.facts import ItemFacts, PostmortemFacts


@dataclass(frozen=True, slots=True)
class Held:
    """Why a person must decide: a machine word, and one sentence with what to do."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Placed:
    route: RouteConfig
    target: TargetConfig


# Held for these, an item is looked at again whenever its postmortem or the configuration changes.
SELF_HEALING = frozenset(
    {"no_route", "no_private_route", "privacy", "unsupported", "place_refuses", "field_missing", "option_unknown"}
)


def choose_route(item: ItemFacts, team: str | None, postmortem: PostmortemFacts, config: Config) -> Placed | Held:
    """The first route that matches; default routes last; a private item only by a route that names `private`."""
    private = postmortem.visibility is Visibility.PRIVATE
    for route in sorted(config.routes, key=lambda route: route.default):
        if (not private or _names_private(route)) and _matches(route, item, team, postmortem):
            return Placed(route, config.targets[route.target])
    if private:
        return Held(
            "no_private_route",
            "The postmortem is private and no route names visibility private: add one, or keep the action here.",
        )
    return Held("no_route", "No route matches this action and there is no default route: add one.")


def _names_private(route: RouteConfig) -> bool:
    return "private" in route.visibility and not route.default


def _matches(route: RouteConfig, item: ItemFacts, team: str | None, postmortem: PostmortemFacts) -> bool:
    conditions: Sequence[tuple[Sequence[str], Sequence[str]]] = (
        (route.teams, (team or "",)),
        (route.services, postmortem.services),
        (route.severities, (postmortem.severity or "",)),
        (route.kinds, (item.kind,)),
        (route.priorities, (item.priority or "",)),
        (route.visibility, (postmortem.visibility.value,)),
        (route.sources, (postmortem.source,)),
    )
    return all(not wanted or set(wanted) & set(found) for wanted, found in conditions)


def may_leave(visibility: Visibility, place: Visibility, route: RouteConfig | None) -> Held | None:
    """Whether a postmortem's text may be written to a place; `place` is what the tracker last said of itself."""
    if visibility is Visibility.PUBLIC or place in (Visibility.INTERNAL, Visibility.PRIVATE):
        if visibility is Visibility.PRIVATE and (route is None or not _names_private(route)):
            return Held("privacy", "The postmortem is private and its route does not name visibility private.")
        return None
    if visibility is Visibility.INTERNAL and route is not None and route.allow_public:
        return None
    kind = "is public" if place is Visibility.PUBLIC else "does not say whether it is public"
    return Held(
        "privacy",
        f"The postmortem is {visibility.value} and the target {kind}: route it to a private place"
        + (", or set allow_public = true on the route." if visibility is Visibility.INTERNAL else "."),
    )


def apply_brake(planned: int, already: int, limit: int, what: str) -> Held | None:
    """The brake on a flood: `planned` creations beyond `already` within `limit` are held and told."""
    if already + planned <= limit:
        return None
    return Held(
        "brake",
        f"More than {limit} issues {what}: look whether they are all meant, then release them with held release.",
    )


def mode_holds(target: TargetConfig, released: bool) -> Held | None:
    """What the target's mode says to a creation: observe never sends, hold waits for a person, live sends."""
    if target.mode == "observe":
        return Held("observe", f"Target {target.name} only observes: set its mode to hold or live to create issues.")
    if target.mode == "hold" and not released:
        return Held("hold", f"Target {target.name} holds every new issue: release it with held release.")
    return None


def tracker_of(url: str, browse_urls: Mapping[str, str]) -> str | None:
    """The configured tracker a person's issue URL belongs to, by the longest matching browse address."""
    matching = [name for name, base in browse_urls.items() if url.startswith(base.rstrip("/") + "/")]
    return max(matching, key=lambda name: len(browse_urls[name]), default=None)
