"""GitHub's webhooks. https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.github.mapping import Ref
from connectors.signatures import body_key, check_hex, revealed
from connectors.spi import Ignored, Secret, Touched, Unreadable

_EVENTS = ("issues", "issue_comment")


class GithubHook:
    """`X-Hub-Signature-256` over the raw body; the SHA-1 header beside it is not looked at."""

    def __init__(self, name: str, secrets: Sequence[Secret]) -> None:
        self._name = name
        self._secrets = tuple(secrets)

    def authenticate(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        _ = now  # GitHub signs no time
        secrets = revealed("github", self._name, self._secrets)
        check_hex("github", headers.get("x-hub-signature-256", ""), body, secrets)
        return headers.get("x-github-delivery", "")[:200] or body_key(body)


def touched(headers: Mapping[str, str], body: bytes) -> Touched | Ignored:
    """A transfer touches both the issue that was and the one that is."""
    name = headers.get("x-github-event", "")
    if name not in _EVENTS:
        return Ignored(f"{name or 'a delivery without an event'} is not about an issue's state")
    try:
        event = json.loads(body)
    except (ValueError, RecursionError) as error:
        cure = "Set the webhook's content type to application/json."
        raise Unreadable("github.not_json", "The webhook's body is not JSON.", cure) from error
    issue = event.get("issue") if isinstance(event, dict) else None
    if not isinstance(issue, dict):
        raise Unreadable("github.no_issue", f"The webhook {name} names no issue.", "See what was sent; discard it.")
    if issue.get("pull_request"):
        return Ignored("it is about a pull request")
    changes = event.get("changes") if isinstance(event.get("changes"), dict) else {}
    pairs = [(issue, event.get("repository")), (changes.get("new_issue"), changes.get("new_repository"))]
    refs = [str(ref) for each, repo in pairs if each and (ref := _ref(each, repo)) is not None]
    if not refs:
        raise Unreadable("github.no_issue", f"The webhook {name} names no issue.", "See what was sent; discard it.")
    return Touched(tuple(refs), f"{name}.{event.get('action', '')}")


def _ref(issue: Any, repository: Any) -> Ref | None:
    try:
        return Ref(str(issue["node_id"]), str(repository["full_name"]), int(issue["number"]))
    except (KeyError, TypeError, ValueError):
        return None
