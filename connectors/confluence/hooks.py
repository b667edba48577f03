"""Confluence's webhooks: which page an event is about. https://developer.atlassian.com/server/confluence/webhooks/"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.payloads import member, text
from connectors.signatures import body_key, check_hex, revealed
from connectors.spi import FetchById, Ignored, PostmortemDocument, Secret, Unreadable

_CURE = "See what was sent; discard it, and look whether the webhook's events are those that the README lists."
# Whatever else happens to a page: it is liked, viewed, commented.
FOLLOWED = frozenset(
    {
        "page_created",
        "page_updated",
        "page_published",
        "page_moved",
        "page_restored",
        "page_trashed",
        "page_archived",
        "page_unarchived",
        "label_added",
        "label_removed",
        "content_permissions_updated",
    }
)
GONE = "page_removed"


class ConfluenceHook:
    """`X-Hub-Signature: sha256=<hex>` over the raw body, on Cloud and on Data Center."""

    def __init__(self, name: str, secrets: Sequence[Secret]) -> None:
        self._name = name
        self._secrets = tuple(secrets)

    def authenticate(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        _ = now  # Confluence signs no time
        secrets = revealed("confluence", self._name, self._secrets)
        check_hex("confluence", headers.get("x-hub-signature", ""), body, secrets)
        return headers.get("x-atlassian-webhook-identifier", "")[:200] or body_key(body)


def read_event(data: Mapping[str, Any]) -> PostmortemDocument | FetchById | Ignored:
    """Raises Unreadable."""
    event = next((name for key in ("event", "eventType", "webhookEvent") if (name := text(data.get(key)))), "")
    content = next((found for key in ("page", "content", "labeled") if (found := member(data, key))), None)
    if not event:
        # Data Center's own payload names none for some events: what it is about is enough.
        event = "page_updated" if content else ""
    if not event:
        raise Unreadable("confluence.no_event", "The webhook names no event.", _CURE)
    if event not in FOLLOWED and event != GONE:
        return Ignored(f"{event} changes no page and no label of one")
    kind = text(member(content, "contentType")) or text(member(content, "type")) or "page"
    if kind != "page":
        return Ignored(f"{event} is about a {kind} and not about a page")
    identity = text(member(content, "id"))
    if not identity:
        raise Unreadable("confluence.no_page", f"The webhook {event} names no page.", _CURE)
    if event == GONE:
        return PostmortemDocument(id=identity, title=text(member(content, "title")) or identity, status="deleted")
    return FetchById((identity,))
