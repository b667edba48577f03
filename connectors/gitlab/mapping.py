"""GitLab's words in ours: an issue as a Reading, and what a ref of ours holds.

https://docs.gitlab.com/api/issues/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from connectors.gitlab.settings import GitlabSettings
from connectors.spi import Account, Category, IssueRef, Reading, text_digest

LABEL = "afteraction"
_MARKER = re.compile(r"<!-- pm:([^\s>]+) -->")
_REF = re.compile(r"(\d+)#(\d+)")
_PAGE = re.compile(r"/([\w.-]+(?:/[\w.-]+)+?)(?:/-)?/(?:issues|work_items)/(\d+)(?:[/?#]|$)")
_API = re.compile(r"/api/v4/projects/(\d+)/issues/(\d+)/?$")


@dataclass(frozen=True, slots=True)
class Ref:
    """`<project id>#<iid>`: the project's id stays when it is renamed or moved, the iid as long as the issue does."""

    project: str
    iid: int

    def __str__(self) -> str:
        return f"{self.project}#{self.iid}"

    @property
    def path(self) -> str:
        return f"/projects/{self.project}/issues/{self.iid}"


def parse_ref(text: str) -> Ref | None:
    match = _REF.fullmatch(text)
    return Ref(match[1], int(match[2])) if match else None


def ref_of(issue: Mapping[str, Any]) -> Ref:
    return Ref(str(int(issue["project_id"])), int(issue["iid"]))


def project_path(place: str) -> str:
    return f"/projects/{quote(place, safe='')}"


def issue_ref(settings: GitlabSettings, issue: Mapping[str, Any]) -> IssueRef:
    """Named as the answer names it: the project may have been renamed."""
    ref, key = ref_of(issue), str((issue.get("references") or {}).get("full") or "")
    place = key.rpartition("#")[0]
    if not place:
        found = _PAGE.search(urlsplit(str(issue["web_url"])).path)
        place = found[1] if found else ""
        key = f"{place}#{ref.iid}"
    return IssueRef(str(ref), key, f"{settings.browse_url}/{place}/-/issues/{ref.iid}", place)


def named_in(settings: GitlabSettings, url: str) -> tuple[str, int] | None:
    """(project, iid) in an address of this GitLab that is an issue's."""
    for base in (settings.browse_url, settings.api_url):
        if url.lower().startswith(base.lower() + "/"):
            found = _PAGE.match(unquote(url[len(base) :]))
            if found:
                return found[1], int(found[2])
    return None


def ref_in(url: str | None) -> str | None:
    """The ref in an address of the API, as `_links` has them."""
    found = _API.search(urlsplit(url or "").path)
    return str(Ref(found[1], int(found[2]))) if found else None


def marker_line(marker: str) -> str:
    return f"\n\n{token(marker)}"


def token(marker: str) -> str:
    """An HTML comment: GitLab keeps it in the text and shows nothing of it."""
    return f"<!-- pm:{marker} -->"


def without_marker(body: str) -> str:
    return re.sub(r"\s*<!-- pm:[^\s>]+ -->", "", body)


def markers_of(issue: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_MARKER.findall(issue.get("description") or "")))


def reading_of(settings: GitlabSettings, issue: Mapping[str, Any], our_id: int | None) -> Reading:
    """Raises KeyError, TypeError or ValueError where the answer is not an issue."""
    body = issue.get("description") or ""
    labels = tuple(each["name"] if isinstance(each, dict) else str(each) for each in issue.get("labels") or ())
    duplicate_of = ref_in((issue.get("_links") or {}).get("closed_as_duplicate_of"))
    category, status = _status(settings, str(issue["state"]), labels, duplicate_of is not None)
    author = (issue.get("author") or {}).get("id")
    return Reading(
        issue=issue_ref(settings, issue),
        title=issue["title"],
        status=status,
        category=category,
        updated_at=instant(issue["updated_at"]),
        markers=markers_of(issue),
        text_digest=text_digest(issue["title"], without_marker(body)),
        assignee=_account(issue),
        due_on=date.fromisoformat(issue["due_date"]) if issue.get("due_date") else None,
        labels=labels,
        comments=issue.get("user_notes_count"),
        ours=None if our_id is None or author is None else int(author) == our_id,
        created_at=instant(issue["created_at"]),
        duplicate_of=duplicate_of,
    )


def _status(settings: GitlabSettings, state: str, labels: Sequence[str], duplicate: bool) -> tuple[Category, str]:
    """GitLab knows open and closed alone; what lies between is told by labels, as on its boards."""
    if state == "closed":
        if duplicate:
            return Category.DECLINED, "closed (duplicate)"
        word = among(labels, settings.declined_labels)
        return (Category.DECLINED, f"closed ({word})") if word else (Category.DONE, "closed")
    word = among(labels, settings.doing_labels)
    return (Category.DOING, f"open ({word})") if word else (Category.TODO, "open")


def among(labels: Sequence[str], wanted: Sequence[str]) -> str | None:
    known = {each.casefold() for each in wanted}
    return next((each for each in labels if each.casefold() in known), None)


def _account(issue: Mapping[str, Any]) -> Account | None:
    found = next(iter(issue.get("assignees") or ()), None) or issue.get("assignee")
    return Account(str(found["id"]), str(found.get("name") or found.get("username") or "")) if found else None


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
