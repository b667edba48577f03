"""The state of the stand-in Redmine and everything that may happen to it. HTTP and pages call this."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from connectors.sandbox.redmine.model import Issue, Note, dump, load
from connectors.sandbox.seed import RedmineProject, RedmineSeed, RedmineUser
from connectors.sandbox.store import Clock, LaggingIndex, Store

KIND = "redmine-issue"
LAGS = Callable[[str], float]


class RedmineSite:
    """Thread-safe; every change is stored before it returns. Redmine 5 tells nobody of it."""

    def __init__(self, seed: RedmineSeed, store: Store, clock: Clock, lag: LAGS) -> None:
        self.seed = seed
        self.users = {user.id: user for user in seed.users}
        self.projects = {project.id: project for project in seed.projects}
        self.lock = threading.RLock()
        self._store, self._clock, self._lag = store, clock, lag
        self._issues: dict[int, Issue] = {}
        self._index: LaggingIndex[Issue] = LaggingIndex()
        self._open()

    def _open(self) -> None:
        for document in self._store.load(KIND):
            self._remember(load(document), lag=0.0)

    def bot(self) -> RedmineUser:
        return next((user for user in self.users.values() if user.bot), next(iter(self.users.values())))

    def people(self) -> list[RedmineUser]:
        return [user for user in self.users.values() if not user.bot]

    def project(self, name: str | int) -> RedmineProject | None:
        return next((each for each in self.projects.values() if str(name) in (str(each.id), each.identifier)), None)

    def keep_project(self, project: RedmineProject) -> None:
        self.projects[project.id] = project

    def permissions(self, user: RedmineUser, project: RedmineProject) -> frozenset[str]:
        return frozenset(project.permissions.get(user.login, project.default_permissions))

    def issue(self, number: int) -> Issue | None:
        """The one that has the number now."""
        with self.lock:
            found = [each for each in self._issues.values() if each.id == number and not each.deleted]
            return found[0] if found else None

    def everything(self) -> list[Issue]:
        with self.lock:
            return list(self._issues.values())

    def listed(self) -> list[Issue]:
        with self.lock:
            return list(self._index.visible(self._clock()).values())

    def create(self, project: int, author: int, values: Mapping[str, Any]) -> Issue:
        with self.lock:
            now, row = self._now_ms(), 1 + max(self._issues, default=0)
            number = 1 + max((each.id for each in self._issues.values() if not each.deleted), default=0)
            issue = Issue(row, number, project, author=author, created=now, updated=now, **values)
            self._keep(issue)
        return issue

    def edit(self, row: int, values: Mapping[str, Any], author: int) -> Issue:
        """Set fields; what already has its value leaves no trace, not even in `updated_on`."""
        with self.lock:
            before = self._issues[row]
            changed = {name: value for name, value in values.items() if getattr(before, name) != value}
            if not changed:
                return before
            now, texts = self._tick(before), [name for name in ("subject", "description") if name in changed]
            details = tuple(_detail(name, getattr(before, name), str(changed[name])) for name in texts)
            journal = (Note(self._next_note(), author, "", now, details),) if details else ()
            issue = replace(before, **changed, notes=(*before.notes, *journal), updated=now)
            self._keep(issue)
        return issue

    def _next_note(self) -> int:
        return 1 + sum(len(each.notes) for each in self._issues.values())

    def note(self, row: int, author: int, text: str) -> Note:
        with self.lock:
            issue = self._issues[row]
            now = self._tick(issue)
            note = Note(self._next_note(), author, text, now)
            self._keep(replace(issue, notes=(*issue.notes, note), updated=now))
        return note

    def find_note(self, note_id: int) -> tuple[Issue, Note] | None:
        found = [(issue, note) for issue in self.everything() for note in issue.notes if note.id == note_id]
        return found[0] if found and not found[0][0].deleted else None

    def edit_note(self, issue: Issue, note_id: int, text: str) -> None:
        with self.lock:
            issue = self._issues[issue.row]
            notes = tuple(replace(each, notes=text) if each.id == note_id else each for each in issue.notes)
            self._keep(replace(issue, notes=notes))

    def delete(self, row: int) -> None:
        with self.lock:
            before = self._issues[row]
            self._keep(replace(before, deleted=True, updated=self._tick(before)))

    def clear(self) -> None:
        with self.lock:
            self._issues.clear()
            self._index.clear()
            self.projects = {project.id: project for project in self.seed.projects}
            self._store.clear(KIND)

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)

    def _tick(self, issue: Issue) -> int:
        return max(self._now_ms(), issue.updated + 1)

    def _keep(self, issue: Issue) -> None:
        self._store.save(KIND, issue.row, dump(issue))
        self._remember(issue, self._lag(self.projects[issue.project].identifier))

    def _remember(self, issue: Issue, lag: float) -> None:
        self._issues[issue.row] = issue
        now = self._clock()
        self._index.put(issue.row, None if issue.deleted else issue, now + lag, now)


def _detail(name: str, before: str, after: str) -> dict[str, str]:
    return {"property": "attr", "name": name, "old_value": before, "new_value": after}
