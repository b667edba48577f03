"""PagerDuty: webhooks as its documentation shows them. Most it shows as the part that differs, without the whole."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime

from connectors.sandbox.running import Sandbox
from tests.samples.frame import FINAL, IGNORED, NO_DELIVERY, Sample, content

NAME = "PagerDuty"
TABLE = """
[sources.pagerduty]
type = "pagerduty"
api_url = "{sandbox}/pagerduty"
token_env = "TEST_PAGERDUTY_TOKEN"
webhook_secret_env = "TEST_PAGERDUTY_HOOK"
"""
SECRETS = {"TEST_PAGERDUTY_TOKEN": "sandbox-pagerduty-token", "TEST_PAGERDUTY_HOOK": "pagerduty-hook-secret"}
WHOLE = "pagerduty-webhook-incident.priority_updated.json"
# The documentation's parts, by the event whose part they are.
PARTS = {
    "incident": ("incident.resolved", FINAL),
    "incident_task": ("incident.task.created", FINAL),
    "incident_field_values": ("incident.custom_field_values.updated", FINAL),
    "incident_workflow_instance": ("incident.workflow.completed", FINAL),
    "incident_note": ("incident.annotated", FINAL),
    "incident_status_update": ("incident.status_update_published", FINAL),
    "incident_action_invocation": ("incident.action_invocation.created", IGNORED),
    "incident_conference_bridge": ("incident.conference_bridge.updated", IGNORED),
    "incident_responder": ("incident.responder.added", IGNORED),
    "incident_role_assignment": ("incident.role.assigned", IGNORED),
    "service": ("service.created", IGNORED),
    "service_field_values": ("service.custom_field_values.updated", IGNORED),
}


def sign(body: bytes, at: datetime) -> Mapping[str, str]:
    digest = hmac.new(b"pagerduty-hook-secret", body, hashlib.sha256).hexdigest()
    return {"x-pagerduty-signature": f"v1={digest}", "x-webhook-id": f"delivery-{at.timestamp()}"}


def within(event: str) -> Callable[[bytes], bytes]:
    """Puts a part into the envelope of the one whole delivery that the documentation shows."""

    def wrap(body: bytes) -> bytes:
        envelope = content(WHOLE)["event"]
        return json.dumps({"event": {**envelope, "event_type": event, "data": json.loads(body)}}).encode()

    return wrap


def holds(sandbox: Sandbox) -> None:
    """Every incident that a sample is about, resolved, with a review that is completed and promises one thing."""
    shelves = sandbox.world.sources["pagerduty"]
    incident = content(WHOLE)["event"]["data"]
    for identity in (incident["id"], "Q0SDD3HB6SGFTI", "PBAZLIU"):
        shelves.put("incidents", identity, {**incident, "id": identity, "status": "resolved"})
        shelves.put("reviews", identity, {"title": "A review", "status": "completed", "sections": []})
        item = {"id": f"A-{identity}", "incident_id": identity, "name": "Update runbook", "status": "incomplete"}
        shelves.put("action_items", item["id"], item)


def _sample(file: str, event: str, becomes: str, wrap: Callable[[bytes], bytes] = bytes) -> Sample:
    items = 1 if becomes == FINAL else 0
    return Sample(file, NAME, event, becomes, hook="pagerduty", sign=sign, items=items, prepare=holds, wrap=wrap)


SAMPLES = (
    _sample(WHOLE, "incident.priority_updated", FINAL),
    _sample("pagerduty-webhook-service.updated.json", "service.updated", IGNORED),
    *(
        _sample(f"pagerduty-webhook-eventdata-{part}.json", event, becomes, within(event))
        for part, (event, becomes) in PARTS.items()
    ),
    Sample(
        "pagerduty-api-create_webhook_subscription-request.json",
        NAME,
        "API: a subscription is made",
        NO_DELIVERY,
        "no delivery: what is sent to PagerDuty to make a subscription",
    ),
)
