"""Benches of the incident tools: their sources against their stand-ins, and how their deliveries look."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

import pytest

from connectors.conformance.bench import Delivery, SourceBench
from connectors.registry import load_connectors
from connectors.sandbox.running import Sandbox
from connectors.spi import Category, Source

KEYS = {by: base64.b64encode(f"the {by:<5} secret of 24 bytes".encode()).decode() for by in ("new", "old", "wrong")}
FAULTS = {
    "status": {"kind": "error_before"},
    "rate_limited": {"kind": "rate_limited"},
    "timeout": {"kind": "timeout_before", "seconds": 3},
    "trickle": {"kind": "trickle", "seconds": 5},
    "reset": {"kind": "reset_before"},
    "slow": {"kind": "latency", "seconds": 0.8},
}


class ToolBench(SourceBench):
    """`vendor` is the word in the configuration and the stand-in's name alike."""

    vendor: str
    final_id = "INC-FINAL"
    item_id = "item-1"
    words: Mapping[Category, str]

    def __init__(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, **table: Any) -> None:
        monkeypatch.setenv("TOOL_TOKEN", f"sandbox-{self.vendor}-token")
        for by in ("new", "old"):
            monkeypatch.setenv(f"TOOL_{by.upper()}", self.secret(by))
        self.sandbox = sandbox
        self.shelves = sandbox.world.sources[self.vendor]
        self.source = made(
            self.vendor,
            {
                "api_url": f"{sandbox.url}/{self.vendor}",
                "token_env": "TOOL_TOKEN",
                "webhook_secret_env": ["TOOL_NEW", "TOOL_OLD"],
                "call_seconds": 2.0,
                **table,
            },
        )
        self.put(self.final_id, final=True)
        self.put_item(self.item_id, self.final_id)

    def secret(self, by: str) -> str:
        return f"{by} webhook secret"

    def put(self, identity: str, *, final: bool, **members: Any) -> None:
        """A postmortem with its incident."""
        raise NotImplementedError

    def put_item(self, identity: str, incident: str, **members: Any) -> None:
        raise NotImplementedError

    def fail(self, kind: str, status: int = 0, retry_after: int = 0, form: str = "seconds") -> None:
        rule: dict[str, Any] = {**FAULTS[kind], "tracker": self.vendor}
        rule |= {"status": status} if status else {}
        rule |= {"retry_after": retry_after, "retry_after_format": form} if retry_after else {}
        self.sandbox.world.faults.add(rule)

    def add_final(self, number: int) -> str:
        self.put(f"INC-{number}", final=True)
        return f"INC-{number}"

    def add_draft(self) -> str:
        self.put("INC-DRAFT", final=False)
        return "INC-DRAFT"

    def expected(self, category: Category) -> str:
        return self.words[category]

    def tellings(self) -> int:
        return len(self.shelves.all("updates"))


def made(vendor: str, table: Mapping[str, Any]) -> Source:
    connectors, _ = load_connectors()
    role = connectors[vendor].source
    assert role is not None
    return role.make(f"{vendor}-main", role.settings(table))


def encoded(document: Any) -> bytes:
    return json.dumps(document).encode()


