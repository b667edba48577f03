"""GitLab's webhooks. https://docs.gitlab.com/user/project/integrations/webhooks/"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.gitlab.mapping import Ref
from connectors.signatures import body_key, check_standard, revealed
from connectors.spi import Ignored, NotAuthentic, Secret, Touched, Unreadable

_SIGNING = "whsec_"
_KINDS = ("issue", "work_item", "note")


class GitlabHook:
    """A signing token (`whsec_…`, as Standard Webhooks describes) or the plain secret in `X-Gitlab-Token`."""

    def __init__(self, name: str, secrets: Sequence[Secret]) -> None:
        self._name = name
        self._secrets = tuple(secrets)

    def authenticate(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        secrets = revealed("gitlab", self._name, self._secrets)
        signing = [each for each in secrets if each.startswith(_SIGNING)]
        plain = [each for each in secrets if not each.startswith(_SIGNING)]
        if signing and (headers.get("webhook-signature") or not plain):
            return check_standard("gitlab", headers, body, now, signing)
        self._compare(headers.get("x-gitlab-token", ""), plain)
        return _key(headers, body)

    def _compare(self, given: str, plain: Sequence[str]) -> None:
        cure = "Check that the webhook's secret token in GitLab and this configuration are the same."
        if not given:
            raise NotAuthentic("gitlab.token_missing", f"{self._name}: the header X-Gitlab-Token is missing.", cure)
        good = False
        for secret in plain:
            good |= hmac.compare_digest(secret.encode(), given.encode("utf-8", "surrogateescape"))
        if not good:
            raise NotAuthentic("gitlab.token_wrong", f"{self._name}: the secret token is another one.", cure)


def _key(headers: Mapping[str, str], body: bytes) -> str:
    """`Idempotency-Key` stays the same over retries. `X-Gitlab-Webhook-UUID` names the webhook, not the delivery, and
    an event's UUID is shared by what the event set off in turn: it counts only together with the body.
    """
    key = headers.get("idempotency-key", "").strip()[:200]
    event = headers.get("x-gitlab-event-uuid", "").strip()[:100]
    return key or (f"{event}:{body_key(body)}" if event else body_key(body))


def touched(headers: Mapping[str, str], body: bytes) -> Touched | Ignored:
    _ = headers  # what an event is stands in its body too
    try:
        event = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable(
            "gitlab.not_json", "The webhook's body is not JSON.", "See what was sent; discard it."
        ) from error
    kind = event.get("object_kind") if isinstance(event, dict) else None
    if not isinstance(kind, str):
        raise Unreadable(
            "gitlab.no_kind", "The webhook does not say what it is about.", "See what was sent; discard it."
        )
    if kind not in _KINDS:
        return Ignored(f"{kind} is not about an issue's state")
    attributes = event.get("object_attributes")
    attributes = attributes if isinstance(attributes, dict) else {}
    if kind == "note" and attributes.get("noteable_type") != "Issue":
        return Ignored("it is a comment on something else than an issue")
    issue = event.get("issue") if kind == "note" else attributes
    ref = _ref(issue, event)
    if ref is None:
        raise Unreadable("gitlab.no_issue", f"The webhook {kind} names no issue.", "See what was sent; discard it.")
    return Touched((str(ref),), f"{kind}.{attributes.get('action') or 'note'}")


def _ref(issue: Any, event: Mapping[str, Any]) -> Ref | None:
    try:
        project = issue.get("project_id") or event["project"]["id"]
        return Ref(str(int(project)), int(issue["iid"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
