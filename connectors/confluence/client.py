"""atlassian-python-api over our own session: asks once, in time, never sleeps, and raises our errors."""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping
from typing import Any

import requests
from atlassian.rest_client import AtlassianRestAPI

from connectors.answers import Asked, failed, no_secret, not_understood, refused
from connectors.confluence.settings import ConfluenceSettings
from connectors.http import CallFailed, SecretAuth, prepare
from connectors.payloads import storable
from connectors.spi import ConnectorError


class ConfluenceClient:
    """One client a thread, made without a request. Raises only ConnectorErrors."""

    def __init__(self, name: str, settings: ConfluenceSettings) -> None:
        self._settings = settings
        self._asked = Asked("confluence", name, "", secret=settings.token, whom="Confluence")
        self._clients = threading.local()

    def get(self, what: str, path: str, params: Mapping[str, Any] | None = None, *, one: bool = True) -> Any:
        """`one`: what is asked for is one thing, and 404 means that it is gone."""
        return self.reply(what, path, params, one=one)[0]

    def reply(
        self, what: str, path: str, params: Mapping[str, Any] | None = None, *, one: bool = True
    ) -> tuple[Any, Mapping[str, str]]:
        """The answer's data and headers."""
        asked = self._named(what, one=one)
        try:
            # In its advanced mode the library gives back the answer itself, and leaves judging it to us.
            response = self._client().get(path, params=dict(params or {}), advanced_mode=True)
        except CallFailed as error:
            raise failed(asked, error) from None
        except LookupError as error:
            raise no_secret(asked, error) from None
        if not 200 <= response.status_code < 300:
            raise refused(asked, response.status_code, response.headers, _said(response))
        try:
            return storable(response.json()), response.headers
        except (ValueError, RecursionError):
            raise not_understood(asked) from None

    def strange(self, what: str) -> ConnectorError:
        return not_understood(self._named(what, one=True))

    def _named(self, what: str, *, one: bool) -> Asked:
        return Asked("confluence", self._asked.tracker, what, False, one, self._settings.token, "Confluence")

    def _client(self) -> AtlassianRestAPI:
        found: AtlassianRestAPI | None = getattr(self._clients, "client", None)
        if found is None:
            session = prepare(requests.Session(), self._settings.reach, SecretAuth(self._header))
            found = AtlassianRestAPI(
                self._settings.url,
                session=session,
                cloud=self._settings.cloud,
                # Once, and at once: our caller knows when to ask again.
                backoff_and_retry=False,
                retry_with_header=False,
            )
            self._clients.client = found
        return found

    def _header(self) -> str:
        token = self._settings.token.reveal()
        if self._settings.user is None:
            return f"Bearer {token}"
        return "Basic " + base64.b64encode(f"{self._settings.user}:{token}".encode()).decode()


def _said(response: requests.Response) -> str:
    try:
        data = response.json()
    except (ValueError, RecursionError):
        return ""
    return str(data.get("message") or data.get("title") or "") if isinstance(data, dict) else ""
