"""Rootly's webhooks: who sent them, and which incident's postmortem they are about.

https://docs.rootly.com/integrations/webhooks
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.payloads import json_object, member, text
from connectors.signatures import body_key, revealed
from connectors.spi import FetchById, Ignored, NotAuthentic, PostmortemDocument, Unreadable
from connectors.tools import ToolSettings, deleted

_SIGNATURE = re.compile(r"t=([0-9]{1,12}),v1=([0-9A-Fa-f]{64})")
_CURE = "Check that Rootly's endpoint and this configuration agree on the secret, and that both clocks are right."
_LOOK = "See what was sent; discard it, and look in Rootly's documentation whether its events have changed."


class RootlyHook:
    """`X-Rootly-Signature: t=<unix>,v1=<hex>`: HMAC-SHA256 over the digits and the body, with nothing between."""

    def __init__(self, name: str, settings: ToolSettings) -> None:
        self._name = name
        self._secrets = settings.secrets
        self._tolerance = settings.tolerance_seconds

    def authenticate(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        secrets = revealed("rootly", self._name, self._secrets)
        # The documentation shows a line break behind the comma.
        found = _SIGNATURE.fullmatch(re.sub(r"\s", "", headers.get("x-rootly-signature", "")))
        if found is None:
            raise NotAuthentic("rootly.signature_missing", "The header X-Rootly-Signature is missing.", _CURE)
        stamp, given = found[1], found[2].lower()
        good = False
        for secret in secrets:
            digest = hmac.new(secret.encode(), stamp.encode() + body, hashlib.sha256).hexdigest()
            good |= hmac.compare_digest(digest, given)
        if not good:
            raise NotAuthentic("rootly.signature_wrong", "The signature does not fit the body.", _CURE)
        if abs(now.timestamp() - int(stamp)) > self._tolerance:
            sentence = f"The signed time is more than {self._tolerance:.0f} s away from our clock."
            raise NotAuthentic("rootly.timestamp_old", sentence, _CURE)
        return _key(body)


def _key(body: bytes) -> str:
    """The event's own id, which a repetition keeps; it stands in the body, and so is signed."""
    try:
        event = json_object("rootly", body, forgiving=True).get("event")
    except Unreadable:
        return body_key(body)
    identity, kind = text(member(event, "id")), text(member(event, "type"))
    return f"{kind}:{identity}"[:200] if identity else body_key(body)


def read_event(data: Mapping[str, Any]) -> PostmortemDocument | FetchById | Ignored:
    """Raises Unreadable."""
    event, payload = text(member(data, "event", "type")), data.get("data")
    if not event:
        raise Unreadable("rootly.no_event", "The webhook names no event.", _LOOK)
    if not event.startswith(("incident_post_mortem.", "incident.")):
        return Ignored(f"{event} is not about an incident's postmortem")
    if not isinstance(payload, Mapping):
        raise Unreadable("rootly.no_payload", f"The webhook {event} says nothing of what happened.", _LOOK)
    if event.startswith("incident_post_mortem."):
        return _about(event, text(payload.get("incident_id")), text(payload.get("title")))
    if not payload.get("incident_post_mortem") and event != "incident.deleted":
        return Ignored("the incident has no postmortem yet")
    return _about(event, text(payload.get("id")), text(payload.get("title")))


def _about(event: str, incident_id: str, title: str) -> PostmortemDocument | FetchById:
    if not incident_id:
        raise Unreadable("rootly.no_id", f"The webhook {event} names no incident.", _LOOK)
    # An incident that is gone cannot be asked for; one whose postmortem is gone may have another one by now.
    return deleted(incident_id, title) if event == "incident.deleted" else FetchById((incident_id,))
