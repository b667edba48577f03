"""Where an action item may go, and the sentence that says why it may not."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from config.model import Config, RouteConfig, ServiceConfig, TargetConfig
from connectors.spi import Visibility
from service.domain.facts import ItemFacts, PostmortemFacts
from service.domain.placement import Held, Placed, apply_brake, choose_route, may_leave, mode_holds, tracker_of

TARGET = TargetConfig("pay", "jira", "PAY", mode="live")
ITEM = ItemFacts("One", kind="detect", priority="p1")
ABOUT = PostmortemFacts(
    "incidents", "INC-1", "T", "final", severity="sev1", services=("api", "web"), teams=("payments",)
)
PLACES = (Visibility.PUBLIC, Visibility.INTERNAL, Visibility.PRIVATE, Visibility.UNKNOWN)


def routed(*routes: RouteConfig, item: ItemFacts = ITEM, team: str | None = "payments", **about: object) -> str:
    config = Config(ServiceConfig(), {}, {}, {"pay": TARGET}, {}, routes, {}, {}, ())
    found = choose_route(item, team, replace(ABOUT, **about), config)  # type: ignore[arg-type]
    return found.route.name if isinstance(found, Placed) else found.code


@pytest.mark.parametrize(
    ("condition", "goes"),
    [
        ({"services": ("api",)}, True),
        ({"services": ("db",)}, False),
        ({"teams": ("payments", "core")}, True),
        ({"teams": ("core",)}, False),
        ({"severities": ("sev1",)}, True),
        ({"severities": ("sev2",)}, False),
        ({"kinds": ("detect",)}, True),
        ({"kinds": ("prevent",)}, False),
        ({"priorities": ("p0", "p1")}, True),
        ({"priorities": ("p4",)}, False),
        ({"sources": ("incidents",)}, True),
        ({"sources": ("notes",)}, False),
        ({"visibility": ("internal",)}, True),
        ({"visibility": ("public",)}, False),
        ({"services": ("api",), "priorities": ("p4",)}, False),
        ({}, True),
    ],
    ids=str,
)
def test_a_route_takes_what_meets_all_of_its_conditions(condition: dict[str, tuple[str, ...]], goes: bool) -> None:
    assert routed(RouteConfig("r", "pay", **condition)) == ("r" if goes else "no_route")  # type: ignore[arg-type]


def test_the_first_route_wins_and_the_default_comes_last() -> None:
    routes = (RouteConfig("default", "pay", default=True), RouteConfig("a", "pay"), RouteConfig("b", "pay"))
    assert routed(*routes) == "a"


def test_an_item_without_team_priority_or_severity_meets_no_condition_on_them() -> None:
    bare = ItemFacts("One")
    for condition in ({"teams": ("payments",)}, {"priorities": ("p1",)}, {"severities": ("sev1",)}):
        route = RouteConfig("r", "pay", **condition)  # type: ignore[arg-type]
        assert routed(route, item=bare, team=None, severity=None) == "no_route"


@pytest.mark.parametrize(
    "route",
    [
        RouteConfig("r", "pay"),
        RouteConfig("r", "pay", default=True),
        RouteConfig("r", "pay", default=True, visibility=("private",)),
        RouteConfig("r", "pay", visibility=("internal", "public")),
    ],
    ids=["all", "default", "a default that names private", "others"],
)
def test_a_private_item_goes_by_no_route_that_does_not_name_private(route: RouteConfig) -> None:
    assert routed(route, visibility=Visibility.PRIVATE) == "no_private_route"


def test_a_private_item_goes_by_the_route_that_names_it() -> None:
    route = RouteConfig("r", "pay", visibility=("private",))
    assert routed(route, visibility=Visibility.PRIVATE) == "r"
    assert routed(route) == "no_route"


def test_every_combination_of_visibilities_leaves_or_stays_as_the_table_says() -> None:
    closed = RouteConfig("r", "pay", visibility=("private",))
    allowing = RouteConfig("r", "pay", visibility=("private",), allow_public=True)
    plain = RouteConfig("r", "pay")
    leaves = set()
    stated = (Visibility.PUBLIC, Visibility.INTERNAL, Visibility.PRIVATE)
    routes = {"none": None, "plain": plain, "closed": closed, "allowing": allowing}
    for said, place, (name, route) in itertools.product(stated, PLACES, routes.items()):
        if may_leave(said, place, route) is None:
            leaves.add((said.value, place.value, name))
    inside = ("internal", "private")
    expected = {("public", place.value, name) for place in PLACES for name in routes}
    expected |= {("internal", place, name) for place in inside for name in routes}
    expected |= {("internal", place, "allowing") for place in ("public", "unknown")}
    expected |= {("private", place, name) for place in inside for name in ("closed", "allowing")}
    assert leaves == expected


def test_what_is_kept_back_says_which_and_where_and_what_to_do() -> None:
    held = may_leave(Visibility.INTERNAL, Visibility.PUBLIC, None)
    assert held == Held(
        "privacy",
        "The postmortem is internal and the target is public: route it to a private place, "
        "or set allow_public = true on the route.",
    )
    unknown = may_leave(Visibility.PRIVATE, Visibility.UNKNOWN, RouteConfig("r", "pay", visibility=("private",)))
    assert unknown is not None
    assert "allow_public" not in unknown.sentence


@pytest.mark.parametrize(("already", "held"), [(0, False), (19, False), (20, True), (21, True)])
def test_the_brake_takes_hold_beyond_the_limit(already: int, held: bool) -> None:
    assert (apply_brake(1, already, 20, "for one postmortem") is not None) == held


@pytest.mark.parametrize(
    ("mode", "released", "code"),
    [
        ("live", False, None),
        ("live", True, None),
        ("hold", False, "hold"),
        ("hold", True, None),
        ("observe", False, "observe"),
        ("observe", True, "observe"),
    ],
)
def test_a_mode_holds_what_it_must(mode: str, released: bool, code: str | None) -> None:
    held = mode_holds(replace(TARGET, mode=mode), released)
    assert (held.code if held else None) == code


@pytest.mark.parametrize(
    ("url", "tracker"),
    [
        ("https://acme.example/browse/PAY-1", "jira"),
        ("https://acme.example/git/o/r/issues/1", "github"),
        ("https://acme.example.evil.example/browse/PAY-1", None),
        ("https://acme.example", None),
        ("http://acme.example/browse/PAY-1", None),
        ("", None),
    ],
)
def test_an_issue_belongs_to_the_tracker_with_the_longest_address(url: str, tracker: str | None) -> None:
    known = {"jira": "https://acme.example", "github": "https://acme.example/git/"}
    assert tracker_of(url, known) == tracker
