"""What Redmine shows: issues by marker, by change, by ref, by address."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.answers import Asked, next_since, not_understood, server_time, understood
from connectors.redmine import mapping
from connectors.redmine.client import PAGE, RedmineClient
from connectors.redmine.settings import RedmineSettings
from connectors.spi import AccessDenied, Category, Changes, IssueRef, Missing, Place, Reading, Sweep

_ALL = {"status_id": "*", "include": "relations", "limit": PAGE}


class RedmineReading:
    def __init__(self, client: RedmineClient, settings: RedmineSettings) -> None:
        self._client = client
        self._settings = settings
        self._our_id: int | None = None
        self._places: dict[int, str] = {}

    def me(self) -> Mapping[str, Any]:
        """Our account. Raises AccessDenied for a key that Redmine does not know: lists only come back empty with it."""
        asked = self._client.asked("see who our account is")
        found: Mapping[str, Any] = self._client.get_member(
            asked, "/users/current.json", "user", {"include": "memberships"}
        )
        with understood(asked):
            self._our_id = int(found["id"])
        return found

    def our_id(self) -> int | None:
        if self._our_id is None:
            self.me()
        return self._our_id

    def place_of(self, project_id: int) -> str:
        """The identifier of a project, which issues name by its number alone."""
        if project_id not in self._places:
            asked = self._client.asked("see which project an issue is in")
            found = self._client.get_member(asked, f"/projects/{project_id}.json", "project")
            self._places[project_id] = str(found.get("identifier", ""))
        return self._places[project_id]

    def _listed(self, asked: Asked, params: Mapping[str, Any]) -> list[Any]:
        return self._page(asked, params)[0]

    def _page(self, asked: Asked, params: Mapping[str, Any]) -> tuple[list[Any], datetime | None]:
        """A page of a list, and Redmine's time. With a wrong key Redmine lists nothing and says 200, so nothing is
        believed only of a key that it knows.
        """
        reply = self._client.get(asked, "/issues.json", {**_ALL, **params})
        issues = reply.data.get("issues") if isinstance(reply.data, dict) else None
        if not isinstance(issues, list):
            raise not_understood(asked)
        if not issues:
            self.me()
        return issues, server_time(reply.headers)

    def find(self, place: Place, marker: str, since: datetime) -> tuple[Reading, ...]:
        """Redmine reads its tables, so what was created is found at once. A filter that it does not have there (in an
        older version, by a field that is not used as one) it passes over without a word: every page is looked through.
        """
        asked = self._client.asked(f"look for an issue of ours in {place.name}")
        earliest = since - timedelta(minutes=5)
        params = {"project_id": place.name, "created_on": f">={mapping.stamp(earliest)}"}
        params["sort"] = "created_on:desc,id:desc"
        found = self._carrying(asked, {**params, "description": f"~{marker}"}, marker)
        field = self._settings.marker_field
        if not found and field is not None:  # a person may have written the description anew
            issues = self._listed(asked, {**params, f"cf_{field}": marker})
            found = [each for each in self.readings(asked, issues) if marker in each.markers]
        found = [each for each in found if (each.created_at or earliest) >= earliest]
        return tuple(sorted(found, key=lambda each: (each.created_at or each.updated_at, int(each.issue.key[1:]))))

    def _carrying(self, asked: Asked, params: Mapping[str, Any], marker: str) -> list[Reading]:
        found: list[Reading] = []
        offset = 0
        while not found:
            issues = self._listed(asked, {**params, "offset": offset})
            found = [each for each in self.readings(asked, issues) if marker in each.markers]
            offset += PAGE
            if len(issues) < PAGE:
                break
        return found

    def changes(self, cursor: str | None) -> Changes:
        """A page of what changed of ours in all projects, oldest first, by Redmine's own clock.

        Instants are stored finer than they can be asked for, and an upper bound loses what changed within its second:
        there is none. A full page moves the beginning to its last issue; where that is the same second, the offset
        moves instead. What is the last page decides where the next round begins.
        """
        asked = self._client.asked("ask what changed")
        since, offset = _cursor(cursor)
        params = {
            "updated_on": f">={mapping.stamp(since)}",
            "description": f"~{mapping.WORD}",
            "sort": "updated_on:asc,id:asc",
            "offset": offset,
        }
        issues, server_now = self._page(asked, params)
        readings = tuple(self.readings(asked, issues))
        last = max([since, *(each.updated_at for each in readings)])
        if len(issues) < PAGE:
            following = next_since(last, server_now, timedelta(seconds=self._settings.overlap_seconds))
            return Changes(readings, _written(following, 0))
        return Changes(readings, _written(last, 0 if last > since else offset + PAGE), more=True)

    def read(self, refs: Sequence[str]) -> Sweep:
        asked = self._client.asked("read issues")
        parsed = {text: ref for text in refs if (ref := mapping.parse_ref(text))}
        issues = self._numbered(asked, [ref.id for ref in parsed.values()])
        present, gone = [], [text for text in refs if text not in parsed]
        for text, ref in parsed.items():
            issue = issues.get(ref.id) or self.issue(ref.id)
            if issue is None or mapping.ref_of(issue) != ref:  # another issue has the number now
                gone.append(text)
            else:
                present.append(issue)
        return Sweep(tuple(self.readings(asked, present)), tuple(gone))

    def _numbered(self, asked: Asked, numbers: Iterable[int]) -> dict[int, Any]:
        """Those of these issues that we see, a hundred a request."""
        ids, issues = list(dict.fromkeys(numbers)), {}
        for start in range(0, len(ids), PAGE):
            params = {**_ALL, "issue_id": ",".join(map(str, ids[start : start + PAGE]))}
            listed = self._client.get_member(asked, "/issues.json", "issues", params)
            with understood(asked):
                issues.update({int(each["id"]): mapping.whole(self._settings, each) for each in listed})
        return issues

    def issue(self, number: int, include: str = "relations") -> Any:
        """None: deleted, or hidden from us."""
        asked = self._client.asked(f"read the issue #{number}", about_issue=True)
        try:
            found = self._client.get_member(asked, f"/issues/{number}.json", "issue", {"include": include})
        except Missing:
            return None
        except AccessDenied as error:
            if error.code != "redmine.forbidden":
                raise
            return None
        with understood(asked):
            return mapping.whole(self._settings, found)

    def look_up(self, url: str) -> Reading | None:
        number = mapping.id_in(self._settings, url)
        if number is None:
            return None
        issue = self.issue(number)
        if issue is None:
            sentence = f"The issue #{number} that the postmortem names is gone or not visible to us."
            raise Missing("redmine.missing", sentence, "Correct the address, or let our account see the issue.")
        return self.readings(self._client.asked(f"read the issue #{number}"), [issue])[0]

    def readings(self, asked: Asked, issues: Iterable[Any]) -> list[Reading]:
        found = list(issues)
        our_id = self.our_id() if found else None
        with understood(asked):
            readings = [self._reading(issue, our_id) for issue in found]
            named = [_named(issue, reading) for issue, reading in zip(found, readings, strict=True)]
            originals = self._numbered(asked, [number for number in named if number is not None])
            return [
                _duplicate(reading, originals.get(number) if number is not None else None)
                for reading, number in zip(readings, named, strict=True)
            ]

    def _reading(self, issue: Any, our_id: int | None) -> Reading:
        return mapping.reading_of(self._settings, issue, self.place_of(int(issue["project"]["id"])), our_id)

    def ref_of(self, asked: Asked, issue: Any, place: str = "") -> IssueRef:
        with understood(asked):
            return mapping.issue_ref(self._settings, issue, place or self.place_of(int(issue["project"]["id"])))


def _named(issue: Any, reading: Reading) -> int | None:
    """The number of the issue as whose duplicate this one was closed."""
    return mapping.original_of(issue) if reading.category in (Category.DONE, Category.DECLINED) else None


def _duplicate(reading: Reading, original: Any) -> Reading:
    """None: it is none, or we do not see of which."""
    if original is None:
        return reading
    of, status = str(mapping.ref_of(original)), f"{reading.status} (duplicate)"
    return replace(reading, category=Category.DECLINED, status=status, duplicate_of=of)


def _cursor(cursor: str | None) -> tuple[datetime, int]:
    """(where to begin, offset). What cannot be read begins anew: repeating is harmless."""
    try:
        data = json.loads(cursor or "{}")
        return mapping.instant(data["since"]), int(data.get("offset", 0))
    except (ValueError, TypeError, AttributeError, KeyError):
        return datetime(2000, 1, 1, tzinfo=UTC), 0


def _written(since: datetime, offset: int) -> str:
    return json.dumps({"since": mapping.stamp(since), "offset": offset})
