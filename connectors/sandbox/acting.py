"""What a person does to an issue, from a board page or from a drill: the same changes, by another account than ours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from connectors.sandbox.github.hub import GithubHub
from connectors.sandbox.github.model import STATE_REASONS
from connectors.sandbox.github.model import Issue as GithubIssue
from connectors.sandbox.jira import changes
from connectors.sandbox.jira.model import RESOLUTIONS, Markup
from connectors.sandbox.jira.model import Issue as JiraIssue
from connectors.sandbox.jira.site import JiraSite

JIRA_WORDS = frozenset(
    {"as", "status", "resolution", "assignee", "due", "summary", "description", "labels", "priority"}
    | {"comment", "move", "delete", "archive"}
)
GITHUB_WORDS = frozenset(
    {"as", "state", "state_reason", "title", "body", "labels", "assignees", "comment", "transfer", "delete"}
    | {"duplicate_of"}
)


class ActionError(ValueError):
    """The change cannot be made; the message says why."""


def in_jira(site: JiraSite, issue: JiraIssue, wanted: Mapping[str, Any]) -> None:
    """Apply a person's changes; `as` is an account id, by default the first person. Raises ActionError."""
    _known(wanted, JIRA_WORDS)
    actor = str(wanted.get("as") or site.people()[0].account_id)
    if actor not in site.users:
        raise ActionError(f"There is no account {actor}.")
    project = site.projects[issue.project]
    values = _jira_values(site, wanted)
    if values:
        changes.apply(site, issue, actor, values)
    if "status" in wanted:
        status = next((each for each in project.statuses if each.name == wanted["status"]), None)
        if status is None:
            known = ", ".join(each.name for each in project.statuses)
            raise ActionError(f"{project.key} has no status {wanted['status']!r}; it has {known}.")
        resolution = wanted.get("resolution")
        if resolution is not None and resolution not in RESOLUTIONS:
            raise ActionError(f"`resolution` must be one of {', '.join(RESOLUTIONS)}.")
        if status.name != issue.status or resolution not in {None, issue.resolution}:
            changes.transition(site, issue, actor, status, resolution)
    if wanted.get("comment"):
        site.comment(issue.id, actor, Markup("wiki", str(wanted["comment"])))
    if wanted.get("move"):
        if wanted["move"] not in site.projects:
            raise ActionError(f"There is no project {wanted['move']}.")
        site.move(issue.id, wanted["move"], actor)
    if wanted.get("archive"):
        site.archive(issue.id, actor)
    if wanted.get("delete"):
        site.delete(issue.id, actor)


def _jira_values(site: JiraSite, wanted: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if "assignee" in wanted:
        values["assignee"] = wanted["assignee"] or None
        if values["assignee"] is not None and values["assignee"] not in site.users:
            raise ActionError(f"There is no account {values['assignee']}.")
    if "due" in wanted:
        values["due"] = _day(wanted["due"])
    if "summary" in wanted:
        values["summary"] = _title(wanted["summary"], 255)
    if "description" in wanted:
        values["description"] = Markup("wiki", wanted["description"]) if wanted["description"] else None
    if "labels" in wanted:
        values["labels"] = tuple(wanted["labels"])
    if "priority" in wanted:
        values["priority"] = wanted["priority"]
    return values


def in_github(hub: GithubHub, issue: GithubIssue, wanted: Mapping[str, Any]) -> GithubIssue:
    """Apply a person's changes; `as` is a login, by default the first person. Raises ActionError."""
    _known(wanted, GITHUB_WORDS)
    actor = str(wanted.get("as") or hub.people()[0].login)
    if actor.lower() not in hub.users:
        raise ActionError(f"There is no account {actor}.")
    values: dict[str, Any] = {key: wanted[key] for key in ("body", "state", "state_reason") if key in wanted}
    if values.get("state", "open") not in {"open", "closed"}:
        raise ActionError("`state` must be open or closed.")
    if values.get("state_reason") not in {None, *STATE_REASONS}:
        raise ActionError(f"`state_reason` must be one of {', '.join(STATE_REASONS)}.")
    if wanted.get("duplicate_of"):
        values |= {
            "state": "closed",
            "state_reason": "duplicate",
            "duplicate_of": _canonical(hub, wanted["duplicate_of"]),
        }
    if "title" in wanted:
        values["title"] = _title(wanted["title"], 256)
    for name in ("labels", "assignees"):
        if name in wanted:
            values[name] = tuple(wanted[name])
    issue = hub.edit(issue.id, actor, values) if values else issue
    if wanted.get("comment"):
        hub.comment(issue.id, actor, str(wanted["comment"]))
    if wanted.get("transfer"):
        target = hub.repo(str(wanted["transfer"]))
        if target is None:
            raise ActionError(f"There is no repository {wanted['transfer']}.")
        issue = hub.transfer(issue.id, target.id, actor)
    if wanted.get("delete"):
        hub.delete(issue.id, actor)
    return hub.by_id(issue.id) or issue


def _canonical(hub: GithubHub, key: Any) -> int:
    name, _, number = str(key).partition("#")
    repo = hub.repo(name)
    found = hub.issue(repo.id, int(number)) if repo and number.isdigit() else None
    if found is None:
        raise ActionError(f"There is no issue {key}.")
    return found.id


def _known(wanted: Mapping[str, Any], words: frozenset[str]) -> None:
    unknown = sorted(set(wanted) - words)
    if unknown:
        raise ActionError(f"Unknown member {unknown[0]!r}; known are {', '.join(sorted(words))}.")


def _title(text: Any, limit: int) -> str:
    title = str(text).strip()
    if not title or len(title) > limit or "\n" in title:
        raise ActionError(f"A title is one line of 1 to {limit} characters.")
    return title


def _day(text: Any) -> str | None:
    if not text:
        return None
    try:
        return date.fromisoformat(str(text)).isoformat()
    except ValueError as error:
        raise ActionError("A due date is written as 2026-12-31.") from error
