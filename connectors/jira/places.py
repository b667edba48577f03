"""What `check --online` and the first write need to know about a Jira site and a project."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import requests

from connectors.answers import clock_finding, failed, refused
from connectors.http import CallFailed, Reach, prepare
from connectors.jira.client import JiraClient
from connectors.jira.mapping import instant
from connectors.jira.settings import JiraSettings
from connectors.spi import AccessDenied, ConnectorError, Finding, Missing, Place, PlaceDescription, Visibility

PERMISSIONS = ("BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "ADD_COMMENTS", "TRANSITION_ISSUES")
# What every creation sends by itself; `reporter` is filled in by Jira.
_OURS = frozenset({"project", "issuetype", "summary", "description", "labels", "reporter"})
_NEEDED = ("description", "labels")
_PAGE = 200


class JiraPlaces:
    def __init__(self, name: str, client: JiraClient, settings: JiraSettings) -> None:
        self._name = name
        self._client = client
        self._settings = settings

    def check(self) -> list[Finding]:
        """Faults of the connection. Asks who we are first: without that nothing else can be told."""
        try:
            self._client.get(self._client.asked("see who our account is"), "myself")
            info = self._client.get(self._client.asked("read the server's time"), "serverInfo")
        except ConnectorError as error:
            return [finding(error)]
        if not isinstance(info, dict):
            return []
        findings = []
        if info.get("deploymentType", "Cloud") != "Cloud":
            sentence = f"{self._name}: this is Jira {info['deploymentType']}, and only Jira Cloud is supported."
            findings.append(Finding("jira.not_cloud", sentence, "Point api_url at a Jira Cloud site."))
        at = instant(info["serverTime"]) if isinstance(info.get("serverTime"), str) else None
        skew = clock_finding("jira", self._name, at, datetime.now(UTC))
        return [*findings, skew] if skew else findings

    def describe(self, place: Place) -> PlaceDescription:
        asked = self._client.asked(f"look at the project {place.name}")
        try:
            self._client.get(asked, f"project/{place.name}")
            visibility = self._visibility(place)
            findings = [*self._permissions(place), *self._fields(place)]
        except (AccessDenied, Missing) as error:
            return PlaceDescription(Visibility.UNKNOWN, (finding(error),))
        return PlaceDescription(visibility, tuple(findings))

    def _visibility(self, place: Place) -> Visibility:
        """Public is what an anonymous visitor may browse; Jira Cloud says so nowhere, so that is tried.

        Raises where no answer to the question came: whoever asked waits and asks again.
        """
        settings, asked = self._settings, self._client.asked(f"see whether the public may browse {place.name}")
        reach = Reach(settings.api_url, settings.call_seconds, settings.proxy, settings.ca_bundle)
        with requests.Session() as session:
            prepare(session, reach)
            try:
                response = session.get(f"{settings.api_url}/rest/api/2/project/{place.name}")
            except CallFailed as error:
                raise failed(asked, error) from error
        if response.status_code in (408, 429) or response.status_code >= 500:
            raise refused(asked, response.status_code, response.headers)
        if response.status_code == 200:
            return Visibility.PUBLIC
        return Visibility.INTERNAL if response.status_code in (401, 403, 404) else Visibility.UNKNOWN

    def _permissions(self, place: Place) -> list[Finding]:
        asked = self._client.asked(f"see what our account may do in {place.name}")
        data = self._client.get(asked, "mypermissions", projectKey=place.name, permissions=",".join(PERMISSIONS))
        held = data.get("permissions", {}) if isinstance(data, dict) else {}
        return [
            Finding(
                "jira.permission_missing",
                f"{self._name}: our account lacks the permission {name} in the project {place.name}.",
                f"Grant {name} to it in the project's permission scheme.",
            )
            for name in PERMISSIONS
            if not (held.get(name) or {}).get("havePermission")
        ]

    def _fields(self, place: Place) -> list[Finding]:
        wanted = place.issue_type or "Task"
        types = self._pages(place, "", "issueTypes")
        chosen = next((each for each in types if each.get("name") == wanted), None)
        if chosen is None:
            names = ", ".join(str(each.get("name")) for each in types) or "none that we see"
            sentence = f"{self._name}: the project {place.name} has no issue type {wanted}; it has {names}."
            return [Finding("jira.issuetype_missing", sentence, "Set issue_type of the target to one of these.")]
        fields = self._pages(place, f"/{chosen['id']}", "fields")
        known = {str(each.get("fieldId") or each.get("key")): each for each in fields}
        return [*self._required(place, wanted, known), *self._unknown(place, wanted, known)]

    def _required(self, place: Place, wanted: str, known: Mapping[str, Any]) -> list[Finding]:
        """A required field that nothing fills makes every creation fail (getsentry/sentry#52779)."""
        return [
            Finding(
                "jira.field_required",
                f"{self._name}: {wanted} in {place.name} requires the field {each.get('name', name)} ({name}), "
                "which nothing fills.",
                f"Give it a value under the target's constants{_example(name, each)}.",
            )
            for name, each in known.items()
            if each.get("required")
            and not each.get("hasDefaultValue")
            and name not in _OURS
            and name not in place.constants
        ]

    def _unknown(self, place: Place, wanted: str, known: Mapping[str, Any]) -> list[Finding]:
        if not known:
            return []
        return [
            Finding(
                "jira.field_unknown",
                f"{self._name}: {wanted} in {place.name} has no field {name} on its create screen.",
                f"Put {name} on that screen, or remove it from the target's constants.",
            )
            for name in (*_NEEDED, *place.constants)
            if name not in known
        ]

    def _pages(self, place: Place, path: str, key: str) -> list[Mapping[str, Any]]:
        """The paths that replace the single createmeta, which Cloud is removing (CHANGE-1304); the library has none."""
        asked = self._client.asked(f"see what an issue in {place.name} needs")
        found: list[Mapping[str, Any]] = []
        while True:
            where = f"issue/createmeta/{place.name}/issuetypes{path}"
            data = self._client.get(asked, where, startAt=len(found), maxResults=_PAGE)
            page = data.get(key) or data.get("values") or [] if isinstance(data, dict) else []
            found += page
            if not page or len(found) >= int(data.get("total", 0)):
                return found


def _example(name: str, field: Mapping[str, Any]) -> str:
    allowed = [str(each.get("value") or each.get("name")) for each in field.get("allowedValues") or ()][:5]
    return f', for example {name} = {{ value = "{allowed[0]}" }} (one of {", ".join(allowed)})' if allowed else ""


def finding(error: ConnectorError) -> Finding:
    return Finding(error.code, error.sentence, error.cure)
