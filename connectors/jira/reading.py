"""What a Jira site shows: issues by marker, by change, by ref, by address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connectors.answers import Asked, not_understood
from connectors.jira import mapping
from connectors.jira.client import JiraClient
from connectors.jira.search import PAGE, CloudSearch, DataCenterSearch, Position, Search
from connectors.jira.settings import JiraSettings
from connectors.spi import Changes, Feed, IssueRef, Missing, Place, Reading, Rejected, Sweep

_CREATED_SLACK = timedelta(minutes=5)


class JiraReading:
    """All queries of one site. Knows the account that it asks as, once it was asked for."""

    def __init__(self, client: JiraClient, settings: JiraSettings) -> None:
        self._client = client
        self._settings = settings
        self._search: Search = CloudSearch(client) if settings.is_cloud else DataCenterSearch(client)
        self._account: str | None = None

    def our_account(self) -> str:
        if self._account is None:
            asked = self._client.asked("see who our account is")
            data = self._client.get(asked, "myself")
            self._account = mapping.account_id(data) if isinstance(data, dict) else ""
        return self._account

    def find(self, place: Place, marker: str, since: datetime) -> tuple[Reading, ...]:
        """By label anywhere on the site (an issue may have been moved), then by key past what the index shows: Data
        Center reads by key from the index too, and updates it before it answers.
        """
        asked = self._client.asked(f"look for an issue of ours for {place.name}")
        jql = f"labels = {mapping.quote(mapping.marker_label(marker))} ORDER BY created ASC"
        readings = self._readings(asked, self._search.page(asked, jql, Position()).issues)
        if not readings and self._settings.is_cloud:
            readings = self._probe(asked, place)
        first = since - _CREATED_SLACK  # the two clocks differ
        found = [(each.created_at or each.updated_at, each) for each in readings if marker in each.markers]
        return tuple(each for at, each in sorted(found, key=lambda one: (one[0], int(one[1].issue.ref))) if at >= first)

    def _probe(self, asked: Asked, place: Place) -> list[Reading]:
        """The newest keys of the project, fetched by key: the search index lags behind by seconds to minutes, a
        fetch by key does not ask it. https://developer.atlassian.com/cloud/jira/platform/search-and-reconcile/
        """
        jql = f"project = {mapping.quote(place.name)} ORDER BY created DESC"
        try:
            newest = self._search.page(asked, jql, Position(), size=1).issues
        except Rejected:
            return []
        last = int(newest[0]["key"].rpartition("-")[2]) if newest else 0
        keys = [f"{place.name}-{number}" for number in range(max(last - PAGE // 2, 0) + 1, last + PAGE // 2 + 1)]
        return self._readings(asked, self._search.fetch(asked, keys))

    def newest(self, asked: Asked, jql: str) -> str | None:
        """The ref of the first issue that the query finds."""
        found = self._search.page(asked, jql, Position(), size=1).issues
        return str(found[0]["id"]) if found else None

    def changes(self, feed: Feed, cursor: str | None, now: datetime) -> Changes:
        """The cursor stays `overlap_seconds` behind, or an issue that the index shows late would be passed for ever."""
        asked = self._client.asked("ask what changed")
        position = Position.read(cursor)
        jql = f"labels = {mapping.LABEL} AND updated >= {position.at} ORDER BY {self._search.order}"
        places = ", ".join(mapping.quote(place) for place in feed.places)
        try:
            page = self._search.page(asked, f"project in ({places}) AND {jql}", position)
        except Rejected:
            # One project that is gone makes the whole query a fault; a page token lives for seven days only.
            position = Position(position.at)
            page = self._search.page(asked, jql, position)
        until = position.until
        if until is None:
            seen = min(now, page.server_now or now) - timedelta(seconds=self._settings.overlap_seconds)
            until = max(mapping.milliseconds(seen), position.at)
        after = replace(page.after, until=until) if page.after else Position(until)
        return Changes(tuple(self._readings(asked, page.issues)), after.text(), more=page.after is not None)

    def read(self, refs: Sequence[str]) -> Sweep:
        asked = self._client.asked("read issues")
        readings: list[Reading] = []
        for start in range(0, len(refs), PAGE):
            readings += self._readings(asked, self._search.fetch(asked, refs[start : start + PAGE]))
        readings = [each for each in readings if each.issue.ref in set(refs)]
        present = {each.issue.ref for each in readings}
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

    def issue(
        self, asked: Asked, ref: str, fields: Iterable[str] = ("project",), *, history: bool = False
    ) -> Mapping[str, Any]:
        params = {"expand": "changelog"} if history else {}
        data = self._client.get(asked, f"issue/{ref}", fields=",".join(fields), **params)
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

    def _readings(self, asked: Asked, issues: Iterable[Any]) -> list[Reading]:
        account = self.our_account()
        try:
            return [mapping.reading(self._settings, issue, account) for issue in issues]
        except (KeyError, TypeError, ValueError, AttributeError):
            raise not_understood(asked) from None
