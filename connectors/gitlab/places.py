"""What `check --online` and the first write need to know about GitLab and a project."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from connectors.answers import clock_finding, not_understood, server_time
from connectors.gitlab import mapping
from connectors.gitlab.client import GitlabClient
from connectors.gitlab.settings import GitlabSettings
from connectors.signatures import standard_secret_findings
from connectors.spi import (
    AccessDenied,
    ConnectorError,
    Credential,
    Finding,
    Missing,
    Place,
    PlaceDescription,
    Visibility,
)

# `internal` is what everyone who is signed in to that GitLab sees.
_VISIBILITIES = {"public": Visibility.PUBLIC, "internal": Visibility.INTERNAL, "private": Visibility.INTERNAL}
_TYPES = ("issue", "incident", "task", "test_case")
# https://docs.gitlab.com/user/permissions/: who may label, assign and date an issue.
_REPORTER = 20
_PLANNER = 15
_SCOPE = "api"


class GitlabPlaces:
    def __init__(self, name: str, client: GitlabClient, settings: GitlabSettings) -> None:
        self._name = name
        self._client = client
        self._settings = settings

    def check(self) -> list[Finding]:
        """Faults of the connection."""
        try:
            reply = self._client.get(self._client.asked("see who our account is"), "/user")
            token = self._token()
        except ConnectorError as error:
            return [finding(error)]
        findings = []
        if skew := clock_finding("gitlab", self._name, server_time(reply.headers), datetime.now(UTC)):
            findings.append(skew)
        if token and _SCOPE not in (token.get("scopes") or [_SCOPE]):
            sentence = f"{self._name}: the token has not the scope {_SCOPE}, without which it cannot write issues."
            findings.append(Finding("gitlab.scope_missing", sentence, f"Make a token with the scope {_SCOPE}."))
        return [*findings, *self._secrets()]

    def _secrets(self) -> list[Finding]:
        signing = []
        for secret in self._settings.webhook_secrets:
            try:
                if secret.reveal().startswith("whsec_"):
                    signing.append(secret)
            except LookupError as error:
                cure = f"Set {secret.name}, or remove it from webhook_secret_env."
                return [Finding("gitlab.secret_missing", f"{self._name}: {error.args[0]}", cure)]
        return standard_secret_findings("gitlab", self._name, signing)

    def credential(self) -> Credential:
        asked = self._client.asked("see who our account is")
        data = self._client.get(asked, "/user").data
        if not isinstance(data, dict) or not data.get("username"):
            raise not_understood(asked)
        ends = self._token().get("expires_at")
        try:
            # A token ends at midnight UTC, when its last day begins.
            at = datetime.combine(date.fromisoformat(ends), time(), UTC) if ends else None
        except (TypeError, ValueError):
            raise not_understood(asked) from None
        return Credential(str(data["username"]), at)

    def _token(self) -> Mapping[str, Any]:
        """What GitLab tells of our token; nothing of one that is an application's (OAuth)."""
        asked = self._client.asked("read what GitLab says of our token")
        try:
            data = self._client.get(asked, "/personal_access_tokens/self").data
        except AccessDenied as error:
            if error.code == "gitlab.unauthorized":
                raise
            return {}
        return data if isinstance(data, dict) else {}

    def describe(self, place: Place) -> PlaceDescription:
        asked = self._client.asked(f"look at the project {place.name}")
        try:
            data = self._client.get(asked, mapping.project_path(place.name)).data
        except (AccessDenied, Missing) as error:
            return PlaceDescription(Visibility.UNKNOWN, (finding(error),))
        project = data if isinstance(data, dict) else {}
        visibility = _VISIBILITIES.get(str(project.get("visibility", "")), Visibility.UNKNOWN)
        if visibility is Visibility.PUBLIC and project.get("issues_access_level") == "private":
            visibility = Visibility.INTERNAL
        level = _access(project)
        typed = self._typed(place)
        return PlaceDescription(
            visibility,
            (*self._findings(place, project, level), *typed),
            issue_types=_TYPES,
            permissions=() if level is None else (f"access_level:{level}",),
            rates=self._settings.rates,
            obstacles=typed,
        )

    def _typed(self, place: Place) -> tuple[Finding, ...]:
        if not place.issue_type or place.issue_type.lower().replace(" ", "_") in _TYPES:
            return ()
        sentence = f"{self._name}: {place.issue_type!r} is no type of a GitLab issue."
        return (Finding("gitlab.issue_type_unknown", sentence, f"Use one of {', '.join(_TYPES)}."),)

    def _findings(self, place: Place, project: Mapping[str, Any], level: int | None) -> list[Finding]:
        findings = []
        if project.get("issues_access_level") == "disabled" or project.get("issues_enabled") is False:
            sentence = f"{self._name}: the project {place.name} has issues switched off."
            findings.append(Finding("gitlab.issues_disabled", sentence, "Switch issues on in its settings."))
        if project.get("archived"):
            sentence = f"{self._name}: the project {place.name} is archived and takes no issues."
            findings.append(Finding("gitlab.archived", sentence, "Unarchive it, or name another place."))
        if level is not None and level != _PLANNER and level < _REPORTER:
            sentence = (
                f"{self._name}: our account may not label, date or assign in {place.name}, and GitLab leaves all out"
                " silently."
            )
            cure = "Give it the role Reporter (or Planner) there."
            findings.append(Finding("gitlab.permission_missing", sentence, cure))
        full = project.get("path_with_namespace")
        if full and str(full).lower() != place.name.lower():
            sentence = f"{self._name}: the project {place.name} is called {full} now."
            findings.append(Finding("gitlab.renamed", sentence, f'Write place = "{full}" in the target.'))
        return findings


def _access(project: Mapping[str, Any]) -> int | None:
    """The highest role that our account has there. None: not told, as for an administrator."""
    permissions = project.get("permissions")
    if not isinstance(permissions, dict):
        return None
    grants = (permissions.get("project_access"), permissions.get("group_access"))
    levels = [int(each["access_level"]) for each in grants if isinstance(each, dict) and "access_level" in each]
    return max(levels, default=0)


def finding(error: ConnectorError) -> Finding:
    return Finding(error.code, error.sentence, error.cure)
