"""What GitHub shows: issues by marker, by change, by ref, by address. Its search is never asked: it lags by minutes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from connectors.answers import Asked, not_understood
from connectors.github import mapping
from connectors.github.client import PAGE, GithubClient, Reply
from connectors.github.settings import GithubSettings
from connectors.http import redirected_to
from connectors.spi import AccessDenied, Changes, Feed, Missing, Place, Reading, Sweep

_CREATED_SLACK = timedelta(minutes=5)
_MOST_PAGES = 20


class GithubReading:
    def __init__(self, client: GithubClient, settings: GithubSettings) -> None:
        self._client = client
        self._settings = settings
        self._login: str | None = None

    def our_login(self) -> str:
        """Empty where the token is an app's, which has no user to ask about."""
        if self._login is None:
            asked = self._client.asked("see who our account is")
            try:
                data = self._client.get(asked, "/user").data
            except AccessDenied as error:
                if error.code != "github.forbidden":
                    raise
                data = {}
            self._login = str(data.get("login", "")) if isinstance(data, dict) else ""
        return self._login

    def find(self, place: Place, marker: str, since: datetime) -> tuple[Reading, ...]:
        asked = self._client.asked(f"look for an issue of ours in {place.name}")
        earliest = since - _CREATED_SLACK
        params: dict[str, Any] = {
            "state": "all",
            "since": mapping.stamp(earliest),
            "sort": "created",
            "direction": "desc",
            "per_page": PAGE,
        }
        if self.our_login():
            params["creator"] = self.our_login()
        found: list[Reading] = []
        for page in range(1, _MOST_PAGES + 1):
            issues = _list(asked, self._client.get(asked, f"/repos/{place.name}/issues", {**params, "page": page}))
            readings = self._readings(asked, issues)
            found += [each for each in readings if marker in each.markers]
            older = bool(readings) and (readings[-1].created_at or earliest) < earliest
            if len(issues) < PAGE or older:
                break
        return tuple(sorted(found, key=lambda each: (each.created_at or each.updated_at, each.issue.key)))

    def changes(self, feed: Feed, cursor: str | None) -> Changes:
        """A page of the list, from a `since` that stays the same while the page is not full: then an unchanged list
        is the same address with the same ETag, a 304, which costs nothing of the limit.

        A full page moves `since` to its last issue; where that is the same second, the page number moves instead.
        """
        asked = self._client.asked(f"ask what changed in {feed.name}")
        since, page, etag = _cursor(cursor)
        params = {
            "state": "all",
            "labels": mapping.LABEL,
            "sort": "updated",
            "direction": "asc",
            "since": since,
            "per_page": PAGE,
            "page": page,
        }
        headers = {"If-None-Match": etag} if etag else {}
        reply = self._client.get(asked, f"/repos/{feed.name}/issues", params, headers=headers)
        if reply.status == 304 and cursor is not None:
            return Changes((), cursor)
        issues = _list(asked, reply)
        readings = tuple(self._readings(asked, issues))
        if len(issues) < PAGE:
            tag = reply.headers.get("etag")
            return Changes(readings, json.dumps({"since": since, "page": page, "etag": tag}))
        last = mapping.stamp(mapping.instant(issues[-1]["updated_at"]) - timedelta(seconds=1))
        following = {"since": last, "page": 1} if last > since else {"since": since, "page": page + 1}
        return Changes(readings, json.dumps(following), more=True)

    def read(self, refs: Sequence[str]) -> Sweep:
        asked = self._client.asked("read issues")
        parsed = {text: mapping.parse_ref(text) for text in refs}
        nodes: dict[str, Reading] = {}
        ids = list(dict.fromkeys(ref.node for ref in parsed.values() if ref and ref.node))
        for start in range(0, len(ids), PAGE):
            nodes.update(self._nodes(asked, ids[start : start + PAGE]))
        readings, gone, moved = [], [], {}
        for text, ref in parsed.items():
            found = nodes.get(ref.node) if ref else None
            if found is None and ref is not None:
                found = self._single(ref.path)
            if found is None:
                gone.append(text)
                continue
            readings.append(found)
            if found.issue.ref != text:
                moved[text] = found.issue
        return Sweep(tuple(readings), tuple(gone), moved)

    def _nodes(self, asked: Asked, ids: Sequence[str]) -> dict[str, Reading]:
        """By the id that was asked for: a transferred issue may come back under its new one."""
        data = self._client.graphql(asked, mapping.NODES, {"ids": list(ids)}).get("nodes")
        if not isinstance(data, list) or len(data) != len(ids):
            raise not_understood(asked)
        login = self.our_login()
        try:
            return {
                node_id: mapping.from_graphql(self._settings, node, login)
                for node_id, node in zip(ids, data, strict=True)
                if node
            }
        except (KeyError, TypeError, ValueError, AttributeError):
            raise not_understood(asked) from None

    def look_up(self, url: str) -> Reading | None:
        known = mapping.number_in(self._settings, url)
        if known is None:
            return None
        found = self._single(f"/repos/{known[0]}/issues/{known[1]}")
        if found is None:
            sentence = f"The issue {known[0]}#{known[1]} that the postmortem names is gone or not visible to us."
            raise Missing("github.missing", sentence, "Correct the address, or let our account see the issue.")
        return found

    def _single(self, path: str) -> Reading | None:
        """One issue, where it is now. None if it is gone, or hidden, which GitHub answers alike."""
        asked = self._client.asked(f"read the issue at {path}", about_issue=True)
        try:
            reply = self._client.get(asked, path, redirects=True)
            if reply.status != 200:
                reply = self._client.get(asked, self._new_path(asked, reply))
        except Missing:
            return None
        if not isinstance(reply.data, dict):
            raise not_understood(asked)
        return None if reply.data.get("pull_request") else self._readings(asked, [reply.data])[0]

    def _new_path(self, asked: Asked, reply: Reply) -> str:
        """The path on this same host: an address elsewhere would be handed our token."""
        target, base = urlsplit(redirected_to(reply.headers) or ""), urlsplit(self._settings.api_url)
        if (target.hostname, target.scheme) != (base.hostname, base.scheme) or not target.path.startswith(base.path):
            raise not_understood(asked)
        return target.path.removeprefix(base.path)

    def _readings(self, asked: Asked, issues: Iterable[Any]) -> list[Reading]:
        login = self.our_login()
        try:
            return [
                mapping.from_rest(self._settings, issue, login) for issue in issues if not issue.get("pull_request")
            ]
        except (KeyError, TypeError, ValueError, AttributeError):
            raise not_understood(asked) from None


def _list(asked: Asked, reply: Reply) -> list[Any]:
    if not isinstance(reply.data, list):
        raise not_understood(asked)
    return reply.data


def _cursor(cursor: str | None) -> tuple[str, int, str | None]:
    """(since, page, ETag). What cannot be read begins anew: repeating is harmless."""
    start = mapping.stamp(datetime(2000, 1, 1, tzinfo=UTC))
    try:
        data = json.loads(cursor or "{}")
        return str(data.get("since") or start), int(data.get("page", 1)), data.get("etag")
    except (ValueError, TypeError, AttributeError):
        return start, 1, None
