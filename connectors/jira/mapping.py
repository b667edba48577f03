"""Jira's words in ours: an issue as a Reading, and what the queries that find issues are made of."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from connectors.jira.settings import JiraSettings
from connectors.spi import Account, Category, IssueRef, Reading, text_digest

LABEL = "afteraction"
PROPERTY = "afteraction"
FIELDS = (
    "summary",
    "description",
    "status",
    "resolution",
    "assignee",
    "updated",
    "created",
    "duedate",
    "priority",
    "labels",
    "creator",
    "issuelinks",
    "comment",
    "project",
    "archiveddate",
)
CATEGORIES = {"new": Category.TODO, "indeterminate": Category.DOING, "done": Category.DONE}


def marker_label(marker: str) -> str:
    return f"pm-{marker}"


def labels_of(words: Sequence[str], marker: str) -> list[str]:
    """Jira refuses a label with a space in it."""
    plain = ("-".join(word.split())[:255] for word in words)
    return list(dict.fromkeys([LABEL, marker_label(marker), *(word for word in plain if word)]))


def quote(text: str) -> str:
    """A JQL string, its backslashes too (blackducksoftware/blackduck-alert#2053)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def milliseconds(at: datetime) -> int:
    """JQL reads a bare date-time in the account's own time zone and to the minute; epoch milliseconds it does not."""
    return int(at.timestamp() * 1000)


def issue_ref(settings: JiraSettings, issue_id: str, key: str) -> IssueRef:
    return IssueRef(issue_id, key, f"{settings.browse_url}/browse/{key}", key.rpartition("-")[0])


def key_in(settings: JiraSettings, url: str) -> str | None:
    """The issue key in an address of this site, as people copy it from the browser."""
    for base in (settings.browse_url, settings.api_url):
        if url.lower().startswith(base.lower() + "/"):
            found = re.search(r"(?:/browse/|/issues/|selectedIssue=)([A-Za-z][A-Za-z0-9_]*-\d+)", url[len(base) :])
            return found[1].upper() if found else None
    return None


def reading(settings: JiraSettings, issue: Mapping[str, Any], our_account: str | None) -> Reading:
    """Raises KeyError or TypeError where the answer is not an issue."""
    fields = issue["fields"]
    status, category = standing(settings, fields)
    title, body = fields.get("summary") or "", fields.get("description")
    creator = account_id(fields.get("creator") or {})
    return Reading(
        issue=issue_ref(settings, str(issue["id"]), issue["key"]),
        title=title,
        status=_shown(status, category, fields),
        category=category,
        updated_at=instant(fields["updated"]),
        markers=_markers(issue),
        text_digest=text_digest(title, body or "") if body is None or isinstance(body, str) else None,
        assignee=_account(fields.get("assignee")),
        due_on=date.fromisoformat(fields["duedate"]) if fields.get("duedate") else None,
        priority=(fields.get("priority") or {}).get("name"),
        labels=tuple(fields.get("labels") or ()),
        comments=(fields.get("comment") or {}).get("total"),
        ours=creator == our_account if our_account and creator else None,
        created_at=instant(fields["created"]) if fields.get("created") else None,
        duplicate_of=_duplicate_of(fields.get("issuelinks") or (), (fields.get("resolution") or {}).get("name")),
    )


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def displaced(
    before: Mapping[str, Any], after: Mapping[str, Any], our_account: str, changed: Collection[str]
) -> dict[str, str]:
    """What others wrote into these fields between two looks at the issue, and our edit then took the place of."""
    known = {each.get("id") for each in _history(before)}
    fresh = sorted((each for each in _history(after) if each.get("id") not in known), key=lambda each: int(each["id"]))
    theirs: dict[str, str] = {}
    lost: dict[str, str] = {}
    for each in fresh:
        for item in each.get("items") or ():
            name = item.get("field")
            if name not in changed:
                continue
            if account_id(each.get("author") or {}) != our_account:
                theirs[name] = item.get("toString") or ""
            elif name in theirs:
                lost[name] = theirs.pop(name)
    return lost


def _history(issue: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return (issue.get("changelog") or {}).get("histories") or ()


def standing(settings: JiraSettings, fields: Mapping[str, Any]) -> tuple[str, Category]:
    """The status of an issue and what it means. Raises KeyError or TypeError where the answer is not an issue."""
    status, resolution = fields["status"], (fields.get("resolution") or {}).get("name") or ""
    category = CATEGORIES.get((status.get("statusCategory") or {}).get("key", ""), Category.TODO)
    if category is Category.DONE and (is_declined(settings, resolution) or is_declined(settings, status["name"])):
        category = Category.DECLINED
    return status["name"], category


def is_declined(settings: JiraSettings, word: str) -> bool:
    return word.casefold() in {each.casefold() for each in settings.declined_resolutions}


def _shown(status: str, category: Category, fields: Mapping[str, Any]) -> str:
    """The status in words, with what a person must know beside it."""
    resolution = (fields.get("resolution") or {}).get("name")
    said = [resolution] if category is Category.DECLINED and resolution and resolution != status else []
    archived = ["archived"] if fields.get("archiveddate") else []
    return f"{status} ({', '.join([*said, *archived])})" if said or archived else status


def _account(user: Mapping[str, Any] | None) -> Account | None:
    if not user:
        return None
    return Account(account_id(user), user.get("displayName", ""), user.get("emailAddress"))


def account_id(user: Mapping[str, Any]) -> str:
    """What the API takes for a person: the account id in Cloud, the user name in Data Center."""
    return str(user.get("accountId") or user.get("name") or "")


def _markers(issue: Mapping[str, Any]) -> tuple[str, ...]:
    """From the property, which people do not see, and from the labels, which they edit."""
    held = ((issue.get("properties") or {}).get(PROPERTY) or {}).get("marker")
    labels = (label[3:] for label in issue["fields"].get("labels") or () if label.startswith("pm-"))
    return tuple(dict.fromkeys([*([held] if isinstance(held, str) else []), *labels]))


def _duplicate_of(links: Sequence[Mapping[str, Any]], resolution: str | None) -> str | None:
    for link in links:
        kind = link.get("type") or {}
        says_so = kind.get("name") == "Duplicate" or str(kind.get("outward", "")).casefold() == "duplicates"
        if says_so and link.get("outwardIssue"):
            return str(link["outwardIssue"]["id"])
    return "" if (resolution or "").casefold() == "duplicate" else None
