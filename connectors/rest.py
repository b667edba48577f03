"""A vendor's JSON API over our own session, for vendors without a client library that is kept well."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import requests

from connectors.answers import Asked, clock_finding, failed, no_secret, not_understood, refused, server_time
from connectors.http import CallFailed, Reach, SecretAuth, prepare
from connectors.payloads import storable
from connectors.spi import ConnectorError, Finding, Secret


@dataclass(frozen=True, slots=True)
class Reply:
    headers: Mapping[str, str]
    data: Any


class Rest:
    """Asks once a call, in time, and raises only ConnectorErrors. `scheme` stands before the token."""

    def __init__(self, asked: Asked, reach: Reach, *, scheme: str = "Bearer", accept: str = "application/json") -> None:
        self._asked = asked
        self._reach = reach
        self._scheme = scheme
        self._accept = accept
        self._sessions = threading.local()

    def get(self, what: str, path: str, params: Mapping[str, Any] | None = None, *, one: bool = True) -> Reply:
        """`one`: what is asked for is one thing, and 404 means that it is gone; else 404 is a fault of the address."""
        return self._call(self._named(what, one=one), "GET", path, params, None)

    def put(self, what: str, path: str, payload: Mapping[str, Any], verb: str = "PUT") -> Reply:
        """Sets something that may be set again: an answer that was lost is only a reason to ask again."""
        return self._call(self._named(what, one=True), verb, path, None, payload)

    def change(
        self, what: str, path: str, payload: Mapping[str, Any], verb: str = "POST", *, one: bool = True
    ) -> Reply:
        """Changes something, once: an answer that is lost or cannot be read leaves it unknown whether it did."""
        return self._call(self._named(what, one=one, mutating=True), verb, path, None, payload)

    def findings(self, what: str, path: str, params: Mapping[str, Any] | None = None) -> list[Finding]:
        """What one harmless request shows of the connection: address, token, clock."""
        try:
            reply = self.get(what, path, params, one=False)
        except ConnectorError as error:
            return [Finding(error.code, error.sentence, error.cure)]
        skew = clock_finding(self._asked.vendor, self._asked.tracker, server_time(reply.headers), datetime.now(UTC))
        return [skew] if skew else []

    def strange(self, what: str) -> ConnectorError:
        """For an answer that lacks what the vendor documents."""
        return not_understood(self._named(what, one=True))

    def _named(self, what: str, *, one: bool, mutating: bool = False) -> Asked:
        return replace(self._asked, what=what, about_issue=one, mutating=mutating)

    def _session(self) -> requests.Session:
        found: requests.Session | None = getattr(self._sessions, "session", None)
        if found is None:
            found = prepare(requests.Session(), self._reach, SecretAuth(self._header))
            self._sessions.session = found
        return found

    def _header(self) -> str:
        assert self._asked.secret is not None
        between = "" if self._scheme.endswith("=") else " "
        return f"{self._scheme}{between}{self._asked.secret.reveal()}"

    def _call(
        self, asked: Asked, verb: str, path: str, params: Mapping[str, Any] | None, payload: Mapping[str, Any] | None
    ) -> Reply:
        headers = {"Accept": self._accept}
        if payload is not None:
            headers["Content-Type"] = self._accept
        try:
            response = self._session().request(
                verb,
                self._reach.base_url + path,
                params=params,
                json=payload,
                headers=headers,
                allow_redirects=False,
            )
        except CallFailed as error:
            raise failed(asked, error) from None
        except LookupError as error:
            raise no_secret(asked, error) from None
        if not 200 <= response.status_code < 300:
            raise refused(asked, response.status_code, response.headers, _said(response))
        try:
            return Reply(response.headers, storable(response.json()) if response.content else None)
        except (ValueError, RecursionError):
            raise not_understood(asked) from None


def _said(response: requests.Response) -> str:
    """The vendor's own words, wherever it puts them."""
    try:
        data = response.json()
    except (ValueError, RecursionError):
        return ""
    if not isinstance(data, dict):
        return ""
    errors = data.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else errors
    if isinstance(first, dict):
        first = first.get("detail") or first.get("message") or first.get("title")
    return str(first or data.get("message") or data.get("detail") or data.get("error") or "")


def api_rest(vendor: str, name: str, reach: Reach, token: Secret, **kwargs: Any) -> Rest:
    return Rest(Asked(vendor, name, "", secret=token, whom="the tool"), reach, **kwargs)
