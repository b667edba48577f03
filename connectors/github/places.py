"""What `check --online` and the first write need to know about GitHub and a repository."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.answers import clock_finding, not_understood, server_time
from connectors.github.client import GithubClient
from connectors.github.mapping import login_in
from connectors.github.versions import ISSUE_TYPES, has, lacking
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
        asked = self._client.asked("see who our account is")
        try:
            reply = self._client.myself(asked)
        except AccessDenied as error:
            # An installation's token has no user; that it was not a 401 shows that it is valid.
            return [] if error.code == "github.forbidden" else [finding(error)]
        except ConnectorError as error:
            return [finding(error)]
        skew = clock_finding("github", self._name, server_time(reply.headers), datetime.now(UTC))
        return [skew] if skew else []

    def credential(self) -> Credential:
        """Every answer to a token that ends says when it does. An app's key does not end."""
        asked = self._client.asked("see who our account is")
        reply = self._client.myself(asked)
        login = login_in(reply.data)
        if not login:
            raise not_understood(asked)
        return Credential(login, ends_at(reply.headers))

    def describe(self, place: Place) -> PlaceDescription:
        asked = self._client.asked(f"look at the repository {place.name}")
        try:
            reply = self._client.get(asked, f"/repos/{place.name}")
        except (AccessDenied, Missing) as error:
            return PlaceDescription(Visibility.UNKNOWN, (finding(error),))
        repo = reply.data if isinstance(reply.data, dict) else {}
        types = self._types(place)
        granted = self._granted(place, repo)
        typed = tuple(self._typed(place, types))
        findings = [*self._findings(place, repo), *self._allowed(place, granted), *typed]
        rates = _rates(reply.headers)
        return PlaceDescription(_visibility(repo), tuple(findings), types, (), granted, rates, typed)

    def _types(self, place: Place) -> tuple[str, ...]:
        """The types that the organisation has; a person's repository has none. No enterprise server lists them yet."""
        if self._client.version(place.name) is not None:
            return ()
        asked = self._client.asked(f"see the issue types of {place.name}", about_issue=True)
        try:
            data = self._client.get(asked, f"/repos/{place.name}/issue-types").data
            return tuple(str(each["name"]) for each in data if each.get("is_enabled", True))
        except (Missing, AccessDenied):
            return ()
        except (KeyError, TypeError, AttributeError):
            raise not_understood(asked) from None

    def _typed(self, place: Place, types: tuple[str, ...]) -> list[Finding]:
        version = self._client.version(place.name)
        if place.issue_type is None:
            return []
        if not has(ISSUE_TYPES, version):
            asked = self._client.asked(f"use the issue type {place.issue_type}")
            return [finding(refusal)] if (refusal := lacking(asked, ISSUE_TYPES, version)) else []
        if version is not None or place.issue_type.lower() in {each.lower() for each in types}:
            return []
        sentence = f"{self._name}: {place.name} has no issue type {place.issue_type}."
        known = f"Use one of {', '.join(types)}" if types else "Leave issue_type out"
        return [Finding("github.issue_type_unknown", sentence, f"{known}, or add the type to the organisation.")]

    def _granted(self, place: Place, repo: Mapping[str, Any]) -> tuple[str, ...]:
        """An app is told its permissions by its installation; to it a repository shows none."""
        if self._client.app is not None:
            asked = self._client.asked(f"see what our app may do in {place.name}")
            given = self._client.app.installation(asked, place.name)
            given = given.get("permissions") if isinstance(given, dict) else None
            return tuple(f"{name}:{level}" for name, level in given.items()) if isinstance(given, dict) else ()
        granted = repo.get("permissions")
        return tuple(name for name, has_it in granted.items() if has_it) if isinstance(granted, dict) else ()

    def _allowed(self, place: Place, granted: tuple[str, ...]) -> list[Finding]:
        if self._client.app is not None and "issues:write" not in granted:
            sentence = f"{self._name}: our app may not write issues in {place.name}."
            cure = "Give the app the repository permission Issues: read and write, and accept it in the organisation."
            return [Finding("github.permission_missing", sentence, cure)]
        if self._client.app is None and granted and not {"push", "triage"} & set(granted):
            sentence = (
                f"{self._name}: our account may not label or assign in {place.name}, and GitHub drops both silently."
            )
            return [Finding("github.permission_missing", sentence, "Give it the role Triage or Write there.")]
        return []

    def _findings(self, place: Place, repo: Mapping[str, Any]) -> list[Finding]:
        findings = []
        name = str(repo.get("full_name") or place.name)
        if name.lower() != place.name.lower():
            sentence = f"{self._name}: the repository {place.name} is {name} by now, and is followed there."
            findings.append(Finding("github.renamed", sentence, f"Write {name} into the configuration."))
        if repo.get("has_issues") is False:
            sentence = f"{self._name}: the repository {place.name} has issues switched off."
            findings.append(Finding("github.issues_disabled", sentence, "Switch issues on in its settings."))
        if repo.get("archived"):
            sentence = f"{self._name}: the repository {place.name} is archived and takes no issues."
            findings.append(Finding("github.archived", sentence, "Unarchive it, or name another place."))
        return findings


def _rates(headers: Mapping[str, str]) -> tuple[Rate, ...]:
    """The primary limit, of all requests:
    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
    """
    told = _header(headers, "x-ratelimit-limit")
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
    told = _header(headers, _EXPIRY).replace(" UTC", " +0000").strip()
    try:
        at = datetime.fromisoformat(told.replace(" +", "+").replace(" -", "-"))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _header(headers: Mapping[str, str], wanted: str) -> str:
    return next((headers[name] for name in headers if name.lower() == wanted), "")


def finding(error: ConnectorError) -> Finding:
    return Finding(error.code, error.sentence, error.cure)
