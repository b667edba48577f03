"""The way into the stand-in GitHub: who asks, what he may see, how often, and which errors he gets."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, g, request

from connectors.sandbox.answers import Refusal, answer, json_object
from connectors.sandbox.github.hub import GithubHub
from connectors.sandbox.github.model import Issue, Repo
from connectors.sandbox.github.shapes import Shapes
from connectors.sandbox.seed import GithubUser

DOCS = "https://docs.github.com/rest"
HOURLY_QUOTA = 5_000


def problem(status: int, message: str, headers: Mapping[str, str] | None = None, **more: Any) -> Refusal:
    return Refusal(status, {"message": message, **more, "documentation_url": DOCS, "status": str(status)}, headers)


def invalid(field: str, code: str, **more: Any) -> Refusal:
    error = {"resource": "Issue", "field": field, "code": code, **more}
    return problem(422, "Validation Failed", errors=[error])


class Quota:
    """The primary limit: requests an hour by account. An answer of 304 costs nothing."""

    def __init__(self, hub: GithubHub) -> None:
        self._hub = hub
        self._lock = threading.Lock()
        self._used: dict[str, tuple[int, int]] = {}

    def take(self, login: str, cost: int) -> dict[str, str]:
        """Count a request and give the headers that report the rest."""
        hour = int(self._hub.now()) // 3600
        with self._lock:
            then, used = self._used.get(login, (hour, 0))
            used = cost + (used if then == hour else 0)
            self._used[login] = (hour, used)
        return {
            "X-RateLimit-Limit": str(HOURLY_QUOTA),
            "X-RateLimit-Remaining": str(max(0, HOURLY_QUOTA - used)),
            "X-RateLimit-Used": str(used),
            "X-RateLimit-Reset": str((hour + 1) * 3600),
            "X-RateLimit-Resource": "core",
        }


# What an enterprise server has, by its version; github.com has everything.
FEATURES = {"duplicate": (3, 17), "issue types": (3, 17), "sub-issues": (3, 20), "issue type list": (3, 20)}


@dataclass(frozen=True)
class Visit:
    """One authenticated request. `account`: of an app's token, whose repositories it opens (None: by the user's own
    rights). `version`: of the enterprise server that was asked, None on github.com.
    """

    hub: GithubHub
    user: GithubUser
    shapes: Shapes
    account: str | None = None
    version: tuple[int, int] | None = None

    def has(self, feature: str) -> bool:
        return self.version is None or self.version >= FEATURES[feature]

    def sees(self, repo: Repo) -> bool:
        if self.account is not None:
            return repo.owner.lower() == self.account.lower()
        return not (repo.private and self.user.login in repo.hidden_from)

    def body(self) -> dict[str, Any]:
        return json_object(problem(400, "Problems parsing JSON"))

    def repo(self, name: str | int) -> Repo:
        """Raises 404 for what the user may not see, and sends him on when the repository was renamed."""
        repo = self.hub.repo(name)
        if repo is None and isinstance(name, str) and (moved := self.hub.renamed(name)):
            self._send_on(f"/repositories/{moved.id}", f"/repos/{name}")
        if repo is None or not self.sees(repo):
            raise problem(404, "Not Found")
        return repo

    def _send_on(self, place: str, old: str) -> None:
        """As GitHub does it, the query string is lost on the way. A write is answered 307, so that it stays a write."""
        rest = request.path.partition(old)[2]
        url = f"{self.shapes.api}{place}{rest}"
        status, message = (301, "Moved Permanently") if request.method == "GET" else (307, "Temporary Redirect")
        raise problem(status, message, {"Location": url}, url=url)

    def issue(self, repo: Repo, number: int) -> Issue:
        issue = self.hub.issue(repo.id, number)
        if issue is None:
            raise problem(404, "Not Found")
        if issue.deleted:
            raise problem(410, "This issue was deleted")
        if issue.moved_to is not None:
            self._send_on(f"/repositories/{issue.moved_to[0]}/issues/{issue.moved_to[1]}", f"/issues/{number}")
        return issue

    def writable(self, repo: Repo) -> Repo:
        if not repo.has_issues:
            raise problem(410, "Issues has been disabled in this repository.")
        if repo.archived:
            raise problem(403, "Repository was archived so is read-only.")
        return repo


def enter(hub: GithubHub, installation: Callable[[str], tuple[str, str] | None]) -> None:
    """Authenticate the request; `visit()` gives the result. `installation`: (login, account) of an app's token."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if not token:
        raise problem(401, "Requires authentication")
    user = next((each for each in hub.users.values() if each.token and each.token == token.strip()), None)
    account = None
    if user is None and (held := installation(token.strip())) is not None:
        user, account = hub.users[held[0].lower()], held[1]
    if user is None or scheme.lower() not in {"bearer", "token"}:
        raise problem(401, "Bad credentials")
    face = "ghes" if request.path.startswith("/ghes/") else "github"
    major, minor = hub.seed.enterprise_version.split(".")[:2]
    version = (int(major), int(minor)) if face == "ghes" else None
    g.github_visit = Visit(hub, user, Shapes(hub, request.host_url.rstrip("/"), face), account, version)


def visit() -> Visit:
    found: Visit = g.github_visit
    return found


def tagged(body: Any, headers: Mapping[str, str] | None = None) -> Response:
    """An answer with an ETag, or 304 when the client has it already."""
    response = answer(body, 200, headers)
    etag = f'W/"{hashlib.sha256(response.get_data()).hexdigest()}"'
    if request.headers.get("If-None-Match") == etag:
        response = answer(None, 304)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, max-age=60, s-maxage=60"
    return response
