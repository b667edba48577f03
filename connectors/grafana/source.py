"""Grafana Incident as a source, over its JSON RPC. https://grafana.com/docs/grafana-cloud/alerting-and-irm/irm/api/"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.grafana.hooks import GrafanaHook, read_event
from connectors.grafana.mapping import document_of, status
from connectors.http import within
from connectors.payloads import json_object, member, members, text
from connectors.rest import api_rest
from connectors.spi import (
    ConnectorError,
    FetchById,
    Finalized,
    Finding,
    Hook,
    Ignored,
    ItemStatus,
    Missing,
    PostmortemDocument,
    SourceCapabilities,
    Unavailable,
)
from connectors.tools import ToolSettings, hex_secret_findings, item_told

PAGE = 50
# The list is by the day of declaration; an incident that is resolved later than this is announced or nothing is.
LOOK_BACK = timedelta(days=90)


class GrafanaSource:
    def __init__(self, name: str, settings: ToolSettings) -> None:
        self.capabilities = SourceCapabilities(fetches=True, lists=True, tells=True, call_seconds=settings.call_seconds)
        self._name = name
        self._settings = settings
        self._api = api_rest("grafana", name, settings.reach, settings.token)
        hook = GrafanaHook(name, settings.secrets, settings.tolerance_seconds)
        self.hook: Hook | None = hook if settings.secrets else None

    def check(self) -> Sequence[Finding]:
        findings = hex_secret_findings("grafana", self._name, self._settings.secrets)
        try:
            with within(self._settings.call_seconds):
                self._query("", datetime.now(UTC).isoformat(), limit=1)
        except ConnectorError as error:
            findings.append(Finding(error.code, error.sentence, error.cure))
        return findings

    def parse(self, headers: Mapping[str, str], body: bytes) -> PostmortemDocument | FetchById | Ignored:
        _ = headers
        return read_event(json_object("grafana", body), self._settings)

    def fetch(self, source_id: str) -> PostmortemDocument:
        with within(self._settings.call_seconds):
            return document_of(self._incident(source_id), self._settings)

    def finalized_since(self, cursor: str | None) -> Finalized | None:
        """The incidents of the last quarter by the day of their declaration: when one was resolved the list cannot be
        asked, so each sweep goes through all of them.
        """
        since, _, after = (cursor or "").partition(" ")
        since = since or (datetime.now(UTC) - LOOK_BACK).isoformat()
        with within(self._settings.call_seconds):
            data = self._query(after, since)
        ids = [text(each.get("incidentID")) for each in members(data, "incidents") if self._is_final(each)]
        position = text(member(data, "cursor", "nextValue"))
        more = member(data, "cursor", "hasMore") is True and bool(position)
        return Finalized(tuple(ids), f"{since} {position}" if more else "", more)

    def tell(self, status: ItemStatus) -> None:
        identity = item_told("grafana", self._name, status)
        what = f"tell the task {identity} how it is doing"
        with within(self._settings.call_seconds):
            tasks = members(self._incident(status.source_id), "taskList", "tasks")
            task = next((each for each in tasks if each.get("taskID") == identity), None)
            if task is None:
                sentence = f"{self._name}: could not {what}, because its incident has it no more."
                raise Missing("grafana.missing", sentence, "Nothing to do: the issue stands by itself.")
            wanted = self._settings.told_as[status.category]
            if text(task.get("status")) != wanted and status.state != "withdrawn":
                payload = {"incidentID": status.source_id, "taskID": identity, "status": wanted}
                self._call(what, "TasksService.UpdateTaskStatus", payload)

    def _is_final(self, incident: Mapping[str, Any]) -> bool:
        return status(incident, self._settings) == "final"

    def _incident(self, identity: str) -> Mapping[str, Any]:
        what = f"fetch the incident {identity}"
        incident = member(self._call(what, "IncidentsService.GetIncident", {"incidentID": identity}), "incident")
        if not isinstance(incident, Mapping) or not text(incident.get("incidentID")):
            raise self._api.strange(what)
        return incident

    def _query(self, after: str, since: str, limit: int = PAGE) -> Mapping[str, Any]:
        what = "list the incidents"
        query = {"limit": limit, "orderDirection": "ASC", "dateFrom": since}
        payload = {"query": query, "cursor": {"nextValue": after, "hasMore": bool(after)}}
        data = self._call(what, "IncidentsService.QueryIncidents", payload)
        if not isinstance(member(data, "incidents"), list):
            raise self._api.strange(what)
        return data

    def _call(self, what: str, method: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """Errors come as text, some of them with a success."""
        data = self._api.put(what, f"/{method}", payload, verb="POST").data
        error = text(member(data, "error"))
        if error and "not found" in error.casefold():
            sentence = f"{self._name}: could not {what}, because Grafana has it no more."
            raise Missing(
                "grafana.missing", sentence, "Look in Grafana whether it was deleted or hidden from our account."
            )
        if error:
            sentence = f"{self._name}: could not {what}, because Grafana failed to answer."
            raise Unavailable("grafana.failed", sentence, "It is tried again; if this lasts, see status.grafana.com.")
        if not isinstance(data, Mapping):
            raise self._api.strange(what)
        return data
