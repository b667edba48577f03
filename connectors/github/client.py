"""Requests to one GitHub: asked once, answered in time, with a repository's new name where it was renamed."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from connectors.answers import Asked, failed, no_secret, not_understood, refused
from connectors.github.app import GithubApp
from connectors.github.failures import cut_short, query_failed, said
from connectors.github.requesting import PAGE, Bearer, requester
from connectors.github.settings import GithubSettings
from connectors.github.versions import lacking, version_in
from connectors.http import CallFailed, redirected_to
from connectors.payloads import storable
from connectors.spi import AccessDenied

_PLACE = re.compile(r"/repos/([^/]+/[^/]+)(?=/|$)")
_REDIRECTS = (301, 302, 307, 308)
_RENAMED_SECONDS = 600.0
_VERSION_SECONDS = 3600.0

__all__ = ["PAGE", "GithubClient", "Reply"]


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    data: Any


@dataclass(frozen=True, slots=True)
class _Call:
    """`place`: the repository that it is about, which decides an app's token. `as_app`: with the app's own proof."""

    verb: str
    path: str
    params: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None
    payload: Any = None
    place: str | None = None
    as_app: bool = False


class GithubClient:
    """One client, made without a request. Every method asks once and raises only ConnectorErrors."""

    def __init__(self, name: str, settings: GithubSettings) -> None:
        self._name = name
        self._settings = settings
        self._bearer = Bearer()
        self._requester = requester(settings, self._bearer)
        self._renamed: dict[str, tuple[float, str]] = {}
        self._version: tuple[float, tuple[int, int] | None] = (0.0, None)
        self.app: GithubApp | None = None
        if settings.app_id is not None and settings.private_key is not None:
            self.app = GithubApp(settings.app_id, settings.private_key, settings.installation_id, self._as_app)

    def asked(self, what: str, *, mutating: bool = False, about_issue: bool = False) -> Asked:
        secret = self._settings.token or self._settings.private_key
        return Asked("github", self._name, what, mutating, about_issue, secret)

    def get(
        self,
        asked: Asked,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        redirects: bool = False,
    ) -> Reply:
        """With `redirects`, a 301 comes back as a reply; without, only a renamed repository is followed."""
        call = _Call("GET", path, params, headers, place=_place_in(path))
        return self._once(asked, call) if redirects else self._followed(asked, call)

    def send(self, asked: Asked, verb: str, path: str, payload: Any) -> Any:
        return self._followed(asked, _Call(verb, path, payload=payload, place=_place_in(path))).data

    def myself(self, asked: Asked) -> Reply:
        """Who we are: a token's account, or an app."""
        return self._once(asked, _Call("GET", "/app", as_app=True) if self.app else _Call("GET", "/user"))

    def graphql(
        self, asked: Asked, query: str, variables: Mapping[str, Any], place: str, *, whole: bool = False
    ) -> Mapping[str, Any]:
        """The `data` of a query. Single nodes that are not found come with errors and a 200, and are not a failure.

        With `whole`, what is null in it does not exist: any other error is a failure then.
        """
        reply = self._query(asked, query, variables, place)
        data = reply.data.get("data") if isinstance(reply.data, dict) else None
        if not isinstance(data, dict) or all(value is None for value in data.values()):
            raise query_failed(asked, reply.headers, reply.data)
        if whole and cut_short(reply.data):
            raise query_failed(asked, reply.headers, reply.data)
        return data

    def mutate(self, asked: Asked, query: str, variables: Mapping[str, Any], place: str) -> None:
        """A mutation: any error among its answers means that GitHub did not do it."""
        reply = self._query(asked, query, variables, place)
        if not isinstance(reply.data, dict) or "data" not in reply.data or reply.data.get("errors"):
            raise query_failed(asked, reply.headers, reply.data)

    def require(self, asked: Asked, feature: str, place: str) -> None:
        """Raises Rejected where this enterprise server is older than the feature."""
        refusal = lacking(asked, feature, self.version(place))
        if refusal is not None:
            raise refusal

    def version(self, place: str) -> tuple[int, int] | None:
        """Of an enterprise server; None on github.com, which has everything, and where it is not told. `place`: any
        repository of ours, because an app may ask nothing without one.
        """
        if self._settings.is_cloud:
            return None
        until, version = self._version
        if time.monotonic() > until:
            asked = self.asked("see which version the server has")
            try:
                version = version_in(self._once(asked, _Call("GET", "/meta", place=place)).data)
            except AccessDenied as error:
                if error.code != "github.place_missing":
                    raise
                version = None
            self._version = (time.monotonic() + _VERSION_SECONDS, version)
        return version

    def _query(self, asked: Asked, query: str, variables: Mapping[str, Any], place: str) -> Reply:
        payload = {"query": query, "variables": variables}
        return self._once(asked, _Call("POST", self._requester.graphql_url, payload=payload, place=place))

    def _followed(self, asked: Asked, call: _Call) -> Reply:
        """Once more where the repository is by now, if it was renamed. GitHub's own redirect drops the query; and an
        issue that was transferred is not followed by a write, because who may see it has not been looked at.
        """
        until, name = self._renamed.get((call.place or "").lower(), (0.0, ""))
        if time.monotonic() < until:
            call = _in_place(call, name)
        reply = self._once(asked, call)
        if reply.status in _REDIRECTS and call.place:
            name = self._name_now(call.place) or call.place
            if name.lower() != call.place.lower():
                self._renamed[call.place.lower()] = (time.monotonic() + _RENAMED_SECONDS, name)
                reply = self._once(asked, _in_place(call, name))
        if reply.status in _REDIRECTS:
            raise refused(asked, reply.status, reply.headers)
        return reply

    def _name_now(self, place: str) -> str | None:
        """What a repository is called by now: it is asked for by the id that GitHub's redirect names."""
        looking = self.asked(f"look at the repository {place}")
        reply = self._once(looking, _Call("GET", f"/repos/{place}", place=place))
        for _ in range(3):
            if reply.status not in _REDIRECTS:
                break
            reply = self._once(looking, _Call("GET", self.target_path(looking, reply), place=place))
        name = reply.data.get("full_name") if isinstance(reply.data, dict) else None
        return name if isinstance(name, str) and "/" in name else None

    def target_path(self, asked: Asked, reply: Reply) -> str:
        """Where a redirect leads, on this same host: an address elsewhere would be handed our token."""
        base = urlsplit(self._settings.api_url)
        target = urlsplit(urljoin(self._settings.api_url, redirected_to(reply.headers) or ""))
        if (target.netloc, target.scheme) != (base.netloc, base.scheme) or not target.path.startswith(base.path + "/"):
            raise not_understood(asked)
        return target.path.removeprefix(base.path)

    def _as_app(self, asked: Asked, verb: str, path: str) -> Any:
        reply = self._once(asked, _Call(verb, path, payload={} if verb == "POST" else None, as_app=True))
        if reply.status in _REDIRECTS and verb == "GET":
            reply = self._once(asked, _Call(verb, self.target_path(asked, reply), as_app=True))
        return reply.data

    def _once(self, asked: Asked, call: _Call) -> Reply:
        sent = {"Accept": "application/vnd.github+json", **(call.headers or {})}
        try:
            token = self._token(asked, call)
            self._bearer.text = token
            status, got, text = self._requester.requestJson(
                call.verb, call.path, dict(call.params or {}), sent, call.payload
            )
        except CallFailed as error:
            raise failed(asked, error) from None
        except LookupError as error:
            raise no_secret(asked, error) from None
        if status == 304 or status in _REDIRECTS:
            return Reply(status, got, None)
        if not 200 <= status < 300:
            if status == 401 and self.app is not None:
                self.app.forget()
            raise refused(asked, status, got, said(text))
        if not text:
            return Reply(status, got, None)
        try:
            return Reply(status, got, storable(json.loads(text)))
        except (ValueError, RecursionError):
            raise not_understood(asked) from None

    def _token(self, asked: Asked, call: _Call) -> str:
        if self.app is None:
            assert self._settings.token is not None
            return self._settings.token.reveal()
        # What precedes a change has changed nothing yet, whatever comes back, and is about no issue.
        asked = replace(asked, mutating=False, about_issue=False)
        if call.as_app:
            return self.app.proof(asked)
        try:
            return self.app.token(asked, call.place)
        except AccessDenied as error:
            if error.code != "github.place_missing":
                raise
            self.app.forget()  # installed anew, it has another number
            cure = "Install the app for this repository, or correct installation_id."
            raise AccessDenied("github.not_installed", asked.sentence("our app is not installed there"), cure) from None


def _place_in(path: str) -> str | None:
    found = _PLACE.match(path)
    return found[1] if found else None


def _in_place(call: _Call, name: str) -> _Call:
    path = _PLACE.sub(lambda _: f"/repos/{name}", call.path, count=1)
    return _Call(call.verb, path, call.params, call.headers, call.payload, name)
