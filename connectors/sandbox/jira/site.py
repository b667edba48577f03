"""The state of the stand-in Jira and everything that may happen to it. HTTP and pages call this; it knows neither."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from connectors.sandbox.jira.model import Change, Comment, Issue, Markup, Plain, dump, load
from connectors.sandbox.seed import JiraSeed, JiraUser, Project
from connectors.sandbox.store import Clock, LaggingIndex, Store

KIND = "jira-issue"
FIRST_ISSUE_ID = 10_000
LAGS = Callable[[str], float]


@dataclass(frozen=True)
class Event:
    """Something that Jira would tell a webhook."""

    name: str
    type_name: str
    actor: str
    issue: Issue
    change: Change | None = None
    comment: Comment | None = None


class JiraSite:
    """Thread-safe; every change is stored before it returns, then published. Cloud and Data Center share it: `cloud`
    says which of them it is, where they differ in what they take.
    """

    def __init__(self, seed: JiraSeed, store: Store, clock: Clock, lag: LAGS, *, cloud: bool = True) -> None:
        self.seed = seed
        self.cloud = cloud
        self._kind = KIND if cloud else f"{KIND}-dc"
        self.projects = {project.key: project for project in seed.projects}
        self.users = {user.account_id: user for user in seed.users}
        self.lock = threading.RLock()
        self.publish: Callable[[Event], None] = lambda _: None
        self._store, self._clock, self._lag = store, clock, lag
        self._issues: dict[int, Issue] = {}
        self._keys: dict[str, int] = {}
        self._numbers = dict.fromkeys(self.projects, 0)
        self._last_id = FIRST_ISSUE_ID
        self._index: LaggingIndex[Issue] = LaggingIndex()
        for document in store.load(self._kind):
            self._remember(load(document), lag=0.0)

    def project_id(self, project: Project) -> str:
        return str(10_000 + list(self.projects).index(project.key))

    def find_project(self, id_or_key: str | None) -> Project | None:
        if id_or_key in self.projects:
            return self.projects[str(id_or_key)]
        return next((each for each in self.projects.values() if self.project_id(each) == id_or_key), None)

    def may(self, account: str, permission: str, project: Project) -> bool:
        denied = project.denied.get(account, ())
        return permission not in denied and "BROWSE_PROJECTS" not in denied

    def assignable(self, account: str, project: Project) -> bool:
        user = self.users.get(account)
        listed = project.assignable is None or account in project.assignable
        return user is not None and user.active and listed and self.may(account, "ASSIGNABLE_USER", project)

    def named(self, username: str) -> JiraUser | None:
        return next((user for user in self.users.values() if user.username == username), None)

    def bot(self) -> JiraUser:
        return next((user for user in self.users.values() if user.bot), next(iter(self.users.values())))

    def people(self) -> list[JiraUser]:
        return [user for user in self.users.values() if not user.bot and user.active]

    def find(self, id_or_key: str) -> Issue | None:
        """The issue as it is now, by numeric id, key, or a key that it had before a move."""
        with self.lock:
            number = int(id_or_key) if id_or_key.isdigit() else self._keys.get(id_or_key.upper(), 0)
            issue = self._issues.get(number)
        return None if issue is None or issue.deleted else issue

    def by_id(self, issue_id: int) -> Issue:
        """As it is now, also when it was deleted."""
        with self.lock:
            return self._issues[issue_id]

    def everything(self) -> list[Issue]:
        with self.lock:
            return list(self._issues.values())

    def indexed(self) -> dict[int, Issue]:
        """Every issue as the search index shows it now, with its lag."""
        with self.lock:
            return dict(self._index.visible(self._clock()))

    def create(self, actor: str, project: str, values: Mapping[str, Any]) -> Issue:
        """Open an issue; `values` are fields of Issue, already validated."""
        with self.lock:
            now = self._now_ms()
            issue = Issue(
                id=self._last_id + 1,
                project=project,
                number=self._numbers[project] + 1,
                status=self.projects[project].statuses[0].name,
                creator=actor,
                created=now,
                updated=now,
                **{"reporter": actor, **values},
            )
            self._keep(issue)
        self.publish(Event("jira:issue_created", "issue_created", actor, issue))
        return issue

    def edit(self, issue_id: int, actor: str, values: Mapping[str, Any], items: Iterable[Plain] = ()) -> Issue:
        """Change fields of an issue. `items` say in Jira's words what changed; without any, nothing is published."""
        with self.lock:
            issue, now = self._issues[issue_id], self._tick(issue_id)
            change = Change(issue.id * 1000 + len(issue.history), actor, now, tuple(items))
            history = (*issue.history, change) if change.items else issue.history
            issue = replace(issue, **values, history=history, updated=now)
            self._keep(issue)
        if change.items:
            kinds = {str(item["field"]) for item in change.items}
            type_name = "issue_assigned" if kinds == {"assignee"} else "issue_generic" if "status" in kinds else ""
            self.publish(Event("jira:issue_updated", type_name or "issue_updated", actor, issue, change))
        return issue

    def comment(self, issue_id: int, actor: str, body: Markup) -> Comment:
        with self.lock:
            issue, now = self._issues[issue_id], self._tick(issue_id)
            comment = Comment(issue.id * 1000 + len(issue.comments), actor, body, now, now, actor)
            issue = replace(issue, comments=(*issue.comments, comment), updated=now)
            self._keep(issue)
        self.publish(Event("comment_created", "issue_commented", actor, issue, comment=comment))
        return comment

    def edit_comment(self, issue_id: int, comment_id: int, actor: str, body: Markup) -> Comment:
        with self.lock:
            issue, now = self._issues[issue_id], self._tick(issue_id)
            edited = {
                each.id: replace(each, body=body, updated=now, update_author=actor) if each.id == comment_id else each
                for each in issue.comments
            }
            issue = replace(issue, comments=tuple(edited.values()), updated=now)
            self._keep(issue)
        self.publish(Event("comment_updated", "issue_comment_edited", actor, issue, comment=edited[comment_id]))
        return edited[comment_id]

    def delete(self, issue_id: int, actor: str) -> None:
        with self.lock:
            issue = replace(self._issues[issue_id], deleted=True, updated=self._tick(issue_id))
            self._keep(issue)
        self.publish(Event("jira:issue_deleted", "issue_deleted", actor, issue))

    def move(self, issue_id: int, project: str, actor: str) -> Issue:
        """Move an issue to another project: same id, new key; the old key goes on leading to it."""
        with self.lock:
            issue = self._issues[issue_id]
            item = {"field": "Key", "fieldtype": "jira", "from": None, "fromString": issue.key, "to": None}
            target = self.projects[project]
            values = {
                "project": project,
                "number": self._numbers[project] + 1,
                "old_keys": (*issue.old_keys, issue.key),
                "status": target.statuses[0].name,
                "issue_type": target.issue_types[0],
            }
            key = f"{project}-{values['number']}"
            return self.edit(issue_id, actor, values, [{**item, "toString": key}])

    def archive(self, issue_id: int, actor: str) -> Issue:
        """Out of every search and not to be changed; still there by its key."""
        return self.edit(issue_id, actor, {"archived": self._now_ms()})

    def clear(self) -> None:
        with self.lock:
            self._issues.clear()
            self._keys.clear()
            self._index.clear()
            self._numbers = dict.fromkeys(self.projects, 0)
            self._store.clear(self._kind)

    def now(self) -> float:
        return self._clock()

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)

    def _tick(self, issue_id: int) -> int:
        """The instant of a change: strictly after the issue's last one, whatever the clock does."""
        return max(self._now_ms(), self._issues[issue_id].updated + 1)

    def _keep(self, issue: Issue) -> None:
        self._store.save(self._kind, issue.id, dump(issue))
        self._remember(issue, self._lag(issue.project))

    def _remember(self, issue: Issue, lag: float) -> None:
        self._issues[issue.id] = issue
        for key in (issue.key, *issue.old_keys):
            self._keys[key] = issue.id
        self._last_id = max(self._last_id, issue.id)
        for key in (issue.key, *issue.old_keys):
            project, _, number = key.rpartition("-")
            self._numbers[project] = max(self._numbers.get(project, 0), int(number))
        now = self._clock()
        self._index.put(issue.id, None if issue.deleted or issue.archived else issue, now + lag, now)
