"""The whole way with an incident tool: its webhook, its API, our issue, and what the tool is told afterwards."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from service.app import create_app
from service.domain.facts import State
from service.usecases.sweep_sources import sweep_sources
from tests.support.house import KEY, ROUTES, House
from tests.usecases.surroundings import OpenHouse, Outside, item, items_of, persist, shown
from tests.usecases.test_dispatch_faults import close_circuits

SOURCE = """
[sources.tool]
type = "incidentio"
api_url = "{url}/incidentio"
token_env = "TEST_TOOL_TOKEN"
webhook_secret_env = "TEST_TOOL_HOOK"
call_seconds = 2
"""
EVENT = "public_incident.postmortem_document_status_updated_v1"


@pytest.fixture
def house(opened: OpenHouse, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("TEST_TOOL_TOKEN", "sandbox-incidentio-token")
    monkeypatch.setenv("TEST_TOOL_HOOK", f"whsec_{KEY}")
    outside.sandbox.world.reset(["sources"])
    put_incident(outside)
    return opened(routes=ROUTES + SOURCE.format(url=outside.sandbox.url))


def put_incident(outside: Outside, status: str = "completed", **members: Any) -> None:
    shelves = outside.sandbox.world.sources["incidentio"]
    shelves.put("incidents", "INC-1", {"id": "INC-1", "name": "Checkout down", "visibility": "public", **members})
    document = {"id": "DOC-1", "incident_id": "INC-1", "title": "Checkout down", "status": status, "type": "in_app"}
    shelves.put("postmortem_documents", "DOC-1", {**document, "created_at": "2026-03-09", "markdown": "# Down"})
    follow_up = {"id": "FU-1", "incident_id": "INC-1", "title": "Alert on replica lag", "status": "outstanding"}
    if shelves.get("follow_ups", "FU-1") is None:
        shelves.put("follow_ups", "FU-1", {**follow_up, "labels": ["database"]})


def follow_up_of(outside: Outside) -> dict[str, Any]:
    found = outside.sandbox.world.sources["incidentio"].get("follow_ups", "FU-1")
    assert found is not None
    return found


def announce(house: House, key: str, event: str = EVENT, payload: Any = None) -> None:
    """incident.io's webhook, signed, through the door; and all that follows."""
    said = payload or {"new_status": "complete", "postmortem_document": {"id": "DOC-1", "incident_id": "INC-1"}}
    body = json.dumps({"event_type": event, event: said}).encode()
    stamp = str(int(datetime.now(UTC).timestamp()))
    digest = hmac.new(base64.b64decode(KEY), f"{key}.{stamp}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    headers = {"webhook-id": key, "webhook-timestamp": stamp, "webhook-signature": signature}
    with create_app(house.components).test_client() as client:
        assert client.post("/hooks/tool", data=body, headers=headers).status_code == 202
    house.work()


def follow_up_event(house: House, key: str) -> None:
    announce(house, key, "public_incident.follow_up_updated_v2", {"id": "FU-1", "incident_id": "INC-1"})


def tellings(outside: Outside) -> list[str]:
    return [each["status"] for each in outside.sandbox.world.sources["incidentio"].all("updates")]


def test_a_webhook_with_an_id_becomes_an_issue_and_a_repeated_one_no_second(house: House, outside: Outside) -> None:
    announce(house, "m-1")
    announce(house, "m-1")
    announce(house, "m-2")
    (issue,) = shown(house)
    assert issue["title"] == "Alert on replica lag"


def test_the_tool_is_told_once_when_the_issue_is_done_and_its_echo_changes_nothing(
    house: House, outside: Outside
) -> None:
    announce(house, "m-1")
    (issue,) = shown(house)
    outside.person(issue, status="Done")
    house.reconcile()
    house.work()
    assert tellings(outside) == ["completed"]
    assert follow_up_of(outside)["labels"] == ["database"]
    follow_up_event(house, "m-2")
    persist(house)
    assert tellings(outside) == ["completed"]
    assert item(house, "Alert on replica lag").state is State.DONE
    assert len(shown(house)) == 1


def test_a_tool_that_is_down_for_a_day_is_told_when_it_is_back(house: House, outside: Outside) -> None:
    announce(house, "m-1")
    (issue,) = shown(house)
    outside.fault("error_before", "incidentio", status=503)
    outside.person(issue, status="Done")
    house.reconcile()
    persist(house, rounds=12, hours=2)
    assert tellings(outside) == []
    outside.mend()
    close_circuits(house)  # which waits by the database's clock
    persist(house, rounds=8, hours=1)
    assert tellings(outside) == ["completed"]


def test_what_the_tool_itself_declined_makes_no_issue_and_counts_as_declined(house: House, outside: Outside) -> None:
    outside.sandbox.world.sources["incidentio"].change("follow_ups", "FU-1", status="not_doing")
    announce(house, "m-1")
    assert shown(house) == []
    assert item(house, "Alert on replica lag").state is State.DECLINED
    persist(house)
    assert tellings(outside) == []


def test_a_promise_that_waits_is_let_go_when_the_tool_declines_it(house: House, outside: Outside) -> None:
    put_incident(outside, visibility="private")
    announce(house, "m-1")
    assert item(house, "Alert on replica lag").state is State.HELD
    outside.sandbox.world.sources["incidentio"].change("follow_ups", "FU-1", status="not_doing")
    follow_up_event(house, "m-2")
    assert item(house, "Alert on replica lag").state is State.DECLINED


def test_a_draft_promises_nothing_and_a_reopened_one_takes_nothing_back(house: House, outside: Outside) -> None:
    put_incident(outside, "in_progress")
    announce(house, "m-1")
    assert items_of(house) == []
    put_incident(outside)
    announce(house, "m-2")
    put_incident(outside, "in_review")
    announce(house, "m-3")
    assert item(house, "Alert on replica lag").state is State.OPEN
    assert len(shown(house)) == 1


def test_a_merged_incident_withdraws_its_promises(house: House, outside: Outside) -> None:
    announce(house, "m-1")
    put_incident(outside, incident_status={"category": "merged"})
    announce(house, "m-2")
    assert item(house, "Alert on replica lag").state is State.WITHDRAWN


def test_what_no_webhook_told_is_found_by_the_sweep_and_absorbed_once(house: House, outside: Outside) -> None:
    assert sweep_sources(house.components) == 1
    house.work()
    assert len(shown(house)) == 1
    house.pass_time(days=1, minutes=1)
    assert sweep_sources(house.components) == 0
    house.work()
    assert len(shown(house)) == 1


def test_a_fetch_that_fails_is_tried_again_until_it_succeeds(house: House, outside: Outside) -> None:
    outside.fault("error_before", "incidentio", status=502)
    announce(house, "m-1")
    assert shown(house) == []
    outside.mend()
    persist(house, rounds=4, minutes=10)
    assert len(shown(house)) == 1
