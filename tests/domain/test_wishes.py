"""What a route wants of its issues, what they come to, and why a place would not take one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from config.model import Config, RouteConfig, ServiceConfig, TargetConfig
from connectors.spi import Capabilities, Finding, Place, PlaceDescription, PlaceField, Visibility
from service.domain.wishes import (
    MOST_OPTIONS,
    as_described,
    examples,
    fields_of,
    is_confidential,
    key_of,
    obstacle,
    parent_place_of,
    place_of,
    places_of,
    refused,
    unsupported,
)

TARGET = TargetConfig("pay", "jira", "PAY", issue_type="Task", constants={"a": 1, "b": 1, "c": 1})
ROUTE = RouteConfig("r", "pay", constants={"b": 2, "c": 2}, fields={"c": "x {{y}}", "d": {"value": "{severity}"}})
OWN = replace(ROUTE, name="own", parent="postmortem", parent_type="Epic", parent_fields={"n": "{incident}", "m": 7})
RISK = PlaceField("d", "Risk", required=True, allowed=("Low", "High"))


def configured(*routes: RouteConfig) -> Config:
    return Config(ServiceConfig(), {}, {}, {"pay": TARGET}, {}, routes, {}, {}, ())


def known(*fields: PlaceField, place: Place | None = None) -> dict[str, object]:
    return as_described(place or place_of(TARGET, ROUTE), PlaceDescription(Visibility.INTERNAL, fields=fields))


def test_fields_stand_over_the_routes_constants_and_those_over_the_targets() -> None:
    place = place_of(TARGET, ROUTE)
    assert place.constants == {"a": 1, "b": 2, "c": "x {y}"}
    assert place.per_issue == {"d": {"value": "{severity}"}}
    assert (place.issue_type, place_of(TARGET, replace(ROUTE, issue_type="Bug")).issue_type) == ("Task", "Bug")


def test_a_parent_has_its_own_type_and_fields_and_none_of_the_targets() -> None:
    assert parent_place_of(TARGET, OWN) == Place("PAY", "Epic", {"m": 7}, {"n": "{incident}"})


def test_each_different_filling_is_one_place_and_a_target_without_routes_is_one_too() -> None:
    assert len(places_of(configured(ROUTE, replace(ROUTE, name="twin", teams=("x",))), TARGET)) == 1
    assert list(places_of(configured(ROUTE, OWN), TARGET).values()) == [
        place_of(TARGET, ROUTE),
        parent_place_of(TARGET, OWN),
    ]
    assert list(places_of(configured(), TARGET).values()) == [Place("PAY", "Task", TARGET.constants)]


def test_the_key_changes_with_whatever_a_description_depends_on() -> None:
    place = place_of(TARGET, ROUTE)
    others = (
        replace(place, name="WEB"),
        replace(place, issue_type="Bug"),
        replace(place, constants={}),
        replace(place, per_issue={}),
    )
    assert len({key_of(place), *map(key_of, others)}) == 5
    assert key_of(place_of(TARGET, ROUTE)) == key_of(place)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"value": "Low"}, None),
        ({"name": "High"}, None),
        ("Low", None),
        ([{"value": "Low"}, {"value": "High"}], None),
        ({"id": "10"}, None),
        (3, None),
        ({"value": "Odd"}, "option_unknown"),
        (["Low", "Odd"], "option_unknown"),
        (None, "field_missing"),
    ],
)
def test_an_issue_is_refused_for_what_the_place_told(value: object, code: str | None) -> None:
    held = refused(known(RISK), {"d": value} if value is not None else {})
    assert (held.code if held else None) == code
    assert held is None or "Risk (d)" in held.sentence


def test_a_field_in_a_table_of_fields_is_known_by_its_id() -> None:
    place = Place("PAY", per_issue={"custom_fields": {7: "{severity}"}})
    kept = known(PlaceField("7", "Severity", required=True), place=place)
    assert refused(kept, {"custom_fields": {7: "low"}}) is None
    assert refused(kept, {"custom_fields": {8: "low"}}) is not None


def test_nothing_is_refused_for_what_nobody_told() -> None:
    assert refused(None, {}) is None
    assert refused(known(PlaceField("z", "Other", required=True)), {}) is None
    many = tuple(str(number) for number in range(MOST_OPTIONS + 5))
    assert refused(known(PlaceField("d", "Risk", allowed=many)), {"d": "one that was cut off"}) is None


def test_the_first_obstacle_is_what_is_said() -> None:
    findings = (Finding("jira.one", "One.", "Do."), Finding("jira.two", "Two.", "Do."))
    described = PlaceDescription(Visibility.INTERNAL, findings, obstacles=findings)
    assert obstacle(as_described(place_of(TARGET, ROUTE), described)) == ("jira.one", "One.", "Do.")
    assert obstacle(known(RISK)) is None
    assert obstacle(None) is None


def test_what_is_not_said_is_left_out_and_nothing_else() -> None:
    assert fields_of({"a": "{severity}", "b": "{team|none}"}, {"severity": ""}) == {"b": "none"}


def test_an_example_takes_the_default_else_the_first_option_else_a_text() -> None:
    templates = {"d": {"value": "{severity}"}, "e": "{team|us}", "f": "{title}", "g": "{due_on}"}
    described = PlaceDescription(Visibility.INTERNAL, fields=(RISK,))
    assert examples(Place("PAY", per_issue=templates), described, "Try") == {
        "d": {"value": "Low"},
        "e": "us",
        "f": "Try",
        "g": "2099-12-31",
    }


@pytest.mark.parametrize("said", [None, True, False])
@pytest.mark.parametrize("able", [True, False])
@pytest.mark.parametrize("visibility", [Visibility.PUBLIC, Visibility.INTERNAL, Visibility.PRIVATE])
def test_private_is_confidential_where_the_tracker_can_unless_the_route_says(
    said: bool | None, able: bool, visibility: Visibility
) -> None:
    capabilities = Capabilities(quiet_seconds=1, confidential=able)
    found = is_confidential(replace(ROUTE, confidential=said), visibility, capabilities)
    assert found is (said if said is not None else able and visibility is Visibility.PRIVATE)


def test_every_wish_that_a_tracker_lacks_is_named_and_none_that_it_has() -> None:
    wanting = replace(OWN, link_back=True, confidential=True, issue_type="Bug")
    told = [each.sentence.split(",")[0] for each in unsupported(wanting, "lab", Capabilities(quiet_seconds=1))]
    assert told == [f"Route own wants {key}" for key in ("parent", "link_back", "confidential", "issue_type")]
    able = Capabilities(quiet_seconds=1, parents=True, links=True, confidential=True, issue_types=True)
    assert list(unsupported(wanting, "lab", able)) == []
    assert list(unsupported(RouteConfig("r", "pay"), "lab", Capabilities(quiet_seconds=1))) == []
