"""python-redmine's engine, made to ask once, end in time and raise our errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from redminelib import Redmine
from redminelib.exceptions import BaseRedmineError
from requests.auth import AuthBase

from connectors.answers import Asked, failed, no_secret, not_understood, refused
from connectors.http import CallFailed, Reach, prepare
from connectors.payloads import storable
from connectors.redmine.settings import RedmineSettings
from connectors.spi import ConnectorError, Rejected, Secret, Unavailable

PAGE = 100


@dataclass(frozen=True, slots=True)
class Reply:
    headers: Mapping[str, str]
    data: Any


class Refused(Rejected):
    """Certainly not done: Redmine's validation says why, in the account's language."""

    def __init__(self, code: str, sentence: str, cure: str, errors: tuple[str, ...] = ()) -> None:
        super().__init__(code, sentence, cure)
        self.errors = errors


class _Key(AuthBase):
    """Reads the key anew for each request, so that a replaced one is used without a restart."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["X-Redmine-API-Key"] = self._secret.reveal()
        return request


class RedmineClient:
    """One engine, made without a request.

    The library sets `requests={"timeout": …}` as an attribute of its session, which nothing there reads; our session's
    deadline stands under it. Its errors carry neither body nor headers, so the session's last answer is kept.
    """

    def __init__(self, name: str, settings: RedmineSettings) -> None:
        self._name = name
        self._settings = settings
        self._last: requests.Response | None = None
        self._reach = Reach(settings.api_url, settings.call_seconds, settings.proxy, settings.ca_bundle)
        self._engine = Redmine(settings.api_url, return_raw_response=True).engine
        session = prepare(self._engine.session, self._reach)
        session.auth = _Key(settings.token)
        session.hooks["response"].append(self._keep)

    def _keep(self, response: requests.Response, **_: Any) -> None:
        self._last = response

    def asked(self, what: str, *, mutating: bool = False, about_issue: bool = False) -> Asked:
        return Asked("redmine", self._name, what, mutating, about_issue, self._settings.token)

    def get(self, asked: Asked, path: str, params: Mapping[str, Any] | None = None) -> Reply:
        return self._call(asked, "get", path, params=params)

    def get_member(self, asked: Asked, path: str, member: str, params: Mapping[str, Any] | None = None) -> Any:
        """The one member that Redmine wraps an answer in."""
        data = self.get(asked, path, params).data
        if not isinstance(data, dict) or not isinstance(data.get(member), dict | list):
            raise not_understood(asked)
        return data[member]

    def send(self, asked: Asked, verb: str, path: str, payload: Mapping[str, Any]) -> Any:
        return self._call(asked, verb, path, payload=payload).data

    def is_public(self, asked: Asked, path: str) -> bool:
        """Whether it is shown to whoever asks without a key."""
        with requests.Session() as stranger:
            try:
                answer = prepare(stranger, self._reach).get(f"{self._settings.api_url}{path}", allow_redirects=False)
            except CallFailed as error:
                raise failed(asked, error) from None
        return answer.status_code == 200

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
        url = f"{self._settings.api_url}{path}"
        try:
            response = self._engine.request(verb, url, params=dict(params or {}), data=payload)
        except (BaseRedmineError, ValueError, KeyError, TypeError) as error:
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

    def _refusal(self, asked: Asked, error: Exception) -> ConnectorError:
        answer = self._last
        if answer is None:
            return no_secret(asked, error) if isinstance(error, LookupError) else not_understood(asked)
        if answer.status_code != 422:
            return refused(asked, answer.status_code, answer.headers)
        errors = _errors(answer)
        if not errors:
            sentence = asked.sentence("somebody changed it at the same moment")
            return Unavailable("redmine.stale", sentence, "Nothing to do: it is read and tried again.")
        found = refused(asked, 422, answer.headers, "; ".join(errors))
        return Refused("redmine.rejected", found.sentence, found.cure, errors)


def _errors(answer: requests.Response) -> tuple[str, ...]:
    try:
        said = answer.json()["errors"]
    except (ValueError, KeyError, TypeError):
        return ("it does not say why",)
    return tuple(map(str, said)) if isinstance(said, list) else (str(said),)
