"""What `check --online` needs to know about a Jira site: who we are there, for how long, and what answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.answers import clock_finding, not_understood, server_time
from connectors.jira.client import JiraClient, Reply
from connectors.jira.mapping import instant
from connectors.jira.settings import CLOUD, DATA_CENTER, JiraSettings
from connectors.spi import ConnectorError, Credential, Finding, Missing, Rejected


class JiraSite:
    def __init__(self, name: str, client: JiraClient, settings: JiraSettings) -> None:
        self._name = name
        self._client = client
        self._settings = settings

    def check(self) -> list[Finding]:
        """Faults of the connection. Asks who we are first: without that nothing else can be told."""
        try:
            self._client.get(self._client.asked("see who our account is"), "myself")
            reply = self._client.call(self._client.asked("read the server's time"), "GET", "serverInfo")
        except ConnectorError as error:
            return [finding(error), *self._secrets()]
        skew = clock_finding("jira", self._name, _server_now(reply), datetime.now(UTC))
        return [*self._deployment(reply.data), *([skew] if skew else []), *self._secrets()]

    def _deployment(self, info: Any) -> list[Finding]:
        """Server and Data Center both call themselves Server."""
        told = info.get("deploymentType") if isinstance(info, dict) else None
        if told is None or (told == "Cloud") == self._settings.is_cloud:
            return []
        right = CLOUD if told == "Cloud" else DATA_CENTER
        sentence = f"{self._name}: this is Jira {told}, and it is configured as {self._settings.deployment}."
        return [Finding("jira.wrong_deployment", sentence, f'Set deployment = "{right}" in the tracker\'s table.')]

    def _secrets(self) -> list[Finding]:
        found = []
        for secret in self._settings.webhook_secrets:
            try:
                secret.reveal()
            except LookupError as error:
                sentence = f"{self._name}: no webhook can be authenticated, because {secret.name} cannot be read."
                found.append(Finding("jira.webhook_secret_missing", sentence, str(error)))
        return found

    def credential(self) -> Credential:
        """Data Center lists our personal access tokens. Of several the one named in the settings counts, else the one
        that ends first; Cloud says nothing of its tokens.
        """
        asked = self._client.asked("see who our account is")
        person = self._client.get(asked, "myself")
        if not isinstance(person, dict):
            raise not_understood(asked)
        account = str(person.get("emailAddress") or person.get("name") or person.get("displayName") or "")
        if self._settings.is_cloud or self._settings.user is not None:
            return Credential(account)
        return Credential(account, self._ends())

    def _ends(self) -> datetime | None:
        asked = self._client.asked("see when our token ends", about_issue=True)
        try:
            tokens = self._client.get(asked, "/rest/pat/latest/tokens")
        except (Missing, Rejected):
            return None  # personal access tokens came with Jira 8.14
        if not isinstance(tokens, list):
            raise not_understood(asked)
        return min(filter(None, map(_expiry, self._ours(tokens))), default=None)

    def _ours(self, tokens: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        named = [each for each in tokens if each.get("name") == self._settings.token_name]
        return named or tokens


def _expiry(token: Mapping[str, Any]) -> datetime | None:
    """None for a token without an end and for one that has ended: that one is not ours, or we would not be here."""
    try:
        at = instant(token["expiringAt"])
    except (KeyError, TypeError, ValueError):
        return None
    return at if at > datetime.now(UTC) else None


def _server_now(reply: Reply) -> datetime | None:
    told = reply.data.get("serverTime") if isinstance(reply.data, dict) else None
    return instant(told) if isinstance(told, str) else server_time(reply.headers)


def finding(error: ConnectorError) -> Finding:
    return Finding(error.code, error.sentence, error.cure)
