"""What changes a repository's issues. Each creation is one request; everything else may be repeated."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from connectors.answers import Asked, not_understood
from connectors.github import mapping
from connectors.github.client import PAGE, GithubClient
from connectors.github.settings import GithubSettings
from connectors.markup import GITHUB_BODY, GITHUB_TITLE, fit, github_markdown, one_line, size
from connectors.spi import AccessDenied, Created, IssueDraft, IssueRef, Missing, Place, Rejected, text_digest

_ASSIGNABLE_SECONDS = 600.0
_LABEL_LIMIT = 50


class GithubWriting:
    def __init__(self, client: GithubClient, settings: GithubSettings) -> None:
        self._client = client
        self._settings = settings
        self._assignable: dict[tuple[str, str], tuple[float, bool]] = {}

    def create(self, place: Place, draft: IssueDraft) -> Created:
        """One POST. Labels and assignees that GitHub left out for want of push access are named in `dropped`."""
        asked = self._client.asked(f"create an issue in {place.name}", mutating=True)
        dropped = []
        constants = dict(place.constants)
        labels = _labels([mapping.LABEL, *draft.labels, *constants.pop("labels", [])])
        payload = {**constants, **_text(draft.title, draft.body, draft.marker), "labels": labels}
        if place.issue_type:
            payload["type"] = place.issue_type
        if draft.assignee is not None:
            if self._may_be_assigned(place.name, draft.assignee.id):
                payload["assignees"] = [draft.assignee.id]
            else:
                dropped.append("assignee")
        data = self._client.send(asked, "POST", f"/repos/{place.name}/issues", payload)
        issue = self._ref(asked, data)
        if payload.get("assignees") and not data.get("assignees"):
            dropped.append("assignee")
        if missing := set(map(str.lower, labels)) - {str(each["name"]).lower() for each in data.get("labels") or ()}:
            dropped.append(f"labels {', '.join(sorted(missing))}")
        return Created(issue, _digest(payload), tuple(dropped))

    def _may_be_assigned(self, repo: str, login: str) -> bool:
        """Asked before, because a login that may not be assigned is a 422 for the whole issue."""
        key = (repo.lower(), login.lower())
        until, known = self._assignable.get(key, (0.0, False))
        if time.monotonic() < until:
            return known
        asked = self._client.asked(f"see whether {login} may be assigned in {repo}", about_issue=True)
        try:
            self._client.get(asked, f"/repos/{repo}/assignees/{login}")
            known = True
        except (Missing, Rejected, AccessDenied):
            known = False
        self._assignable[key] = (time.monotonic() + _ASSIGNABLE_SECONDS, known)
        return known

    def rewrite(self, ref: str, title: str, body: str, marker: str) -> Created:
        asked = self._client.asked(f"rewrite the issue {_shown(ref)}", mutating=True, about_issue=True)
        payload = _text(title, body, marker)
        data = self._client.send(asked, "PATCH", self._path(asked, ref), payload)
        return Created(self._ref(asked, data), _digest(payload))

    def text_digest(self, title: str, body: str) -> str:
        # Any marker will do: it takes room in the body and is no part of the digest.
        return _digest(_text(title, body, 16 * "a"))

    def comments_with(self, ref: str, marker: str) -> tuple[str, ...]:
        asked = self._client.asked(f"read the comments of the issue {_shown(ref)}", about_issue=True)
        path, found, page = f"{self._path(asked, ref)}/comments", [], 1
        while True:
            comments = self._client.get(asked, path, {"per_page": PAGE, "page": page}).data
            if not isinstance(comments, list):
                raise not_understood(asked)
            found += [str(each["id"]) for each in comments if _token(marker) in str(each.get("body") or "")]
            if len(comments) < PAGE:
                return tuple(found)
            page += 1

    def comment(self, ref: str, marker: str, text: str, comment_ref: str | None) -> str:
        asked = self._client.asked(f"comment on the issue {_shown(ref)}", mutating=True, about_issue=True)
        path = self._path(asked, ref)
        tail = f"\n\n{_token(marker)}"
        payload = {"body": fit(text, GITHUB_BODY - size(tail), github_markdown) + tail}
        if comment_ref is not None:
            self._client.send(asked, "PATCH", f"{path.rpartition('/')[0]}/comments/{comment_ref}", payload)
            return comment_ref
        data = self._client.send(asked, "POST", f"{path}/comments", payload)
        if not isinstance(data, dict) or not data.get("id"):
            raise not_understood(asked)
        return str(data["id"])

    def close_as_duplicate(self, ref: str, of: IssueRef, text: str) -> None:
        asked = self._client.asked(f"close the issue {_shown(ref)} as a duplicate", mutating=True, about_issue=True)
        path, marker = self._path(asked, ref), f"duplicate-{of.key.replace('/', '-').replace('#', '-')}"
        if not self.comments_with(ref, marker):
            self.comment(ref, marker, text, None)
        try:
            self._client.send(asked, "PATCH", path, {"state": "closed", "state_reason": "duplicate"})
        except Rejected:  # an enterprise server from before the reason `duplicate`
            self._client.send(asked, "PATCH", path, {"state": "closed", "state_reason": "not_planned"})

    def _path(self, asked: Asked, ref: str) -> str:
        parsed = mapping.parse_ref(ref)
        if parsed is None:
            cure = "Look in the tracker for the issue and settle it by hand."
            raise Missing("github.strange_ref", asked.sentence("its reference is not one of ours"), cure)
        return parsed.path

    def _ref(self, asked: Asked, data: Any) -> IssueRef:
        try:
            return mapping.issue_ref(self._settings, mapping.rest_ref(data))
        except (KeyError, TypeError, ValueError):
            raise not_understood(asked) from None


def _text(title: str, body: str, marker: str) -> dict[str, Any]:
    tail = mapping.marker_line(marker)
    return {"title": one_line(title, GITHUB_TITLE), "body": fit(body, GITHUB_BODY - size(tail), github_markdown) + tail}


def _digest(payload: Mapping[str, Any]) -> str:
    return text_digest(payload["title"], mapping.without_marker(payload["body"]))


def _labels(words: list[str]) -> list[str]:
    plain = (" ".join(word.split())[:_LABEL_LIMIT] for word in words)
    return list(dict.fromkeys(word for word in plain if word))


def _token(marker: str) -> str:
    return f"<!-- pm:{marker} -->"


def _shown(ref: str) -> str:
    return ref.rpartition(":")[2]
