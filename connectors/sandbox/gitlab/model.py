"""Issues of the stand-in GitLab: immutable, so that a version handed to an index or a webhook stays as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

Plain = Mapping[str, Any]


@dataclass(frozen=True)
class Note:
    id: int
    author: int
    body: str
    created: int
    updated: int
    system: bool = False


@dataclass(frozen=True)
class Project:
    """`roles` are access levels by username; who is not in it is a maintainer. `old_paths` still lead here."""

    id: int
    path: str
    visibility: str = "private"
    archived: bool = False
    issues_enabled: bool = True
    roles: Plain = None  # type: ignore[assignment]
    hidden_from: tuple[str, ...] = ()
    old_paths: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Issue:
    """Instants are epoch milliseconds; people are ids; `project` is the project's id, `moved_to` an issue's."""

    id: int
    project: int
    iid: int
    title: str
    author: int
    created: int
    updated: int
    description: str = ""
    state: str = "opened"
    closed: int | None = None
    labels: tuple[str, ...] = ()
    assignees: tuple[int, ...] = ()
    due: str | None = None
    confidential: bool = False
    issue_type: str = "issue"
    notes: tuple[Note, ...] = ()
    moved_to: int | None = None
    duplicate_of: int | None = None
    deleted: bool = False


def dump(record: Issue | Project) -> dict[str, Any]:
    """The record as plain JSON values."""
    document = {each.name: getattr(record, each.name) for each in fields(record)}
    if isinstance(record, Issue):
        document["notes"] = [vars(note) for note in record.notes]
    return document


def load_issue(document: Plain) -> Issue:
    lists = {name: tuple(document[name]) for name in ("labels", "assignees")}
    return Issue(**{**document, **lists, "notes": tuple(Note(**each) for each in document["notes"])})


def load_project(document: Plain) -> Project:
    lists = {name: tuple(document[name]) for name in ("hidden_from", "old_paths", "labels")}
    return Project(**{**document, **lists})
