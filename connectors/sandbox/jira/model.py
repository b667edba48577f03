"""An issue of the stand-in Jira: immutable, so that a version once handed to an index or a webhook stays as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

Plain = Mapping[str, Any]

RESOLUTIONS = ("Done", "Won't Do", "Duplicate", "Cannot Reproduce")
PRIORITIES = ("Highest", "High", "Medium", "Low", "Lowest")
LINK_TYPES = (
    ("Blocks", "is blocked by", "blocks"),
    ("Cloners", "is cloned by", "clones"),
    ("Duplicate", "is duplicated by", "duplicates"),
    ("Relates", "relates to", "relates to"),
)
PERMISSIONS = (
    "BROWSE_PROJECTS",
    "CREATE_ISSUES",
    "EDIT_ISSUES",
    "DELETE_ISSUES",
    "ASSIGN_ISSUES",
    "ASSIGNABLE_USER",
    "TRANSITION_ISSUES",
    "RESOLVE_ISSUES",
    "SCHEDULE_ISSUES",
    "LINK_ISSUES",
    "MODIFY_REPORTER",
    "ADD_COMMENTS",
    "EDIT_OWN_COMMENTS",
    "EDIT_ALL_COMMENTS",
)


@dataclass(frozen=True)
class Markup:
    """A rich text as its author sent it: `adf` (v3, a document) or `wiki` (v2, a string)."""

    format: str
    value: Any


@dataclass(frozen=True)
class Comment:
    id: int
    author: str
    body: Markup
    created: int
    updated: int
    update_author: str


@dataclass(frozen=True)
class Change:
    """One changelog entry. `items` are as Jira sends them."""

    id: int
    author: str
    created: int
    items: tuple[Plain, ...]


@dataclass(frozen=True)
class Issue:
    """Instants are epoch milliseconds; people are account ids; status, priority and resolution are names; `parent` is
    the id of the issue that this one stands under.
    """

    id: int
    project: str
    number: int
    issue_type: str
    summary: str
    status: str
    creator: str
    reporter: str
    created: int
    updated: int
    description: Markup | None = None
    priority: str | None = None
    resolution: str | None = None
    resolved: int | None = None
    assignee: str | None = None
    due: str | None = None
    labels: tuple[str, ...] = ()
    custom: Plain = field(default_factory=dict)
    properties: Plain = field(default_factory=dict)
    comments: tuple[Comment, ...] = ()
    links: tuple[Plain, ...] = ()
    remote_links: tuple[Plain, ...] = ()
    history: tuple[Change, ...] = ()
    old_keys: tuple[str, ...] = ()
    deleted: bool = False
    parent: int | None = None
    archived: int | None = None

    @property
    def key(self) -> str:
        return f"{self.project}-{self.number}"


def dump(issue: Issue) -> dict[str, Any]:
    """The issue as plain JSON values; `load` is its inverse."""
    document = {each.name: getattr(issue, each.name) for each in fields(issue)}
    document["description"] = vars(issue.description) if issue.description else None
    document["comments"] = [{**vars(comment), "body": vars(comment.body)} for comment in issue.comments]
    document["history"] = [vars(change) for change in issue.history]
    return document


def load(document: Plain) -> Issue:
    lists = {name: tuple(document[name]) for name in ("labels", "links", "remote_links", "old_keys")}
    return Issue(
        **{
            **document,
            **lists,
            "description": Markup(**document["description"]) if document["description"] else None,
            "comments": tuple(Comment(**{**each, "body": Markup(**each["body"])}) for each in document["comments"]),
            "history": tuple(Change(**{**each, "items": tuple(each["items"])}) for each in document["history"]),
        }
    )
