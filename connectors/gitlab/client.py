"""python-gitlab's client, made to ask once, end in time and raise our errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from gitlab import Gitlab
from gitlab.exceptions import GitlabError

from connectors.answers import Asked, failed, no_secret, not_understood, refused
from connectors.gitlab.settings import GitlabSettings
from connectors.http import CallFailed, Reach, SecretAuth, prepare, user_agent
from connectors.payloads import storable
from connectors.spi import ConnectorError

PAGE = 100


@dataclass(frozen=True, slots=True)
class Reply:
    headers: Mapping[str, str]
    data: Any


class GitlabClient:
    """One library client, made without a request. It has no time-out of its own; our session's deadline is under it.

    The library gives `verify` with each request, which would overrule the session's CA bundle, so it is told twice.
    Its errors carry no headers, and Retry-After is one: the session's last answer is kept.
    """

    def __init__(self, name: str, settings: GitlabSettings) -> None:
        self._name = name
        self._settings = settings
        self._last: requests.Response | None = None
        session = requests.Session()
        reach = Reach(settings.api_url, settings.call_seconds, settings.proxy, settings.ca_bundle)
        prepare(session, reach, SecretAuth(lambda: f"Bearer {settings.token.reveal()}"))
        session.hooks["response"].append(self._keep)
        self._gitlab = Gitlab(
            settings.api_url, session=session, ssl_verify=session.verify or True, user_agent=user_agent()
        )

    def _keep(self, response: requests.Response, **_: Any) -> None:
        self._last = response

    def asked(self, what: str, *, mutating: bool = False, about_issue: bool = False) -> Asked:
        return Asked("gitlab", self._name, what, mutating, about_issue, self._settings.token)

    def get(self, asked: Asked, path: str, params: Mapping[str, Any] | None = None) -> Reply:
        return self._call(asked, "get", path, params=params)

    def get_list(self, asked: Asked, path: str, params: Mapping[str, Any]) -> list[Any]:
        data = self.get(asked, path, {"per_page": PAGE, **params}).data
        if not isinstance(data, list):
            raise not_understood(asked)
        return data

    def send(self, asked: Asked, verb: str, path: str, payload: Mapping[str, Any]) -> Any:
        return self._call(asked, verb, path, payload=payload).data

    def graphql(self, asked: Asked, query: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """The `data` of a query; what is not visible to us is null in it."""
        url = f"{self._settings.api_url}/api/graphql"
        answer = self._call(asked, "post", url, payload={"query": query, "variables": dict(variables)}).data
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, dict):
            raise not_understood(asked)
        return data

    def _call(
        self,
        asked: Asked,
        verb: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        payload: Mapping[str, Any] | None = None,
    ) -> Reply:
        self._last = None
        post_data = None if payload is None else dict(payload)
        try:
            response = self._gitlab.http_request(
                verb,
                path,
                query_data=dict(params or {}),
                post_data=post_data,
                obey_rate_limit=False,
                retry_transient_errors=False,
            )
        except GitlabError as error:
            raise self._refusal(asked, error) from None
        except CallFailed as error:
            raise failed(asked, error) from None
        except LookupError as error:
            raise no_secret(asked, error) from None
        if not response.content.strip():
            return Reply(response.headers, None)
        try:
            return Reply(response.headers, storable(response.json()))
        except (ValueError, RecursionError):
            raise not_understood(asked) from None

    def _refusal(self, asked: Asked, error: GitlabError) -> ConnectorError:
        answer = self._last
        if answer is None or error.response_code is None:
            return not_understood(asked)
        said = _said(error)
        if answer.status_code == 405 and "moved project" in said:
            return refused(asked, 301, answer.headers)  # a renamed project redirects reading and refuses writing
        return refused(asked, answer.status_code, answer.headers, said)


def _said(error: GitlabError) -> str:
    """GitLab's own words: a sentence, or what is wrong with each field. A gateway's page says nothing to a person."""
    said: Any = error.error_message
    if isinstance(said, dict):
        parts = (f"{name} {', '.join(map(str, v)) if isinstance(v, list) else v}" for name, v in said.items())
        return "; ".join(parts)
    return said if isinstance(said, str) else ""
