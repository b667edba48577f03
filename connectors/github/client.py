"""PyGithub's requester, made to ask once, never to sleep, to end in time and to raise our errors."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from github.Auth import Auth
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester, RequestsResponse

from connectors.answers import Asked, failed, no_secret, not_understood, quoted, refused
from connectors.github.settings import GithubSettings
from connectors.http import CallFailed, Reach, prepare, user_agent
from connectors.spi import ConnectorError, OutcomeUnknown, Secret, Unavailable

PAGE = 100
_API_VERSION = "2022-11-28"


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    data: Any


class _Token(Auth):
    """Reads the token anew for each request, so that a replaced one is used without a restart."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    @property
    def token_type(self) -> str:
        return "Bearer"

    @property
    def token(self) -> str:
        return self._secret.reveal()


def _requester(settings: GithubSettings) -> Requester:
    """A requester over our own session.

    PyGithub takes other connection classes for all its clients at once; set on a subclass they are this client's alone.
    It then makes a connection object for each request, which is why the session stands outside of it.
    """
    session = requests.Session()
    reach = Reach(settings.api_url, settings.call_seconds, settings.proxy, settings.ca_bundle)
    prepare(session, reach)
    session.auth = Requester.noopAuth

    def send(connection: Any) -> RequestsResponse:
        url = f"{connection.protocol}://{connection.host}:{connection.port}{connection.url}"
        response = session.request(
            connection.verb, url, headers=connection.headers, data=connection.input, allow_redirects=False
        )
        if response.status_code == 202 and connection.verb == "GET":
            response.status_code = 503  # PyGithub would sleep and ask again for as long as 202 comes
        return RequestsResponse(response)

    class Plain(HTTPRequestsConnectionClass):
        def __init__(self, host: str, port: int | None = None, **_: Any) -> None:
            self.protocol, self.host, self.port = "http", host, port or 80

        def getresponse(self) -> RequestsResponse:
            return send(self)

        def close(self) -> None:
            """The session lives on."""

    class Tls(HTTPSRequestsConnectionClass):
        def __init__(self, host: str, port: int | None = None, **_: Any) -> None:
            self.protocol, self.host, self.port = "https", host, port or 443

        def getresponse(self) -> RequestsResponse:
            return send(self)

        def close(self) -> None:
            """The session lives on."""

    class Bound(Requester):
        pass

    Bound.injectConnectionClasses(Plain, Tls)
    quiet = logging.getLogger(f"{__name__}.requests")
    quiet.setLevel(logging.WARNING)  # at DEBUG PyGithub writes down whole bodies, private postmortems among them
    Bound.injectLogger(quiet)
    return Bound(
        auth=_Token(settings.token),
        base_url=settings.api_url,
        timeout=int(settings.call_seconds) + 1,
        user_agent=user_agent(),
        per_page=PAGE,
        verify=True,
        retry=None,
        pool_size=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
        api_version=_API_VERSION,
    )


class GithubClient:
    """One client, made without a request. Every method asks once and raises only ConnectorErrors."""

    def __init__(self, name: str, settings: GithubSettings) -> None:
        self._name = name
        self._settings = settings
        self._requester = _requester(settings)

    def asked(self, what: str, *, mutating: bool = False, about_issue: bool = False) -> Asked:
        return Asked("github", self._name, what, mutating, about_issue, self._settings.token)

    def get(
        self,
        asked: Asked,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        redirects: bool = False,
    ) -> Reply:
        """With `redirects`, a 301 comes back as a reply; nothing follows it."""
        return self._call(asked, "GET", path, params=dict(params or {}), headers=headers, redirects=redirects)

    def send(self, asked: Asked, verb: str, path: str, payload: Any) -> Any:
        return self._call(asked, verb, path, payload=payload).data

    def graphql(self, asked: Asked, query: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """The `data` of a query. Single nodes that are not found come with errors and a 200, and are not a failure."""
        payload = {"query": query, "variables": variables}
        reply = self._call(asked, "POST", self._requester.graphql_url, payload=payload)
        data = reply.data.get("data") if isinstance(reply.data, dict) else None
        if isinstance(data, dict) and any(value is not None for value in data.values()):
            return data
        raise _graphql_error(asked, reply)

    def mutate(self, asked: Asked, query: str, variables: Mapping[str, Any]) -> None:
        """A mutation: any error among its answers means that GitHub did not do it."""
        reply = self._call(asked, "POST", self._requester.graphql_url, payload={"query": query, "variables": variables})
        if not isinstance(reply.data, dict) or "data" not in reply.data or reply.data.get("errors"):
            raise _graphql_error(asked, reply)

    def _call(
        self,
        asked: Asked,
        verb: str,
        path: str,
        *,
        params: dict[str, Any] | None = None,
        payload: Any = None,
        headers: Mapping[str, str] | None = None,
        redirects: bool = False,
    ) -> Reply:
        sent = {"Accept": "application/vnd.github+json", **(headers or {})}
        try:
            status, got, text = self._requester.requestJson(verb, path, params, sent, payload)
        except CallFailed as error:
            raise failed(asked, error) from None
        except LookupError as error:
            raise no_secret(asked, error) from None
        if status == 304 or (redirects and status in (301, 302, 307, 308)):
            return Reply(status, got, None)
        if not 200 <= status < 300:
            raise refused(asked, status, got, _said(text))
        if not text:
            return Reply(status, got, None)
        try:
            return Reply(status, got, json.loads(text))
        except ValueError:
            raise not_understood(asked) from None


def _said(text: str) -> str:
    """GitHub's own words: the message, and what it says about each field."""
    try:
        data = json.loads(text)
    except ValueError:
        return ""
    if not isinstance(data, dict):
        return ""
    errors = data.get("errors") if isinstance(data.get("errors"), list) else []
    parts = [
        str(each.get("message") or f"{each.get('field')} is {each.get('code')}")
        for each in errors or ()
        if isinstance(each, dict)
    ]
    return ": ".join([str(data.get("message", "")), *([", ".join(parts)] if parts else [])])


def _graphql_error(asked: Asked, reply: Reply) -> ConnectorError:
    errors = reply.data.get("errors") if isinstance(reply.data, dict) else None
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    if first.get("type") == "RATE_LIMITED":
        return refused(asked, 429, reply.headers)
    if first.get("type") in ("FORBIDDEN", "INSUFFICIENT_SCOPES"):
        return refused(asked, 403, {}, str(first.get("message", "")))
    if not first:
        return not_understood(asked)
    if asked.mutating:
        return _mutation_error(asked, first)
    # GitHub ends a query after ten seconds with an error and a 200.
    cure = "It is tried again; if this lasts, see githubstatus.com."
    return Unavailable("github.graphql_failed", asked.sentence("GitHub could not answer the query"), cure)


def _mutation_error(asked: Asked, first: Mapping[str, Any]) -> ConnectorError:
    said = quoted(str(first.get("message", "")), asked.secret)
    if first.get("type") == "NOT_FOUND":
        return refused(asked, 404, {}, said)
    if first.get("type") == "UNPROCESSABLE":
        return refused(asked, 422, {}, said)
    cure = "Nothing to do: it is looked for before it is asked again."
    return OutcomeUnknown("github.graphql_failed", asked.sentence(f"GitHub says: {said}"), cure)
