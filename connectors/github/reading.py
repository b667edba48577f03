"""What GitHub shows: issues by marker, by change, by ref, by address. Its search is never asked: it lags by minutes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.answers import Asked, not_understood
from connectors.github import mapping, queries
from connectors.github.client import PAGE, GithubClient, Reply
from connectors.github.settings import GithubSettings
from connectors.github.versions import DUPLICATES, has
from connectors.spi import AccessDenied, Changes, Feed, Missing, Place, Reading, Sweep

_CREATED_SLACK = timedelta(minutes=5)
_MOST_PAGES = 20
_AHEAD = 50
_MOST_STEPS = 4
_MOST_REDIRECTS = 3
_SECOND = timedelta(seconds=1)
_OVER = timedelta(seconds=60)


class GithubReading:
    def __init__(self, client: GithubClient, settings: GithubSettings) -> None:
        self._client = client
        self._settings = settings
        self._login: str | None = None

    def our_login(self) -> str:
        """Empty where it cannot be asked: an installation's token that was given to us ready-made has no user."""
        if self._login is None:
            asked = self._client.asked("see who our account is")
            try:
                self._login = mapping.login_in(self._client.myself(asked).data)
            except AccessDenied as error:
                if error.code != "github.forbidden":
                    raise
                self._login = ""
        return self._login

    def find(self, place: Place, marker: str, since: datetime) -> tuple[Reading, ...]:
        """In the list, which may lag; where it shows nothing, also ahead of it, by number.

        All that has our label is looked through; what has lost it, or never got it, is looked for among the newest.
        """
        asked = self._client.asked(f"look for an issue of ours in {place.name}")
        wanted = {"since": mapping.stamp(since - _CREATED_SLACK)}
        found = self._listed(asked, place.name, marker, {**wanted, "labels": mapping.LABEL})
        if not found:
            found = self._listed(asked, place.name, marker, {**wanted, **self._by_us()}, _MOST_PAGES)
        if not found:
            found = [each for each in self._ahead(asked, place.name) if marker in each.markers]
        return tuple(sorted(found, key=lambda each: (each.created_at or each.updated_at, each.issue.key)))

    def _by_us(self) -> dict[str, str]:
        return {"creator": self.our_login()} if self.our_login() and not self._client.app else {}

    def _listed(
        self, asked: Asked, repo: str, marker: str, wanted: Mapping[str, str], most: int | None = None
    ) -> list[Reading]:
        """At most so many pages of those created since, from the newest on; None: all of them."""
        earliest = mapping.instant(wanted["since"])
        params = {"state": "all", "sort": "created", "direction": "desc", "per_page": PAGE, **wanted}
        found: list[Reading] = []
        for page in itertools.count(1):
            issues = _list(asked, self._client.get(asked, f"/repos/{repo}/issues", {**params, "page": page}))
            readings = self._readings(asked, issues, repo)
            found += [each for each in readings if marker in each.markers]
            older = bool(readings) and (readings[-1].created_at or earliest) < earliest
            if len(issues) < PAGE or older or page == most:
                break
        return found

    def _ahead(self, asked: Asked, repo: str) -> list[Reading]:
        """Issues numbered above the newest that the repository's list shows, fifty a request while there are any."""
        owner, _, name = repo.partition("/")
        place = {"owner": owner, "name": name}
        newest = self._client.graphql(asked, queries.NEWEST, place, repo, whole=True).get("repository") or {}
        try:
            known = [each["number"] for kind in ("issues", "pullRequests") for each in newest[kind]["nodes"]]
        except (KeyError, TypeError):
            raise not_understood(asked) from None
        found: list[Reading] = []
        start = max(known, default=0) + 1
        for first in range(start, start + _MOST_STEPS * _AHEAD, _AHEAD):
            query = queries.by_numbers(range(first, first + _AHEAD), duplicates=self._duplicates(repo))
            data = self._client.graphql(asked, query, place, repo, whole=True).get("repository")
            there = [each for each in (data or {}).values() if each]
            found += self._from_nodes(asked, [each for each in there if each.get("__typename") == "Issue"])
            if not there:
                break
        return found

    def changes(self, feed: Feed, cursor: str | None, now: datetime) -> Changes:
        """A page of the list, from a `since` that stays the same while the page is not full: then an unchanged list
        is the same address with the same ETag, a 304, which costs nothing of the limit.

        A full page moves `since` to the second of its last issue. Where that is the second it began with, more issues
        changed in it than a page holds: GitHub's own cursor leads through them, which no page number could safely,
        because an issue that changes meanwhile leaves its page and shifts the others.
        """
        asked = self._client.asked(f"ask what changed in {feed.name}")
        since, after, etag = _cursor(cursor)
        if after is not None:
            return self._crowded(asked, feed.name, since, after, now)
        params = {
            "state": "all",
            "labels": mapping.LABEL,
            "sort": "updated",
            "direction": "asc",
            "since": since,
            "per_page": PAGE,
            "page": 1,
        }
        headers = {"If-None-Match": etag} if etag else {}
        reply = self._client.get(asked, f"/repos/{feed.name}/issues", params, headers=headers)
        if reply.status == 304 and cursor is not None:
            return Changes((), cursor)
        issues = _list(asked, reply)
        readings = tuple(self._readings(asked, issues, feed.name))
        if len(issues) < PAGE:
            return Changes(readings, json.dumps({"since": since, "etag": reply.headers.get("etag")}))
        last = mapping.stamp(mapping.instant(issues[-1]["updated_at"]) - _SECOND)
        following = {"since": last} if last > since else {"since": since, "after": ""}
        return Changes(readings, json.dumps(following), more=True)

    def _crowded(self, asked: Asked, repo: str, since: str, after: str, now: datetime) -> Changes:
        owner, _, name = repo.partition("/")
        variables = {"owner": owner, "name": name, "since": since, "label": mapping.LABEL, "after": after or None}
        query = queries.changed(duplicates=self._duplicates(repo))
        try:
            page = self._client.graphql(asked, query, variables, repo)["repository"]["issues"]
            readings = tuple(self._from_nodes(asked, page["nodes"]))
            more, end = bool(page["pageInfo"]["hasNextPage"]), page["pageInfo"]["endCursor"]
        except (KeyError, TypeError):
            raise not_understood(asked) from None
        last = max((each.updated_at for each in readings), default=mapping.instant(since))
        if last > mapping.instant(since) + _SECOND:
            return Changes(readings, json.dumps({"since": mapping.stamp(last - _SECOND)}), more)
        if more:
            return Changes(readings, json.dumps({"since": since, "after": end}), more)
        # A second that may not be over yet is read once more; one that is over is left behind.
        following = mapping.stamp(last + _SECOND) if now - last > _OVER else since
        return Changes(readings, json.dumps({"since": following}))

    def read(self, refs: Sequence[str]) -> Sweep:
        asked = self._client.asked("read issues")
        parsed = {text: mapping.parse_ref(text) for text in refs}
        nodes: dict[str, Reading] = {}
        for wanted in self._batches(ref for ref in parsed.values() if ref and ref.node):
            nodes.update(self._nodes(asked, [ref.node for ref in wanted], wanted[0].repo))
        readings, gone, moved = [], [], {}
        for text, ref in parsed.items():
            found = nodes.get(ref.node) if ref else None
            if found is None and ref is not None:
                found = self._single(ref.path, ref.node)
            if found is None:
                gone.append(text)
                continue
            readings.append(found)
            if found.issue.ref != text:
                moved[text] = found.issue
        return Sweep(tuple(readings), tuple(gone), moved)

    def _batches(self, refs: Iterable[mapping.Ref]) -> list[list[mapping.Ref]]:
        """A hundred a request, of what one token can see."""
        owner_of: Callable[[str], str] = self._client.app.owner_of if self._client.app else lambda _: ""
        by_owner: dict[str, dict[str, mapping.Ref]] = {}
        for ref in refs:
            by_owner.setdefault(owner_of(ref.repo), {}).setdefault(ref.node, ref)
        return [
            list(group.values())[start : start + PAGE]
            for group in by_owner.values()
            for start in range(0, len(group), PAGE)
        ]

    def _nodes(self, asked: Asked, ids: Sequence[str], repo: str) -> dict[str, Reading]:
        """By the id that was asked for: a transferred issue may come back under its new one."""
        query = queries.nodes(duplicates=self._duplicates(repo))
        data = self._client.graphql(asked, query, {"ids": list(ids)}, repo).get("nodes")
        if not isinstance(data, list) or len(data) != len(ids):
            raise not_understood(asked)
        there = [(node_id, node) for node_id, node in zip(ids, data, strict=True) if node]
        readings = self._from_nodes(asked, [node for _, node in there])
        return {node_id: reading for (node_id, _), reading in zip(there, readings, strict=True)}

    def look_up(self, url: str) -> Reading | None:
        known = mapping.number_in(self._settings, url)
        if known is None:
            return None
        found = self._single(f"/repos/{known[0]}/issues/{known[1]}")
        if found is None:
            sentence = f"The issue {known[0]}#{known[1]} that the postmortem names is gone or not visible to us."
            raise Missing("github.missing", sentence, "Correct the address, or let our account see the issue.")
        return found

    def _single(self, path: str, node: str | None = None) -> Reading | None:
        """One issue, where it is now. None if it is gone, or hidden, which GitHub answers alike; and if an issue with
        another id and no marker of ours has its number by now, in a repository that was made anew under the name.
        """
        asked = self._client.asked(f"read the issue at {path}", about_issue=True)
        try:
            first = reply = self._client.get(asked, path, redirects=True)
            for _ in range(_MOST_REDIRECTS):
                if reply.status == 200:
                    break
                reply = self._client.get(asked, self._client.target_path(asked, reply), redirects=True)
        except Missing:
            return None
        if not isinstance(reply.data, dict):
            raise not_understood(asked)
        if reply.data.get("pull_request"):
            return None
        found = self._readings(asked, [reply.data], None)[0]
        another = node is not None and reply is first and reply.data.get("node_id") != node
        return None if another and not found.markers else found

    def _readings(self, asked: Asked, issues: Iterable[Any], repo: str | None) -> list[Reading]:
        """Of what, REST does not say: what is closed as a duplicate is asked for once more, all of them at once."""
        login = self.our_login()
        try:
            plain = [issue for issue in issues if not issue.get("pull_request")]
            readings = [mapping.from_rest(self._settings, issue, login) for issue in plain]
            copies = [str(issue["node_id"]) for issue in plain if mapping.is_duplicate(issue)]
        except (KeyError, TypeError, ValueError, AttributeError):
            raise not_understood(asked) from None
        if not copies:
            return readings
        whole = self._nodes(asked, copies, repo or readings[0].issue.place)
        by_ref = {reading.issue.ref: reading for reading in whole.values()}
        return [by_ref.get(reading.issue.ref, reading) for reading in readings]

    def _from_nodes(self, asked: Asked, nodes: Iterable[Mapping[str, Any]]) -> list[Reading]:
        login = self.our_login()
        try:
            return [mapping.from_graphql(self._settings, node, login) for node in nodes]
        except (KeyError, TypeError, ValueError, AttributeError):
            raise not_understood(asked) from None

    def _duplicates(self, repo: str) -> bool:
        return has(DUPLICATES, self._client.version(repo))


def _list(asked: Asked, reply: Reply) -> list[Any]:
    if not isinstance(reply.data, list):
        raise not_understood(asked)
    return reply.data


def _cursor(cursor: str | None) -> tuple[str, str | None, str | None]:
    """(since, after, ETag). What cannot be read begins anew: repeating is harmless."""
    start = mapping.stamp(datetime(2000, 1, 1, tzinfo=UTC))
    try:
        data = json.loads(cursor or "{}")
        return str(data.get("since") or start), data.get("after"), data.get("etag")
    except (ValueError, TypeError, AttributeError):
        return start, None, None
