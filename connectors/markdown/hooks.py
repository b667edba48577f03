"""Who sends to a Markdown source: tools that post a document, and GitHub that tells of a push.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#push
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.markdown.settings import MarkdownSettings
from connectors.markdown.shelf import gone
from connectors.payloads import member, members, text
from connectors.signatures import StandardHook, body_key, check_hex, revealed
from connectors.spi import FetchById, Ignored, NotAuthentic, Unreadable

EVENT = "x-github-event"
_CURE = "See what was sent; discard it, and look whether the webhook's content type is application/json."


class MarkdownHook:
    """A push is signed as GitHub signs (`X-Hub-Signature-256`), a posted document as Standard Webhooks."""

    def __init__(self, name: str, settings: MarkdownSettings) -> None:
        self._name = name
        self._settings = settings
        self._posted = StandardHook("markdown", name, settings.secrets, settings.tolerance_seconds)

    def authenticate(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        pushed = EVENT in headers or "x-hub-signature-256" in headers
        if pushed and self._settings.push_secrets:
            secrets = revealed("markdown", self._name, self._settings.push_secrets)
            check_hex("markdown", headers.get("x-hub-signature-256", ""), body, secrets)
            return headers.get("x-github-delivery", "")[:200] or body_key(body)
        if not self._settings.secrets:
            sentence = "No posted documents are taken here: this source has no secret for them."
            raise NotAuthentic("markdown.secret_missing", sentence, "Let GitHub send its pushes, or set secret_env.")
        return self._posted.authenticate(headers, body, now)


def read_push(event: str, data: Mapping[str, Any], settings: MarkdownSettings) -> FetchById | Ignored:
    """The files of ours that a push changed, each by its name. Raises Unreadable."""
    if event != "push":
        return Ignored(f"{event or 'a delivery without an event'} is not a push")
    reference, repository = text(data.get("ref")), text(member(data, "repository", "full_name"))
    if not reference or not repository:
        raise Unreadable("markdown.no_push", "The push names no repository and no branch.", _CURE)
    if settings.repository is None or repository.casefold() != settings.repository.casefold():
        return Ignored(f"{repository} is not the repository of this source")
    if reference != f"refs/heads/{settings.branch}" or data.get("deleted") is True:
        return Ignored(f"{reference} is not the branch {settings.branch}")
    there: dict[str, bool] = {}
    for commit in members(data, "commits"):
        for kind, stays in (("added", True), ("modified", True), ("removed", False)):
            found = commit.get(kind)
            names = (settings.below(text(path)) for path in (found if isinstance(found, list) else ()))
            there.update(dict.fromkeys((name for name in names if name), stays))
    if not there:
        return Ignored("the push changes no document of this source")
    before = text(data.get("before"))
    # What is gone first: a document that was moved is there again afterwards.
    return FetchById(
        tuple(name if there[name] else gone(before, name) for name in sorted(there, key=there.__getitem__))
    )
