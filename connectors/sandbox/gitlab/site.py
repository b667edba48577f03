"""The state of the stand-in GitLab and everything that may happen to it. HTTP and pages call this; it knows neither."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from connectors.sandbox.gitlab import actions
from connectors.sandbox.gitlab.model import Issue, Note, Project, dump, load_issue, load_project
from connectors.sandbox.seed import GitlabProject, GitlabSeed, GitlabUser
from connectors.sandbox.store import Clock, LaggingIndex, Store

ISSUE_KIND, PROJECT_KIND = "gitlab-issue", "gitlab-project"
FIRST_PROJECT_ID, FIRST_ISSUE_ID, FIRST_NOTE_ID = 40, 7_000, 90_000
LAGS = Callable[[str], float]
MAINTAINER = 40


@dataclass(frozen=True)
class Event:
    """Something that GitLab would tell a webhook."""

    kind: str
    action: str
    actor: int
    issue: Issue
    note: Note | None = None


class GitlabSite:
    """Thread-safe; every change is stored before it returns, then published."""

    def __init__(self, seed: GitlabSeed, store: Store, clock: Clock, lag: LAGS) -> None:
        self.seed = seed
        self.users = {user.id: user for user in seed.users}
        self.lock = threading.RLock()
        self.publish: Callable[[Event], None] = lambda _: None
        self._store, self._clock, self._lag = store, clock, lag
        self._issues: dict[int, Issue] = {}
        self._iids: dict[tuple[int, int], int] = {}
        self._projects: dict[int, Project] = {}
        self._index: LaggingIndex[Issue] = LaggingIndex()
        self._last_id, self._last_note = FIRST_ISSUE_ID, FIRST_NOTE_ID
        self._open()

    def _open(self) -> None:
        for document in self._store.load(PROJECT_KIND):
            project = load_project(document)
            self._projects[project.id] = project
        known = {path for each in self._projects.values() for path in (each.path, *each.old_paths)}
        for each in self.seed.projects:
            if each.path not in known:
                self._found(each)
        for document in self._store.load(ISSUE_KIND):
            self._remember(load_issue(document), lag=0.0)

    def _found(self, seed: GitlabProject) -> None:
        plain = {name: getattr(seed, name) for name in ("path", "visibility", "archived", "issues_enabled")}
        project_id = max(self._projects, default=FIRST_PROJECT_ID) + 1
        self.keep_project(Project(project_id, **plain, roles=dict(seed.roles), hidden_from=seed.hidden_from))

    def person(self, username: str) -> GitlabUser | None:
        return next((user for user in self.users.values() if user.username == username.lower()), None)

    def bot(self) -> GitlabUser:
        return next((user for user in self.users.values() if user.bot), next(iter(self.users.values())))

    def people(self) -> list[GitlabUser]:
        return [user for user in self.users.values() if not user.bot]

    def projects(self) -> list[Project]:
        with self.lock:
            return list(self._projects.values())

    def project(self, id_or_path: int | str) -> Project | None:
        with self.lock:
            if isinstance(id_or_path, int) or id_or_path.isdigit():
                return self._projects.get(int(id_or_path))
            wanted = id_or_path.lower()
            return next((each for each in self._projects.values() if each.path.lower() == wanted), None)

    def renamed(self, old_path: str) -> Project | None:
        return next((each for each in self.projects() if old_path in each.old_paths), None)

    def level(self, user: GitlabUser, project: Project) -> int:
        return int(project.roles.get(user.username, MAINTAINER))

    def sees(self, user: GitlabUser, project: Project) -> bool:
        return user.username not in project.hidden_from

    def issue(self, project: int, iid: int) -> Issue | None:
        with self.lock:
            found = self._issues.get(self._iids.get((project, iid), 0))
            return None if found is None or found.deleted else found

    def by_id(self, issue_id: int) -> Issue | None:
        with self.lock:
            return self._issues.get(issue_id)

    def everything(self) -> list[Issue]:
        with self.lock:
            return list(self._issues.values())

    def listed(self) -> list[Issue]:
        """The issues as lists show them now, with their lag."""
        with self.lock:
            return list(self._index.visible(self._clock()).values())

    def named(self, text: str, project: int) -> Issue | None:
        """The issue behind `#12` or `group/project#12`."""
        path, _, iid = text.strip().rpartition("#")
        found = self.project(path) if path else self.project(project)
        return self.issue(found.id, int(iid)) if found and iid.isdigit() else None

    def create(self, project: int, actor: int, values: Mapping[str, Any]) -> Issue:
        """Quick actions in the description run, as they do in GitLab whichever door the text came through."""
        text, found = actions.extract(str(values.get("description") or ""))
        with self.lock:
            now = self._now_ms()
            iid = 1 + max((iid for place, iid in self._iids if place == project), default=0)
            plain = {**values, "description": text}
            issue = Issue(self._last_id + 1, project, iid, author=actor, created=now, updated=now, **plain)
            self._keep(issue)
        self.publish(Event("issue", "open", actor, issue))
        return self._act(issue, actor, found)

    def edit(self, issue_id: int, actor: int, values: Mapping[str, Any]) -> Issue:
        """Set fields; what already has its value leaves no trace, not even in `updated_at`."""
        wanted = dict(values)
        found: list[tuple[str, str]] = []
        if wanted.get("description") is not None:
            wanted["description"], found = actions.extract(wanted["description"])
        with self.lock:
            before = self._issues[issue_id]
            changed = {name: value for name, value in wanted.items() if getattr(before, name) != value}
            if not changed:
                return self._act(before, actor, found)
            now = self._tick(before)
            if "state" in changed:
                changed["closed"] = now if changed["state"] == "closed" else None
                changed["duplicate_of"] = changed.get("duplicate_of") if changed["state"] == "closed" else None
            issue = replace(before, **changed, updated=now)
            self._keep(issue)
        turned = {"closed": "close", "opened": "reopen"}.get(changed.get("state", ""), "update")
        self.publish(Event("issue", turned, actor, issue))
        return self._act(issue, actor, found)

    def _act(self, issue: Issue, actor: int, found: list[tuple[str, str]]) -> Issue:
        values = actions.changes(found, issue.labels)
        other = self.named(values.pop("duplicate", ""), issue.project)
        if other is not None and other.id != issue.id:
            values |= {"state": "closed", "duplicate_of": other.id}
        return self.edit(issue.id, actor, values) if values else issue

    def note(self, issue_id: int, actor: int, body: str, *, system: bool = False) -> Note | None:
        """None: there was nothing in it but quick actions, which have run."""
        text, found = (body, []) if system else actions.extract(body)
        note = None
        if text.strip():
            with self.lock:
                issue = self._issues[issue_id]
                now = self._tick(issue)
                self._last_note += 1
                note = Note(self._last_note, actor, text, now, now, system)
                issue = replace(issue, notes=(*issue.notes, note), updated=now)
                self._keep(issue)
            if not system:
                self.publish(Event("note", "create", actor, issue, note))
        self._act(self._issues[issue_id], actor, found)
        return note

    def edit_note(self, issue_id: int, note_id: int, actor: int, body: str) -> Note:
        text, found = actions.extract(body)
        with self.lock:
            issue = self._issues[issue_id]
            now = self._tick(issue)
            old = next(each for each in issue.notes if each.id == note_id)
            note = replace(old, body=text, updated=now)
            notes = tuple(note if each.id == note_id else each for each in issue.notes)
            issue = replace(issue, notes=notes, updated=now)
            self._keep(issue)
        self.publish(Event("note", "update", actor, issue, note))
        self._act(issue, actor, found)
        return note

    def move(self, issue_id: int, project: int, actor: int) -> Issue:
        """A copy in the other project, with a new id; the old one is closed and points to it."""
        with self.lock:
            before = self._issues[issue_id]
            kept = {name: getattr(before, name) for name in ("title", "description", "state", "labels", "assignees")}
            kept |= {name: getattr(before, name) for name in ("due", "confidential", "issue_type", "notes", "closed")}
            now = self._tick(before)
            iid = 1 + max((iid for place, iid in self._iids if place == project), default=0)
            issue = Issue(self._last_id + 1, project, iid, author=before.author, created=now, updated=now, **kept)
            self._keep(issue)
            self._keep(replace(before, state="closed", closed=now, moved_to=issue.id, updated=now))
        self.publish(Event("issue", "close", actor, self._issues[issue_id]))
        return issue

    def delete(self, issue_id: int) -> None:
        """GitLab sends no webhook of it."""
        with self.lock:
            before = self._issues[issue_id]
            self._keep(replace(before, deleted=True, updated=self._tick(before)))

    def rename(self, project: Project, path: str) -> Project:
        return self.keep_project(replace(project, path=path, old_paths=(*project.old_paths, project.path)))

    def keep_project(self, project: Project) -> Project:
        with self.lock:
            self._store.save(PROJECT_KIND, project.id, dump(project))
            self._projects[project.id] = project
        return project

    def clear(self) -> None:
        with self.lock:
            for kept in (self._issues, self._iids, self._projects):
                kept.clear()
            self._index.clear()
            self._store.clear(ISSUE_KIND)
            self._store.clear(PROJECT_KIND)
            self._open()

    def now(self) -> float:
        return self._clock()

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)

    def _tick(self, issue: Issue) -> int:
        return max(self._now_ms(), issue.updated + 1)

    def _keep(self, issue: Issue) -> None:
        self._store.save(ISSUE_KIND, issue.id, dump(issue))
        self._remember(issue, self._lag(self._projects[issue.project].path))

    def _remember(self, issue: Issue, lag: float) -> None:
        self._issues[issue.id] = issue
        self._iids[(issue.project, issue.iid)] = issue.id
        self._last_id = max(self._last_id, issue.id)
        self._last_note = max([self._last_note, *(note.id for note in issue.notes)])
        now = self._clock()
        self._index.put(issue.id, None if issue.deleted else issue, now + lag, now)
