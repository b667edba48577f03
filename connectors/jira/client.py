"""The `jira` library's client, made to ask once, end in time and raise our errors."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from jira import JIRA
from jira.resilientsession import parse_errors

from connectors.answers import Asked, failed, no_secret, not_understood, quoted, refused
from connectors.http import CallFailed, Reach, SecretAuth, prepare
from connectors.jira.settings import GATEWAY, JiraSettings
from connectors.payloads import storable
from connectors.spi import AccessDenied, ConnectorError, IssueBusy, Rejected, Unavailable

# https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
_PER_ISSUE = "jira-per-issue"
_BROKE_OFF = "create this issue for you right now"
OPTIONAL = ("assignee", "duedate", "priority")


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    data: Any


class FieldRefused(Rejected):
    """Certainly not done, because of these fields alone."""

    def __init__(self, code: str, sentence: str, cure: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(code, sentence, cure)
        self.fields = fields


class JiraClient:
    """One library client, made without a request.

    `get_server_info=False` leaves the deployment unknown, and the library then refuses Cloud calls with a log line
    alone, so it is told. Its retries are off: they re-send a POST whose answer was lost.
    """

    def __init__(self, name: str, settings: JiraSettings) -> None:
        self._settings = settings
        self.name = name
        self._client = JIRA(server=settings.api_url, get_server_info=False, max_retries=0, logging=False)
        self._client.deploymentType = "Cloud" if settings.is_cloud else "Server"
        reach = Reach(settings.api_url, settings.call_seconds, settings.proxy, settings.ca_bundle)
        prepare(self._session, reach, SecretAuth(self._authorization))

    @property
    def _session(self) -> requests.Session:
        return self._client._session

    def asked(self, what: str, *, mutating: bool = False, about_issue: bool = False) -> Asked:
        return Asked("jira", self.name, what, mutating, about_issue, self._settings.token)

    def get(self, asked: Asked, path: str, **params: Any) -> Any:
        return self.call(asked, "GET", path, params=params).data

    def post(self, asked: Asked, path: str, payload: Any) -> Any:
        return self.call(asked, "POST", path, payload).data

    def call(
        self, asked: Asked, method: str, path: str, payload: Any = None, *, params: Mapping[str, Any] | None = None
    ) -> Reply:
        """One request to the API's version 2, or to a path of the site that begins with /; raises only ConnectorErrors.

        Version 2 has `search/jql` and `issue/bulkfetch` like version 3, but speaks wiki text where 3 speaks Atlassian's
        document format: a description comes back in the form in which it was written, and can be compared.
        """
        url = self._settings.api_url + path if path.startswith("/") else self._client._get_url(path)
        data = None if payload is None else json.dumps(payload)
        try:
            # Not the library's own `request`: it takes the shape of an error's body for granted, and breaks on others.
            response = requests.Session.request(self._session, method, url, params=params, data=data)
        except CallFailed as error:
            raise failed(asked, error) from None
        except LookupError as error:
            raise no_secret(asked, error) from None
        if response.headers.get("x-seraph-loginreason", "").startswith("AUTHENTICATED_FAILED"):
            raise refused(asked, 401, response.headers)  # an expired token is answered as nobody: with empty lists
        if response.status_code >= 300:
            raise self._explained(_refusal(asked, response))
        if not response.content:
            return Reply(response.status_code, response.headers, None)
        try:
            return Reply(response.status_code, response.headers, storable(json.loads(response.content)))
        except (ValueError, RecursionError):
            raise not_understood(asked) from None

    def _explained(self, error: ConnectorError) -> ConnectorError:
        settings = self._settings
        if error.code == "jira.unauthorized" and settings.is_cloud and not settings.api_url.startswith(GATEWAY):
            error.cure += f" One with scopes works at {GATEWAY}<cloudId> alone, as api_url."
        return error

    def _authorization(self) -> str:
        token = self._settings.token.reveal()
        if self._settings.user is None:
            return f"Bearer {token}"
        return "Basic " + base64.b64encode(f"{self._settings.user}:{token}".encode()).decode("ascii")


def _refusal(asked: Asked, response: requests.Response) -> ConnectorError:
    reason = response.headers.get("ratelimit-reason", "")
    if response.status_code == 429 and reason:
        told = refused(asked, 429, response.headers)
        sentence = asked.sentence(f"the tracker asks for fewer requests ({quoted(reason)})")
        if asked.about_issue and reason.startswith(_PER_ISSUE):
            return IssueBusy("jira.issue_busy", sentence, told.cure, retry_after=told.retry_after)
        return Unavailable(told.code, sentence, told.cure, retry_after=told.retry_after)
    if "CAPTCHA" in response.headers.get("x-authentication-denied-reason", ""):
        sentence = asked.sentence("Jira asks our account for a CAPTCHA after too many failed logins")
        return AccessDenied("jira.captcha", sentence, "Log in once by browser as that account, or reset its CAPTCHA.")
    fields = _field_errors(response)
    if response.status_code == 400 and fields:
        return field_refusal(asked, fields)
    said = ", ".join(map(str, _said(response)))
    if response.status_code == 400 and _BROKE_OFF in said:
        return _broke_off(asked, said)
    if response.status_code == 410:
        return _removed(asked, said)
    if response.status_code == 409 and asked.about_issue:
        sentence = asked.sentence("somebody changed it at the same moment")
        return Unavailable("jira.conflict", sentence, "Nothing to do: it is read and tried again.")
    return refused(asked, response.status_code, response.headers, said)


def _broke_off(asked: Asked, said: str) -> ConnectorError:
    """A creation that broke off inside of Jira, by a post function or its index perhaps, with the issue stored already
    or not: whoever tries it again looks for it first (tenable/integration-jira-cloud#82).
    """
    cure = "See Jira's log, mend what it says, and retry: the issue is looked for before it is made again."
    error = Rejected("jira.broke_off", asked.sentence(f"Jira broke it off ({quoted(said)})"), cure)
    error.unknown = True
    return error


def _removed(asked: Asked, said: str) -> ConnectorError:
    """A way of asking that Atlassian took away; an issue that was deleted is a 404.
    https://developer.atlassian.com/changelog/#CHANGE-2046
    """
    sentence = asked.sentence("Jira no longer offers this way of asking" + (f" ({quoted(said)})" if said else ""))
    cure = "Install a newer Afteraction; nothing is lost meanwhile, and nothing is made twice."
    return AccessDenied("jira.endpoint_removed", sentence, cure)


def _said(response: requests.Response) -> list[str]:
    if "json" not in response.headers.get("content-type", ""):
        return []  # a login page or a gateway's HTML says nothing to a person
    try:
        return parse_errors(response)
    except (TypeError, ValueError, AttributeError, KeyError):  # the library trusts the shape of an error
        return []


def _field_errors(response: requests.Response) -> dict[str, str]:
    try:
        errors = json.loads(response.content).get("errors")
    except (ValueError, AttributeError):
        return {}
    return {str(name): str(text) for name, text in errors.items()} if isinstance(errors, dict) else {}


def field_refusal(asked: Asked, errors: Mapping[str, str]) -> ConnectorError:
    """The ways in which a project's fields refuse an issue, each with what to write where.

    The words: https://support.atlassian.com/jira/kb/field-cannot-be-set-it-is-not-on-the-appropriate-screen-or-unknown/
    """
    if "project" in errors:
        return refused(asked, 404, {}, errors["project"])
    # What an issue can do without is named last: it is not what stands in the way.
    errors = dict(sorted(errors.items(), key=lambda each: each[0] in OPTIONAL))
    name, text = next(iter(errors.items()))
    others = f" (and {len(errors) - 1} more: {', '.join(list(errors)[1:])})" if len(errors) > 1 else ""
    code, cure = _field_cure(name, text)
    sentence = asked.sentence(f"Jira refuses the field {name}: {quoted(text, asked.secret)}{others}")
    return FieldRefused(code, sentence, cure, tuple(errors))


def _field_cure(name: str, text: str) -> tuple[str, str]:
    if name == "issuetype":
        return "jira.issuetype_refused", "Name an issue type that the project has, as issue_type of the target."
    if "is required" in text:
        return "jira.field_required", f'Give it a value under the target\'s constants: {name} = {{ value = "…" }}.'
    if "cannot be set" in text:
        cure = f"Put {name} on the project's create screen, or remove it from the target's constants."
        return "jira.field_unknown", cure
    if name == "assignee":
        cure = "Correct the person's account id for this tracker, or let them be assigned in the project."
        return "jira.assignee_refused", cure
    if name == "parent":
        cure = "Name a parent of a type that this issue type may stand under, in a project that allows it."
        return "jira.parent_refused", cure
    return "jira.field_refused", f"Correct {name} in the target's constants."
