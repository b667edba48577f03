"""FireHydrant as a source. https://developers.firehydrant.com

A postmortem is an incident's: its id is the incident's id, its promises are the incident's follow-ups, and its text is
that of the retrospective's report, where there is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from connectors.firehydrant.hooks import FirehydrantHook, read_event
from connectors.firehydrant.mapping import document_of, status
from connectors.http import within
from connectors.payloads import json_object, member, members, text
from connectors.rest import api_rest
from connectors.spi import (
    FetchById,
    Finalized,
    Finding,
    Hook,
    Ignored,
    ItemStatus,
    PostmortemDocument,
    SourceCapabilities,
)
from connectors.tools import ToolSettings, hex_secret_findings, item_told

PAGE = 100


class FirehydrantSource:
    def __init__(self, name: str, settings: ToolSettings) -> None:
        self.capabilities = SourceCapabilities(fetches=True, lists=True, tells=True, call_seconds=settings.call_seconds)
        self._name = name
        self._settings = settings
        self._api = api_rest("firehydrant", name, settings.reach, settings.token)
        self.hook: Hook | None = FirehydrantHook(name, settings) if settings.secrets else None

    def check(self) -> Sequence[Finding]:
        with within(self._settings.call_seconds):
            findings = self._api.findings("read who we are", "/v1/current_user")
        return [*hex_secret_findings("firehydrant", self._name, self._settings.secrets), *findings]

    def parse(self, headers: Mapping[str, str], body: bytes) -> PostmortemDocument | FetchById | Ignored:
        _ = headers
        return read_event(json_object("firehydrant", body), self._settings)

    def fetch(self, source_id: str) -> PostmortemDocument:
        what = f"fetch the incident {source_id}"
        with within(self._settings.call_seconds):
            incident = self._api.get(what, f"/v1/incidents/{quote(source_id, safe='')}").data
            if not text(member(incident, "id")):
                raise self._api.strange(what)
            report_id = text(incident.get("report_id"))
            if not report_id:
                return document_of(incident, None, [], self._settings)
            path = f"/v1/post_mortems/reports/{quote(report_id, safe='')}"
            report = self._api.get(f"fetch the retrospective of {source_id}", path).data
            reasons = self._page(f"{path}/reasons", "contributing factors", {"per_page": PAGE})
            return document_of(incident, report, members(reasons, "data"), self._settings)

    def finalized_since(self, cursor: str | None) -> Finalized | None:
        """All incidents whose milestone is a final one now: when it became so no list can be asked."""
        number = int(cursor) if cursor else 1
        wanted = ",".join(sorted(self._settings.final_when["milestone"]))
        query = {"current_milestones": wanted, "page": number, "per_page": PAGE}
        with within(self._settings.call_seconds):
            data = self._page("/v1/incidents", "incidents", query)
        found = [each for each in members(data, "data") if status(each, self._settings) == "final"]
        following = member(data, "pagination", "next")
        more = isinstance(following, int) and following > number
        return Finalized(tuple(text(each.get("id")) for each in found), str(following) if more else "", more)

    def tell(self, status: ItemStatus) -> None:
        identity = item_told("firehydrant", self._name, status)
        if status.state == "withdrawn":
            return  # FireHydrant itself no longer lists it
        path = f"/v1/ticketing/tickets/{quote(identity, safe='')}"
        what = f"tell the follow-up {identity} how it is doing"
        wanted = self._settings.told_as[status.category]
        with within(self._settings.call_seconds):
            current = self._api.get(what, path).data
            if text(member(current, "state")) != wanted:
                self._api.put(what, path, {"state": wanted}, "PATCH")

    def _page(self, path: str, name: str, query: Mapping[str, Any]) -> Any:
        data = self._api.get(f"list {name}", path, query, one=False).data
        if not isinstance(member(data, "data"), list):
            raise self._api.strange(f"list {name}")
        return data
