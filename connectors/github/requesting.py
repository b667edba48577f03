"""PyGithub's requester, made to ask once, never to sleep, to follow nothing and to end in time."""

from __future__ import annotations

import logging
from typing import Any

import requests
from github.Auth import Auth
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester, RequestsResponse

from connectors.github.settings import GithubSettings
from connectors.http import Reach, prepare, user_agent

PAGE = 100
_API_VERSION = "2022-11-28"


class Bearer(Auth):
    """What the next request is sent with; set before each one, so that a replaced token is used without a restart."""

    def __init__(self) -> None:
        self.text = ""

    @property
    def token_type(self) -> str:
        return "Bearer"

    @property
    def token(self) -> str:
        return self.text


def requester(settings: GithubSettings, bearer: Bearer) -> Requester:
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
        auth=bearer,
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
