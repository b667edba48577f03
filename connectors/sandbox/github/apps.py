"""GitHub Apps of the stand-in: an app proves itself with a signed token and gets one for each account that has it.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
from flask import Response, request

from connectors.sandbox.answers import answer
from connectors.sandbox.github.door import problem
from connectors.sandbox.github.hub import GithubHub
from connectors.sandbox.seed import GithubApp

TOKEN_SECONDS = 3600
LONGEST_PROOF = 600
FIRST_INSTALLATION = 40_000_000
PERMISSION = "issues"


@dataclass(frozen=True)
class Installation:
    id: int
    app: GithubApp
    account: str


class Apps:
    """Thread-safe. Tokens live in memory: a restart ends them all, as a revocation would."""

    def __init__(self, hub: GithubHub) -> None:
        self._hub = hub
        self._lock = threading.Lock()
        self._tokens: dict[str, tuple[float, Installation]] = {}
        pairs = [(app, account) for app in hub.seed.apps for account in app.accounts]
        self._installations = [Installation(FIRST_INSTALLATION + at, *pair) for at, pair in enumerate(pairs)]

    def holder(self, token: str) -> Installation | None:
        """Whose installation token this is, while it holds."""
        with self._lock:
            ends, found = self._tokens.get(token, (0.0, None))
        return found if found is not None and self._hub.now() < ends else None

    def revoke(self) -> None:
        with self._lock:
            self._tokens.clear()

    def read_app(self) -> Response:
        app = self._proven()
        base = {"id": app.id, "slug": app.slug, "node_id": f"A_{app.id}", "name": app.slug, "description": None}
        owner = {"login": "acme", "id": 9_000_001, "node_id": "O_1", "type": "Organization"}
        times = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}
        url = {"external_url": "https://example.org", "html_url": f"https://example.org/apps/{app.slug}"}
        more = {"permissions": dict(app.permissions), "events": ["issues"], "owner": owner}
        return answer({**base, **url, **times, **more})

    def read_installation(self, installation: int) -> Response:
        return answer(self._shape(self._of(self._proven(), installation)))

    def find_installation(self, owner: str, name: str) -> Response:
        app = self._proven()
        repo = self._hub.repo(f"{owner}/{name}") or self._hub.renamed(f"{owner}/{name}")
        account = repo.owner if repo else ""
        for found in self._installations:
            if found.app.id == app.id and found.account.lower() == account.lower():
                return answer(self._shape(found))
        raise problem(404, "Not Found")

    def create_token(self, installation: int) -> Response:
        found = self._of(self._proven(), installation)
        token, ends = f"ghs_{secrets.token_hex(18)}", self._hub.now() + TOKEN_SECONDS
        with self._lock:
            self._tokens[token] = (ends, found)
        expires_at = f"{datetime.fromtimestamp(ends, UTC):%Y-%m-%dT%H:%M:%SZ}"
        permissions = dict(found.app.permissions)
        more = {"permissions": permissions, "repository_selection": "all"}
        return answer({"token": token, "expires_at": expires_at, **more}, 201)

    def _of(self, app: GithubApp, installation: int) -> Installation:
        found = next((each for each in self._installations if each.id == installation), None)
        if found is None or found.app.id != app.id:
            raise problem(404, "Not Found")
        return found

    def _proven(self) -> GithubApp:
        """The app that signed the request. GitHub takes no proof that lasts longer than ten minutes."""
        scheme, _, proof = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or proof.count(".") != 2:
            raise problem(401, "A JSON web token could not be decoded")
        for app in self._hub.seed.apps:
            try:
                claims: dict[str, Any] = jwt.decode(
                    proof,
                    app.public_key,
                    algorithms=["RS256"],
                    options={"require": ["iat", "exp", "iss"], "verify_exp": False, "verify_iat": False},
                )
            except jwt.InvalidTokenError:
                continue
            if str(claims["iss"]) == str(app.id):
                self._timely(claims)
                return app
        raise problem(401, "A JSON web token could not be decoded")

    def _timely(self, claims: dict[str, Any]) -> None:
        now = self._hub.now()
        if claims["exp"] < now:
            raise problem(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time")
        if claims["exp"] > now + LONGEST_PROOF or claims["iat"] > now:
            raise problem(401, "'Expiration time' claim ('exp') is too far in the future")

    def _shape(self, found: Installation) -> dict[str, Any]:
        account = {"login": found.account, "id": 9_000_001, "node_id": "O_1", "type": "Organization"}
        url = f"https://example.org/app/installations/{found.id}"
        return {
            "id": found.id,
            "app_id": found.app.id,
            "app_slug": found.app.slug,
            "account": account,
            "target_id": 9_000_001,
            "target_type": "Organization",
            "permissions": dict(found.app.permissions),
            "events": ["issues"],
            "repository_selection": "all",
            "access_tokens_url": f"{url}/access_tokens",
            "repositories_url": f"{url}/repositories",
            "html_url": url,
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            "single_file_name": None,
            "suspended_at": None,
            "suspended_by": None,
        }
