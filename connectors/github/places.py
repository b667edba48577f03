"""What `check --online` and the first write need to know about GitHub and a repository."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.answers import clock_finding, server_time
from connectors.github.client import GithubClient
from connectors.spi import AccessDenied, ConnectorError, Finding, Missing, Place, PlaceDescription, Visibility

# `internal` is what an enterprise's members see.
_VISIBILITIES = {"public": Visibility.PUBLIC, "private": Visibility.INTERNAL, "internal": Visibility.INTERNAL}


class GithubPlaces:
    def __init__(self, name: str, client: GithubClient) -> None:
        self._name = name
        self._client = client

    def check(self) -> list[Finding]:
        """Faults of the connection."""
        try:
            reply = self._client.get(self._client.asked("see who our account is"), "/user")
        except AccessDenied as error:
            # An app's token has no user; that it was not a 401 shows that it is valid.
            return [] if error.code == "github.forbidden" else [finding(error)]
        except ConnectorError as error:
            return [finding(error)]
        skew = clock_finding("github", self._name, server_time(reply.headers), datetime.now(UTC))
        return [skew] if skew else []

    def describe(self, place: Place) -> PlaceDescription:
        asked = self._client.asked(f"look at the repository {place.name}")
        try:
            data = self._client.get(asked, f"/repos/{place.name}").data
        except (AccessDenied, Missing) as error:
            return PlaceDescription(Visibility.UNKNOWN, (finding(error),))
        repo = data if isinstance(data, dict) else {}
        return PlaceDescription(_visibility(repo), tuple(self._findings(place, repo)))

    def _findings(self, place: Place, repo: Mapping[str, Any]) -> list[Finding]:
        findings = []
        if repo.get("has_issues") is False:
            sentence = f"{self._name}: the repository {place.name} has issues switched off."
            findings.append(Finding("github.issues_disabled", sentence, "Switch issues on in its settings."))
        if repo.get("archived"):
            sentence = f"{self._name}: the repository {place.name} is archived and takes no issues."
            findings.append(Finding("github.archived", sentence, "Unarchive it, or name another place."))
        permissions = repo.get("permissions")
        if isinstance(permissions, dict) and not (permissions.get("push") or permissions.get("triage")):
            sentence = (
                f"{self._name}: our account may not label or assign in {place.name}, and GitHub drops both silently."
            )
            findings.append(Finding("github.permission_missing", sentence, "Give it the role Triage or Write there."))
        return findings


def _visibility(repo: Mapping[str, Any]) -> Visibility:
    known = _VISIBILITIES.get(str(repo.get("visibility", "")))
    if known is not None:
        return known
    private = repo.get("private")
    if not isinstance(private, bool):
        return Visibility.UNKNOWN
    return Visibility.INTERNAL if private else Visibility.PUBLIC


def finding(error: ConnectorError) -> Finding:
    return Finding(error.code, error.sentence, error.cure)
