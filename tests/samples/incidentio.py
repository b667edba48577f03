"""incident.io: webhooks, and what its API answers when it is asked about them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime

from connectors.sandbox.running import Sandbox
from tests.samples.frame import DRAFT, FINAL, IGNORED, NO_DELIVERY, Sample, content
from tests.support.house import KEY

NAME = "incident.io"
TABLE = """
[sources.incidentio]
type = "incidentio"
api_url = "{sandbox}/incidentio"
token_env = "TEST_INCIDENTIO_TOKEN"
webhook_secret_env = "TEST_INCIDENTIO_HOOK"
"""
SECRETS = {"TEST_INCIDENTIO_TOKEN": "sandbox-incidentio-token", "TEST_INCIDENTIO_HOOK": f"whsec_{KEY}"}
# The samples name an issue in Linear.
ELSEWHERE = "linked_elsewhere"
INCIDENT, FOLLOW_UPS_INCIDENT = "01FDAG4SAP5TYPT98WGR2N7W91", "01FCNDV6P870EA6S7TK1DSYDG0"
DOCUMENTS_INCIDENT = "01GBA8J19SMXQWPJMX3P2ESCVG"


def sign(body: bytes, at: datetime) -> Mapping[str, str]:
    stamp = str(int(at.timestamp()))
    digest = hmac.new(base64.b64decode(KEY), f"msg_1.{stamp}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return {"webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": signature}


def holds(incident: str, status: str = "completed", **members: str) -> Callable[[Sandbox], None]:
    """The API's own samples as its answers, about the incident that the webhook is about."""

    def prepare(sandbox: Sandbox) -> None:
        shelves = sandbox.world.sources["incidentio"]
        shown = content("incidentio-api-incidents_v2-show.json")["incident"]
        shelves.put("incidents", incident, {**shown, "id": incident, **members})
        document = content("incidentio-api-postmortem_documents_v1-show.json")["postmortem_document"]
        text = content("incidentio-api-postmortem_documents_v1-show_content.json")
        known = {**document, **text, "incident_id": incident, "status": status}
        shelves.put("postmortem_documents", document["id"], known)
        (follow_up,) = content("incidentio-api-follow_ups_v3-list.json")["follow_ups"]
        if members.get("visibility") == "private":
            # Without the link that holds it, so that its being private shows.
            follow_up = {**follow_up, "external_issue_reference": None}
        shelves.put("follow_ups", follow_up["id"], {**follow_up, "incident_id": incident})
        if members.get("visibility") == "private":
            shelves.put("follow_ups", "abc123", {**follow_up, "id": "abc123", "incident_id": incident})

    return prepare


def webhook(event: str, becomes: str, **values: object) -> Sample:
    return Sample(f"incidentio-{event}.json", NAME, event, becomes, hook="incidentio", sign=sign, **values)  # type: ignore[arg-type]


def _promises(incident: str) -> dict[str, object]:
    return {"items": 1, "held": ELSEWHERE, "prepare": holds(incident)}


def other(part: str, why: str) -> Sample:
    return Sample(f"incidentio-api-{part}.json", NAME, f"API: {part}", NO_DELIVERY, why)


_PUBLIC = _promises(FOLLOW_UPS_INCIDENT)
_PRIVATE = holds("INC", visibility="private")
_ANSWER = "an answer of the API, which the stand-in gives when the webhooks above are fetched"

SAMPLES = (
    webhook(
        "public_incident.postmortem_document_status_updated_v1",
        FINAL,
        items=1,
        held=ELSEWHERE,
        prepare=holds(DOCUMENTS_INCIDENT),
    ),
    webhook("public_incident.follow_up_created_v1", FINAL, **_PUBLIC),
    webhook("public_incident.follow_up_created_v2", FINAL, **_PUBLIC),
    webhook("public_incident.follow_up_updated_v1", FINAL, **_PUBLIC),
    webhook("public_incident.follow_up_updated_v2", FINAL, **_PUBLIC),
    webhook("public_incident.action_created_v1", FINAL, **_PUBLIC),
    webhook("public_incident.action_updated_v1", FINAL, **_PUBLIC),
    webhook("public_incident.incident_created_v2", IGNORED),
    webhook("public_incident.incident_updated_v2", FINAL, **_promises(INCIDENT)),
    webhook("public_incident.incident_status_updated_v2", DRAFT, prepare=holds(INCIDENT, "in_progress")),
    webhook("private_incident.incident_created_v2", IGNORED),
    webhook(
        "private_incident.incident_updated_v2",
        FINAL,
        items=2,
        held="no_private_route",
        prepare=holds("abc123", visibility="private"),
    ),
    webhook("private_incident.action_created_v1", IGNORED),
    webhook("private_incident.action_updated_v1", IGNORED),
    webhook(
        "private_incident.follow_up_created_v1",
        FINAL,
        items=2,
        held="no_private_route",
        prepare=_PRIVATE,
    ),
    webhook(
        "private_incident.follow_up_updated_v1",
        FINAL,
        items=2,
        held="no_private_route",
        prepare=_PRIVATE,
    ),
    webhook("private_incident.membership_granted_v1", IGNORED),
    webhook("private_incident.membership_revoked_v1", IGNORED),
    webhook("status_page_incident.update_shared_v1", IGNORED),
    other("incidents_v2-show", _ANSWER),
    other("postmortem_documents_v1-show", _ANSWER),
    other("postmortem_documents_v1-show_content", _ANSWER),
    other("follow_ups_v3-list", _ANSWER),
    other("follow_ups_v3-update-request", "what `tell` sends: status and title, and what would else be emptied"),
    other("follow_ups_v3-create-request", "not sent: a promise is made by people, in the tool or in the document"),
    other("policies_v2-show", "not asked for: incident.io's own policies remind in incident.io"),
    other("policy_findings_v2-list", "not asked for: incident.io's own policies remind in incident.io"),
    other("workflow_runs_v2-webhook_delivery", "a record of a delivery that a workflow sent, not a delivery"),
)
