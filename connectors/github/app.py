"""Tokens of a GitHub App's installations, which end after an hour and are renewed before.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from github.Auth import AppAuth
from jwt import PyJWTError

from connectors.answers import Asked, not_understood
from connectors.spi import AccessDenied, Secret

_SPARE_SECONDS = 300.0
Ask = Callable[[Asked, str, str], Any]


class GithubApp:
    """`ask` sends a request as the app itself: what it asked, verb, path. One thread at a time."""

    def __init__(self, app_id: str, private_key: Secret, installation: int | None, ask: Ask) -> None:
        self._key = private_key
        self._installation = installation
        self._ask = ask
        self._installations: dict[str, int] = {}
        self._tokens: dict[int, tuple[float, str]] = {}
        # A key in an environment variable often has its line feeds written as \n.
        self._auth = AppAuth(app_id, lambda: private_key.reveal().replace("\\n", "\n"))

    def proof(self, asked: Asked) -> str:
        """What shows that we are the app. Raises LookupError where the key is not set, AccessDenied if it is none."""
        self._key.reveal()
        try:
            return self._auth.token
        except (PyJWTError, ValueError, TypeError):
            cure = f"Put the app's private key, a PEM file as GitHub gave it, into {self._key.name}."
            sentence = asked.sentence(f"{self._key.name} does not hold a private key")
            raise AccessDenied("github.private_key_unreadable", sentence, cure) from None

    def token(self, asked: Asked, place: str | None) -> str:
        """The token for a repository; without one, any that we have, else the app's own proof."""
        found = self._installation_of(asked, place) if place else self._installation or next(iter(self._tokens), None)
        if found is None:
            return self.proof(asked)
        ends, text = self._tokens.get(found, (0.0, ""))
        if time.monotonic() > ends - _SPARE_SECONDS:
            ends, text = self._renewed(asked, found)
            self._tokens[found] = (ends, text)
        return text

    def forget(self) -> None:
        """After a refusal: a token may have been revoked, and an app be installed anew."""
        self._tokens.clear()
        self._installations.clear()

    def installation(self, asked: Asked, place: str | None) -> Any:
        """What GitHub says of our installation: its permissions, and whether it is suspended."""
        known = self._installation
        return self._ask(asked, "GET", f"/app/installations/{known}" if known else f"/repos/{place}/installation")

    def owner_of(self, place: str) -> str:
        """Repositories of one such name are reached with one token."""
        return "" if self._installation is not None else place.partition("/")[0].lower()

    def _installation_of(self, asked: Asked, place: str) -> int:
        if self._installation is not None:
            return self._installation
        owner = self.owner_of(place)
        if owner not in self._installations:
            try:
                self._installations[owner] = int(self.installation(asked, place)["id"])
            except (KeyError, TypeError, ValueError):
                raise not_understood(asked) from None
        return self._installations[owner]

    def _renewed(self, asked: Asked, installation: int) -> tuple[float, str]:
        data = self._ask(asked, "POST", f"/app/installations/{installation}/access_tokens")
        try:
            left = datetime.fromisoformat(data["expires_at"]).timestamp() - time.time()
            return time.monotonic() + left, str(data["token"])
        except (KeyError, TypeError, ValueError):
            raise not_understood(asked) from None
