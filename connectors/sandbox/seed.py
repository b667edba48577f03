"""Who and what exists in the stand-in trackers before anyone files an issue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

DEFAULT_SEED = Path(__file__).with_name("seed.json")
CATEGORIES = ("new", "indeterminate", "done")
SCREEN = ("summary", "description", "priority", "labels", "assignee", "reporter", "duedate")

T = TypeVar("T")


class SeedError(ValueError):
    """The seed names something that does not exist here; the message says what and where."""


@dataclass(frozen=True)
class JiraUser:
    account_id: str
    name: str
    email: str
    token: str | None = None
    bot: bool = False
    active: bool = True
    email_visible: bool = True
    token_days: float | None = 365.0

    @property
    def username(self) -> str:
        """What Data Center calls the account."""
        return self.email.partition("@")[0]


@dataclass(frozen=True)
class Status:
    """A workflow step; an issue that enters one with a `resolution` gets that resolution.

    It is entered from the statuses in `after` (None: from any), and its screen requires the custom fields in `needs`.
    """

    name: str
    category: str
    resolution: str | None = None
    after: tuple[str, ...] | None = None
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class CustomField:
    id: str
    name: str
    kind: str = "string"
    required: bool = False
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Project:
    """`denied` lists Jira permission keys by account id; without BROWSE_PROJECTS the project is invisible."""

    key: str
    name: str
    issue_types: tuple[str, ...] = ("Task", "Bug", "Story")
    statuses: tuple[Status, ...] = (
        Status("To Do", "new"),
        Status("In Progress", "indeterminate"),
        Status("Done", "done"),
    )
    fields: tuple[CustomField, ...] = ()
    screen: tuple[str, ...] = SCREEN
    assignable: tuple[str, ...] | None = None
    denied: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    resolution_required: bool = False
    archived: bool = False
    public: bool = False

    def status(self, name: str) -> Status:
        return next(status for status in self.statuses if status.name == name)


@dataclass(frozen=True)
class JiraSeed:
    users: tuple[JiraUser, ...] = ()
    projects: tuple[Project, ...] = ()
    utc_offset: str = "+0000"


@dataclass(frozen=True)
class GithubUser:
    """`token_ends`: what the header about the token's end says, in GitHub's way of writing it."""

    login: str
    name: str = ""
    token: str | None = None
    bot: bool = False
    token_ends: str = ""


@dataclass(frozen=True)
class GithubApp:
    """An app by its public key, a PEM, and the accounts that have installed it."""

    id: int
    slug: str
    public_key: str
    accounts: tuple[str, ...] = ()
    permissions: Mapping[str, str] = field(default_factory=lambda: {"issues": "write", "metadata": "read"})


@dataclass(frozen=True)
class Repository:
    """`pushers` None means that every account may push; others may only read (and open issues, without labels)."""

    full_name: str
    visibility: str = "private"
    has_issues: bool = True
    archived: bool = False
    pushers: tuple[str, ...] | None = None
    hidden_from: tuple[str, ...] = ()
    pull_requests: int = 0

    @property
    def private(self) -> bool:
        return self.visibility != "public"


@dataclass(frozen=True)
class GithubSeed:
    """`issue_types` by account; `enterprise_version`: of the enterprise server, which shows the same world."""

    users: tuple[GithubUser, ...] = ()
    repositories: tuple[Repository, ...] = ()
    apps: tuple[GithubApp, ...] = ()
    issue_types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    enterprise_version: str = "3.19.2"


@dataclass(frozen=True)
class GitlabUser:
    """`scopes` and `token_expires_at` (a date) are the token's."""

    id: int
    username: str
    name: str
    token: str | None = None
    scopes: tuple[str, ...] = ("api",)
    token_expires_at: str | None = None
    bot: bool = False


@dataclass(frozen=True)
class GitlabProject:
    """`roles` are access levels by username (20 is a reporter); who is not in it is a maintainer."""

    path: str
    visibility: str = "private"
    archived: bool = False
    issues_enabled: bool = True
    roles: Mapping[str, int] = field(default_factory=dict)
    hidden_from: tuple[str, ...] = ()


@dataclass(frozen=True)
class GitlabSeed:
    users: tuple[GitlabUser, ...] = ()
    projects: tuple[GitlabProject, ...] = ()


