"""Grafana Incident's outgoing webhooks, as its own client verifies them.

https://github.com/grafana/incident-go/blob/main/webhook.go
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.grafana.mapping import Incident, status
from connectors.payloads import member, text
from connectors.signatures import body_key, revealed
from connectors.spi import FetchById, Ignored, NotAuthentic, Secret, Unreadable
from connectors.tools import ToolSettings

_CURE = "See what was sent; discard it, and look whether the integration is the incident's outgoing webhook."
_AGREE = "Check that the integration's signing secret is the one configured here."
_SIGNATURE = re.compile(r"\s*t=([0-9]{1,12})\s*,\s*v1=([0-9a-fA-F]{64})\s*")
# What may have taken a final state back; other updates of an active incident change nothing that is final.
TURNS = re.compile(r"grafana\.incident\.(updated\.(status|labels?)|reopened|closed|resolved)")


class GrafanaHook:
    """`GI-Signature: t=<seconds>,v1=<hex>` over the base64 of the body's SHA-256, the time and the version."""

    def __init__(self, name: str, secrets: Sequence[Secret], tolerance: float) -> None:
        self._name = name
        self._secrets = tuple(secrets)
        self._tolerance = tolerance

    def authenticate(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        secrets = revealed("grafana", self._name, self._secrets)
        found = _SIGNATURE.fullmatch(headers.get("gi-signature", ""))
        if found is None:
            sentence = "The signature header is missing or malformed."
            raise NotAuthentic("grafana.signature_missing", sentence, _AGREE)
        if abs(now.timestamp() - int(found[1])) > self._tolerance:
            sentence = f"The timestamp is more than {self._tolerance:.0f} s away from our clock."
            raise NotAuthentic("grafana.timestamp_old", sentence, "Let this machine keep its time by NTP.")
        digest = base64.b64encode(hashlib.sha256(body).digest())
        signed = digest + f":{found[1]}:v1".encode()
        good = False
        for secret in secrets:
            expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
            good |= hmac.compare_digest(expected, found[2].lower())
        if not good:
            raise NotAuthentic("grafana.signature_wrong", "The signature does not fit the body.", _AGREE)
        # The body's own id is the integration's, the same for many events.
        return body_key(body)


def read_event(data: Mapping[str, Any], settings: ToolSettings) -> FetchById | Ignored:
    """Which incident an event is about. Raises Unreadable."""
    if "alert_group" in data:
        return Ignored("an alert group of Grafana OnCall is no incident")
    event = text(data.get("event"))
    if not event:
        raise Unreadable("grafana.no_event", "The webhook names no event.", _CURE)
    if not event.startswith("grafana.incident."):
        return Ignored(f"{event} is not about an incident")
    incident: Incident | None = member(data, "incident")
    identity = text(member(incident, "incidentID"))
    if incident is None or not identity:
        raise Unreadable("grafana.no_incident", f"The webhook {event} names no incident.", _CURE)
    if status(incident, settings) == "draft" and not TURNS.fullmatch(event):
        return Ignored(f"{event} comes while the incident is still being worked on")
    return FetchById((identity,))
