"""How each kind of Jira is asked for many issues: Cloud by page tokens and bulk fetch, Data Center by JQL alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from connectors.answers import Asked, not_understood, server_time
from connectors.jira import mapping
from connectors.jira.client import JiraClient, Reply

PAGE = 100


@dataclass(frozen=True, slots=True)
class Position:
    """Where a round of changes stands: `at` is the first instant asked for, `until` where the next round begins (both
    in epoch milliseconds), `token` Cloud's next page, `start` how many of the instant `at` were read.
    """

    at: int = 0
    until: int | None = None
    token: str | None = None
    start: int = 0

    @classmethod
    def read(cls, cursor: str | None) -> Position:
        """What cannot be read begins anew: repeating is harmless."""
        try:
            data = json.loads(cursor or "{}")
            until = data.get("until")
            return cls(
                int(data.get("at", 0)),
                None if until is None else int(until),
                data.get("token"),
                int(data.get("start", 0)),
            )
        except (ValueError, TypeError, AttributeError):
            return cls()

    def text(self) -> str:
        data = {"at": self.at, "until": self.until, "token": self.token, "start": self.start}
        return json.dumps({name: value for name, value in data.items() if value})


@dataclass(frozen=True, slots=True)
class Page:
    """`after` is None on the last page."""

    issues: list[Any]
    after: Position | None = None
    server_now: datetime | None = None


class Search(Protocol):
    order: str

    def page(self, asked: Asked, jql: str, position: Position, size: int = PAGE) -> Page: ...

    def fetch(self, asked: Asked, refs: Sequence[str]) -> list[Any]:
        """At most `PAGE` issues; what is not there or not visible is silently absent."""
        ...


class CloudSearch:
    """https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/"""

    order = "updated ASC"

    def __init__(self, client: JiraClient) -> None:
        self._client = client

    def page(self, asked: Asked, jql: str, position: Position, size: int = PAGE) -> Page:
        payload: dict[str, Any] = {"jql": jql, "maxResults": size, **_wanted()}
        if position.token:
            payload["nextPageToken"] = position.token
        reply = self._client.call(asked, "POST", "search/jql", payload)
        issues, token = _issues(asked, reply.data), reply.data.get("nextPageToken")
        last = reply.data.get("isLast", token is None) or size < PAGE
        after = None if last or not token else replace(position, token=str(token))
        return Page(issues, after, server_time(reply.headers))

    def fetch(self, asked: Asked, refs: Sequence[str]) -> list[Any]:
        payload = {"issueIdsOrKeys": list(refs), **_wanted()}
        return _issues(asked, self._client.post(asked, "issue/bulkfetch", payload))


class DataCenterSearch:
    """https://developer.atlassian.com/server/jira/platform/rest/ (search). The index keeps whole seconds.

    A page is continued from the last instant that it showed: counted from the start, pages would shift and hide an
    issue whenever one that was read already changes between two of them.
    """

    order = "updated ASC, key ASC"

    def __init__(self, client: JiraClient) -> None:
        self._client = client

    def page(self, asked: Asked, jql: str, position: Position, size: int = PAGE) -> Page:
        reply = self._ask(asked, jql, position.start, size)
        issues = _issues(asked, reply.data)
        total = reply.data.get("total")
        more = bool(issues) and position.start + len(issues) < (total if isinstance(total, int) else 0)
        after = self._after(asked, issues, position) if more and size >= PAGE else None
        return Page(issues, after, server_time(reply.headers))

    def _after(self, asked: Asked, issues: list[Any], position: Position) -> Position:
        try:
            last = mapping.milliseconds(mapping.instant(issues[-1]["fields"]["updated"])) // 1000 * 1000
        except (KeyError, TypeError, ValueError):
            raise not_understood(asked) from None
        if last > position.at:
            return replace(position, at=last, start=0)
        return replace(position, start=position.start + len(issues))

    def fetch(self, asked: Asked, refs: Sequence[str]) -> list[Any]:
        """Without `validateQuery: false` one id that is gone would make the whole query a fault."""
        ids = [ref for ref in refs if ref.isascii() and ref.isdigit()]
        if not ids:
            return []
        return _issues(asked, self._ask(asked, f"id in ({', '.join(ids)})", 0, len(ids), validate=False).data)

    def _ask(self, asked: Asked, jql: str, start: int, size: int, *, validate: bool = True) -> Reply:
        params = {"jql": jql, "startAt": start, "maxResults": size, "fields": ",".join(mapping.FIELDS)}
        params |= {} if validate else {"validateQuery": "false"}
        return self._client.call(asked, "GET", "search", params=params)


def _wanted() -> dict[str, Any]:
    return {"fields": list(mapping.FIELDS), "properties": [mapping.PROPERTY]}


def _issues(asked: Asked, data: Any) -> list[Any]:
    issues = data.get("issues") if isinstance(data, dict) else None
    if not isinstance(issues, list):
        raise not_understood(asked)
    return issues
