"""Jira Cloud's webhooks. https://developer.atlassian.com/cloud/jira/platform/webhooks/"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.signatures import body_key, check_hex, revealed
from connectors.spi import Ignored, Secret, Touched, Unreadable

_COMMENT = re.compile(r"/issue/([0-9]+)/comment/")


class JiraHook:
    """`X-Hub-Signature: sha256=…` over the raw body. The identifier stays the same over Jira's own retries."""

    def __init__(self, name: str, secrets: Sequence[Secret]) -> None:
        self._name = name
        self._secrets = tuple(secrets)

    def authenticate(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        _ = now  # Jira signs no time
        check_hex("jira", headers.get("x-hub-signature", ""), body, revealed("jira", self._name, self._secrets))
        return headers.get("x-atlassian-webhook-identifier", "")[:200] or body_key(body)


def touched(headers: Mapping[str, str], body: bytes) -> Touched | Ignored:
    _ = headers
    try:
        event = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable(
            "jira.not_json", "The webhook's body is not JSON.", "See what was sent; discard it."
        ) from error
    name = event.get("webhookEvent") if isinstance(event, dict) else None
    if not isinstance(name, str):
        raise Unreadable("jira.no_event", "The webhook names no event.", "Check that Jira sends it; discard it.")
    if not name.startswith(("jira:issue_", "comment_")):
        return Ignored(f"{name} is not about an issue's state")
    issue_id = _issue_id(event)
    if issue_id is None:
        raise Unreadable("jira.no_issue", f"The webhook {name} names no issue.", "Let it send the issue's details.")
    return Touched((issue_id,), name)


def _issue_id(event: Mapping[str, Any]) -> str | None:
    """The issue's id; a comment of Jira Server comes without its issue, and names it in its own address."""
    issue, comment = event.get("issue"), event.get("comment")
    if isinstance(issue, dict) and str(issue.get("id", "")).isdigit():
        return str(issue["id"])
    found = _COMMENT.search(str(comment.get("self", ""))) if isinstance(comment, dict) else None
    return found[1] if found else None