class IncidentioBench(ToolBench):
    vendor = "incidentio"
    tolerance = 300.0
    words: ClassVar = {
        Category.TODO: "outstanding",
        Category.DOING: "outstanding",
        Category.DONE: "completed",
        Category.DECLINED: "not_doing",
    }

    def secret(self, by: str) -> str:
        return f"whsec_{KEYS[by]}"

    def signed(self, delivery: Delivery, at: datetime, by: str = "new") -> dict[str, str]:
        stamp = str(int(at.timestamp()))
        signed = f"{delivery.key}.{stamp}.".encode() + delivery.body
        digest = hmac.new(base64.b64decode(KEYS[by]), signed, hashlib.sha256).digest()
        signature = f"v1a,AAAA v1,{base64.b64encode(digest).decode()}"
        return {"webhook-id": delivery.key, "webhook-timestamp": stamp, "webhook-signature": signature}

    def final(self) -> Delivery:
        return self.status_update("completed", "in_review")

    def earlier(self) -> Delivery:
        return self.status_update("in_review", "in_progress")

    def status_update(self, new: str, previous: str) -> Delivery:
        document = {"id": f"doc-{self.final_id}", "incident_id": self.final_id, "status": new}
        payload = {"new_status": new, "previous_status": previous, "postmortem_document": document}
        return self.event("public_incident.postmortem_document_status_updated_v1", payload)

    def event(self, name: str, payload: Any) -> Delivery:
        return Delivery(encoded({"event_type": name, name: payload}))

    def foreign(self) -> Sequence[Delivery]:
        names = ("public_incident.incident_created_v2", "schedule.created_v1", "private_incident.membership_granted_v1")
        return [self.event(name, {"id": "abc123"}) for name in (*names, "some_new.thing_v9")]

    def put(self, identity: str, *, final: bool, **members: Any) -> None:
        incident = {
            "id": identity,
            "reference": identity,
            "name": f"Incident {identity}",
            "visibility": "public",
            "severity": {"name": "Major", "rank": 2},
            "incident_status": {"category": "closed", "name": "Closed"},
            "permalink": f"https://app.incident.io/incidents/{identity}",
            "postmortem_document_ids": [f"doc-{identity}"],
        }
        self.shelves.put("incidents", identity, {**incident, **members})
        document = {
            "id": f"doc-{identity}",
            "incident_id": identity,
            "title": f"{identity}: what happened",
            "status": "completed" if final else "in_progress",
            "type": "in_app",
            "created_at": f"2026-03-01T00:00:{len(self.shelves.all('postmortem_documents')):02}Z",
            "document_url": f"https://app.incident.io/incidents/{identity}/post-mortem",
            "markdown": f"# {identity}\n\n## Follow-ups\n\n* **Add monitoring** - Assignee: Alice Smith\n",
        }
        self.shelves.put("postmortem_documents", f"doc-{identity}", document)

    def put_item(self, identity: str, incident: str, **members: Any) -> None:
        follow_up = {
            "id": identity,
            "incident_id": incident,
            "title": "Alert on replica lag",
            "description": "At 30 s.",
            "status": "outstanding",
            "labels": ["database"],
            "assignee": {"id": "user-1", "email": "dana.okafor@acme.example", "name": "Dana Okafor"},
            "assignee_team": {"id": "team-1", "name": "Payments"},
            "priority": {"id": "priority-1", "name": "Urgent", "rank": 10},
            "category": {"id": "category-1", "name": "Detect"},
        }
        self.shelves.put("follow_ups", identity, {**follow_up, **members})

    def said_of(self, item_id: str) -> str:
        found = self.shelves.get("follow_ups", item_id)
        return str(found and found["status"])


class RootlyBench(ToolBench):
    vendor = "rootly"
    tolerance = 86400.0
    words: ClassVar = {
        Category.TODO: "open",
        Category.DOING: "in_progress",
        Category.DONE: "done",
        Category.DECLINED: "cancelled",
    }

    def signed(self, delivery: Delivery, at: datetime, by: str = "new") -> dict[str, str]:
        stamp = str(int(at.timestamp()))
        digest = hmac.new(self.secret(by).encode(), stamp.encode() + delivery.body, hashlib.sha256).hexdigest()
        return {"x-rootly-signature": f"t={stamp},\n  v1={digest}"}

    def final(self) -> Delivery:
        return self.event("incident_post_mortem.published", "published")

    def another(self) -> Delivery:
        """Rootly names its events in the body."""
        return self.raw("incident_post_mortem.published", {"incident_id": self.final_id}, key="event-2")

    def earlier(self) -> Delivery:
        return self.event("incident_post_mortem.updated", "draft")

    def event(self, name: str, status: str, **members: Any) -> Delivery:
        data = {"id": f"pm-{self.final_id}", "incident_id": self.final_id, "title": "T", "status": status, **members}
        return self.raw(name, data)

    def raw(self, name: str, data: Any, key: str = "event-1") -> Delivery:
        issued = "2026-03-09T12:00:00.000-08:00"
        return Delivery(encoded({"event": {"id": key, "type": name, "issued_at": issued}, "data": data}))

    def foreign(self) -> Sequence[Delivery]:
        names = ("alert.created", "pulse.created", "shift.started", "audit_log.created", "incident.created")
        return [self.raw(name, {"id": "1", "incident_post_mortem": None}) for name in names]

    def put(self, identity: str, *, final: bool, **members: Any) -> None:
        incident = {
            "id": identity,
            "title": f"Incident {identity}",
            "slug": identity.lower(),
            "private": False,
            "status": "resolved",
            "severity": {"data": {"id": "1", "type": "severities", "attributes": {"name": "SEV1", "slug": "sev1"}}},
            "services": [{"data": {"id": "1", "type": "services", "attributes": {"name": "checkout"}}}],
            "groups": [],
            "created_at": f"2026-03-01T00:00:{len(self.shelves.all('incidents')):02}Z",
            "started_at": "2026-03-09T07:31:00.000-08:00",
            "post_mortem": f"pm-{identity}",
        }
        self.shelves.put("incidents", identity, {**incident, **members})
        postmortem = {
            "title": f"{identity}: what happened",
            "status": "published" if final else "draft",
            "content": "<h1>What happened</h1><h2>Action items</h2><ul><li>Add a limit to the queue</li></ul>",
            "published_at": "2026-03-12T10:00:00.000-08:00" if final else None,
            "url": f"https://rootly.com/account/incidents/{identity}/postmortem",
        }
        self.shelves.put("post_mortems", f"pm-{identity}", postmortem)

    def put_item(self, identity: str, incident: str, **members: Any) -> None:
        item = {
            "id": identity,
            "incident_id": incident,
            "summary": "Alert on replica lag",
            "description": "At 30 s.",
            "kind": "follow_up",
            "priority": "high",
            "status": "open",
            "due_date": "2026-04-01",
            "assigned_to": {"id": 7, "email": "dana.okafor@acme.example", "full_name": "Dana Okafor"},
        }
        self.shelves.put("action_items", identity, {**item, **members})

    def said_of(self, item_id: str) -> str:
        found = self.shelves.get("action_items", item_id)
        return str(found and found["status"])


