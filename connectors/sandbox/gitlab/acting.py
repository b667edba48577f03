"""What a person does to an issue of the stand-in GitLab, from its board page or from a drill."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from connectors.sandbox.gitlab.model import Issue
from connectors.sandbox.gitlab.site import GitlabSite

WORDS = frozenset(
    {"as", "state", "title", "description", "labels", "assignees", "due", "confidential"}
    | {"comment", "move", "duplicate_of", "delete"}
)


class ActionError(ValueError):
    """The change cannot be made; the message says why."""


def in_gitlab(site: GitlabSite, issue: Issue, wanted: Mapping[str, Any]) -> Issue:
    """Apply a person's changes; `as` is a username, by default the first person. Raises ActionError."""
    unknown = sorted(set(wanted) - WORDS)
    if unknown:
        raise ActionError(f"Unknown member {unknown[0]!r}; known are {', '.join(sorted(WORDS))}.")
    actor = site.person(str(wanted.get("as") or site.people()[0].username))
    if actor is None:
        raise ActionError(f"There is no account {wanted['as']}.")
    values = _values(site, wanted)
    if wanted.get("duplicate_of"):
        other = site.named(str(wanted["duplicate_of"]), issue.project)
        if other is None:
            raise ActionError(f"There is no issue {wanted['duplicate_of']}.")
        values |= {"state": "closed", "duplicate_of": other.id}
    issue = site.edit(issue.id, actor.id, values) if values else issue
    if wanted.get("comment"):
        site.note(issue.id, actor.id, str(wanted["comment"]))
    if wanted.get("move"):
        target = site.project(str(wanted["move"]))
        if target is None:
            raise ActionError(f"There is no project {wanted['move']}.")
        issue = site.move(issue.id, target.id, actor.id)
    if wanted.get("delete"):
        site.delete(issue.id)
    return site.by_id(issue.id) or issue


def _values(site: GitlabSite, wanted: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {name: wanted[name] for name in ("state", "description", "confidential") if name in wanted}
    if values.get("state", "opened") not in ("opened", "closed"):
        raise ActionError("`state` must be opened or closed.")
    if "title" in wanted:
        values["title"] = str(wanted["title"]).strip()
        if not values["title"] or len(values["title"]) > 255 or "\n" in values["title"]:
            raise ActionError("A title is one line of 1 to 255 characters.")
    if "labels" in wanted:
        values["labels"] = tuple(wanted["labels"])
    if "assignees" in wanted:
        people = [site.person(str(each)) for each in wanted["assignees"]]
        values["assignees"] = tuple(each.id for each in people if each is not None)
    if "due" in wanted:
        try:
            values["due"] = date.fromisoformat(wanted["due"]).isoformat() if wanted["due"] else None
        except ValueError as error:
            raise ActionError("A due date is written as 2026-12-31.") from error
    return values
