"""Issues of the stand-in GitHub: immutable, so that a version handed to an index or a webhook stays as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

Plain = Mapping[str, Any]
STATE_REASONS = ("completed", "not_planned", "duplicate", "reopened")


@dataclass(frozen=True)
class Comment:
    id: int
    author: str
    body: str
    created: int
    updated: int


@dataclass(frozen=True)
class Repo:
    """A repository. `old_names` still lead here after a rename."""

    id: int
    full_name: str
    visibility: str
    has_issues: bool = True
    archived: bool = False
    pushers: tuple[str, ...] | None = None
    hidden_from: tuple[str, ...] = ()
    old_names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ("bug", "documentation", "enhancement")

    @property
    def private(self) -> bool:
        return self.visibility != "public"

    @property
    def owner(self) -> str:
        return self.full_name.partition("/")[0]

    @property
    def name(self) -> str:
        return self.full_name.partition("/")[2]


@dataclass(frozen=True)
class Issue:
    """Instants are epoch milliseconds (shown in whole seconds); people are logins; `repo` is the repository's id."""

    id: int
    repo: int
    number: int
    title: str
    author: str
    created: int
    updated: int
    body: str | None = None
    state: str = "open"
    state_reason: str | None = None
    closed: int | None = None
    closed_by: str | None = None
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    comments: tuple[Comment, ...] = ()
    pull_request: bool = False
    locked: bool = False
    deleted: bool = False
    moved_to: tuple[int, int] | None = None
    """(repository id, number) after a transfer."""
    type: str | None = None
    parent: int | None = None
    """The id of the issue that this one stands under; `duplicate_of`: of the one that it repeats."""
    duplicate_of: int | None = None

    @property
    def gone(self) -> bool:
        return self.deleted or self.moved_to is not None


def dump(record: Issue | Repo) -> dict[str, Any]:
    """The record as plain JSON values."""
    document = {each.name: getattr(record, each.name) for each in fields(record)}
    if isinstance(record, Issue):
        document["comments"] = [vars(comment) for comment in record.comments]
    return document


def load_issue(document: Plain) -> Issue:
    lists = {name: tuple(document[name]) for name in ("labels", "assignees")}
    moved = document["moved_to"]
    comments = tuple(Comment(**each) for each in document["comments"])
    return Issue(**{**document, **lists, "comments": comments, "moved_to": tuple(moved) if moved else None})


def load_repo(document: Plain) -> Repo:
    lists = {name: tuple(document[name]) for name in ("hidden_from", "old_names", "labels")}
    pushers = document["pushers"]
    return Repo(**{**document, **lists, "pushers": None if pushers is None else tuple(pushers)})
