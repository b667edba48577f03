"""The whole way with Rootly and FireHydrant: webhook, fetch, our issue, and what the tool is told and echoes."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.sandbox.sources.frame import Shelves
from service.app import create_app
from service.domain.facts import State
from tests.support.house import ROUTES, House
from tests.usecases.surroundings import OpenHouse, Outside, item, persist, shown
from tests.usecases.test_dispatch_faults import close_circuits

SECRET, TITLE = "a hook's secret", "Alert on replica lag"
SOURCE = """
[sources.tool]
type = "{vendor}"
api_url = "{url}/{vendor}"
token_env = "TEST_TOOL_TOKEN"
webhook_secret_env = "TEST_TOOL_HOOK"
call_seconds = 2
"""
Json = dict[str, Any]


@dataclass(frozen=True)
class Vendor:
    """`fill` puts a final postmortem with one open item; `event` says that it changed, `at` some second."""

    name: str
    fill: Callable[[Shelves], None]
    event: Callable[[str], Json]
    sign: Callable[[bytes, str], dict[str, str]]
    item: tuple[str, str]


def hexed(signed: bytes) -> str:
    return hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()


def fill_rootly(shelves: Shelves) -> None:
    incident = {"id": "INC-1", "title": "Checkout down", "private": False, "status": "resolved", "kind": "normal"}
    shelves.put("incidents", "INC-1", {**incident, "created_at": "2026-03-01", "post_mortem": "PM-1"})
    shelves.put("post_mortems", "PM-1", {"title": "Checkout down", "status": "published", "content": "<p>Down</p>"})
    follow_up = {"id": "AI-1", "incident_id": "INC-1", "summary": TITLE, "kind": "follow_up", "status": "open"}
    shelves.put("action_items", "AI-1", follow_up)


def fill_firehydrant(shelves: Shelves) -> None:
    reached = [{"type": "retrospective_completed", "occurred_at": "2026-03-09 13:38:17 UTC"}]
    incident = {"id": "INC-1", "name": "Checkout down", "current_milestone": "retrospective_completed"}
    shelves.put("incidents", "INC-1", {**incident, "milestones": reached})
    ticket = {"id": "AI-1", "incident_id": "INC-1", "summary": TITLE, "type": "follow_up", "state": "open"}
    shelves.put("tickets", "AI-1", ticket)


def rootly_event(key: str) -> Json:
    event = {"id": key, "type": "incident_post_mortem.updated", "issued_at": "2026-03-09T12:00:00.000-08:00"}
    return {"event": event, "data": {"id": "PM-1", "incident_id": "INC-1", "title": "Checkout down"}}


def firehydrant_event(key: str) -> Json:
    milestones = [{"type": "retrospective_completed"}]
    incident = {"id": "INC-1", "current_milestone": "retrospective_completed", "milestones": milestones}
    return {
        "data": {"incident": {**incident, "updated_at": key}},
        "event": {"operation": "UPDATED", "resource_type": "incident"},
    }


VENDORS = [
    Vendor(
        "rootly",
        fill_rootly,
        rootly_event,
        lambda body, stamp: {"x-rootly-signature": f"t={stamp},v1={hexed(stamp.encode() + body)}"},
        ("action_items", "status"),
    ),
    Vendor(
        "firehydrant",
        fill_firehydrant,
        firehydrant_event,
        lambda body, _: {"fh-signature": hexed(body)},
        ("tickets", "state"),
    ),
]


class Standing:
    """A house with one of the tools before it."""

    def __init__(self, house: House, outside: Outside, vendor: Vendor) -> None:
        self.house, self.outside, self.vendor = house, outside, vendor
        self.shelves = outside.sandbox.world.sources[vendor.name]

    def announce(self, key: str) -> None:
        """The tool's webhook, signed, through the door; and all that follows."""
        body = json.dumps(self.vendor.event(key)).encode()
        headers = self.vendor.sign(body, str(int(datetime.now(UTC).timestamp())))
        with create_app(self.house.components).test_client() as client:
            assert client.post("/hooks/tool", data=body, headers=headers).status_code == 202
        self.house.work()

    def moves(self, status: str) -> None:
        """A person moves the one issue, and the house notices."""
        self.outside.next_second(shown(self.house)[0])
        self.outside.person(shown(self.house)[0], status=status)
        self.house.pass_time(seconds=61)
        self.house.reconcile()
        self.house.work()

    @property
    def said(self) -> str:
        kind, name = self.vendor.item
        return str((self.shelves.get(kind, "AI-1") or {})[name])

    @property
    def tellings(self) -> list[str]:
        return [str(each[self.vendor.item[1]]) for each in self.shelves.all("updates")]


@pytest.fixture(params=VENDORS, ids=lambda vendor: vendor.name)
def told(
    opened: OpenHouse, outside: Outside, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Standing:
    vendor: Vendor = request.param
    monkeypatch.setenv("TEST_TOOL_TOKEN", f"sandbox-{vendor.name}-token")
    monkeypatch.setenv("TEST_TOOL_HOOK", SECRET)
    outside.sandbox.world.reset(["sources"])
    vendor.fill(outside.sandbox.world.sources[vendor.name])
    routes = ROUTES + SOURCE.format(vendor=vendor.name, url=outside.sandbox.url)
    standing = Standing(opened(routes=routes), outside, vendor)
    standing.announce("1")
    return standing


def test_the_tool_is_told_each_status_once_and_its_echo_changes_nothing(told: Standing) -> None:
    (issue,) = shown(told.house)
    assert (issue["title"], told.tellings) == (TITLE, []), "it says open itself"
    for status in ("In Progress", "Done", "To Do", "Done"):
        told.moves(status)
    assert told.tellings == ["in_progress", "done", "open", "done"]
    for key in ("2", "3"):
        told.announce(key)
    persist(told.house, 3, hours=1)
    assert told.tellings[4:] == []
    assert item(told.house, TITLE).state is State.DONE
    assert len(shown(told.house)) == 1


def test_a_tool_that_is_down_for_a_day_is_told_the_latest_when_it_is_back(told: Standing) -> None:
    told.outside.fault("error_before", told.vendor.name, status=503)
    told.moves("In Progress")
    persist(told.house, 12, hours=2)
    told.moves("Done")
    assert told.tellings == []
    told.outside.mend()
    close_circuits(told.house)  # which waits by the database's clock
    persist(told.house, 8, hours=1)
    assert (told.tellings, told.said) == (["done"], "done")


def test_a_telling_whose_answer_was_lost_is_found_done_and_not_repeated(told: Standing) -> None:
    told.outside.fault("error_after", told.vendor.name, status=502, methods=["PUT", "PATCH"], next=1)
    told.moves("Done")
    persist(told.house, 4, minutes=5)
    assert told.tellings == ["done"]
