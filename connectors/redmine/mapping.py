"""Redmine's words in ours: an issue as a Reading, and what a ref of ours holds.

https://www.redmine.org/projects/redmine/wiki/Rest_Issues
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from connectors.redmine.settings import RedmineSettings
from connectors.spi import Account, Category, IssueRef, Reading, text_digest

# What every text of ours carries, and by which Redmine is asked for all issues of ours at once.
WORD = "afteraction:"
_MARKER = re.compile(rf"<!-- {WORD}([^\s>]+) -->")
_REF = re.compile(r"(\d+)@(\d{8}T\d{6}Z)")
_PAGE = re.compile(r"/issues/(\d+)(?:\.json)?(?:[/?#]|$)")


@dataclass(frozen=True, slots=True)
class Ref:
    """`<id>@<created>`: Redmine gives the number of a deleted issue to the next one, but never its instant."""

    id: int
    created: str

    def __str__(self) -> str:
        return f"{self.id}@{self.created}"


def parse_ref(text: str) -> Ref | None:
    match = _REF.fullmatch(text)
    return Ref(int(match[1]), match[2]) if match else None


def ref_of(issue: Mapping[str, Any]) -> Ref:
    return Ref(int(issue["id"]), instant(issue["created_on"]).strftime("%Y%m%dT%H%M%SZ"))


def whole(settings: RedmineSettings, issue: Any) -> Any:
    """The issue; raises KeyError, TypeError or ValueError where what is read of every issue is not there."""
    ref_of(issue)
    category_of(settings, issue["status"])
    if not isinstance(issue["subject"], str) or "id" not in issue["status"]:
        raise ValueError("no issue")
    return issue


def issue_ref(settings: RedmineSettings, issue: Mapping[str, Any], place: str) -> IssueRef:
    ref = ref_of(issue)
    return IssueRef(str(ref), f"#{ref.id}", f"{settings.browse_url}/issues/{ref.id}", place)


def id_in(settings: RedmineSettings, url: str) -> int | None:
    """The issue's number in an address of this Redmine."""
    for base in (settings.browse_url, settings.api_url):
        if url.lower().startswith(base.lower() + "/") and (found := _PAGE.search(url[len(base) :])):
            return int(found[1])
    return None


def token(marker: str) -> str:
    """An HTML comment, which Textile and CommonMark do not show."""
    return f"<!-- {WORD}{marker} -->"


def marker_line(marker: str) -> str:
    return f"\n\n{token(marker)}"


def without_marker(body: str) -> str:
    return re.sub(rf"\s*<!-- {WORD}[^\s>]+ -->", "", body.replace("\r\n", "\n"))


def markers_of(settings: RedmineSettings, issue: Mapping[str, Any]) -> tuple[str, ...]:
    found = _MARKER.findall(issue.get("description") or "")
    for each in issue.get("custom_fields") or ():
        if each.get("id") == settings.marker_field and each.get("value"):
            found.append(str(each["value"]))
    return tuple(dict.fromkeys(found))


def reading_of(settings: RedmineSettings, issue: Mapping[str, Any], place: str, our_id: int | None) -> Reading:
    """Raises KeyError, TypeError or ValueError where the answer is not an issue."""
    status = issue["status"]
    assignee, author = issue.get("assigned_to"), (issue.get("author") or {}).get("id")
    return Reading(
        issue=issue_ref(settings, issue, place),
        title=issue["subject"],
        status=str(status["name"]),
        category=category_of(settings, status),
        updated_at=instant(issue["updated_on"]),
        markers=markers_of(settings, issue),
        text_digest=text_digest(issue["subject"], without_marker(issue.get("description") or "")),
        assignee=Account(str(assignee["id"]), str(assignee.get("name", ""))) if assignee else None,
        due_on=date.fromisoformat(issue["due_date"]) if issue.get("due_date") else None,
        priority=(issue.get("priority") or {}).get("name"),
        ours=None if our_id is None or author is None else int(author) == our_id,
        created_at=instant(issue["created_on"]),
    )


def category_of(settings: RedmineSettings, status: Mapping[str, Any]) -> Category:
    """Closed is what Redmine calls closed; the name decides the rest."""
    name = str(status["name"]).casefold()
    if status["is_closed"]:
        return Category.DECLINED if name in map(str.casefold, settings.declined_statuses) else Category.DONE
    return Category.TODO if name in map(str.casefold, settings.todo_statuses) else Category.DOING


def original_of(issue: Mapping[str, Any]) -> int | None:
    """The number of the issue that this one is marked as the duplicate of."""
    for each in issue.get("relations") or ():
        if each.get("relation_type") == "duplicates" and each.get("issue_id") == issue["id"]:
            return int(each["issue_to_id"])
    return None


def by_name(items: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any] | None:
    return next((each for each in items if str(each.get("name", "")).casefold() == name.casefold()), None)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
