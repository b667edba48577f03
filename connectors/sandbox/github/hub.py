"""The state of the stand-in GitHub and everything that may happen to it. HTTP and pages call this; it knows neither."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.sandbox.github.model import Comment, Issue, Plain, Repo, dump, load_issue, load_repo
from connectors.sandbox.seed import GithubSeed, GithubUser, Repository
from connectors.sandbox.store import Clock, LaggingIndex, Store

ISSUE_KIND, REPO_KIND = "github-issue", "github-repo"
FIRST_REPO_ID, FIRST_ISSUE_ID = 800_000_000, 2_400_000_000
LAGS = Callable[[str], float]


@dataclass(frozen=True)
class Event:
    """Something that GitHub would tell a webhook; `extra` holds the members that only this action has."""

    name: str
    action: str
    actor: str
    issue: Issue
    extra: Plain = field(default_factory=dict)
    comment: Comment | None = None


class RelationError(ValueError):
    """Two issues do not go together; the message says why."""


class GithubHub:
    """Thread-safe; every change is stored before it returns, then published."""

    def __init__(self, seed: GithubSeed, store: Store, clock: Clock, lag: LAGS) -> None:
        self.seed = seed
        bots = [GithubUser(f"{app.slug}[bot]", app.slug) for app in seed.apps]
        self.users = {user.login.lower(): user for user in (*seed.users, *bots)}
        self.lock = threading.RLock()
        self.publish: Callable[[Event], None] = lambda _: None
        self._store, self._clock, self._lag = store, clock, lag
        self._issues: dict[int, Issue] = {}
        self._numbers: dict[tuple[int, int], int] = {}
        self._repos: dict[int, Repo] = {}
        self._indexes: dict[int, LaggingIndex[Issue]] = {}
        self._last_numbers: dict[int, int] = {}
        self._last_id = FIRST_ISSUE_ID
        self._open()

    def _open(self) -> None:
        for document in self._store.load(REPO_KIND):
            repo = load_repo(document)
            self._repos[repo.id] = repo
        known = {name.lower() for repo in self._repos.values() for name in (repo.full_name, *repo.old_names)}
        for each in self.seed.repositories:
            if each.full_name.lower() not in known:
                self._found(each)
        for document in self._store.load(ISSUE_KIND):
            self._remember(load_issue(document), lag=0.0)
        for each in self.seed.repositories:
            self._open_pull_requests(each)

    def _found(self, seed: Repository) -> None:
        plain = {name: getattr(seed, name) for name in ("full_name", "visibility", "has_issues", "archived")}
        repo_id = max(self._repos, default=FIRST_REPO_ID) + 1
        self.keep_repo(Repo(id=repo_id, **plain, pushers=seed.pushers, hidden_from=seed.hidden_from))

    def _open_pull_requests(self, seed: Repository) -> None:
        """Pull requests share the numbers and the list of issues; a client that forgets it finds out here."""
        repo = self.repo(seed.full_name)
        if repo is None or any(issue.repo == repo.id for issue in self._issues.values()):
            return
        for number in range(1, seed.pull_requests + 1):
            author = next(iter(self.people()), self.bot()).login
            self.create(repo.id, author, {"title": f"Change number {number}", "pull_request": True})

    def bot(self) -> GithubUser:
        return next((user for user in self.users.values() if user.bot), next(iter(self.users.values())))

    def people(self) -> list[GithubUser]:
        return [user for user in self.users.values() if not user.bot and not user.login.endswith("[bot]")]

    def repos(self) -> list[Repo]:
        with self.lock:
            return list(self._repos.values())

    def repo(self, id_or_name: int | str) -> Repo | None:
        """By id or by its present full name."""
        with self.lock:
            if isinstance(id_or_name, int):
                return self._repos.get(id_or_name)
            wanted = id_or_name.lower()
            return next((repo for repo in self._repos.values() if repo.full_name.lower() == wanted), None)

    def renamed(self, old_name: str) -> Repo | None:
        wanted = old_name.lower()
        return next((repo for repo in self.repos() if wanted in {name.lower() for name in repo.old_names}), None)

    def may_push(self, login: str, repo: Repo) -> bool:
        return repo.pushers is None or login in repo.pushers

    def assignable(self, login: str, repo: Repo) -> bool:
        user = self.users.get(login.lower())
        return user is not None and user.login not in repo.hidden_from

    def issue(self, repo: int, number: int) -> Issue | None:
        """As it is now, also when it was deleted or transferred."""
        with self.lock:
            return self._issues.get(self._numbers.get((repo, number), 0))

    def by_id(self, issue_id: int) -> Issue | None:
        with self.lock:
            return self._issues.get(issue_id)

    def everything(self) -> list[Issue]:
        with self.lock:
            return list(self._issues.values())

    def listed(self, repo: int) -> list[Issue]:
        """The repository's issues as its list shows them now, with its lag."""
        with self.lock:
            return list(self._index(repo).visible(self._clock()).values())

    def create(self, repo: int, actor: str, values: Mapping[str, Any]) -> Issue:
        with self.lock:
            now = self._now_ms()
            number = self._last_numbers.get(repo, 0) + 1
            issue = Issue(self._last_id + 1, repo, number, author=actor, created=now, updated=now, **values)
            self._learn_labels(issue)
            self._keep(issue)
        if not issue.pull_request:
            self.publish(Event("issues", "opened", actor, issue))
        return issue

    def edit(self, issue_id: int, actor: str, values: Mapping[str, Any]) -> Issue:
        """Set fields; what already has its value leaves no trace, not even in `updated_at`."""
        events: list[Event] = []
        with self.lock:
            before = self._issues[issue_id]
            wanted = {**values, **self._closing(before, values, actor)}
            changed = {name: value for name, value in wanted.items() if getattr(before, name) != value}
            if not changed:
                return before
            issue = replace(before, **changed, updated=self._tick(before))
            self._learn_labels(issue)
            self._keep(issue)
            events = list(_events(actor, before, issue))
        for event in events:
            self.publish(event)
        return issue

    def types(self, repo: Repo) -> tuple[str, ...]:
        return self.seed.issue_types.get(repo.owner, ())

    def put_under(self, issue_id: int, parent: int, *, replacing: bool) -> Issue:
        """Raises RelationError where it has a parent already, the same one included, or would be its own ancestor."""
        with self.lock:
            before = self._issues[issue_id]
            above: Issue | None = self._issues[parent]
            while above is not None:
                if above.id == issue_id:
                    raise RelationError("Sub-issue may not create a circular dependency")
                above = self._issues.get(above.parent or 0)
            if before.parent == parent:
                raise RelationError("Issue may not contain duplicate sub-issues")
            if before.parent is not None and not replacing:
                raise RelationError("Sub-issue may only have one parent")
            issue = replace(before, parent=parent, updated=self._tick(before))
            self._keep(issue)
        return issue

    def comment(self, issue_id: int, actor: str, body: str) -> Comment:
        with self.lock:
            issue = self._issues[issue_id]
            now = self._tick(issue)
            comment = Comment(issue.id * 10 + len(issue.comments), actor, body, now, now)
            issue = replace(issue, comments=(*issue.comments, comment), updated=now)
            self._keep(issue)
        self.publish(Event("issue_comment", "created", actor, issue, comment=comment))
        return comment

    def edit_comment(self, issue: Issue, comment_id: int, actor: str, body: str) -> Comment:
        with self.lock:
            issue = self._issues[issue.id]
            now = self._tick(issue)
            old = next(each for each in issue.comments if each.id == comment_id)
            comment = replace(old, body=body, updated=now)
            comments = tuple(comment if each.id == comment_id else each for each in issue.comments)
            issue = replace(issue, comments=comments, updated=now)
            self._keep(issue)
        extra = {"changes": {"body": {"from": old.body}}}
        self.publish(Event("issue_comment", "edited", actor, issue, extra, comment))
        return comment

    def find_comment(self, repo: int, comment_id: int) -> tuple[Issue, Comment] | None:
        for issue in self.everything():
            if issue.repo == repo and not issue.gone:
                for comment in issue.comments:
                    if comment.id == comment_id:
                        return issue, comment
        return None

    def delete(self, issue_id: int, actor: str) -> None:
        with self.lock:
            before = self._issues[issue_id]
            issue = replace(before, deleted=True, updated=self._tick(before))
            self._keep(issue)
        self.publish(Event("issues", "deleted", actor, before))

    def transfer(self, issue_id: int, repo: int, actor: str) -> Issue:
        """Move an issue to another repository: it gets a new id and number there, and the old place points to it."""
        with self.lock:
            before = self._issues[issue_id]
            kept = {name: getattr(before, name) for name in ("title", "body", "state", "state_reason", "closed")}
            kept |= {name: getattr(before, name) for name in ("labels", "assignees", "comments", "closed_by")}
            kept |= {name: getattr(before, name) for name in ("type", "parent", "duplicate_of")}
            number, now = self._last_numbers.get(repo, 0) + 1, self._tick(before)
            issue = Issue(
                self._last_id + 1, repo, number, author=before.author, created=before.created, updated=now, **kept
            )
            self._keep(issue)
            self._keep(replace(before, moved_to=(repo, number), updated=now))
        extra = {"changes": {"new_issue": issue.id, "new_repository": repo}}
        self.publish(Event("issues", "transferred", actor, before, extra))
        return issue

    def rename(self, repo: Repo, full_name: str) -> Repo:
        return self.keep_repo(replace(repo, full_name=full_name, old_names=(*repo.old_names, repo.full_name)))

    def keep_repo(self, repo: Repo) -> Repo:
        with self.lock:
            self._store.save(REPO_KIND, repo.id, dump(repo))
            self._repos[repo.id] = repo
        return repo

    def clear(self) -> None:
        with self.lock:
            for kept in (self._issues, self._numbers, self._repos, self._indexes, self._last_numbers):
                kept.clear()
            self._store.clear(ISSUE_KIND)
            self._store.clear(REPO_KIND)
            self._open()

    def now(self) -> float:
        return self._clock()

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)

    def _tick(self, issue: Issue) -> int:
        return max(self._now_ms(), issue.updated + 1)

    def _closing(self, before: Issue, wanted: Mapping[str, Any], actor: str) -> dict[str, Any]:
        """What follows from a change of state. GitHub ignores a state_reason unless the state changes."""
        if wanted.get("state", before.state) == before.state:
            return {"state_reason": before.state_reason, "duplicate_of": before.duplicate_of}
        if wanted["state"] == "open":
            return {"state_reason": "reopened", "closed": None, "closed_by": None, "duplicate_of": None}
        reason = wanted.get("state_reason") or "completed"
        of = wanted.get("duplicate_of") if reason == "duplicate" else None
        return {"state_reason": reason, "closed": self._now_ms(), "closed_by": actor, "duplicate_of": of}

    def learn_label(self, repo_id: int, name: str) -> None:
        """Make a label known to the repository; one that it has already changes nothing."""
        with self.lock:
            repo = self._repos[repo_id]
            if name.lower() not in {known.lower() for known in repo.labels}:
                self.keep_repo(replace(repo, labels=(*repo.labels, name)))

    def _learn_labels(self, issue: Issue) -> None:
        for label in issue.labels:
            self.learn_label(issue.repo, label)

    def _keep(self, issue: Issue) -> None:
        self._store.save(ISSUE_KIND, issue.id, dump(issue))
        self._remember(issue, self._lag(self._repos[issue.repo].full_name))

    def _remember(self, issue: Issue, lag: float) -> None:
        self._issues[issue.id] = issue
        self._numbers[(issue.repo, issue.number)] = issue.id
        self._last_id = max(self._last_id, issue.id)
        self._last_numbers[issue.repo] = max(self._last_numbers.get(issue.repo, 0), issue.number)
        now = self._clock()
        self._index(issue.repo).put(issue.id, None if issue.gone else issue, now + lag, now)

    def _index(self, repo: int) -> LaggingIndex[Issue]:
        return self._indexes.setdefault(repo, LaggingIndex())


def _events(actor: str, before: Issue, issue: Issue) -> Iterator[Event]:
    """One event a kind of change, as GitHub sends them."""
    changes = {
        name: {"from": getattr(before, name) or ""}
        for name in ("title", "body")
        if getattr(before, name) != getattr(issue, name)
    }
    if changes:
        yield Event("issues", "edited", actor, issue, {"changes": changes})
    if before.state != issue.state:
        yield Event("issues", "closed" if issue.state == "closed" else "reopened", actor, issue)
    for action, names, key in (
        ("labeled", [each for each in issue.labels if each not in before.labels], "label"),
        ("unlabeled", [each for each in before.labels if each not in issue.labels], "label"),
        ("assigned", [each for each in issue.assignees if each not in before.assignees], "assignee"),
        ("unassigned", [each for each in before.assignees if each not in issue.assignees], "assignee"),
    ):
        for name in names:
            yield Event("issues", action, actor, issue, {key: name})
