"""The stand-in Redmine's part of `/_sandbox`: what a person may do to an issue or a project, and the dump."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from flask import Blueprint, Response, request

from connectors.sandbox.answers import Refusal, answer
from connectors.sandbox.redmine.api import PREFIX, instant
from connectors.sandbox.redmine.model import STATUSES, Issue, dump, name_of
from connectors.sandbox.redmine.site import RedmineSite

WORDS = frozenset({"as", "status", "subject", "description", "assigned", "due", "comment", "duplicates", "delete"})


class ActionError(ValueError):
    """The change cannot be made; the message says why."""


def in_redmine(site: RedmineSite, issue: Issue, wanted: Mapping[str, Any]) -> None:
    """Apply a person's changes; `as` and `assigned` are logins. Raises ActionError."""
    unknown = sorted(set(wanted) - WORDS)
    if unknown:
        raise ActionError(f"Unknown member {unknown[0]!r}; known are {', '.join(sorted(WORDS))}.")
    people = {user.login: user.id for user in site.users.values()}
    actor = people.get(str(wanted.get("as") or site.people()[0].login))
    if actor is None:
        raise ActionError(f"There is no account {wanted['as']}.")
    values: dict[str, Any] = {name: wanted[name] for name in ("subject", "description", "duplicates") if name in wanted}
    if "due" in wanted:
        values["due"] = _day(wanted["due"])
    if "assigned" in wanted:
        values["assigned"] = people.get(str(wanted["assigned"]))
    if "status" in wanted:
        numbers = {name: number for number, name, _ in STATUSES}
        if wanted["status"] not in numbers:
            raise ActionError(f"There is no status {wanted['status']!r}; there is {', '.join(numbers)}.")
        values["status"] = numbers[wanted["status"]]
    if "subject" in values and not str(values["subject"]).strip():
        raise ActionError("A subject is one line of 1 to 255 characters.")
    site.edit(issue.row, values, actor)
    if wanted.get("comment"):
        site.note(issue.row, actor, str(wanted["comment"]))
    if wanted.get("delete"):
        site.delete(issue.row)


def _day(text: Any) -> str | None:
    if not text:
        return None
    try:
        return date.fromisoformat(str(text)).isoformat()
    except ValueError as error:
        raise ActionError("A due date is written as 2026-12-31.") from error


def blueprint(site: RedmineSite, base_url: Callable[[], str]) -> Blueprint:
    api = Blueprint("redmine_control", __name__, url_prefix="/_sandbox/redmine")

    @api.errorhandler(Refusal)
    def _refused(found: Refusal) -> Response:
        return answer(found.body, found.status)

    @api.post("/issues/<int:number>")
    def act(number: int) -> Response:
        """A person's change: the words are in `WORDS`."""
        issue = site.issue(number)
        if issue is None:
            raise _refusal(404, f"There is no issue #{number}.")
        try:
            in_redmine(site, issue, _body())
        except ActionError as error:
            raise _refusal(400, str(error)) from error
        return answer(next(entry(site, each, base_url()) for each in site.everything() if each.row == issue.row))

    @api.post("/projects/<identifier>")
    def change(identifier: str) -> Response:
        """Change status, is_public, issues_enabled, hidden_from, or permissions by login."""
        project = site.project(identifier)
        if project is None:
            raise _refusal(404, f"There is no project {identifier}.")
        try:
            site.keep_project(replace(project, **_body()))
        except TypeError as error:
            raise _refusal(400, str(error)) from error
        return answer(asdict(site.projects[project.id]))

    return api


def _refusal(status: int, sentence: str) -> Refusal:
    return Refusal(status, {"error": sentence})


def _body() -> dict[str, Any]:
    document = request.get_json(silent=True)
    if not isinstance(document, dict):
        raise _refusal(415, "Send a JSON object with Content-Type application/json.")
    return document


def entries(site: RedmineSite, base_url: str) -> list[dict[str, Any]]:
    return [entry(site, issue, base_url) for issue in sorted(site.everything(), key=lambda each: each.row)]


def entry(site: RedmineSite, issue: Issue, base_url: str) -> dict[str, Any]:
    """One issue in the shape that checkers know of the other trackers too."""
    plain = dump(issue)
    return {
        "tracker": "redmine",
        "scope": site.projects[issue.project].identifier,
        "id": str(issue.id),
        "key": f"#{issue.id}",
        "url": f"{base_url}{PREFIX}/issues/{issue.id}",
        "title": issue.subject,
        "body": issue.description,
        "status": name_of(STATUSES, issue.status),
        "assignees": [site.users[issue.assigned].login] if issue.assigned else [],
        "labels": [],
        "creator": site.users[issue.author].login,
        "created_at": instant(issue.created),
        "updated_at": instant(issue.updated),
        "comments": [
            {"id": str(each.id), "author": site.users[each.author].login, "body": each.notes}
            for each in issue.notes
            if each.notes
        ],
        **{name: plain[name] for name in ("row", "due", "private", "parent", "custom", "duplicates", "deleted")},
    }
