"""PagerDuty's webhooks, version 3. https://developer.pagerduty.com/docs/webhooks-overview"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.payloads import member, text
from connectors.signatures import body_key, revealed
from connectors.spi import FetchById, Ignored, NotAuthentic, Secret, Unreadable

_CURE = "See what was sent; discard it, and look whether the subscription is of the version v3."
_MOST_SIGNATURES = 32
# No event tells of a review. These are what happens to an incident around its review; whatever they are about is read
# anew. Of the others none can make a postmortem final: the incident still burns, or only who is called has changed.
FOLLOWED = frozenset(
    {
        "incident.resolved",
        "incident.reopened",
        "incident.annotated",
        "incident.status_update_published",
        "incident.priority_updated",
        "incident.incident_type.changed",
        "incident.service_updated",
        "incident.custom_field_values.updated",
        "incident.workflow.completed",
        "incident.task.created",
        "incident.task.updated",
        "incident.task.completed",
    }
)


class PagerdutyHook:
    """`X-PagerDuty-Signature: v1=<hex>[,v1=<hex>…]`, one for each secret of a rotation, over the raw body alone.

    https://developer.pagerduty.com/docs/verifying-webhook-signatures
    """

    def __init__(self, name: str, secrets: Sequence[Secret]) -> None:
        self._name = name
        self._secrets = tuple(secrets)

    def authenticate(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        _ = now  # PagerDuty signs no time: a replay is known by its key
        secrets = revealed("pagerduty", self._name, self._secrets)
        given = [part.strip() for part in headers.get("x-pagerduty-signature", "").split(",")[:_MOST_SIGNATURES]]
        digests = [part[3:].lower().encode("utf-8", "surrogatepass") for part in given if part.startswith("v1=")]
        if not digests:
            cure = "Let the subscription be of the version v3, and configure its secret here."
            raise NotAuthentic("pagerduty.signature_missing", "The signature header is missing.", cure)
        good = False
        for secret in secrets:
            expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
            for digest in digests:
                good |= hmac.compare_digest(expected, digest)
        if not good:
            cure = "Check that the subscription and this configuration agree on the secret."
            raise NotAuthentic("pagerduty.signature_wrong", "No signature fits the body.", cure)
        return headers.get("x-webhook-id", "")[:200] or body_key(body)


def read_event(data: Mapping[str, Any]) -> FetchById | Ignored:
    """Which incident an event is about. Raises Unreadable."""
    event = data.get("event")
    name = text(member(event, "event_type"))
    if not name:
        raise Unreadable("pagerduty.no_event", "The webhook names no event.", _CURE)
    if name not in FOLLOWED:
        return Ignored(f"{name} makes no postmortem final and changes none")
    about = member(event, "data")
    # An incident itself, or something of an incident's: a task, a note, its field values, a workflow that ran.
    incident = about if text(member(about, "type")) == "incident" else member(about, "incident")
    identity = text(member(incident, "id"))
    if not identity:
        raise Unreadable("pagerduty.no_incident", f"The webhook {name} names no incident.", _CURE)
    return FetchById((identity,))
