"""Grafana Incident as a source, against its stand-in over real HTTP, and at the test bench of the contract."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from marshmallow import ValidationError

from connectors.conformance.bench import Delivery, SourceBench
from connectors.conformance.source import SourceConformance
from connectors.grafana import CONNECTOR
from connectors.grafana.hooks import GrafanaHook
from connectors.grafana.source import PAGE
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.running import Sandbox
from connectors.spi import (
    Category,
    FetchById,
    Ignored,
    NotAuthentic,
    OwnerText,
    Secret,
    Source,
    Unavailable,
    Unreadable,
    Visibility,
)
from tests.connectors.servers import answer, wire
from tests.connectors.tool_bench import CALL_SECONDS, PAYLOADS, SECRETS, ToolBench

PUBLISHED = PAYLOADS / "grafana-incident.updated.role.raw-signed-bytes.txt"
WORDS = {Category.TODO: "todo", Category.DOING: "progress", Category.DONE: "done", Category.DECLINED: "done"}


def made(url: str, **table: Any) -> Source:
    assert CONNECTOR.source is not None
    keys = {"api_url": url, "token_env": "GI_TOKEN", "webhook_secret_env": ["GI_NEW", "GI_OLD"]}
    return CONNECTOR.source.make("irm", CONNECTOR.source.settings({**keys, "call_seconds": CALL_SECONDS, **table}))


def task(identity: str, text: str = "Add an alert", **members: Any) -> dict[str, Any]:
    return {"taskID": identity, "immutable": False, "text": text, "status": "todo", "assignedUser": None, **members}


def incident(identity: str, status: str = "resolved", **members: Any) -> dict[str, Any]:
    begun = datetime.now(UTC) - timedelta(days=3)
    tasks = members.pop("tasks", [task("T1")])
    return {
        "incidentID": identity,
        "severity": "critical",
        "labels": [{"label": "service:checkout"}, {"label": "team:payments"}, {"label": "black-friday"}],
        "isDrill": False,
        "createdTime": begun.isoformat(),
        "closedTime": "2026-03-09T07:31:00Z" if status == "resolved" else "",
        "status": status,
        "title": "Checkout is down",
        "overviewURL": f"/a/grafana-incident-app/incidents/{identity}/checkout",
        "taskList": {"tasks": tasks, "todoCount": len(tasks), "doneCount": 0},
        "summary": "Nobody could pay.",
        "incidentStart": "2026-03-09T05:31:00Z",
        "incidentEnd": "",
        **members,
    }


def event(name: str, about: dict[str, Any]) -> bytes:
    return json.dumps({"version": "v1.0.0", "id": "webhook-out-1", "event": name, "incident": about}).encode()


class GrafanaBench(ToolBench):
    vendor = "grafana"
    final_id = "19"
    item_id = "T1"
    tolerance = 300.0
    keyed = False

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox)
        self.source = made(f"{sandbox.url}/grafana")
        self.shelves.put("incidents", "19", incident("19"))

    def signed(self, delivery: Delivery, at: datetime, by: str = "new") -> dict[str, str]:
        second = int(at.timestamp())
        signed = base64.b64encode(hashlib.sha256(delivery.body).digest()).decode() + f":{second}:v1"
        digest = hmac.new(SECRETS[by].encode(), signed.encode(), hashlib.sha256).hexdigest()
        return {"gi-signature": f"t={second},v1={digest}"}

    def final(self) -> Delivery:
        return Delivery(event("grafana.incident.updated.status", incident("19")))

    def earlier(self) -> Delivery:
        return Delivery(event("grafana.incident.updated.status", incident("19", "active")))

    def foreign(self) -> Sequence[Delivery]:
        bodies = [
            event("grafana.incident.created", incident("20", "active")),
            event("grafana.incident.updated.role", incident("20", "active")),
            event("grafana.oncall.alert", {}),
            json.dumps({"alert_group": {"id": "I6"}, "event": {"type": "resolve"}}).encode(),
        ]
        return [Delivery(body) for body in bodies]

    def add_final(self, number: int) -> str:
        self.shelves.put("incidents", f"f{number}", incident(f"f{number}"))
        return f"f{number}"

    def add_draft(self) -> str:
        self.shelves.put("incidents", "d", incident("d", "active"))
        return "d"

    def said_of(self, item_id: str) -> str:
        held = self.shelves.get("incidents", "19")
        assert held is not None
        return next(str(each["status"]) for each in held["taskList"]["tasks"] if each["taskID"] == item_id)

    def expected(self, category: Category) -> str:
        return WORDS[category]

    def tellings(self) -> int:
        routes = self.sandbox.world.stats.report()["requests"]["grafana"]["routes"]
        return sum(sum(counts.values()) for route, counts in routes.items() if "UpdateTaskStatus" in route)


@pytest.fixture(autouse=True)
def tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GI_TOKEN", "sandbox-grafana-token")
    monkeypatch.setenv("GI_NEW", SECRETS["new"])
    monkeypatch.setenv("GI_OLD", SECRETS["old"])


@pytest.fixture(scope="module")
def standing() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(port=0, smtp_port=None)) as running:
        yield running


@pytest.fixture
def tool(standing: Sandbox) -> GrafanaBench:
    standing.world.reset(["sources", "faults", "stats"])
    return GrafanaBench(standing)


class TestContract(SourceConformance):
    @pytest.fixture
    def bench(self, tool: GrafanaBench) -> SourceBench:
        return tool


def test_an_incident_is_read_with_its_tasks_as_promises_but_for_grafanas_own(tool: GrafanaBench) -> None:
    tasks = [
        task("assign-role-commander", "Assign COMMANDER role", immutable=True),
        task("T1", "Add an alert\nOn queue depth.", assignedUser={"name": "dana"}),
        task("T2", "Rehearse", status="done"),
    ]
    tool.shelves.put("incidents", "19", incident("19", tasks=tasks))
    found = tool.source.fetch("19")
    assert (found.severity, found.services, found.teams) == ("critical", ("checkout",), ("payments",))
    assert found.tags == ("service:checkout", "team:payments", "black-friday")
    assert found.finalized_at == datetime(2026, 3, 9, 7, 31, tzinfo=UTC)
    assert found.url == f"{tool.sandbox.url}/a/grafana-incident-app/incidents/19/checkout"
    first, second = found.action_items or ()
    assert (first.id, first.title, first.description) == ("T1", "Add an alert", "On queue depth.")
    assert (first.owner, first.done, second.done) == (OwnerText(name="dana"), False, True)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"status": "resolved"}, "final"),
        ({"status": "Resolved"}, "final"),
        ({"status": "closed"}, "final"),
        ({"status": "active"}, "draft"),
        ({"status": "anything else"}, "draft"),
        ({"isDrill": True}, "deleted"),
    ],
)
def test_the_incidents_status_makes_it_final_and_a_drill_never(
    tool: GrafanaBench, members: dict[str, Any], expected: str
) -> None:
    tool.shelves.change("incidents", "19", **members)
    assert tool.source.fetch("19").status == expected


def test_a_label_may_be_what_makes_it_final_and_drills_may_count(standing: Sandbox, tool: GrafanaBench) -> None:
    rules = {"final_when": {"incident_status": [], "label": ["postmortem-complete"]}, "deleted_when": {"kind": []}}
    source = made(f"{standing.url}/grafana", **rules)
    assert source.fetch("19").status == "draft"
    tool.shelves.change("incidents", "19", labels=[{"label": "Postmortem-Complete"}], isDrill=True)
    assert source.fetch("19").status == "final"


def test_a_private_incident_is_private_and_an_unset_severity_is_none(tool: GrafanaBench) -> None:
    assert tool.source.fetch("19").visibility is None
    tool.shelves.change("incidents", "19", isPrivate=True, severity="pending")
    found = tool.source.fetch("19")
    assert (found.visibility, found.severity) == (Visibility.PRIVATE, None)


def test_an_update_that_may_take_a_final_state_back_is_followed(tool: GrafanaBench) -> None:
    reopened = event("grafana.incident.updated.status", incident("19", "active"))
    assert tool.source.parse({}, reopened) == FetchById(("19",))
    assert isinstance(tool.source.parse({}, event("grafana.incident.updated.title", incident("19", "active"))), Ignored)
    assert tool.source.parse({}, event("grafana.incident.updated.title", incident("19"))) == FetchById(("19",))


def test_a_sweep_is_paged(tool: GrafanaBench) -> None:
    for number in range(PAGE + 3):
        tool.add_final(number)
    first = tool.source.finalized_since(None)
    assert first is not None
    assert (len(first.source_ids), first.more) == (PAGE, True)
    second = tool.source.finalized_since(first.cursor)
    assert second is not None
    assert (len(second.source_ids), second.more, second.cursor) == (4, False, "")


def test_the_signature_that_grafanas_own_client_tests_with_holds() -> None:
    if not PUBLISHED.exists():
        pytest.skip("the published samples are not at ../shared/payloads beside this checkout")
    hook = GrafanaHook("irm", [Secret("S", "some-secret-value")], 300)
    signature = "t=1678360185,v1=66ed620915831e9ab71604bf35d9b7cf2e71978ed6e62be6fd0e5194289849c7"
    at = datetime.fromtimestamp(1678360185, UTC)
    assert hook.authenticate({"gi-signature": signature}, PUBLISHED.read_bytes(), at).startswith("sha256:")
    with pytest.raises(NotAuthentic):
        hook.authenticate({"gi-signature": signature}, PUBLISHED.read_bytes() + b"\n", at)


@pytest.mark.parametrize("words", ["internal error", "rate exceeded"])
def test_an_error_that_comes_with_a_success_is_a_failure(words: str) -> None:
    with wire(answer("200 OK", json.dumps({"error": words}).encode())) as server, pytest.raises(Unavailable):
        made(server.url).fetch("19")


def test_the_stacks_address_is_needed_and_told_together_with_other_faults() -> None:
    assert CONNECTOR.source is not None
    with pytest.raises(ValidationError) as caught:
        CONNECTOR.source.settings({"token": "x"})
    assert set(caught.value.normalized_messages()) == {"api_url", "token", "token_env"}


@pytest.mark.parametrize(
    "event",
    [{}, {"event": ""}, {"event": "grafana.incident.closed"}, {"event": "grafana.incident.closed", "incident": {}}],
)
def test_an_event_of_ours_that_names_nothing_is_unreadable(event: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        made("https://acme.grafana.net").parse({}, json.dumps(event).encode())


def test_the_stacks_address_is_asked_for_where_it_alone_is_missing() -> None:
    assert CONNECTOR.source is not None
    with pytest.raises(ValidationError) as refusal:
        CONNECTOR.source.settings({"token_env": "GI_TOKEN"})
    assert set(refusal.value.messages) == {"api_url"}
