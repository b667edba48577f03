"""What GitLab's answers and webhooks look like. https://docs.gitlab.com/api/issues/"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.gitlab.model import Issue, Note, Project
from connectors.sandbox.gitlab.site import Event, GitlabSite
from connectors.sandbox.seed import GitlabUser

Json = dict[str, Any]
PREFIX = "/gitlab"
API = f"{PREFIX}/api/v4"
LEVELS = {"private": 0, "internal": 10, "public": 20}


def instant(ms: int | None) -> str | None:
    if ms is None:
        return None
    return datetime.fromtimestamp(ms / 1000, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Shapes:
    """`host` is scheme, name and port as the reader knows them."""

    def __init__(self, site: GitlabSite, host: str) -> None:
        self._site = site
        self.html = host + PREFIX
        self.api = host + API

    def user(self, user_id: int | None) -> Json | None:
        user = self._site.users.get(user_id) if user_id else None
        return self.person(user) if user else None

    def person(self, user: GitlabUser) -> Json:
        return {
            "id": user.id,
            "username": user.username,
            "name": user.name,
            "state": "active",
            "locked": False,
            "avatar_url": None,
            "web_url": f"{self.html}/{user.username}",
        }

    def project(self, project: Project, reader: GitlabUser) -> Json:
        enabled = "enabled" if project.issues_enabled else "disabled"
        return {
            "id": project.id,
            "name": project.path.rpartition("/")[2],
            "path_with_namespace": project.path,
            "web_url": f"{self.html}/{project.path}",
            "visibility": project.visibility,
            "archived": project.archived,
            "issues_enabled": project.issues_enabled,
            "issues_access_level": enabled,
            "permissions": {
                "project_access": {"access_level": self._site.level(reader, project), "notification_level": 3},
                "group_access": None,
            },
        }

    def issue(self, issue: Issue) -> Json:
        project = self._site.project(issue.project)
        assert project is not None
        own = f"{self.api}/projects/{project.id}/issues/{issue.iid}"
        people = [self.user(each) for each in issue.assignees]
        return {
            "id": issue.id,
            "iid": issue.iid,
            "project_id": project.id,
            "title": issue.title,
            "description": issue.description or None,
            "state": issue.state,
            "created_at": instant(issue.created),
            "updated_at": instant(issue.updated),
            "closed_at": instant(issue.closed),
            "labels": sorted(issue.labels),
            "milestone": None,
            "assignees": people,
            "assignee": people[0] if people else None,
            "author": self.user(issue.author),
            "type": issue.issue_type.upper(),
            "issue_type": issue.issue_type,
            "user_notes_count": sum(not note.system for note in issue.notes),
            "due_date": issue.due,
            "confidential": issue.confidential,
            "discussion_locked": None,
            "web_url": f"{self.html}/{project.path}/-/issues/{issue.iid}",
            "references": {
                "short": f"#{issue.iid}",
                "relative": f"#{issue.iid}",
                "full": f"{project.path}#{issue.iid}",
            },
            "moved_to_id": issue.moved_to,
            "weight": None,
            "health_status": None,
            "_links": {
                "self": own,
                "notes": f"{own}/notes",
                "project": f"{self.api}/projects/{project.id}",
                "closed_as_duplicate_of": self._duplicate(issue),
            },
        }

    def _duplicate(self, issue: Issue) -> str | None:
        other = self._site.by_id(issue.duplicate_of) if issue.duplicate_of and issue.state == "closed" else None
        return f"{self.api}/projects/{other.project}/issues/{other.iid}" if other and not other.deleted else None

    def note(self, note: Note, issue: Issue) -> Json:
        return {
            "id": note.id,
            "type": None,
            "body": note.body,
            "author": self.user(note.author),
            "created_at": instant(note.created),
            "updated_at": instant(note.updated),
            "system": note.system,
            "noteable_id": issue.id,
            "noteable_type": "Issue",
            "noteable_iid": issue.iid,
            "project_id": issue.project,
            "internal": False,
        }

    def event(self, event: Event) -> Json:
        issue = event.issue
        project = self._site.project(issue.project)
        assert project is not None
        about = self._about(issue, project)
        document: Json = {
            "object_kind": event.kind,
            "event_type": f"confidential_{event.kind}" if issue.confidential else event.kind,
            "user": self.user(event.actor),
            "project": {
                "id": project.id,
                "name": project.path.rpartition("/")[2],
                "web_url": f"{self.html}/{project.path}",
                "path_with_namespace": project.path,
                "visibility_level": LEVELS[project.visibility],
            },
            "object_attributes": {**about, "action": event.action},
            "labels": [{"title": name} for name in issue.labels],
            "assignees": [self.user(each) for each in issue.assignees],
        }
        if event.note is not None:
            note = event.note
            document["issue"] = about
            document["project_id"] = project.id
            document["object_attributes"] = {
                "id": note.id,
                "note": note.body,
                "noteable_type": "Issue",
                "noteable_id": issue.id,
                "author_id": note.author,
                "system": note.system,
                "action": event.action,
                "url": f"{about['url']}#note_{note.id}",
            }
        return document

    def _about(self, issue: Issue, project: Project) -> Json:
        return {
            "id": issue.id,
            "iid": issue.iid,
            "project_id": project.id,
            "title": issue.title,
            "description": issue.description,
            "state": issue.state,
            "author_id": issue.author,
            "confidential": issue.confidential,
            "due_date": issue.due,
            "moved_to_id": issue.moved_to,
            "duplicated_to_id": issue.duplicate_of,
            "created_at": instant(issue.created),
            "updated_at": instant(issue.updated),
            "url": f"{self.html}/{project.path}/-/issues/{issue.iid}",
        }
