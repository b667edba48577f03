"""Who may be assigned in a Jira project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.answers import Asked, assignee_finding, not_understood
from connectors.jira.client import JiraClient
from connectors.jira.settings import JiraSettings
from connectors.spi import Account, Finding, Place

# Data Center searches by the beginning of a name, so others are among what it finds.
_MOST = 1000


class JiraPeople:
    def __init__(self, client: JiraClient, settings: JiraSettings) -> None:
        self._client = client
        self._asked_by, self._known_by = ("accountId", "accountId") if settings.is_cloud else ("username", "name")

    def unassignable(self, place: Place, accounts: Sequence[Account]) -> list[Finding]:
        asked = self._client.asked(f"see who may be assigned in {place.name}")
        return [
            assignee_finding("jira", self._client.name, place.name, account)
            for account in accounts
            if not self._may_be_assigned(asked, place, account.id)
        ]

    def _may_be_assigned(self, asked: Asked, place: Place, identity: str) -> bool:
        """https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-user-search/"""
        params = {"project": place.name, self._asked_by: identity, "maxResults": _MOST}
        found = self._client.get(asked, "user/assignable/search", **params)
        if not isinstance(found, list):
            raise not_understood(asked)
        return any(self._is(identity, each) for each in found if isinstance(each, dict))

    def _is(self, identity: str, person: Mapping[str, object]) -> bool:
        return str(person.get(self._known_by, "")).lower() == identity.lower()
