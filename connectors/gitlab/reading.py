"""What GitLab shows: issues by marker, by change, by ref, by address."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.answers import Asked, next_since, not_understood, server_time, understood
from connectors.gitlab import mapping
from connectors.gitlab.client import PAGE, GitlabClient
from connectors.gitlab.mapping import Ref
from connectors.gitlab.settings import GitlabSettings
from connectors.spi import Changes, IssueRef, Missing, Place, Reading, Sweep, Unavailable

_CREATED_SLACK = timedelta(minutes=5)
_MOST_PAGES = 50
_MOVED = "query($id: IssueID!) { issue(id: $id) { iid projectId } }"


class GitlabReading:
    def __init__(self, client: GitlabClient, settings: GitlabSettings) -> None:
        self._client = client
        self._settings = settings
        self._our_id: int | None = None

    def our_id(self) -> int | None:
        if self._our_id is None:
            data = self._client.get(self._client.asked("see who our account is"), "/user").data
            self._our_id = data.get("id") if isinstance(data, dict) else None
        return self._our_id

    def find(self, place: Place, marker: str, since: datetime) -> tuple[Reading, ...]:
        """By search, which is one request; and where it finds nothing, by the list of what we created since.

        GitLab may search by its full-text index, which passes over what stands in an HTML comment; the list is read
        from the tables.
        """
        asked = self._client.asked(f"look for an issue of ours in {place.name}")
        path = f"{mapping.project_path(place.name)}/issues"
        earliest = since - _CREATED_SLACK
        params: dict[str, Any] = {"scope": "all", "state": "all", "order_by": "created_at", "sort": "desc"}
        params["created_after"] = mapping.stamp(earliest)
        listed = self._client.get_list(asked, path, {**params, "search": marker, "in": "description"})
        found = self._carrying(asked, listed, marker)
        page = 0
        while not found and (page == 0 or len(listed) == PAGE):
            page += 1
            if page > _MOST_PAGES:
                raise _too_many(asked)
            listed = self._client.get_list(asked, path, {**params, "author_id": self.our_id(), "page": page})
            found = self._carrying(asked, listed, marker)
        return tuple(sorted(found, key=lambda each: (each.created_at or each.updated_at, each.issue.key)))

    def _carrying(self, asked: Asked, issues: Iterable[Any], marker: str) -> list[Reading]:
        """Those with the marker, where they are now: one that was moved is closed where it was."""
        with understood(asked):
            listed = [(mapping.ref_of(each), each) for each in issues]
            found = [self._present(ref, each) for ref, each in listed if marker in mapping.markers_of(each)]
        return [each for each in found if each is not None]

    def changes(self, cursor: str | None) -> Changes:
        """A page of what changed in all projects that we see, oldest first, by GitLab's own clock.

        A full page moves the beginning to its last change; where a whole page changed in one instant, the page's number
        moves instead. What is the last page decides where the next round begins.
        """
        asked = self._client.asked("ask what changed")
        after, page = _cursor(cursor)
        params = {
            "scope": "all",
            "state": "all",
            "labels": mapping.LABEL,
            "order_by": "updated_at",
            "sort": "asc",
            "updated_after": mapping.stamp(after),
            "page": page,
        }
        reply = self._client.get(asked, "/issues", {"per_page": PAGE, **params})
        issues = reply.data
        if not isinstance(issues, list):
            raise not_understood(asked)
        with understood(asked):
            # What moved away is closed where it was; where it is now it is listed by itself.
            readings = self.readings(asked, (each for each in issues if not each.get("moved_to_id")))
            instants = [mapping.instant(each["updated_at"]) for each in issues]
        last = max([after, *instants])
        if len(issues) < PAGE:
            since = next_since(last, server_time(reply.headers), timedelta(seconds=self._settings.overlap_seconds))
            return Changes(tuple(readings), _written(since, 1))
        following = page + 1 if last == instants[0] == after else 1
        return Changes(tuple(readings), _written(last, following), more=True)

    def read(self, refs: Sequence[str]) -> Sweep:
        parsed = {text: mapping.parse_ref(text) for text in refs}
        readings, gone, moved = [], [text for text, ref in parsed.items() if ref is None], {}
        for project in dict.fromkeys(ref.project for ref in parsed.values() if ref):
            asked_for = {text: ref for text, ref in parsed.items() if ref and ref.project == project}
            issues = self._listed(project, [ref.iid for ref in asked_for.values()])
            for text, ref in asked_for.items():
                found = None if issues is None else self._present(ref, issues.get(str(ref)))
                if found is None:
                    gone.append(text)
                    continue
                readings.append(found)
                if found.issue.ref != text:
                    moved[text] = found.issue
        return Sweep(tuple(readings), tuple(gone), moved)

    def _listed(self, project: str, iids: Sequence[int]) -> dict[str, Any] | None:
        """None: the project itself is gone or hidden, and with it all that was in it."""
        asked = self._client.asked("read issues", about_issue=True)
        issues: list[Any] = []
        for start in range(0, len(iids), PAGE):
            params = {"iids[]": list(iids[start : start + PAGE]), "scope": "all", "state": "all"}
            try:
                issues += self._client.get_list(asked, f"/projects/{project}/issues", params)
            except Missing:
                return None
        with understood(asked):
            return {str(mapping.ref_of(each)): each for each in issues}

    def _present(self, ref: Ref, issue: Any) -> Reading | None:
        """Where the issue is now. None if it is gone, hidden, or moved to where we see nothing."""
        asked = self._client.asked(f"read the issue {ref}", about_issue=True)
        if issue is None:
            issue = self.issue(asked, ref)
        seen = {str(ref)}
        while issue is not None and issue.get("moved_to_id"):
            with understood(asked):
                moved_to = int(issue["moved_to_id"])
            target = self._moved(moved_to)
            if target is None or str(target) in seen:
                return None
            seen.add(str(target))
            issue = self.issue(asked, target)
        return None if issue is None else self.readings(asked, [issue])[0]

    def issue(self, asked: Asked, ref: Ref) -> Any:
        try:
            data = self._client.get(asked, ref.path).data
        except Missing:
            return None
        if not isinstance(data, dict):
            raise not_understood(asked)
        return data

    def _moved(self, issue_id: int) -> Ref | None:
        """An issue by its global id, which the REST API gives to administrators alone."""
        asked = self._client.asked("see where an issue has moved to")
        found = self._client.graphql(asked, _MOVED, {"id": f"gid://gitlab/Issue/{issue_id}"}).get("issue")
        with understood(asked):
            return Ref(str(int(found["projectId"])), int(found["iid"])) if found else None

    def look_up(self, url: str) -> Reading | None:
        known = mapping.named_in(self._settings, url)
        if known is None:
            return None
        project, iid = known
        asked = self._client.asked(f"read the issue {project}#{iid}", about_issue=True)
        data = self._client.get(asked, f"{mapping.project_path(project)}/issues/{iid}").data
        with understood(asked):
            ref = mapping.ref_of(data)
        found = self._present(ref, data)
        if found is None:
            sentence = f"The issue {project}#{iid} that the postmortem names is gone or not visible to us."
            raise Missing("gitlab.missing", sentence, "Correct the address, or let our account see the issue.")
        return found

    def readings(self, asked: Asked, issues: Iterable[Any]) -> list[Reading]:
        found = list(issues)
        our_id = self.our_id() if found else None
        with understood(asked):
            return [mapping.reading_of(self._settings, issue, our_id) for issue in found]

    def ref_of(self, asked: Asked, issue: Any) -> IssueRef:
        with understood(asked):
            return mapping.issue_ref(self._settings, issue)


def _too_many(asked: Asked) -> Unavailable:
    """Nothing is made anew while it may stand on a page that was not looked at."""
    sentence = asked.sentence(f"it is none of our newest {_MOST_PAGES * PAGE}, and there are more")
    cure = "Look for the issue by its title; if it is there, let the postmortem name it, and discard this."
    return Unavailable("gitlab.too_many", sentence, cure)


def _cursor(cursor: str | None) -> tuple[datetime, int]:
    """(where to begin, page). What cannot be read begins anew: repeating is harmless."""
    try:
        data = json.loads(cursor or "{}")
        return mapping.instant(data["after"]), int(data.get("page", 1))
    except (ValueError, TypeError, AttributeError, KeyError):
        return datetime(2000, 1, 1, tzinfo=UTC), 1


def _written(after: datetime, page: int) -> str:
    return json.dumps({"after": mapping.stamp(after), "page": page})
