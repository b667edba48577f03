"""FireHydrant's webhooks. https://docs.firehydrant.com/docs/webhooks

No event says that a retrospective is complete: the incident's milestone does.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.firehydrant.mapping import is_settled
from connectors.payloads import member, text
from connectors.signatures import body_key, check_hex, revealed
from connectors.spi import FetchById, Ignored, PostmortemDocument, Unreadable
from connectors.tools import ToolSettings, deleted

_GONE = frozenset({"deleted", "destroyed", "archived", "discarded"})
_CURE = "See what was sent; discard it, and look in FireHydrant's documentation whether its webhooks have changed."


class FirehydrantHook:
    """`fh-signature`: the bare hexadecimal HMAC-SHA256 of the body. There is no time and no id: the body is the key."""

    def __init__(self, name: str, settings: ToolSettings) -> None:
        self._name = name
        self._secrets = settings.secrets

    def authenticate(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        _ = now
        secrets = revealed("firehydrant", self._name, self._secrets)
        check_hex("firehydrant", headers.get("fh-signature", ""), body, secrets, prefix="")
        return body_key(body)


def read_event(data: Mapping[str, Any], settings: ToolSettings) -> PostmortemDocument | FetchById | Ignored:
    """An incident that was never final is ignored; one that was, whatever happens to it, is looked at again.

    Raises Unreadable.
    """
    kind = text(member(data, "event", "resource_type")).casefold()
    operation = text(member(data, "event", "operation")).casefold()
    if not kind:
        raise Unreadable("firehydrant.no_event", "The webhook names no event.", _CURE)
    incident = member(data, "data", "incident")
    if not isinstance(incident, Mapping) or "incident" not in kind:
        return Ignored(f"{kind} {operation} is not about an incident's postmortem".replace("  ", " "))
    identity = text(incident.get("id"))
    if not identity:
        raise Unreadable("firehydrant.no_id", "The webhook names no incident.", _CURE)
    if operation in _GONE:
        return deleted(identity, text(incident.get("name")))
    if is_settled(incident, settings):
        return FetchById((identity,))
    milestone = text(incident.get("current_milestone")) or "no milestone"
    return Ignored(f"its milestone is {milestone}, which makes no postmortem final")