class FirehydrantBench(ToolBench):
    vendor = "firehydrant"
    keyed = False
    words = RootlyBench.words

    def signed(self, delivery: Delivery, at: datetime, by: str = "new") -> dict[str, str]:
        return {"fh-signature": hmac.new(self.secret(by).encode(), delivery.body, hashlib.sha256).hexdigest()}

    def final(self) -> Delivery:
        return self.event("retrospective_completed", "resolved", "retrospective_completed")

    def earlier(self) -> Delivery:
        return self.event("resolved", "started", "resolved")

    def event(self, current: str, *reached: str, operation: str = "UPDATED", **members: Any) -> Delivery:
        incident = {
            "id": self.final_id,
            "name": "Checkout down",
            "current_milestone": current,
            "milestones": [{"type": each, "occurred_at": "2023-07-25 13:38:17 UTC"} for each in reached],
            "follow_ups": [],
            **members,
        }
        event = {"operation": operation, "resource_type": "incident"}
        return Delivery(encoded({"data": {"incident": incident}, "event": event}))

    def foreign(self) -> Sequence[Delivery]:
        alert = {"data": {"alert": {"id": "1"}}, "event": {"operation": "CREATED", "resource_type": "signals_alerts"}}
        change = {"data": {"change_event": {}}, "event": {"operation": "updated", "resource_type": "change_event"}}
        return [Delivery(encoded(alert)), Delivery(encoded(change)), self.event("resolved", "started", "resolved")]

    def put(self, identity: str, *, final: bool, **members: Any) -> None:
        reached = ["started", "detected", "mitigated", "resolved", *(["retrospective_completed"] if final else [])]
        incident = {
            "id": identity,
            "name": f"Incident {identity}",
            "current_milestone": reached[-1],
            "milestones": [
                {"type": each, "occurred_at": f"2026-03-09T0{at}:00:00.000Z"} for at, each in enumerate(reached)
            ],
            "severity": "SEV2",
            "services": [{"id": "1", "name": "checkout"}],
            "customer_impact_summary": "4 % of payments failed.",
            "report_id": f"report-{identity}",
            "incident_url": f"https://app.firehydrant.io/incidents/{identity}",
        }
        self.shelves.put("incidents", identity, {**incident, **members})
        report = {
            "id": f"report-{identity}",
            "name": identity,
            "questions": [
                {"id": "1", "title": "What happened?", "body": "A pool ran dry."},
                {"id": "2", "title": "Action items", "body": "- Add a limit to the pool"},
                {"id": "3", "title": "What went well?", "body": ""},
            ],
            "reasons": [{"id": "f1", "summary": "No limit on the pool"}],
        }
        self.shelves.put("reports", f"report-{identity}", report)

    def put_item(self, identity: str, incident: str, **members: Any) -> None:
        ticket = {
            "id": identity,
            "incident_id": incident,
            "summary": "Alert on replica lag",
            "description": "At 30 s.",
            "state": "open",
            "type": "follow_up",
            "assignees": [{"id": "1", "name": "Dana Okafor", "email": "dana.okafor@acme.example"}],
            "priority": {"id": "1", "name": "P1"},
            "due_at": "2026-04-01T00:00:00.000Z",
            "tag_list": ["database"],
            "link": {"href_url": "https://jira.acme.example/browse/PAY-1"},
        }
        self.shelves.put("tickets", identity, {**ticket, **members})

    def said_of(self, item_id: str) -> str:
        found = self.shelves.get("tickets", item_id)
        return str(found and found["state"])