@dataclass(frozen=True)
class RedmineUser:
    """`outsider`: a member of no project, who cannot be assigned."""

    id: int
    login: str
    name: str
    key: str | None = None
    bot: bool = False
    outsider: bool = False


@dataclass(frozen=True)
class RedmineField:
    """A custom field; `required_in` names the project in which an issue needs it."""

    id: int
    name: str
    options: tuple[str, ...] = ()
    required_in: str = ""


REDMINE_ROLE = (
    *("view_issues", "add_issues", "edit_issues", "edit_own_issues", "add_issue_notes", "edit_own_issue_notes"),
    *("set_issues_private", "manage_subtasks", "manage_issue_relations"),
)


@dataclass(frozen=True)
class RedmineProject:
    """`permissions` by login; who is not in it has `default_permissions`. `status`: 1 active, 5 closed, 9 archived."""

    id: int
    identifier: str
    name: str
    is_public: bool = False
    status: int = 1
    issues_enabled: bool = True
    permissions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    default_permissions: tuple[str, ...] = REDMINE_ROLE
    hidden_from: tuple[str, ...] = ()


@dataclass(frozen=True)
class RedmineSeed:
    users: tuple[RedmineUser, ...] = ()
    projects: tuple[RedmineProject, ...] = ()
    fields: tuple[RedmineField, ...] = ()


@dataclass(frozen=True)
class Seed:
    jira: JiraSeed = JiraSeed()
    github: GithubSeed = GithubSeed()
    gitlab: GitlabSeed = GitlabSeed()
    redmine: RedmineSeed = RedmineSeed()


def load_seed(path: Path | None = None) -> Seed:
    """Read a seed file; raises SeedError with the offending entry."""
    return parse_seed(json.loads((path or DEFAULT_SEED).read_text(encoding="utf-8")))


def parse_seed(document: Mapping[str, Any]) -> Seed:
    """Build a seed from its JSON form; raises SeedError with the offending entry."""
    jira, github, gitlab = (document.get(name, {}) for name in ("jira", "github", "gitlab"))
    return Seed(
        jira=JiraSeed(
            users=tuple(_build(JiraUser, user) for user in jira.get("users", ())),
            projects=tuple(_project(project) for project in jira.get("projects", ())),
            utc_offset=jira.get("utc_offset", "+0000"),
        ),
        github=GithubSeed(
            users=tuple(_build(GithubUser, user) for user in github.get("users", ())),
            repositories=tuple(_build(Repository, repository) for repository in github.get("repositories", ())),
            apps=tuple(_build(GithubApp, app) for app in github.get("apps", ())),
            issue_types={owner: tuple(names) for owner, names in github.get("issue_types", {}).items()},
            enterprise_version=github.get("enterprise_version", GithubSeed.enterprise_version),
        ),
        gitlab=GitlabSeed(
            users=tuple(_build(GitlabUser, user) for user in gitlab.get("users", ())),
            projects=tuple(_build(GitlabProject, project) for project in gitlab.get("projects", ())),
        ),
        redmine=_redmine(document.get("redmine", {})),
    )


def _redmine(document: Mapping[str, Any]) -> RedmineSeed:
    return RedmineSeed(
        users=tuple(_build(RedmineUser, user) for user in document.get("users", ())),
        projects=tuple(_build(RedmineProject, project) for project in document.get("projects", ())),
        fields=tuple(_build(RedmineField, each) for each in document.get("fields", ())),
    )


def _project(document: Mapping[str, Any]) -> Project:
    plain = {key: value for key, value in document.items() if key not in {"statuses", "fields", "denied"}}
    project = _build(Project, plain)
    statuses = tuple(_build(Status, status) for status in document.get("statuses", ())) or project.statuses
    for status in statuses:
        if status.category not in CATEGORIES:
            raise SeedError(f"project {project.key}: category {status.category!r} is none of {', '.join(CATEGORIES)}")
    return replace(
        project,
        statuses=statuses,
        fields=tuple(_build(CustomField, each) for each in document.get("fields", ())),
        denied={account: tuple(names) for account, names in document.get("denied", {}).items()},
    )


def _build(kind: type[T], document: Mapping[str, Any]) -> T:
    known = {each.name for each in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(document) - known)
    if unknown:
        raise SeedError(f"{kind.__name__} {dict(document)!r}: unknown key {', '.join(unknown)}")
    try:
        return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in document.items()})
    except TypeError as error:
        raise SeedError(f"{kind.__name__} {dict(document)!r}: {error}") from error
