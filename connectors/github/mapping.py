"""GitHub's words in ours: an issue, from REST or GraphQL, as a Reading; and what a ref of ours holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from connectors.answers import Asked
from connectors.github.settings import GithubSettings
from connectors.spi import Account, Category, IssueRef, Missing, Reading, text_digest

LABEL = "afteraction"
_MARKER = re.compile(r"<!-- pm:([^\s>]+) -->")
_REF = re.compile(r"([^:]*):([^/:#\s]+/[^/:#\s]+)#(\d+)")
DUPLICATE = "duplicate"
_CATEGORIES = {"completed": Category.DONE, "not_planned": Category.DECLINED, DUPLICATE: Category.DECLINED}


@dataclass(frozen=True, slots=True)
class Ref:
    """`<node id>:<owner/repo>#<number>`: the id finds a hundred at once, the number decides where the id finds none."""

    node: str
    repo: str
    number: int

    def __str__(self) -> str:
        return f"{self.node}:{self.repo}#{self.number}"

    @property
    def path(self) -> str:
        return f"/repos/{self.repo}/issues/{self.number}"


def parse_ref(text: str) -> Ref | None:
    match = _REF.fullmatch(text)
    return Ref(match[1], match[2], int(match[3])) if match else None


def path_of(asked: Asked, ref: str) -> str:
    parsed = parse_ref(ref)
    if parsed is None:
        raise strange_ref(asked)
    return parsed.path


def strange_ref(asked: Asked) -> Missing:
    cure = "Look in the tracker for the issue and settle it by hand."
    return Missing("github.strange_ref", asked.sentence("its reference is not one of ours"), cure)


def marker_line(marker: str) -> str:
    """An HTML comment survives edits better than a label, which everyone may remove."""
    return f"\n\n<!-- pm:{marker} -->"


def without_marker(body: str) -> str:
    return re.sub(r"\s*<!-- pm:[^\s>]+ -->", "", body)


def issue_ref(settings: GithubSettings, ref: Ref) -> IssueRef:
    return IssueRef(
        str(ref), f"{ref.repo}#{ref.number}", f"{settings.browse_url}/{ref.repo}/issues/{ref.number}", ref.repo
    )


def rest_ref(issue: Mapping[str, Any]) -> Ref:
    """The repository is the one that the answer names: what was asked for may have been renamed."""
    repo = "/".join(str(issue["repository_url"]).rstrip("/").split("/")[-2:])
    return Ref(str(issue["node_id"]), repo, int(issue["number"]))


def number_in(settings: GithubSettings, url: str) -> tuple[str, int] | None:
    """(owner/repo, number) in an address of this GitHub that is an issue's."""
    for base in (settings.browse_url, f"{settings.api_url}/repos"):
        if url.lower().startswith(base.lower() + "/"):
            found = re.match(r"/([\w.-]+/[\w.-]+)/issues/(\d+)(?:[/?#]|$)", url[len(base) :])
            return (found[1], int(found[2])) if found else None
    return None


def from_rest(settings: GithubSettings, issue: Mapping[str, Any], login: str) -> Reading:
    """Raises KeyError, TypeError or ValueError where the answer is not an issue."""
    assignee = issue.get("assignee") or next(iter(issue.get("assignees") or ()), None)
    return _reading(
        settings,
        rest_ref(issue),
        {
            "title": issue["title"],
            "body": issue.get("body"),
            "state": issue["state"],
            "reason": issue.get("state_reason"),
            "author": (issue.get("user") or {}).get("login"),
            "assignee": (assignee or {}).get("login"),
            "labels": [each["name"] if isinstance(each, dict) else each for each in issue.get("labels") or ()],
            "comments": issue.get("comments"),
            "due": (issue.get("milestone") or {}).get("due_on"),
            "created": issue["created_at"],
            "updated": issue["updated_at"],
            "duplicate_of": None,  # REST does not say of which
        },
        login,
    )


def login_in(account: Any) -> str:
    """Ours, from `/user` or, of an app, from `/app`."""
    data = account if isinstance(account, dict) else {}
    return str(data.get("login") or (f"{data['slug']}[bot]" if data.get("slug") else ""))


def is_duplicate(issue: Mapping[str, Any]) -> bool:
    return issue.get("state") == "closed" and issue.get("state_reason") == DUPLICATE


def from_graphql(settings: GithubSettings, node: Mapping[str, Any], login: str) -> Reading:
    assignees = (node.get("assignees") or {}).get("nodes") or ()
    return _reading(
        settings,
        Ref(node["id"], node["repository"]["nameWithOwner"], int(node["number"])),
        {
            "title": node["title"],
            "body": node.get("body"),
            "state": node["state"],
            "reason": node.get("stateReason"),
            "author": (node.get("author") or {}).get("login"),
            "assignee": assignees[0]["login"] if assignees else None,
            "labels": [each["name"] for each in (node.get("labels") or {}).get("nodes") or ()],
            "comments": (node.get("comments") or {}).get("totalCount"),
            "due": (node.get("milestone") or {}).get("dueOn"),
            "created": node["createdAt"],
            "updated": node["updatedAt"],
            "duplicate_of": _canonical(node),
        },
        login,
    )


def _canonical(node: Mapping[str, Any]) -> str | None:
    """Of which issue this one is the duplicate. Its last such event decides: one that took it back names none."""
    if (node.get("stateReason") or "").lower() != DUPLICATE:
        return None
    event = next(iter((node.get("timelineItems") or {}).get("nodes") or ()), None) or {}
    canonical, duplicate = event.get("canonical") or {}, event.get("duplicate") or {}
    if not canonical.get("id") or duplicate.get("id") != node["id"]:
        return None
    return str(Ref(canonical["id"], canonical["repository"]["nameWithOwner"], int(canonical["number"])))


def _reading(settings: GithubSettings, ref: Ref, words: Mapping[str, Any], login: str) -> Reading:
    body = words["body"] or ""
    category, status = _status(words["state"].lower(), (words["reason"] or "").lower())
    author = words["author"]
    return Reading(
        issue=issue_ref(settings, ref),
        title=words["title"],
        status=status,
        category=category,
        updated_at=instant(words["updated"]),
        markers=tuple(dict.fromkeys(_MARKER.findall(body))),
        text_digest=text_digest(words["title"], without_marker(body)),
        assignee=Account(words["assignee"]) if words["assignee"] else None,
        due_on=_day(words["due"]),
        labels=tuple(words["labels"]),
        comments=words["comments"],
        ours=None if not login or author is None else _same_login(author, login),
        created_at=instant(words["created"]),
        duplicate_of=words["duplicate_of"],
    )


def _status(state: str, reason: str) -> tuple[Category, str]:
    """Closed without a reason is done: it is what closing meant before 2022, and still does in a commit message."""
    if state != "closed":
        return Category.TODO, "open"
    return _CATEGORIES.get(reason, Category.DONE), f"closed ({reason.replace('_', ' ')})" if reason else "closed"


def _same_login(author: str, login: str) -> bool:
    """GraphQL names an app without the `[bot]` that REST adds."""
    return author.lower().removesuffix("[bot]") == login.lower().removesuffix("[bot]")


def _day(due: str | None) -> date | None:
    return instant(due).date() if due else None


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
