"""A small client for the tests: plain requests, nothing of the connectors."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import requests

JIRA_LOGIN = ("afteraction@acme.example", "sandbox-jira-token")
GITHUB_LOGIN = {"Authorization": "Bearer sandbox-github-token"}
REPO = "acme/payments"


def until(found: Callable[[], Any], seconds: float = 5.0) -> Any:
    """Poll until `found` gives something true, and give that."""
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.01)
    return value


class Client:
    def __init__(self, url: str, jira_login: tuple[str, str] = JIRA_LOGIN, github_token: str = "") -> None:
        self.url = url
        self._jira_login = jira_login
        self._github_login = {"Authorization": f"Bearer {github_token}"} if github_token else GITHUB_LOGIN
        self.session = requests.Session()
        self.session.trust_env = False

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()

    def jira(self, method: str, path: str, body: Any = None, *, version: int = 2, **more: Any) -> requests.Response:
        url = f"{self.url}/jira/rest/api/{version}{path}"
        return self.session.request(method, url, json=body, auth=self._jira_login, **{"timeout": 10, **more})

    def github(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        headers = {**self._github_login, **more.pop("headers", {})}
        url = path if path.startswith("http") else f"{self.url}/github/api/v3{path}"
        return self.session.request(method, url, json=body, headers=headers, **{"timeout": 10, **more})

    def gitlab(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        headers = {"PRIVATE-TOKEN": "sandbox-gitlab-token", **more.pop("headers", {})}
        url = f"{self.url}/gitlab/api/v4{path}"
        return self.session.request(method, url, json=body, headers=headers, **{"timeout": 10, **more})

    def redmine(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        headers = {"X-Redmine-API-Key": "sandbox-redmine-key", **more.pop("headers", {})}
        url = f"{self.url}/redmine{path}"
        return self.session.request(method, url, json=body, headers=headers, **{"timeout": 10, **more})

    def control(self, method: str, path: str, body: Any = None) -> requests.Response:
        return self.session.request(method, f"{self.url}/_sandbox{path}", json=body, timeout=10)

    def new_jira(self, summary: str = "Do it", project: str = "PAY", **fields: Any) -> str:
        body = {"fields": {"project": {"key": project}, "issuetype": {"name": "Task"}, "summary": summary, **fields}}
        answer = self.jira("POST", "/issue", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["key"])

    def new_github(self, title: str = "Do it", repo: str = REPO, **values: Any) -> dict[str, Any]:
        answer = self.github("POST", f"/repos/{repo}/issues", {"title": title, **values})
        assert answer.status_code == 201, answer.text
        document: dict[str, Any] = answer.json()
        return document

    def new_gitlab(self, title: str = "Do it", project: str = "acme%2Fpayments", **values: Any) -> dict[str, Any]:
        answer = self.gitlab("POST", f"/projects/{project}/issues", {"title": title, **values})
        assert answer.status_code == 201, answer.text
        document: dict[str, Any] = answer.json()
        return document

    def new_redmine(self, subject: str = "Do it", project: str = "payments", **values: Any) -> dict[str, Any]:
        issue = {"project_id": project, "subject": subject, **values}
        answer = self.redmine("POST", "/issues.json", {"issue": issue})
        assert answer.status_code == 201, answer.text
        document: dict[str, Any] = answer.json()["issue"]
        return document

    def found(self, jql: str, **body: Any) -> list[str]:
        answer = self.jira("POST", "/search/jql", {"jql": jql, "fields": ["key"], **body}, version=3)
        assert answer.status_code == 200, answer.text
        return [issue["key"] for issue in answer.json()["issues"]]

    def issues(self, tracker: str) -> list[dict[str, Any]]:
        document: list[dict[str, Any]] = self.control("GET", "/issues.json").json()[tracker]
        return document

    def fault(self, kind: str, tracker: str = "jira", **members: Any) -> None:
        answer = self.control("POST", "/faults", {"kind": kind, "tracker": tracker, **members})
        assert answer.status_code == 201, answer.text
