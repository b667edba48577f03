"""incident.io's webhooks: which postmortem an event is about. https://api-docs.incident.io/tag/Webhooks

Deliveries are signed as Standard Webhooks. `private_…` events carry nothing but an id, which may be an incident's, a
follow-up's or a document's; a prefix tells `fetch` which.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.payloads import member, text
from connectors.spi import FetchById, Ignored, Unreadable

FOLLOW_UP = "follow_up:"
DOCUMENT = "postmortem_document:"
_EVENT = re.compile(r"(?P<who>public|private)_incident\.(?P<what>[a-z_]+?)(?:_v\d+)?")
_CURE = "See what was sent; discard it, and look in incident.io's settings whether the endpoint's version has changed."


def read_event(data: Mapping[str, Any], *, by_status: bool = False) -> FetchById | Ignored:
    """`by_status`: an incident's status alone may make its postmortem final. Raises Unreadable."""
    event = text(data.get("event_type"))
    if not event:
        raise Unreadable("incidentio.no_event", "The webhook names no event.", _CURE)
    found = _EVENT.fullmatch(event)
    if found is None:
        return Ignored(f"{event} is not about an incident's postmortem")
    payload = data.get(event)
    if not isinstance(payload, Mapping):
        raise Unreadable("incidentio.no_payload", f"The webhook {event} says nothing of what happened.", _CURE)
    return _of(event, found["what"], payload, always=by_status or found["who"] == "private")


def _of(event: str, what: str, payload: Mapping[str, Any], *, always: bool) -> FetchById | Ignored:
    if what == "postmortem_document_status_updated":
        document = payload.get("postmortem_document") or payload
        return _fetch(event, text(member(document, "incident_id")), DOCUMENT, text(member(document, "id")))
    if what in ("follow_up_created", "follow_up_updated"):
        return _fetch(event, text(payload.get("incident_id")), FOLLOW_UP, text(payload.get("id")))
    if what in ("action_created", "action_updated"):
        # Before follow-ups had events of their own, they were actions with a flag.
        if payload.get("follow_up") is True:
            return _fetch(event, text(payload.get("incident_id")), FOLLOW_UP, text(payload.get("id")))
        return Ignored("an action during the incident is not a promise of its postmortem")
    if what == "incident_created":
        return Ignored("an incident that has just begun has no postmortem yet")
    if what in ("incident_updated", "incident_status_updated"):
        incident = payload.get("incident") or payload
        if not always and not member(incident, "postmortem_document_ids"):
            return _without_document(incident)
        return _fetch(event, text(member(incident, "id")), "", "")
    return Ignored(f"{event} is not about an incident's postmortem")


def _without_document(incident: Any) -> FetchById | Ignored:
    """An incident that its status alone may have taken back."""
    if text(member(incident, "incident_status", "category")).casefold() in ("live", "triage", "paused", ""):
        return Ignored("the incident has no postmortem document yet")
    return _fetch("incident_updated", text(member(incident, "id")), "", "")


def _fetch(event: str, incident_id: str, prefix: str, other_id: str) -> FetchById:
    if incident_id:
        return FetchById((incident_id,))
    if prefix and other_id:
        return FetchById((prefix + other_id,))
    raise Unreadable("incidentio.no_id", f"The webhook {event} names no incident.", _CURE)
