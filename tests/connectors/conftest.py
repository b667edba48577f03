from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.github import CONNECTOR as GITHUB
from connectors.github.tracker import GithubTracker
from connectors.gitlab import CONNECTOR as GITLAB
from connectors.gitlab.tracker import GitlabTracker
from connectors.jira import CONNECTOR as JIRA
from connectors.jira.tracker import JiraTracker
from connectors.redmine import CONNECTOR as REDMINE
from connectors.redmine.tracker import RedmineTracker
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.running import Sandbox
from tests.connectors.servers import JIRA_USER


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_TOKEN", "sandbox-jira-token")
    monkeypatch.setenv("GITHUB_TOKEN", "sandbox-github-token")
    monkeypatch.setenv("GITLAB_TOKEN", "sandbox-gitlab-token")
    monkeypatch.setenv("REDMINE_TOKEN", "sandbox-redmine-key")
    monkeypatch.setenv("HOOK_SECRET", "It's a Secret to Everybody")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(port=0, smtp_port=None)) as running:
        yield running


@pytest.fixture(scope="session")
def _tools() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(port=0, smtp_port=None, webhook_delay=0.0)) as running:
        yield running


@pytest.fixture
def tools(_tools: Sandbox) -> Sandbox:
    """One server of stand-in incident tools for all tests, as good as new for each."""
    _tools.world.reset(["sources", "faults", "stats"])
    _tools.world.courier.hooks.clear()
    return _tools


@pytest.fixture
def jira(sandbox: Sandbox) -> JiraTracker:
    assert JIRA.tracker is not None
    table = {"api_url": f"{sandbox.url}/jira", "user": JIRA_USER, "token_env": "JIRA_TOKEN", "overlap_seconds": 0}
    made = JIRA.tracker.make("jira-main", JIRA.tracker.settings(table))
    assert isinstance(made, JiraTracker)
    return made


@pytest.fixture
def github(sandbox: Sandbox) -> GithubTracker:
    assert GITHUB.tracker is not None
    table = {"api_url": f"{sandbox.url}/github/api/v3", "token_env": "GITHUB_TOKEN", "rates": []}
    made = GITHUB.tracker.make("github-main", GITHUB.tracker.settings(table))
    assert isinstance(made, GithubTracker)
    return made


@pytest.fixture
def gitlab(sandbox: Sandbox) -> GitlabTracker:
    assert GITLAB.tracker is not None
    table = {"api_url": f"{sandbox.url}/gitlab", "token_env": "GITLAB_TOKEN", "overlap_seconds": 0}
    made = GITLAB.tracker.make("gitlab-main", GITLAB.tracker.settings(table))
    assert isinstance(made, GitlabTracker)
    return made


@pytest.fixture
def redmine_tracker(sandbox: Sandbox) -> RedmineTracker:
    assert REDMINE.tracker is not None
    table = {"api_url": f"{sandbox.url}/redmine", "token_env": "REDMINE_TOKEN"}
    made = REDMINE.tracker.make("redmine-main", REDMINE.tracker.settings(table))
    assert isinstance(made, RedmineTracker)
    return made
