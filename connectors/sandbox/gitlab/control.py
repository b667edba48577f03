"""The stand-in GitLab's part of `/_sandbox`: what a person may do to an issue or a project, and the dump."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from flask import Blueprint, Response, request

from connectors.sandbox.answers import Refusal, answer
from connectors.sandbox.gitlab.acting import ActionError, in_gitlab
from connectors.sandbox.gitlab.model import Issue, dump
from connectors.sandbox.gitlab.shapes import PREFIX, instant
from connectors.sandbox.gitlab.site import GitlabSite


def blueprint(site: GitlabSite, base_url: Callable[[], str]) -> Blueprint:
    api = Blueprint("gitlab_control", __name__, url_prefix="/_sandbox/gitlab")

    @api.errorhandler(Refusal)
    def _refused(found: Refusal) -> Response:
        return answer(found.body, found.status)

    @api.post("/issues/<path:project>/<int:iid>")
    def act(project: str, iid: int) -> Response:
        """A person's change: the words are in `acting.WORDS`."""
        found = site.project(project)
        issue = site.issue(found.id, iid) if found else None
        if issue is None:
            raise _refusal(404, f"There is no issue {project}#{iid}.")
        try:
            return answer(entry(site, in_gitlab(site, issue, _body()), base_url()))
        except ActionError as error:
            raise _refusal(400, str(error)) from error

    @api.post("/projects/<path:path>")
    def change(path: str) -> Response:
        """Change visibility, archived, issues_enabled, roles or hidden_from; or rename by path."""
        project, document = site.project(path), _body()
        if project is None:
            raise _refusal(404, f"There is no project {path}.")
        plain: dict[str, Any] = {
            key: document[key] for key in ("visibility", "archived", "issues_enabled", "roles") if key in document
        }
        if "hidden_from" in document:
            plain["hidden_from"] = tuple(document["hidden_from"])
        project = site.keep_project(replace(project, **plain))
        if "path" in document:
            project = site.rename(project, document["path"])
        return answer(asdict(project))

    return api


def _refusal(status: int, sentence: str) -> Refusal:
    return Refusal(status, {"error": sentence})


def _body() -> dict[str, Any]:
    document = request.get_json(silent=True)
    if not isinstance(document, dict):
        raise _refusal(415, "Send a JSON object with Content-Type application/json.")
    return document


def entries(site: GitlabSite, base_url: str) -> list[dict[str, Any]]:
    return [entry(site, issue, base_url) for issue in sorted(site.everything(), key=lambda each: each.id)]


def entry(site: GitlabSite, issue: Issue, base_url: str) -> dict[str, Any]:
    """One issue in the shape that checkers know of the other trackers too."""
    project = site.project(issue.project)
    assert project is not None
    plain = dump(issue)
    names = ("labels", "due", "confidential", "deleted", "moved_to", "duplicate_of", "iid", "issue_type")
    return {
        "tracker": "gitlab",
        "scope": project.path,
        "id": str(issue.id),
        "key": f"{project.path}#{issue.iid}",
        "ref": f"{project.id}#{issue.iid}",
        "url": f"{base_url}{PREFIX}/{project.path}/-/issues/{issue.iid}",
        "title": issue.title,
        "body": issue.description,
        "status": issue.state,
        "assignees": [site.users[each].username for each in issue.assignees],
        "creator": site.users[issue.author].username,
        "created_at": instant(issue.created),
        "updated_at": instant(issue.updated),
        "comments": [
            {"id": str(each.id), "author": site.users[each.author].username, "body": each.body}
            | {"created_at": instant(each.created), "updated_at": instant(each.updated)}
            for each in issue.notes
            if not each.system
        ],
        **{name: plain[name] for name in names},
    }
