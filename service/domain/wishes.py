"""What a route wants of every issue that it leads to a place, and why the place would not take it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from config.model import OWN_PARENT, Config, RouteConfig, TargetConfig
from config.templates import OF_ITEMS, Unsaid, fill, is_template
from connectors.spi import Capabilities, Finding, Place, PlaceDescription, PlaceField, Visibility
from service.domain.placement import Held

MOST_OPTIONS = 200
_SOME_DAY = "2099-12-31"


def place_of(target: TargetConfig, route: RouteConfig) -> Place:
    """The place as creations by that route fill it."""
    constants = {**target.constants, **route.constants, **_fixed(route.fields)}
    return Place(target.place, route.issue_type or target.issue_type, constants, _differing(route.fields))


def parent_place_of(target: TargetConfig, route: RouteConfig) -> Place:
    """The place as the creation of a postmortem's own parent fills it: what its issues need, it may not have."""
    fields = route.parent_fields
    return Place(target.place, route.parent_type, _fixed(fields), _differing(fields))


def places_of(config: Config, target: TargetConfig) -> dict[str, Place]:
    """Every place that the routes to a target fill differently, by its key."""
    routes = [route for route in config.routes if route.target == target.name]
    places = [place_of(target, route) for route in routes] or [Place(target.place, target.issue_type, target.constants)]
    places += [parent_place_of(target, route) for route in routes if route.parent == OWN_PARENT]
    return {key_of(place): place for place in places}


def key_of(place: Place) -> str:
    """The same for the same filling; changes when, and only when, what a description says of it may change."""
    text = json.dumps([place.name, place.issue_type, dict(place.constants), dict(place.per_issue)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def fields_of(templates: Mapping[str, Any], said: Mapping[str, str]) -> dict[str, Any]:
    """The fields of one issue; one of which nobody says anything is left out."""
    found = {}
    for name, value in templates.items():
        try:
            found[name] = fill(value, said)
        except Unsaid:
            continue
    return found


def examples(place: Place, described: PlaceDescription, text: str) -> dict[str, Any]:
    """What the fields of some issue might be: the defaults where there are any, else the first option, else a text."""
    allowed = {each.id: each.allowed for each in described.fields}
    found = {}
    for name, value in place.per_issue.items():
        first = next(iter(allowed.get(name, ())), text)
        try:
            found[name] = fill(value, {})
        except Unsaid:
            found[name] = fill(value, {**dict.fromkeys(OF_ITEMS, first), "due_on": _SOME_DAY})
    return found


def is_confidential(route: RouteConfig, visibility: Visibility, able: Capabilities) -> bool:
    """Whether an issue is kept from those who see its place: as the route says, else if its postmortem is private."""
    if route.confidential is not None:
        return route.confidential
    return visibility is Visibility.PRIVATE and able.confidential


def unsupported(route: RouteConfig, tracker: str, able: Capabilities) -> Iterator[Finding]:
    """What the route wants and its tracker cannot do; none of it is done by half."""
    wanted = (
        ("parent", route.parent is not None and not able.parents, "issues that stand under another"),
        ("link_back", route.link_back and not able.links, "web links beside an issue's text"),
        ("confidential", bool(route.confidential) and not able.confidential, "confidential issues"),
        ("issue_type", bool(route.issue_type) and not able.issue_types, "types of issues"),
    )
    for key, lacking, what in wanted:
        if lacking:
            sentence = f"Route {route.name} wants {key}, and the tracker {tracker} has no {what}"
            yield Finding("unsupported", f"{sentence}.", f"Take {key} out of the route, or lead it to another tracker.")


def as_described(place: Place, described: PlaceDescription) -> dict[str, Any]:
    """What of a description the ledger keeps for the creations that follow."""
    names = _names(place.per_issue)
    return {
        "obstacles": [[each.code, each.sentence, each.cure] for each in described.obstacles],
        "fields": [
            [each.id, each.name, each.required, list(each.allowed[:MOST_OPTIONS])]
            for each in described.fields
            if each.id in names and (each.required or each.allowed)
        ],
    }


def obstacle(kept: Mapping[str, Any] | None) -> tuple[str, str, str] | None:
    """The first reason for which the place would refuse every creation."""
    found = (kept or {}).get("obstacles") or ()
    return (found[0][0], found[0][1], found[0][2]) if found else None


def refused(kept: Mapping[str, Any] | None, fields: Mapping[str, Any]) -> Held | None:
    """Why the place would refuse this issue: a required field that has no value, or an option that it does not have."""
    for one in (kept or {}).get("fields") or ():
        each = PlaceField(one[0], one[1], one[2], tuple(one[3]))
        value = _value(fields, each.id)
        if value is None and each.required:
            sentence = f"The place requires the field {each.name} ({each.id}), for which the postmortem says nothing"
            cure = "give its placeholder a default in the route's fields, as in {severity|none}, or correct the action."
            return Held("field_missing", f"{sentence}: {cure}")
        # What is left out at the end of a long list may be an option still.
        unknown = [text for text in _chosen(value) if text not in each.allowed]
        if unknown and 0 < len(each.allowed) < MOST_OPTIONS:
            sentence = f"The field {each.name} ({each.id}) has no option {unknown[0]}"
            some = ", ".join(each.allowed[:20])
            return Held("option_unknown", f"{sentence}: add it in the tracker, or let the route give one of {some}.")
    return None


def _fixed(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: fill(value, {}) for name, value in fields.items() if not is_template(value)}


def _differing(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if is_template(value)}


def _names(fields: Mapping[str, Any]) -> set[str]:
    """Of fields, and of those in a table of fields, such as `custom_fields`."""
    inner = (value for value in fields.values() if isinstance(value, Mapping))
    return {*map(str, fields), *(str(name) for value in inner for name in value)}


def _value(fields: Mapping[str, Any], name: str) -> Any:
    if name in fields:
        return fields[name]
    inner = (value for value in fields.values() if isinstance(value, Mapping))
    return next((value[key] for value in inner for key in value if str(key) == name), None)


def _chosen(value: Any) -> list[str]:
    """The options that a value names in words; one that it names by an id is left to the tracker."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [str(value[key]) for key in ("value", "name") if key in value][:1]
    return [text for each in value for text in _chosen(each)] if isinstance(value, list | tuple) else []
