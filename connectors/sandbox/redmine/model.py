"""Issues of the stand-in Redmine: immutable, so that a version handed to an index stays as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

# (id, name, is_closed), as Redmine's default data has them.
STATUSES = (
    (1, "New", False),
    (2, "In Progress", False),
    (3, "Resolved", False),
    (4, "Feedback", False),
    (5, "Closed", True),
    (6, "Rejected", True),
)
PRIORITIES = ((1, "Low"), (2, "Normal"), (3, "High"), (4, "Urgent"), (5, "Immediate"))
TRACKERS = ((1, "Bug"), (2, "Feature"), (3, "Support"))


@dataclass(frozen=True)
class Note:
    """An entry of an issue's journal: a comment, or what a change of the text took the place of."""

    id: int
    author: int
    notes: str
    created: int
    details: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Issue:
    """Instants are epoch milliseconds, shown in whole seconds; people, statuses and projects are ids. `row` never
    repeats, while `id` may: Redmine gives the number of its newest issue again when that was deleted.
    """

    row: int
    id: int
    project: int
    subject: str
    author: int
    created: int
    updated: int
    description: str = ""
    tracker: int = 1
    status: int = 1
    priority: int = 2
    assigned: int | None = None
    due: str | None = None
    private: bool = False
    parent: int | None = None
    custom: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    duplicates: int | None = None
    deleted: bool = False


def dump(issue: Issue) -> dict[str, Any]:
    """The issue as plain JSON values; `load` is its inverse."""
    document = {each.name: getattr(issue, each.name) for each in fields(issue)}
    document["notes"] = [vars(note) for note in issue.notes]
    return document


def load(document: Mapping[str, Any]) -> Issue:
    notes = (Note(**{**each, "details": tuple(each.get("details") or ())}) for each in document["notes"])
    return Issue(**{**document, "notes": tuple(notes)})


def is_closed(status: int) -> bool:
    return next(closed for number, _, closed in STATUSES if number == status)


def name_of(items: tuple[tuple[Any, ...], ...], number: int) -> str:
    return str(next(each[1] for each in items if each[0] == number))
