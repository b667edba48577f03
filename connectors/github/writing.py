"""What changes a repository's issues. Each creation is one request; everything else may be repeated."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Any

from connectors.answers import Asked, not_understood, overtaken, understood, unlike
from connectors.github import mapping
from connectors.github.client import PAGE, GithubClient
from connectors.github.settings import GithubSettings
from connectors.github.versions import ISSUE_TYPES
from connectors.markup import GITHUB_BODY, GITHUB_TITLE, fit, github_markdown, one_line, size
from connectors.spi import Created, IssueDraft, IssueRef, Missing, Place, Rejected, text_digest

_ASSIGNABLE_SECONDS = 600.0
_LABEL_LIMIT = 50


class GithubWriting:
    def __init__(self, client: GithubClient, settings: GithubSettings) -> None:
        self._client = client
        self._settings = settings
        self._assignable: dict[tuple[str, str], tuple[float, bool]] = {}

    def create(self, place: Place, draft: IssueDraft) -> Created:
        """One POST, and another without the assignee where GitHub refuses it for that alone. What GitHub left out for
        want of push access is named in `dropped`.
        """
        asked = self._client.asked(f"create an issue in {place.name}", mutating=True)
        if draft.confidential:
            cure = "Send it to a private repository: GitHub keeps no single issue from those who see its repository."
            raise Rejected("github.no_confidential", asked.sentence("GitHub has no confidential issues"), cure)
        constants = {**place.constants, **draft.fields}
        labels = _labels([mapping.LABEL, *draft.labels, *constants.pop("labels", [])])
        payload = {**constants, **self._text(draft.title, draft.body, draft.marker), "labels": labels}
        issue_type = draft.issue_type or place.issue_type
        if issue_type:
            self._client.require(asked, ISSUE_TYPES, place.name)
            payload["type"] = issue_type
        dropped = []
        if draft.assignee is not None:
            if self.may_be_assigned(place.name, draft.assignee.id):
                payload["assignees"] = [draft.assignee.id]
            else:
                dropped.append("assignee")
        path = f"/repos/{place.name}/issues"
        try:
            data = self._client.send(asked, "POST", path, payload)
        except Rejected as refusal:
            # Whoever could be assigned a few minutes ago has left: certainly nothing was made.
            if payload.pop("assignees", None) is None or "assignees" not in refusal.sentence:
                raise
            self._assignable.clear()
            dropped.append("assignee")
            data = self._client.send(asked, "POST", path, payload)
        return Created(self._ref(asked, data), _digest(payload), (*dropped, *_left_out(payload, data)))

    def may_be_assigned(self, repo: str, login: str) -> bool:
        """Asked before, because a login that may not be assigned is a 422 for the whole issue.
        https://docs.github.com/en/rest/issues/assignees#check-if-a-user-can-be-assigned
        """
        key = (repo.lower(), login.lower())
        until, known = self._assignable.get(key, (0.0, False))
        if time.monotonic() < until:
            return known
        asked = self._client.asked(f"see whether {login} may be assigned in {repo}", about_issue=True)
        try:
            self._client.get(asked, f"/repos/{repo}/assignees/{login}")
            known = True
        except (Missing, Rejected):
            known = False
        self._assignable[key] = (time.monotonic() + _ASSIGNABLE_SECONDS, known)
        return known

    def rewrite(self, ref: str, title: str, body: str, marker: str, over: Collection[str] | None) -> Created:
        """GitHub takes no condition with a PATCH: its ETags are for reading alone.
        https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
        """
        asked = self._client.asked(f"rewrite the issue {shown(ref)}", mutating=True, about_issue=True)
        path, payload = mapping.path_of(asked, ref), self._text(title, body, marker)
        if over is None:
            return Created(self._ref(asked, self._client.send(asked, "PATCH", path, payload)), _digest(payload))
        looking = self._client.asked(f"read the issue {shown(ref)}", about_issue=True)
        issue = self._client.get(looking, path).data
        with understood(looking):
            standing, changed = _digest(issue), unlike(payload, issue)
        if standing not in over:
            raise overtaken(asked)
        if changed:
            issue = self._client.send(asked, "PATCH", path, changed)
        return Created(self._ref(asked, issue), _digest(payload))

    def text_digest(self, title: str, body: str) -> str:
        # Any marker will do: it takes room in the body and is no part of the digest.
        return _digest(self._text(title, body, 16 * "a"))

    def comments_with(self, ref: str, marker: str) -> tuple[str, ...]:
        asked = self._client.asked(f"read the comments of the issue {shown(ref)}", about_issue=True)
        path, found, page = f"{mapping.path_of(asked, ref)}/comments", [], 1
        while True:
            comments = self._client.get(asked, path, {"per_page": PAGE, "page": page}).data
            if not isinstance(comments, list):
                raise not_understood(asked)
            found += [str(each["id"]) for each in comments if _token(marker) in str(each.get("body") or "")]
            if len(comments) < PAGE:
                return tuple(found)
            page += 1

    def comment(self, ref: str, marker: str, text: str, comment_ref: str | None) -> str:
        asked = self._client.asked(f"comment on the issue {shown(ref)}", mutating=True, about_issue=True)
        path = mapping.path_of(asked, ref)
        payload = {"body": self._fitted(text, f"\n\n{_token(marker)}")}
        if comment_ref is not None:
            self._client.send(asked, "PATCH", f"{path.rpartition('/')[0]}/comments/{comment_ref}", payload)
            return comment_ref
        data = self._client.send(asked, "POST", f"{path}/comments", payload)
        if not isinstance(data, dict) or not data.get("id"):
            raise not_understood(asked)
        return str(data["id"])

    def _text(self, title: str, body: str, marker: str) -> dict[str, Any]:
        return {"title": one_line(title, GITHUB_TITLE), "body": self._fitted(body, mapping.marker_line(marker))}

    def _fitted(self, text: str, tail: str) -> str:
        site = self._settings.browse_url
        return fit(text, GITHUB_BODY - size(tail), lambda part: github_markdown(part, site)) + tail

    def _ref(self, asked: Asked, data: Any) -> IssueRef:
        try:
            return mapping.issue_ref(self._settings, mapping.rest_ref(data))
        except (KeyError, TypeError, ValueError):
            raise not_understood(asked) from None


def _digest(payload: Mapping[str, Any]) -> str:
    return text_digest(payload["title"], mapping.without_marker(payload["body"] or ""))


def _left_out(payload: Mapping[str, Any], data: Mapping[str, Any]) -> list[str]:
    """What was asked for and is not in GitHub's answer."""
    plain = {"assignees": "assignee", "type": "issue type", "milestone": "milestone"}
    left_out = [word for name, word in plain.items() if payload.get(name) and not data.get(name)]
    given = {str(each["name"]).lower() for each in data.get("labels") or ()}
    missing = sorted({label.lower() for label in payload["labels"]} - given)
    return [*left_out, f"labels {', '.join(missing)}"] if missing else left_out


def _labels(words: list[str]) -> list[str]:
    plain = (" ".join(word.split())[:_LABEL_LIMIT] for word in words)
    return list(dict.fromkeys(word for word in plain if word))


def _token(marker: str) -> str:
    return f"<!-- pm:{marker} -->"


def shown(ref: str) -> str:
    return ref.rpartition(":")[2]
