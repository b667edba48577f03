"""What the first write needs to know about a Jira project: who sees it, what we may do there, what an issue needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from connectors.answers import failed, refused
from connectors.http import CallFailed, Reach, prepare
from connectors.jira import mapping, screens
from connectors.jira.client import JiraClient
from connectors.jira.reading import JiraReading
from connectors.jira.settings import GATEWAY, JiraSettings
from connectors.jira.site import finding
from connectors.jira.workflow import JiraWorkflow
from connectors.spi import (
    AccessDenied,
    Category,
    Finding,
    Missing,
    Place,
    PlaceDescription,
    Rejected,
    Unavailable,
    Visibility,
)

PERMISSIONS = ("BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "ADD_COMMENTS", "TRANSITION_ISSUES")
_PAGE = 200


class JiraPlaces:
    def __init__(
        self, client: JiraClient, settings: JiraSettings, reading: JiraReading, workflow: JiraWorkflow
    ) -> None:
        self._client = client
        self._settings = settings
        self._reading = reading
        self._workflow = workflow

    def describe(self, place: Place) -> PlaceDescription:
        asked = self._client.asked(f"look at the project {place.name}")
        try:
            project = self._client.get(asked, f"project/{place.name}")
            visibility = self._visibility(place)
            if isinstance(project, dict) and project.get("archived"):
                return PlaceDescription(visibility, (self._archived(place),))
            return self._described(place, visibility)
        except (AccessDenied, Missing) as error:
            return PlaceDescription(Visibility.UNKNOWN, (finding(error),))

    def _described(self, place: Place, visibility: Visibility) -> PlaceDescription:
        """What a creation needs must be told. Where Jira just then does not tell the rest, that is a finding: a first
        creation should not wait until so many questions in a row were answered.
        """
        held, found = self._permissions(place)
        if "CREATE_ISSUES" not in held:  # without it Jira does not say what a creation needs
            return PlaceDescription(visibility, tuple(found), permissions=held)
        types = self._pages(place, "", "issueTypes")
        names = tuple(str(each.get("name")) for each in types)
        wanted = place.issue_type or "Task"
        chosen = next((each for each in types if each.get("name") == wanted), None)
        if chosen is None:
            no_type = self._no_type(place, wanted, names)
            return PlaceDescription(visibility, (*found, no_type), names, permissions=held, obstacles=(no_type,))
        metas = self._pages(place, f"/{chosen['id']}", "fields")
        obstacles = screens.findings(self._client.name, place, metas)
        found += obstacles
        if "TRANSITION_ISSUES" in held:
            found += self._finishing(place, wanted)
        fields = screens.place_fields(metas, place)
        return PlaceDescription(visibility, tuple(found), names, fields, held, obstacles=tuple(obstacles))

    def _visibility(self, place: Place) -> Visibility:
        """Public is what an anonymous visitor may browse; Jira says so nowhere, so that is tried.

        Raises where no answer to the question came: whoever asked waits and asks again.
        """
        settings, asked = self._settings, self._client.asked(f"see whether the public may browse {place.name}")
        # Atlassian's gateway knows no anonymous visitors; the site does.
        site = settings.browse_url if settings.api_url.startswith(GATEWAY) else settings.api_url
        reach = Reach(site, settings.call_seconds, settings.proxy, settings.ca_bundle)
        with requests.Session() as session:
            prepare(session, reach)
            try:
                response = session.get(f"{site}/rest/api/2/project/{place.name}")
            except CallFailed as error:
                raise failed(asked, error) from error
        if response.status_code in (408, 429) or response.status_code >= 500:
            raise refused(asked, response.status_code, response.headers)
        if response.status_code == 200:
            return Visibility.PUBLIC
        return Visibility.INTERNAL if response.status_code in (401, 403, 404) else Visibility.UNKNOWN

    def _held(self, place: Place) -> tuple[str, ...]:
        asked = self._client.asked(f"see what our account may do in {place.name}")
        data = self._client.get(asked, "mypermissions", projectKey=place.name, permissions=",".join(PERMISSIONS))
        told = data.get("permissions", {}) if isinstance(data, dict) else {}
        return tuple(name for name in PERMISSIONS if (told.get(name) or {}).get("havePermission"))

    def _permissions(self, place: Place) -> tuple[tuple[str, ...], list[Finding]]:
        """What our account holds there, and what it lacks; all of it where Jira does not say."""
        try:
            held = self._held(place)
        except Unavailable as error:
            return PERMISSIONS, [_passing(error)]
        return held, self._lacking(place, held)

    def _finishing(self, place: Place, wanted: str) -> list[Finding]:
        try:
            return self._closing(place, wanted)
        except Unavailable as error:
            return [_passing(error)]

    def _lacking(self, place: Place, held: tuple[str, ...]) -> list[Finding]:
        return [
            Finding(
                "jira.permission_missing",
                f"{self._client.name}: our account lacks the permission {name} in the project {place.name}.",
                f"Grant {name} to it in the project's permission scheme.",
            )
            for name in PERMISSIONS
            if name not in held
        ]

    def _archived(self, place: Place) -> Finding:
        sentence = f"{self._client.name}: the project {place.name} is archived, and Jira changes nothing in it."
        return Finding("jira.project_archived", sentence, "Restore the project, or route to another one.")

    def _no_type(self, place: Place, wanted: str, names: tuple[str, ...]) -> Finding:
        there = ", ".join(names) or "none that we see"
        sentence = f"{self._client.name}: the project {place.name} has no issue type {wanted}; it has {there}."
        return Finding("jira.issuetype_missing", sentence, "Set issue_type of the target to one of these.")

    def _closing(self, place: Place, wanted: str) -> list[Finding]:
        """Whether the newest open issue of the type could be finished by us: Jira tells transitions of issues only."""
        asked = self._client.asked(f"see how issues in {place.name} are finished")
        kind, project = mapping.quote(wanted), mapping.quote(place.name)
        jql = f"project = {project} AND issuetype = {kind} AND statusCategory != Done ORDER BY created DESC"
        try:
            ref = self._reading.newest(asked, jql)
            if ref is None:
                return self._endless(place, wanted)
            self._workflow.rehearse(ref, Category.DONE)
        except (Rejected, Missing) as error:
            return [finding(error)] if error.code.startswith(("jira.no_transition", "jira.transition_")) else []
        return []

    def _endless(self, place: Place, wanted: str) -> list[Finding]:
        """Where there is no issue to look at yet, the workflow's statuses show at least whether any is an end."""
        asked = self._client.asked(f"see which statuses {wanted} has in {place.name}")
        types = self._client.get(asked, f"project/{place.name}/statuses")
        named = [each for each in types if each.get("name") == wanted] if isinstance(types, list) else []
        statuses = [status for each in named for status in each.get("statuses") or ()]
        if not statuses or any((each.get("statusCategory") or {}).get("key") == "done" for each in statuses):
            return []
        names = ", ".join(str(each.get("name")) for each in statuses)
        sentence = f"{self._client.name}: no status of {wanted} in {place.name} is an end (there are {names})."
        cure = "Put a status of the category Done into the project's workflow, or name another issue_type."
        return [Finding("jira.no_transition", sentence, cure)]

    def _pages(self, place: Place, path: str, key: str) -> list[Mapping[str, Any]]:
        """The paths that replace the single createmeta, which Cloud is removing (CHANGE-1304) and Data Center removed
        with version 9; the library has none. Data Center calls each list `values`.
        """
        asked = self._client.asked(f"see what an issue in {place.name} needs")
        found: list[Mapping[str, Any]] = []
        while True:
            where = f"issue/createmeta/{place.name}/issuetypes{path}"
            data = self._client.get(asked, where, startAt=len(found), maxResults=_PAGE)
            page = data.get(key) or data.get("values") or [] if isinstance(data, dict) else []
            found += page
            if not page or len(found) >= int(data.get("total", 0)):
                return found


def _passing(error: Unavailable) -> Finding:
    """An unanswered question as a finding. Raises it where Jira asks us to stay away for a while."""
    if error.retry_after is not None:
        raise error
    return finding(error)
