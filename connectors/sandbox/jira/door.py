"""The way into the stand-in Jira: who asks, in which API version, and which errors he gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import g, request

from connectors.sandbox.answers import Refusal, json_object, number
from connectors.sandbox.jira.model import Issue
from connectors.sandbox.jira.shapes import DataCenterShapes, Shapes
from connectors.sandbox.jira.site import JiraSite
from connectors.sandbox.seed import JiraUser, Project

ARCHIVED = "The issue {} is archived. You can't modify it."
NO_ISSUE = "Issue does not exist or you do not have permission to see it."


def problem(status: int, *messages: str, **errors: str) -> Refusal:
    return Refusal(status, {"errorMessages": list(messages), "errors": errors})


@dataclass(frozen=True)
class Visit:
    """One authenticated request."""

    site: JiraSite
    user: JiraUser
    version: int
    shapes: Shapes

    def body(self) -> dict[str, Any]:
        return json_object(problem(400, "There was an error parsing JSON. Check that your request body is valid."))

    def project(self, id_or_key: str | None, permission: str = "BROWSE_PROJECTS") -> Project:
        """Raises 404 for what the user may not see, 403 for what he may see but not do."""
        project = self.site.find_project(id_or_key)
        if project is None or not self.site.may(self.user.account_id, "BROWSE_PROJECTS", project):
            raise problem(404, f"No project could be found with key '{id_or_key}'.")
        self._require(permission, project)
        if project.archived and permission != "BROWSE_PROJECTS":
            raise problem(400, f"The project {project.key} is archived.")
        return project

    def issue(self, id_or_key: str, permission: str = "BROWSE_PROJECTS") -> Issue:
        issue = self.site.find(id_or_key)
        if issue is None or not self.sees(issue):
            raise problem(404, NO_ISSUE)
        self._require(permission, self.site.projects[issue.project])
        if permission != "BROWSE_PROJECTS" and (issue.archived or self.site.projects[issue.project].archived):
            raise problem(400, ARCHIVED.format(issue.key))
        return issue

    def sees(self, issue: Issue) -> bool:
        return self.site.may(self.user.account_id, "BROWSE_PROJECTS", self.site.projects[issue.project])

    def _require(self, permission: str, project: Project) -> None:
        if not self.site.may(self.user.account_id, permission, project):
            raise problem(403, f"You do not have the permission {permission} in the project {project.key}.")


def base_url() -> str:
    return request.host_url + request.path.split("/")[1]


def enter(site: JiraSite, version: str) -> None:
    """Authenticate the request; `visit()` gives the result. Only serverInfo may be read by anyone, as in Cloud."""
    given = request.authorization
    user = _cloud_user(site) if site.cloud else _data_center_user(site)
    if user is None:
        if given is None and _is_public(site):
            user = JiraUser("", "", "", active=False)
        elif given is None and request.path.endswith("/serverInfo"):
            return
        else:
            headers = {"WWW-Authenticate": 'OAuth realm="jira"', "X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
            raise Refusal(401, "Client must be authenticated to access this resource.", headers)
    shapes = Shapes if site.cloud else DataCenterShapes
    number_of_version = 3 if version == "3" else 2
    g.jira_visit = Visit(site, user, number_of_version, shapes(site, base_url(), number_of_version))


def _is_public(site: JiraSite) -> bool:
    """An anonymous visitor may look at a public project, and at nothing else."""
    parent, _, key = request.path.rpartition("/")
    project = site.projects.get(key) if request.method == "GET" and parent.endswith("/project") else None
    return project is not None and project.public


def _cloud_user(site: JiraSite) -> JiraUser | None:
    given = request.authorization
    if given is None or given.type != "basic":
        return None
    wanted = (given.username or "").lower()
    user = next((each for each in site.users.values() if each.email.lower() == wanted and each.active), None)
    return None if user is None or user.token is None or user.token != given.password else user


def _data_center_user(site: JiraSite) -> JiraUser | None:
    """A personal access token, or a name with what stands in for its password."""
    given = request.authorization
    if given is None:
        return None
    if given.type == "bearer":
        found = (each for each in site.users.values() if each.token is not None and each.token == given.token)
        return next(found, None)
    user = site.named(given.username or "") if given.type == "basic" else None
    return None if user is None or user.token is None or user.token != given.password else user


def visit() -> Visit:
    found: Visit = g.jira_visit
    return found


def page_of(items: list[Any], name: str, *, default: int = 50) -> dict[str, Any]:
    """One page of a list in the startAt/maxResults manner."""
    start, size = number("startAt", 0, 10**9), number("maxResults", default, 200)
    return {name: items[start : start + size], "maxResults": size, "startAt": start, "total": len(items)}
