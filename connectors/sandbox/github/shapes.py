"""What GitHub's answers and webhooks look like."""

from __future__ import annotations

import base64
import zlib
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.github.hub import Event, GithubHub
from connectors.sandbox.github.model import Comment, Issue, Repo
from connectors.sandbox.seed import GithubUser

Json = dict[str, Any]
FACES = ("github", "ghes")
PERSONS = {
    **{name: name for name in ("events", "followers", "following", "gists", "repos", "starred", "subscriptions")},
    "organizations": "orgs",
    "received_events": "received_events",
}


def node_id(kind: str, number: int) -> str:
    """A global id as GraphQL wants it: opaque, and stable."""
    return f"{kind}_{base64.urlsafe_b64encode(str(number).encode()).decode().rstrip('=')}"


def number_of(node: str) -> int:
    """The number in a node id of ours, 0 if it is none."""
    _, _, encoded = node.partition("_")
    try:
        return int(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except ValueError:
        return 0


def instant(ms: int | None) -> str | None:
    return None if ms is None else f"{datetime.fromtimestamp(ms // 1000, tz=UTC):%Y-%m-%dT%H:%M:%SZ}"


class Shapes:
    """`host` is scheme, name and port as the reader knows them: PyGithub refuses answers that name another."""

    def __init__(self, hub: GithubHub, host: str, face: str = "github") -> None:
        self._hub = hub
        self.html = f"{host}/{face}"
        self.api = f"{host}/{face}/api/v3"

    def user(self, login: str | None) -> Json | None:
        user = self._hub.users.get(login.lower()) if login else None
        return self.person(user) if user else None

    def person(self, user: GithubUser) -> Json:
        number = 5_000_000 + list(self._hub.users).index(user.login.lower())
        return {
            "login": user.login,
            "id": number,
            "node_id": node_id("U", number),
            "avatar_url": f"{self.html}/avatars/{number}",
            "gravatar_id": "",
            "url": f"{self.api}/users/{user.login}",
            "html_url": f"{self.html}/{user.login}",
            **{f"{name}_url": f"{self.api}/users/{user.login}/{path}" for name, path in PERSONS.items()},
            "type": "Bot" if user.login.endswith("[bot]") else "User",
            "site_admin": False,
        }

    def repo(self, repo: Repo, reader: str | None = None) -> Json:
        owner = {"login": repo.owner, "id": 9_000_001, "node_id": node_id("O", 9_000_001), "type": "Organization"}
        url = f"{self.api}/repos/{repo.full_name}"
        document: Json = {
            "id": repo.id,
            "node_id": node_id("R", repo.id),
            "name": repo.name,
            "full_name": repo.full_name,
            "private": repo.private,
            "owner": {**owner, "url": f"{self.api}/users/{repo.owner}", "html_url": f"{self.html}/{repo.owner}"},
            "html_url": f"{self.html}/{repo.full_name}",
            "description": None,
            "fork": False,
            "url": url,
            "issues_url": f"{url}/issues{{/number}}",
            "labels_url": f"{url}/labels{{/name}}",
            "has_issues": repo.has_issues,
            "archived": repo.archived,
            "disabled": False,
            "visibility": repo.visibility,
            "default_branch": "main",
        }
        if reader is not None:
            push = self._hub.may_push(reader, repo)
            document["permissions"] = {"admin": False, "maintain": False, "push": push, "triage": push, "pull": True}
        return document

    def label(self, repo: Repo, name: str) -> Json:
        number = 3_000_000_000 + zlib.crc32(f"{repo.id} {name.lower()}".encode())
        url = f"{self.api}/repos/{repo.full_name}/labels/{name}"
        base = {"id": number, "node_id": node_id("LA", number), "url": url, "name": name}
        return {**base, "color": "ededed", "default": False, "description": None}

    def issue_type(self, repo: Repo, name: str) -> Json:
        number = 7_000_000 + zlib.crc32(f"{repo.owner} {name.lower()}".encode()) % 1_000_000
        base = {"id": number, "node_id": node_id("IT", number), "name": name, "description": None}
        return {**base, "color": "blue", "is_enabled": True}

    def issue(self, issue: Issue, repo: Repo) -> Json:
        url = f"{self.api}/repos/{repo.full_name}/issues/{issue.number}"
        assignees = [found for login in issue.assignees if (found := self.user(login))]
        kind = "pull" if issue.pull_request else "issues"
        document: Json = {
            "url": url,
            "repository_url": f"{self.api}/repos/{repo.full_name}",
            "labels_url": f"{url}/labels{{/name}}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "html_url": f"{self.html}/{repo.full_name}/{kind}/{issue.number}",
            "id": issue.id,
            "node_id": node_id("PR" if issue.pull_request else "I", issue.id),
            "number": issue.number,
            "title": issue.title,
            "user": self.user(issue.author),
            "labels": [self.label(repo, name) for name in issue.labels],
            "state": issue.state,
            "locked": issue.locked,
            "assignee": assignees[0] if assignees else None,
            "assignees": assignees,
            "milestone": None,
            "comments": len(issue.comments),
            "created_at": instant(issue.created),
            "updated_at": instant(issue.updated),
            "closed_at": instant(issue.closed),
            "author_association": "MEMBER",
            "active_lock_reason": None,
            "body": issue.body,
            "closed_by": self.user(issue.closed_by),
            "state_reason": issue.state_reason,
            "type": self.issue_type(repo, issue.type) if issue.type else None,
        }
        if issue.pull_request:
            document["pull_request"] = {"url": f"{self.api}/repos/{repo.full_name}/pulls/{issue.number}"}
        return document

    def comment(self, comment: Comment, issue: Issue, repo: Repo) -> Json:
        base = f"{self.api}/repos/{repo.full_name}/issues"
        return {
            "url": f"{base}/comments/{comment.id}",
            "html_url": f"{self.html}/{repo.full_name}/issues/{issue.number}#issuecomment-{comment.id}",
            "issue_url": f"{base}/{issue.number}",
            "id": comment.id,
            "node_id": node_id("IC", comment.id),
            "user": self.user(comment.author),
            "created_at": instant(comment.created),
            "updated_at": instant(comment.updated),
            "author_association": "MEMBER",
            "body": comment.body,
        }

    def event(self, event: Event) -> Json:
        """A webhook's body."""
        issue = event.issue
        repo = self._hub.repo(issue.repo)
        assert repo is not None
        extra = dict(event.extra)
        if "label" in extra:
            extra["label"] = self.label(repo, extra["label"])
        if "assignee" in extra:
            extra["assignee"] = self.user(extra["assignee"])
        if event.action == "transferred":
            extra["changes"] = self._transferred(extra["changes"])
        body: Json = {"action": event.action, "issue": self.issue(issue, repo), **extra}
        if event.comment is not None:
            body["comment"] = self.comment(event.comment, issue, repo)
        return {**body, "repository": self.repo(repo), "sender": self.user(event.actor)}

    def _transferred(self, changes: Json) -> Json:
        issue, repo = self._hub.by_id(changes["new_issue"]), self._hub.repo(int(changes["new_repository"]))
        assert issue is not None
        assert repo is not None
        return {"new_issue": self.issue(issue, repo), "new_repository": self.repo(repo)}
