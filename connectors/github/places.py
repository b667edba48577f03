"""What `check --online` and the first write need to know about GitHub and a repository."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.answers import clock_finding, not_understood, server_time
from connectors.github.client import GithubClient
from connectors.spi import (
    AccessDenied,
    ConnectorError,
    Credential,
    Finding,
    Missing,
    Place,
    PlaceDescription,
    Rate,
    Visibility,
)

_EXPIRY = "github-authentication-token-expiration"
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

    def credential(self) -> Credential:
        """Every answer to a token that ends says when it does."""
        asked = self._client.asked("see who our account is")
        reply = self._client.get(asked, "/user")
        login = reply.data.get("login") if isinstance(reply.data, dict) else None
        if not login:
            raise not_understood(asked)
        return Credential(str(login), ends_at(reply.headers))

    def describe(self, place: Place) -> PlaceDescription:
        asked = self._client.asked(f"look at the repository {place.name}")
        try:
            reply = self._client.get(asked, f"/repos/{place.name}")
        except (AccessDenied, Missing) as error:
            return PlaceDescription(Visibility.UNKNOWN, (finding(error),))
        repo = reply.data if isinstance(reply.data, dict) else {}
        findings = tuple(self._findings(place, repo))
        return PlaceDescription(
            _visibility(repo), findings, permissions=_permissions(repo), rates=_rates(reply.headers)
        )

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


def _permissions(repo: Mapping[str, Any]) -> tuple[str, ...]:
    granted = repo.get("permissions")
    return tuple(name for name, has in granted.items() if has) if isinstance(granted, dict) else ()


def _rates(headers: Mapping[str, str]) -> tuple[Rate, ...]:
    """The primary limit, of all requests: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api"""
    told = next((headers[name] for name in headers if name.lower() == "x-ratelimit-limit"), "")
    return (Rate(int(told), 3600.0),) if told.isdigit() and int(told) else ()


def _visibility(repo: Mapping[str, Any]) -> Visibility:
    known = _VISIBILITIES.get(str(repo.get("visibility", "")))
    if known is not None:
        return known
    private = repo.get("private")
    if not isinstance(private, bool):
        return Visibility.UNKNOWN
    return Visibility.INTERNAL if private else Visibility.PUBLIC


def ends_at(headers: Mapping[str, str]) -> datetime | None:
    """GitHub writes `2026-12-24 12:00:00 UTC`, and for some accounts an offset in place of the zone's name."""
    told = next((headers[name] for name in headers if name.lower() == _EXPIRY), "").replace(" UTC", " +0000").strip()
    try:
        at = datetime.fromisoformat(told.replace(" +", "+").replace(" -", "-"))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def finding(error: ConnectorError) -> Finding:
    return Finding(error.code, error.sentence, error.cure)
