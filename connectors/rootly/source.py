"""Rootly as a source. https://docs.rootly.com/api-reference

A postmortem is an incident's: its id is the incident's id, for it is the incident that says who may see it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from connectors.http import within
from connectors.payloads import json_object, member, members, text
from connectors.rest import api_rest
from connectors.rootly.hooks import RootlyHook, read_event
from connectors.rootly.mapping import attributes, document_of, linked, status
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
from connectors.tools import ToolSettings, deleted, hex_secret_findings, item_told

PAGE = 100


class RootlySource:
    def __init__(self, name: str, settings: ToolSettings) -> None:
        self.capabilities = SourceCapabilities(fetches=True, lists=True, tells=True, call_seconds=settings.call_seconds)
        self._name = name
        self._settings = settings
        self._api = api_rest("rootly", name, settings.reach, settings.token, accept="application/vnd.api+json")
        self.hook: Hook | None = RootlyHook(name, settings) if settings.secrets else None

    def check(self) -> Sequence[Finding]:
        with within(self._settings.call_seconds):
            findings = self._api.findings("read who we are", "/v1/users/me")
        return [*hex_secret_findings("rootly", self._name, self._settings.secrets), *findings]

    def parse(self, headers: Mapping[str, str], body: bytes) -> PostmortemDocument | FetchById | Ignored:
        """Rootly's own examples have a comma too many, so one is passed over."""
        _ = headers
        return read_event(json_object("rootly", body, forgiving=True))

    def fetch(self, source_id: str) -> PostmortemDocument:
        path = f"/v1/incidents/{quote(source_id, safe='')}"
        what = f"fetch the incident {source_id}"
        with within(self._settings.call_seconds):
            data = self._api.get(what, path, {"include": "incident_post_mortem"}).data
            incident = member(data, "data")
            if not text(member(incident, "id")):
                raise self._api.strange(what)
            postmortem = linked(incident, members(data, "included"))
            if postmortem is None:
                return deleted(source_id, text(attributes(incident).get("title")))
            return document_of(attributes(incident), postmortem, self._items(path), self._settings)

    def finalized_since(self, cursor: str | None) -> Finalized | None:
        """All incidents, oldest first, with their postmortems: when one became final no list can be asked."""
        number = int(cursor) if cursor else 1
        query = {"include": "incident_post_mortem", "sort": "created_at", **_page(number)}
        with within(self._settings.call_seconds):
            data = self._api.get("list incidents", "/v1/incidents", query, one=False).data
        if not isinstance(member(data, "data"), list):
            raise self._api.strange("list incidents")
        included = members(data, "included")
        ids = []
        for incident in members(data, "data"):
            postmortem = linked(incident, included)
            if postmortem and status(attributes(incident), postmortem, self._settings) == "final":
                ids.append(text(incident.get("id")))
        more = _goes_on(data, number)
        return Finalized(tuple(ids), str(number + 1) if more else "", more)

    def tell(self, status: ItemStatus) -> None:
        identity = item_told("rootly", self._name, status)
        if status.state == "withdrawn":
            return  # Rootly itself no longer lists it
        path = f"/v1/action_items/{quote(identity, safe='')}"
        what = f"tell the action item {identity} how it is doing"
        wanted = self._settings.told_as[status.category]
        with within(self._settings.call_seconds):
            current = attributes(member(self._api.get(what, path).data, "data"))
            if text(current.get("status")) != wanted:
                change = {"type": "incident_action_items", "id": identity, "attributes": {"status": wanted}}
                self._api.put(what, path, {"data": change})

    def _items(self, path: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        number, more = 1, True
        while more:  # the deadline of the whole call ends it, if nothing else does
            data = self._api.get("list action items", f"{path}/action_items", _page(number)).data
            if not isinstance(member(data, "data"), list):
                raise self._api.strange("list action items")
            found += [attributes(each) for each in members(data, "data")]
            number, more = number + 1, _goes_on(data, number)
        return found


def _page(number: int) -> dict[str, int]:
    return {"page[number]": number, "page[size]": PAGE}


def _goes_on(data: Any, number: int) -> bool:
    """Rootly tells the number of pages, and links the next; a list that is empty is the last in any case."""
    total = member(data, "meta", "total_pages")
    if not members(data, "data"):
        return False
    return number < total if isinstance(total, int) else bool(member(data, "links", "next"))
