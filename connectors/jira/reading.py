"""What a Jira site shows: issues by marker, by change, by ref, by address."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.answers import Asked, not_understood, server_time
from connectors.jira import mapping
from connectors.jira.client import JiraClient
from connectors.jira.settings import JiraSettings
from connectors.spi import Changes, Feed, IssueRef, Missing, Place, Reading, Rejected, Sweep

PAGE = 100
_CREATED_SLACK = timedelta(minutes=5)


class JiraReading:
    """All queries of one site. Knows the account that it asks as, once it was asked for."""

    def __init__(self, client: JiraClient, settings: JiraSettings) -> None:
        self._client = client
        self._settings = settings
        self._account: str | None = None

    def our_account(self) -> str:
        if self._account is None:
            asked = self._client.asked("see who our account is")
            data = self._client.get(asked, "myself")
            self._account = str(data.get("accountId") or data.get("name") or "") if isinstance(data, dict) else ""
        return self._account

    def find(self, place: Place, marker: str, since: datetime) -> tuple[Reading, ...]:
        """By label anywhere on the site (an issue may have been moved), then by key past what the index shows."""
        asked = self._client.asked(f"look for an issue of ours for {place.name}")
        created = mapping.milliseconds(since - _CREATED_SLACK)
        jql = f"labels = {mapping.quote(mapping.marker_label(marker))} AND created >= {created} ORDER BY created ASC"
        issues, _, _ = self._search(asked, jql)
        readings = self._readings(asked, issues) or self._probe(asked, place)
        found = (each for each in readings if marker in each.markers)
        return tuple(sorted(found, key=lambda each: (each.created_at or each.updated_at, int(each.issue.ref))))

    def _probe(self, asked: Asked, place: Place) -> list[Reading]:
        """The newest keys of the project, fetched by key: the search index lags behind by seconds to minutes, a
        fetch by key does not ask it. https://developer.atlassian.com/cloud/jira/platform/search-and-reconcile/
        """
        try:
            newest, _, _ = self._search(asked, f"project = {mapping.quote(place.name)} ORDER BY created DESC", size=1)
        except Rejected:
            return []
        last = int(newest[0]["key"].rpartition("-")[2]) if newest else 0
        keys = [f"{place.name}-{number}" for number in range(max(last - PAGE // 2, 0) + 1, last + PAGE // 2 + 1)]
        return self._readings(asked, self._fetch(asked, keys))

    def changes(self, feed: Feed, cursor: str | None, now: datetime) -> Changes:
        """The cursor stays `overlap_seconds` behind, or an issue that the index shows late would be passed for ever."""
        asked = self._client.asked("ask what changed")
        at, until, token = _cursor(cursor)
        jql = f"labels = {mapping.LABEL} AND updated >= {at} ORDER BY updated ASC"
        places = ", ".join(mapping.quote(place) for place in feed.places)
        try:
            issues, after, server_now = self._search(asked, f"project in ({places}) AND {jql}", token)
        except Rejected:
            # One project that is gone makes the whole query a fault; a page token lives for seven days only.
            issues, after, server_now = self._search(asked, jql)
            until = None
        if until is None:
            seen = min(now, server_now or now) - timedelta(seconds=self._settings.overlap_seconds)
            until = max(mapping.milliseconds(seen), at)
        more = {"at": at, "until": until, "token": after} if after else {"at": until}
        return Changes(tuple(self._readings(asked, issues)), json.dumps(more), more=after is not None)

    def read(self, refs: Sequence[str]) -> Sweep:
        asked = self._client.asked("read issues")
        readings: list[Reading] = []
        for start in range(0, len(refs), PAGE):
            readings += self._readings(asked, self._fetch(asked, refs[start : start + PAGE]))
        present = {reading.issue.ref for reading in readings}
        gone, moved = [], {}
        for ref in refs:
            if ref in present:
                continue
            found = self._single(ref)
            if found is None:
                gone.append(ref)
            else:
                readings.append(found)
                if found.issue.ref != ref:
                    moved[ref] = found.issue
        return Sweep(tuple(readings), tuple(gone), moved)

    def look_up(self, url: str) -> Reading | None:
        key = mapping.key_in(self._settings, url)
        if key is None:
            return None
        found = self._single(key)
        if found is None:
            sentence = f"The issue {key} that the postmortem names is gone or not visible to our account."
            raise Missing("jira.missing", sentence, "Correct the address, or let our account see the issue.")
        return found

    def issue(self, asked: Asked, ref: str, fields: Iterable[str] = ("project",)) -> Mapping[str, Any]:
        data = self._client.get(asked, f"issue/{ref}", fields=",".join(fields))
        if not isinstance(data, dict) or not isinstance(data.get("fields"), dict):
            raise not_understood(asked)
        return data

    def ref_of(self, issue: Mapping[str, Any]) -> IssueRef:
        return mapping.issue_ref(self._settings, str(issue["id"]), issue["key"])

    def _single(self, ref: str) -> Reading | None:
        asked = self._client.asked(f"read the issue {ref}", about_issue=True)
        params = {"fields": ",".join(mapping.FIELDS), "properties": mapping.PROPERTY}
        try:
            data = self._client.get(asked, f"issue/{ref}", **params)
        except Missing:
            return None
        return self._readings(asked, [data])[0]

    def _search(
        self, asked: Asked, jql: str, token: str | None = None, size: int = PAGE
    ) -> tuple[list[Any], str | None, datetime | None]:
        payload: dict[str, Any] = {
            "jql": jql,
            "maxResults": size,
            "fields": list(mapping.FIELDS),
            "properties": [mapping.PROPERTY],
        }
        if token:
            payload["nextPageToken"] = token
        reply = self._client.call(asked, "POST", "search/jql", payload)
        issues, after = _issues(asked, reply.data), reply.data.get("nextPageToken")
        last = reply.data.get("isLast", after is None) or size < PAGE
        return issues, None if last else after, server_time(reply.headers)

    def _fetch(self, asked: Asked, ids: Sequence[str]) -> list[Any]:
        """What is not there or not visible is silently absent from the answer."""
        payload = {
            "issueIdsOrKeys": list(ids),
            "fields": list(mapping.FIELDS),
            "properties": [mapping.PROPERTY],
        }
        return _issues(asked, self._client.post(asked, "issue/bulkfetch", payload))

    def _readings(self, asked: Asked, issues: Iterable[Any]) -> list[Reading]:
        account = self.our_account()
        try:
            return [mapping.reading(self._settings, issue, account) for issue in issues]
        except (KeyError, TypeError, ValueError, AttributeError):
            raise not_understood(asked) from None


def _issues(asked: Asked, data: Any) -> list[Any]:
    issues = data.get("issues") if isinstance(data, dict) else None
    if not isinstance(issues, list):
        raise not_understood(asked)
    return issues


def _cursor(cursor: str | None) -> tuple[int, int | None, str | None]:
    """(from, where the next round begins, page token). What cannot be read begins anew: repeating is harmless."""
    try:
        data = json.loads(cursor or "{}")
        until = data.get("until")
        return int(data.get("at", 0)), None if until is None else int(until), data.get("token")
    except (ValueError, TypeError, AttributeError):
        return 0, None, None
