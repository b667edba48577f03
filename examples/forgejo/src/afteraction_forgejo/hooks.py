"""Forgejo's webhooks. https://forgejo.org/docs/latest/user/webhooks/"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from afteraction_forgejo.mapping import Ref
from connectors.payloads import json_object, member
from connectors.signatures import body_key, check_hex, revealed
from connectors.spi import Ignored, Secret, Touched, Unreadable


class ForgejoHook:
    """The HMAC of the body in `X-Forgejo-Signature`; Gitea, and Forgejo too, names it `X-Gitea-Signature`."""

    def __init__(self, name: str, secrets: Sequence[Secret]) -> None:
        self._name = name
        self._secrets = tuple(secrets)

    def authenticate(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        _ = now  # the signature says nothing of the time
        check_hex("forgejo", header(headers, "signature"), body, revealed("forgejo", self._name, self._secrets), "")
        return header(headers, "delivery") or body_key(body)


def header(headers: Mapping[str, str], name: str) -> str:
    return headers.get(f"x-forgejo-{name}") or headers.get(f"x-gitea-{name}", "")


def touched(headers: Mapping[str, str], body: bytes) -> Touched | Ignored:
    event = json_object("forgejo", body)
    kind = header(headers, "event") or "an event"
    number, place = member(event, "issue", "number"), member(event, "repository", "full_name")
    if "issue" not in event or event.get("is_pull") or member(event, "issue", "pull_request"):
        return Ignored(f"{kind} is not about an issue")
    if not isinstance(number, int) or not isinstance(place, str):
        raise Unreadable("forgejo.no_issue", f"The webhook {kind} names no issue.", "See what was sent; discard it.")
    return Touched((str(Ref(place, number)),), f"{kind}.{event.get('action', '')}")
