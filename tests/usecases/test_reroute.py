"""A person moves action items to another target: one issue there, the old one closed with a link."""

from __future__ import annotations

from typing import Any

import pytest

from service.domain.facts import State
from service.usecases.reroute import Rerouted, reroute
from service.usecases.steer import UnknownSubject
from tests.support.house import ROUTES, House
from tests.usecases.surroundings import (
    SOMEBODY,
    OpenHouse,
    Outside,
    dead_letters,
    events,
    items_of,
    let_go,
    persist,
    postmortem,
    shown,
    take,
)

PLATFORM = (
    """
[targets.plat]
tracker = "jira"
place = "PLAT"
mode = "live"

[[routes]]
name = "plat"
services = ["platform"]
target = "plat"
"""
    + ROUTES
)
EVERYTHING = PLATFORM.replace('services = ["platform"]\n', 'teams = ["payments"]\n')
PUBLIC = PLATFORM.replace('tracker = "jira"\nplace = "PLAT"', 'tracker = "github"\nplace = "acme/status-page"')
HUB = PLATFORM.replace('tracker = "jira"\nplace = "PLAT"', 'tracker = "github"\nplace = "acme/checkout-web"')


def made(house: House, **values: Any) -> dict[str, Any]:
    take(house, postmortem(services=["platform"], **values))
    return shown(house)[0]


def move(house: House, to: str, *items: int) -> list[Rerouted]:
    return reroute(house.components, items or (1,), to, SOMEBODY, "they own it")


def by_key(house: House) -> dict[str, dict[str, Any]]:
    return {issue["key"]: issue for issue in shown(house)}


@pytest.fixture
def started(opened: OpenHouse) -> House:
    """A house in which platform's items went to payments' project first."""
    house = opened()
    made(house)
    return opened(routes=PLATFORM)


@pytest.mark.parametrize("routes", [PLATFORM, HUB], ids=["in the same tracker", "in another tracker"])
def test_one_issue_is_made_there_and_the_old_one_closed_with_a_link(opened: OpenHouse, routes: str) -> None:
    old = made(opened())
    house = opened(routes=routes)
    assert [each.refused for each in move(house, "plat")] == [None]
    house.work()
    found = by_key(house)
    (new,) = [issue for key, issue in found.items() if key != old["key"]]
    closed = found[old["key"]]
    assert new["url"] in str(closed["comments"][0])
    assert closed["status"] == "Won't Do"
    assert (items_of(house)[0].state, len(found)) == (State.OPEN, 2)
    assert "issue.left" in events(house, ("item", 1))
    house.pass_time(hours=2)
    house.reconcile()
    assert items_of(house)[0].state is State.OPEN


@pytest.mark.parametrize("kind", ["reset_after", "error_after", "timeout_after"])
def test_a_lost_answer_makes_no_second_issue(started: House, outside: Outside, kind: str) -> None:
    outside.fault(kind, methods=["POST"], path="^/issue$", next=1, seconds=26)
    move(started, "plat")
    persist(started)
    assert sorted(key.split("-")[0] for key in by_key(started)) == ["PAY", "PLAT"]
    assert dead_letters(started) == []


def test_moving_it_twice_and_back_leaves_one_open_issue(started: House) -> None:
    move(started, "plat")
    started.work()
    move(started, "pay")
    persist(started)
    assert [issue["status"] for issue in shown(started)].count("To Do") == 1
    assert items_of(started)[0].state is State.OPEN


def test_an_issue_that_carries_another_item_stays_open(started: House, outside: Outside) -> None:
    url = shown(started)[0]["url"]
    take(started, postmortem("INC-2", items=[{"title": "The same", "issue_url": url}]))
    move(started, "plat", 1)
    started.work()
    assert [issue["status"] for issue in shown(started)] == ["To Do", "Backlog"]


def test_what_is_done_or_there_already_or_unknown_is_refused(started: House, outside: Outside) -> None:
    assert "already" in str(move(started, "pay")[0].refused)
    with pytest.raises(UnknownSubject, match="There is no target nowhere"):
        move(started, "nowhere")
    with pytest.raises(UnknownSubject, match="There is no item 9"):
        move(started, "plat", 1, 9)
    outside.person(shown(started)[0], status="Done", resolution="Done")
    started.pass_time(seconds=61)
    started.reconcile()
    assert "is done" in str(move(started, "plat")[0].refused)
    started.work()
    assert len(shown(started)) == 1


def test_no_route_that_leads_there_is_a_refusal(opened: OpenHouse) -> None:
    made(opened())
    house = opened(routes=EVERYTHING)
    assert "No route leads it to plat" in str(move(house, "plat")[0].refused)


def test_privacy_holds_for_what_is_moved(opened: OpenHouse, outside: Outside) -> None:
    made(opened())
    house = opened(routes=PUBLIC)
    outside.forget_calls()
    move(house, "plat")
    house.work()
    assert items_of(house)[0].attention_code == "privacy"
    assert outside.changing_calls() == []


def test_a_held_item_goes_where_it_is_moved(opened: OpenHouse) -> None:
    house = opened(mode="hold", routes=PLATFORM.replace('services = ["platform"]', 'services = ["other"]') + "\n")
    take(house, postmortem(services=["platform"]))
    assert items_of(house)[0].state is State.HELD
    house = opened(mode="hold", routes=PLATFORM)
    move(house, "plat")
    house.work()
    assert [key.split("-")[0] for key in by_key(house)] == ["PLAT"]
    assert let_go(house) == []
